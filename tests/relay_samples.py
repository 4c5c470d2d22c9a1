"""Messages for the relay's tests: strategies that fill every field to its width."""

from dataclasses import fields

from hypothesis import strategies as st

from keeper.chain import Address, Protocol
from keeper.relay.messages import (
    BlockBoundary,
    Message,
    Origin,
    PoolFee,
    PoolLiquidity,
    PoolReading,
    PoolSnapshot,
    PoolSwap,
    PoolSync,
    Reorganisation,
    TickLiquidity,
    TokenHolding,
)

POOL_V2 = Address(b"\x02" * 20)
POOL_V3 = Address(b"\x03" * 20)
POOL_CURVE = Address(b"\x05" * 20)
FACTORY = Address(b"\xfa" * 20)
TOKEN0, TOKEN1 = Address(b"\x10" * 20), Address(b"\x20" * 20)


def unsigned(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


def signed(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


addresses = st.binary(min_size=20, max_size=20).map(Address)
hashes = st.binary(min_size=32, max_size=32)
origins = st.builds(
    Origin,
    epoch=unsigned(64),
    sequence=unsigned(64),
    chain_id=unsigned(64),
    block_number=unsigned(64),
    block_hash=hashes,
    transaction_index=unsigned(32),
    log_index=unsigned(32),
    seen_ns=unsigned(64),
    sent_ns=unsigned(64),
)
ticks = st.builds(
    TickLiquidity,
    tick=signed(32),
    liquidity_net=signed(128),
    liquidity_gross=st.integers(0, 2**128 - 1),
)
snapshots = st.builds(
    PoolSnapshot,
    origin=origins,
    pool=addresses,
    protocol=st.sampled_from(Protocol),
    factory=addresses,
    token0=addresses,
    token1=addresses,
    decimals0=unsigned(8),
    decimals1=unsigned(8),
    fee_pips=unsigned(32),
    protocol_fee=unsigned(32),
    tick_spacing=unsigned(32),
    reserve0=unsigned(128),
    reserve1=unsigned(128),
    sqrt_price_x96=unsigned(160),
    liquidity=unsigned(128),
    tick=signed(32),
    part=unsigned(16),
    parts=unsigned(16),
    ticks=st.lists(ticks, max_size=20).map(tuple),
)
syncs = st.builds(
    PoolSync, origin=origins, pool=addresses, reserve0=unsigned(128), reserve1=unsigned(128)
)
swaps = st.builds(
    PoolSwap,
    origin=origins,
    pool=addresses,
    sqrt_price_x96=unsigned(160),
    liquidity=unsigned(128),
    tick=signed(32),
)
changes = st.builds(
    PoolLiquidity,
    origin=origins,
    pool=addresses,
    tick_lower=signed(32),
    tick_upper=signed(32),
    liquidity_delta=signed(128),
)
boundaries = st.builds(
    BlockBoundary,
    origin=origins,
    parent_hash=hashes,
    timestamp_s=unsigned(64),
    base_fee_wei=unsigned(128),
)
fees = st.builds(
    PoolFee, origin=origins, pool=addresses, fee_pips=unsigned(32), protocol_fee=unsigned(32)
)
holdings = st.builds(
    TokenHolding,
    token=addresses,
    decimals=unsigned(8),
    balance=unsigned(256),
    rate=unsigned(256),
    weight=unsigned(64),
)
readings = st.builds(
    PoolReading,
    origin=origins,
    pool=addresses,
    protocol=st.sampled_from(Protocol),
    factory=addresses,
    pool_id=hashes,
    fee=unsigned(64),
    admin_fee_e10=unsigned(64),
    offpeg_e10=unsigned(64),
    amplification=unsigned(64),
    precision=unsigned(16),
    rounding=unsigned(8),
    push=unsigned(8),
    tokens=st.lists(holdings, max_size=8).map(tuple),
)
reorganisations = st.builds(Reorganisation, origin=origins, replaced_hash=hashes)
messages: st.SearchStrategy[Message] = st.one_of(
    snapshots, syncs, swaps, changes, boundaries, fees, readings, reorganisations
)


def origin(sequence: int, *, epoch: int = 1, block: int = 1) -> Origin:
    return Origin(epoch, sequence, 137, block, block.to_bytes(32), 0, 0, 1, 2)


def v2_snapshot(at: Origin, *, pool: Address = POOL_V2, reserve: int = 10**18) -> PoolSnapshot:
    return _snapshot(at, pool, Protocol.UNISWAP_V2, reserve0=reserve, reserve1=reserve)


def v3_snapshot(
    at: Origin,
    nets: dict[int, int],
    *,
    tick: int = 0,
    spacing: int = 10,
    pool: Address = POOL_V3,
) -> PoolSnapshot:
    return _snapshot(
        at,
        pool,
        Protocol.UNISWAP_V3,
        tick_spacing=spacing,
        sqrt_price_x96=2**96,
        tick=tick,
        liquidity=sum(net for place, net in nets.items() if place <= tick),
        ticks=tuple(
            TickLiquidity(place, nets[place], abs(nets[place]) or 2) for place in sorted(nets)
        ),
    )


def _snapshot(at: Origin, pool: Address, protocol: Protocol, **values: object) -> PoolSnapshot:
    empty: dict[str, object] = dict.fromkeys((f.name for f in fields(PoolSnapshot)), 0)
    known = {
        "origin": at,
        "pool": pool,
        "protocol": protocol,
        "factory": FACTORY,
        "token0": TOKEN0,
        "token1": TOKEN1,
        "decimals0": 18,
        "decimals1": 6,
        "fee_pips": 3_000,
        "parts": 1,
        "ticks": (),
    }
    return PoolSnapshot(**(empty | known | values))  # type: ignore[arg-type]


def reading(at: Origin, *, balance: int = 10**24, pool: Address = POOL_CURVE) -> PoolReading:
    """A Curve pool of three tokens of 18 decimals."""
    names = (TOKEN0, TOKEN1, Address(b"\x30" * 20))
    return PoolReading(
        origin=at,
        pool=pool,
        protocol=Protocol.CURVE_STABLESWAP,
        factory=FACTORY,
        pool_id=bytes(32),
        fee=4_000_000,
        admin_fee_e10=5 * 10**9,
        offpeg_e10=0,
        amplification=20_000,
        precision=100,
        rounding=0,
        push=0,
        tokens=tuple(TokenHolding(name, 18, balance, 10**18, 0) for name in names),
    )


def boundary(at: Origin) -> BlockBoundary:
    return BlockBoundary(at, (at.block_number - 1).to_bytes(32), at.block_number * 2, 30 * 10**9)
