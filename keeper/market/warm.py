"""Compiles the kernels of the market's state and of its quotes, or loads them, before first use."""

from keeper.chain import Address, Protocol
from keeper.market.arrays import PoolArrays
from keeper.market.kernels.chain import begin_chain, chain_space, quote
from keeper.market.kernels.quotes import FILLED, GOT, PAID
from keeper.market.state import Market
from keeper.market.venues import balancer_stable, balancer_weighted, curve
from keeper.market.venues.base import VenueState
from keeper.market.venues.curve_math import Rounding
from keeper.market.venues.pairs import PairState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.v3_tick_math import get_sqrt_ratio_at_tick
from keeper.relay.codec import encode_frame
from keeper.relay.messages import (
    BlockBoundary,
    Origin,
    PoolLiquidity,
    PoolReading,
    PoolSnapshot,
    PoolSwap,
    PoolSync,
    TickLiquidity,
    TokenHolding,
)

_DEPTH, _SOLD = 10**18, 10**15
_PAIR, _TICKED, _SHARED = (Address(bytes([number]) * 20) for number in (1, 2, 3))


def warm_market() -> None:
    """Take one message of each kind, as objects and as frames; show every kind of pool.

    Raises:
        RuntimeError: the kernels refuse what is plain, so they cannot be trusted.
    """
    market = Market(())
    tokens = _PAIR, _TICKED
    market.apply(plain_pool(_origin(0), _PAIR, tokens, _DEPTH, reserve1=_DEPTH))
    market.apply(plain_pool(_origin(0), _TICKED, tokens, _DEPTH))
    market.apply(_reading())
    market.apply(_boundary(1))
    market.apply(PoolLiquidity(_origin(2), _TICKED, -120, 120, _DEPTH))
    price = get_sqrt_ratio_at_tick(60)
    stream = encode_frame(PoolSync(_origin(3), _PAIR, _DEPTH, 2 * _DEPTH))
    stream += encode_frame(PoolSwap(_origin(4), _TICKED, price, 2 * _DEPTH, 60))
    taken = market.take_frames(stream, 0, 1, 2)
    view = market.apply(_boundary(5))
    market.on_gap("so that pools are lost")
    market.apply(_boundary(6))
    if view is None or taken != (len(stream), 4) or len(view.states) != 3:
        raise RuntimeError("the kernels of the market's state refuse plain frames")


def check_quotes() -> None:
    """Ask the kernel of each kind of pool for a quote.

    Raises:
        RuntimeError: it is not what the venue's own file answers.
    """
    space, arrays = chain_space(), PoolArrays()
    slot = arrays.append()
    for state in _states():
        arrays.update(slot, state)
        begin_chain(space)
        space.w[PAID : PAID + 2] = _SOLD, 0
        status = quote(space, arrays.flat, 2 * slot, 0, True)
        wanted = state.quote(zero_for_one=True, amount=_SOLD, exact_in=True)
        if status != FILLED or space.w[GOT : GOT + 2].tolist() != [wanted.amount_out, 0]:
            raise RuntimeError(f"the kernels misquote {state}: remove their cache")


def _states() -> list[VenueState]:
    held, units, weights = [_DEPTH, 2 * _DEPTH], [10**18, 10**18], [2 * 10**17, 8 * 10**17]
    ng = curve.state_of(
        balances=held,
        rates=units,
        amp=20_000,
        fee_e10=4 * 10**6,
        admin_fee_e10=0,
        rounding=Rounding.NG,
        offpeg_e10=2 * 10**10,
    )
    fee = 10**15
    weighted = balancer_weighted.state_of(
        balances=held, scaling=units, fee_e18=fee, weights=weights
    )
    stable = balancer_stable.state_of(balances=held, scaling=units, fee_e18=fee, amp=200_000)
    pools = [PairState(pool, 0, 1) for pool in (ng, weighted, stable)]
    return [V2State(_DEPTH, 2 * _DEPTH, 3_000), *pools]


def _origin(sequence: int) -> Origin:
    number = 1 if sequence < 2 else 2 if sequence < 6 else 3
    return Origin(1, sequence, 137, number, bytes([number]) * 32, 0, 0, 0, 0)


def _boundary(sequence: int) -> BlockBoundary:
    origin = _origin(sequence)
    return BlockBoundary(origin, bytes([origin.block_number - 1]) * 32, 1, 0)


def _reading() -> PoolReading:
    half = 10**18 // 2
    tokens = [TokenHolding(token, 18, _DEPTH, 10**18, half) for token in (_PAIR, _TICKED)]
    return PoolReading(
        origin=_origin(0),
        pool=_SHARED,
        protocol=Protocol.BALANCER_V2_WEIGHTED,
        factory=_PAIR,
        pool_id=_SHARED.ljust(32, b"\0"),
        fee=10**15,
        admin_fee_e10=0,
        offpeg_e10=0,
        amplification=0,
        precision=0,
        rounding=0,
        push=0,
        tokens=tuple(tokens),
    )


def plain_pool(
    origin: Origin,
    pool: Address,
    tokens: tuple[Address, Address],
    depth: int,
    *,
    reserve1: int | None = None,
    tick: int = 0,
) -> PoolSnapshot:
    """A Uniswap V2 pair of `depth` and `reserve1`, or without that a Uniswap V3 pool at `tick`.

    The latter has one position of liquidity `depth`, from tick -600 to 600.
    """
    ticked = reserve1 is None
    ends = (TickLiquidity(-600, depth, depth), TickLiquidity(600, -depth, depth))
    return PoolSnapshot(
        origin=origin,
        pool=pool,
        protocol=Protocol.UNISWAP_V3 if ticked else Protocol.UNISWAP_V2,
        factory=_PAIR,
        token0=tokens[0],
        token1=tokens[1],
        decimals0=18,
        decimals1=18,
        fee_pips=500,
        protocol_fee=0,
        tick_spacing=10 if ticked else 0,
        reserve0=0 if ticked else depth,
        reserve1=reserve1 or 0,
        sqrt_price_x96=get_sqrt_ratio_at_tick(tick) if ticked else 0,
        liquidity=depth if ticked else 0,
        tick=tick,
        part=0,
        parts=1,
        ticks=ends if ticked else (),
    )
