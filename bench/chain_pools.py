"""A generated market stood on a development node: real pairs and pools, with states written in.

The protocols' own factories make every pool, so addresses, code and views are the real ones; the
market's reserves, prices and ticks are then written into the pools' storage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from bench.markets import Market
from keeper.chain import Address, Protocol
from keeper.collector.origins import Factory, PoolRef
from keeper.market.venues.base import VenueState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.view import PoolKey
from replica import Replica
from replica.abi import create2_address, create_address, encode_call
from replica.artifacts import creation_code
from replica.deploy import WHALE
from replica.protocols import uniswap_v2, uniswap_v3

POOLS_PER_TRANSACTION = 100
GAS = 1_000_000_000
"""Of a transaction and of a block: a hundred pools deposit up to 2.2 MB of code."""
_CODE = {
    Protocol.UNISWAP_V2: f"{uniswap_v2.CORE}/build/UniswapV2Factory.json",
    Protocol.UNISWAP_V3: (
        f"{uniswap_v3.CORE}/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"
    ),
}
_INIT_CODE_HASH = {
    Protocol.UNISWAP_V2: uniswap_v2.INIT_CODE_HASH,
    Protocol.UNISWAP_V3: uniswap_v3.INIT_CODE_HASH,
}
_RESERVES_SLOT, _SLOT0, _LIQUIDITY_SLOT, _TICKS_SLOT, _BITMAP_SLOT = 8, 0, 4, 5, 6
_UNLOCKED = 1 << 240 | 1 << 216 | 1 << 200
"""A V3 pool that is initialised: unlocked, with one observation."""

Write = tuple[Address, int, int]


@dataclass(frozen=True, slots=True)
class _Group:
    """Pools of one factory: of equal code and fee setting, no two of the same key."""

    protocol: Protocol
    fee_pips: int
    copy: int


def stand(replica: Replica, market: Market) -> tuple[PoolRef, ...]:
    """Make every pool of `market` on the replica; their addresses there, in slot order.

    Ten thousand pools take half a minute. The pools hold no tokens: they are for reading.
    """
    replica.rpc("evm_setBlockGasLimit", [hex(GAS)])
    replica.rpc("anvil_impersonateAccount", [WHALE])
    replica.rpc("anvil_setBalance", [WHALE, hex(10**30)])
    _make_tokens(replica, market)
    refs: dict[int, PoolRef] = {}
    for group, slots in _grouped(market.pools).items():
        factory = _make_factory(replica, group)
        keys = [market.pools[slot] for slot in slots]
        _make_pools(replica, factory.address, keys)
        refs |= {
            slot: PoolRef(_derived(factory, key), factory)
            for slot, key in zip(slots, keys, strict=True)
        }
    found = tuple(refs[slot] for slot in range(len(refs)))
    write_states(replica, [ref.address for ref in found], market.states)
    return found


def write_states(replica: Replica, pools: Sequence[Address], states: Sequence[VenueState]) -> None:
    """Write each pool's state into its storage."""
    writes = [
        [pool, hex(slot), f"0x{word:064x}"]
        for where, state in zip(pools, states, strict=True)
        for pool, slot, word in _words(where, state)
    ]
    replica.batch("anvil_setStorageAt", writes)
    replica.rpc("evm_mine")


def _grouped(pools: Sequence[PoolKey]) -> dict[_Group, list[int]]:
    met: Counter[tuple[Protocol, int, Address, Address]] = Counter()
    groups: dict[_Group, list[int]] = defaultdict(list)
    for slot, key in enumerate(pools):
        name = (key.protocol, key.fee_pips, key.token0, key.token1)
        is_pair = key.protocol is Protocol.UNISWAP_V2
        group = _Group(key.protocol, key.fee_pips if is_pair else 0, met[name])
        groups[group].append(slot)
        met[name] += 1
    return groups


def _make_tokens(replica: Replica, market: Market) -> None:
    """What answers its decimals to every question stands for each token that is not there."""
    present = {token.address for token in replica.manifest.tokens}
    codes = [
        [token, f"0x60{decimals:02x}5f5260205ff3"]  # PUSH1 PUSH0 MSTORE PUSH1 PUSH0 RETURN
        for token, decimals in zip(market.tokens, market.decimals, strict=True)
        if token not in present
    ]
    replica.batch("anvil_setCode", codes)


def _make_factory(replica: Replica, group: _Group) -> Factory:
    nonce = int(replica.rpc("eth_getTransactionCount", [WHALE, "latest"]), 16)
    pays_to = encode(["address"], [WHALE]) if group.protocol is Protocol.UNISWAP_V2 else b""
    _send(replica, None, creation_code(_CODE[group.protocol]) + pays_to)
    where = create_address(WHALE, nonce)
    if group.protocol is Protocol.UNISWAP_V3:
        _send(replica, where, encode_call("enableFeeAmount(uint24,int24)", 100, 1))
    return Factory(where, group.protocol, group.fee_pips, _INIT_CODE_HASH[group.protocol])


def _make_pools(replica: Replica, factory: Address, keys: Sequence[PoolKey]) -> None:
    calls = [(factory, _order(key)) for key in keys]
    for start in range(0, len(calls), POOLS_PER_TRANSACTION):
        batch = calls[start : start + POOLS_PER_TRANSACTION]
        data = encode_call("aggregate((address,bytes)[])", batch)
        _send(replica, replica.manifest.multicall3, data)


def _order(key: PoolKey) -> bytes:
    if key.protocol is Protocol.UNISWAP_V2:
        return encode_call("createPair(address,address)", key.token0, key.token1)
    signature = "createPool(address,address,uint24)"
    return encode_call(signature, key.token0, key.token1, key.fee_pips)


def _derived(factory: Factory, key: PoolKey) -> Address:
    packed = key.token0 + key.token1
    if key.protocol is Protocol.UNISWAP_V3:
        packed = encode(["address", "address", "uint24"], [key.token0, key.token1, key.fee_pips])
    return create2_address(factory.address, keccak(packed), _INIT_CODE_HASH[key.protocol])


def _send(replica: Replica, to: Address | None, data: bytes) -> None:
    order = {"from": WHALE, "data": data, "gas": hex(GAS), "gasPrice": hex(10**12)}
    sent = replica.rpc("eth_sendTransaction", [order | ({"to": to} if to else {})])
    if replica.receipt(sent)["status"] != "0x1":
        raise RuntimeError(f"transaction {sent} failed while the market was made")


def _words(pool: Address, state: VenueState) -> Iterator[Write]:
    if isinstance(state, V2State):
        yield pool, _RESERVES_SLOT, state.reserve1 << 112 | state.reserve0
    elif isinstance(state, V3State):
        yield from _concentrated(pool, state)
    else:
        raise TypeError(f"no storage is known of a {type(state).__name__}")


def _concentrated(pool: Address, state: V3State) -> Iterator[Write]:
    """`UniswapV3Pool.sol`: slot0, liquidity, and each tick's liquidity and bit.

    Gross liquidity is the least that the net allows.
    """
    yield pool, _SLOT0, _UNLOCKED | (state.tick & 0xFF_FFFF) << 160 | state.sqrt_price_x96
    yield pool, _LIQUIDITY_SLOT, state.liquidity
    bitmap: Counter[int] = Counter()
    for tick, net in zip(state.ticks, state.nets, strict=True):
        yield pool, _entry(tick, _TICKS_SLOT), (net & (1 << 128) - 1) << 128 | max(abs(net), 1)
        place = tick // state.tick_spacing
        bitmap[place >> 8] |= 1 << (place & 255)
    for word, bits in bitmap.items():
        yield pool, _entry(word, _BITMAP_SLOT), bits


def _entry(key: int, slot: int) -> int:
    """Slot of a mapping's entry."""
    return int.from_bytes(keccak((key % 2**256).to_bytes(32) + slot.to_bytes(32)))
