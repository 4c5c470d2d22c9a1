"""Events that change what a pool would pay, by venue."""

from itertools import chain

from keeper.collector import abi
from keeper.collector.creations import CREATIONS

SYNC = abi.topic("Sync(uint112,uint112)")
SWAP = abi.topic("Swap(address,address,int256,int256,uint160,uint128,int24)")
MINT = abi.topic("Mint(address,address,int24,int24,uint128,uint256,uint256)")
BURN = abi.topic("Burn(address,int24,int24,uint128,uint256,uint256)")
START = abi.topic("Initialize(uint160,int24)")
"""Of a Uniswap V3 or Algebra pool: from here on it has a price."""
OF_WAITING = frozenset({START, SYNC, MINT})
"""From which a pool may have a price and tokens that it had not before."""
ALGEBRA_FEE = abi.topic("Fee(uint16)")
V4_SWAP = abi.topic("Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)")
V4_LIQUIDITY = abi.topic("ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)")
V4_FEE = abi.topic("ProtocolFeeUpdated(bytes32,uint24)")

OF_VAULT = frozenset(
    map(
        abi.topic,
        (
            "Swap(bytes32,address,address,uint256,uint256)",
            "PoolBalanceChanged(bytes32,address,address[],int256[],uint256[])",
            "PoolBalanceManaged(bytes32,address,address,int256,int256)",
        ),
    )
)
"""Of Balancer's vault; the first argument is the id of a pool."""

_AMOUNTS = ("uint256[]", *(f"uint256[{coins}]" for coins in range(2, 9)))
_CURVE = chain(
    ("TokenExchange(address,int128,uint256,int128,uint256)",),
    ("TokenExchangeUnderlying(address,int128,uint256,int128,uint256)",),
    (f"AddLiquidity(address,{many},{many},uint256,uint256)" for many in _AMOUNTS),
    (f"RemoveLiquidity(address,{many},{many},uint256)" for many in _AMOUNTS),
    (f"RemoveLiquidityImbalance(address,{many},{many},uint256,uint256)" for many in _AMOUNTS),
    (f"RemoveLiquidity(address,{many},{many})" for many in _AMOUNTS),
    (f"RemoveLiquidityImbalance(address,{many},{many})" for many in _AMOUNTS),
    ("RemoveLiquidityOne(address,uint256,uint256)",),
    ("RemoveLiquidityOne(address,uint256,uint256,uint256)",),
    ("RemoveLiquidityOne(address,int128,uint256,uint256,uint256)",),
    ("RampA(uint256,uint256,uint256,uint256)", "StopRampA(uint256,uint256)"),
    ("NewFee(uint256)", "NewFee(uint256,uint256)", "ApplyNewFee(uint256,uint256)"),
)
_BALANCER = (
    "SwapFeePercentageChanged(uint256)",
    *("AmpUpdateStarted(uint256,uint256,uint256,uint256)", "AmpUpdateStopped(uint256)"),
    *("TokenRateCacheUpdated(uint256,uint256)", "TokenRateCacheUpdated(address,uint256)"),
)
OF_BASKETS = frozenset(map(abi.topic, (*_CURVE, *_BALANCER)))
"""Of Curve and Balancer pools themselves."""

ALL = tuple(
    dict.fromkeys(
        (
            *(SYNC, SWAP, MINT, BURN, START, ALGEBRA_FEE, V4_SWAP, V4_LIQUIDITY, V4_FEE),
            *sorted(OF_VAULT),
            *sorted(OF_BASKETS),
            *CREATIONS.values(),
        )
    )
)
"""What to ask a node for."""
