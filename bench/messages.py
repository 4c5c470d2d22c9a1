"""A bench market's states as the messages that would carry them."""

from collections.abc import Iterator

from bench.market.stream import message_of
from keeper.market.venues.base import VenueState
from keeper.market.venues.curve import ROUNDINGS, CurveState
from keeper.market.venues.pairs import PairState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.view import PoolKey
from keeper.relay.messages import Message, Origin, PoolReading, TokenHolding
from keeper.relay.pool_state import PoolState


def joining(key: PoolKey, state: VenueState, origin: Origin) -> Iterator[Message]:
    """All of a pool, as one who joins is told."""
    if isinstance(state, PairState):
        yield _reading(key, state, origin)
    else:
        yield from pool_state(key, state).snapshot(origin)


def update(key: PoolKey, state: VenueState, origin: Origin) -> Message:
    """What is told after a trade that left the pool in `state`."""
    if isinstance(state, PairState):
        return _reading(key, state, origin)
    return message_of(key.address, state, origin)


def pool_state(key: PoolKey, state: VenueState) -> PoolState:
    """A pool of reserves or ticks as its snapshot has it."""
    pair = state if isinstance(state, V2State) else V2State(0, 0, 0)
    curve = state if isinstance(state, V3State) else V3State(0, 0, 0, 0, 0, (), ())
    return PoolState(
        pool=key.address,
        protocol=key.protocol,
        factory=key.factory,
        token0=key.token0,
        token1=key.token1,
        decimals0=key.decimals0,
        decimals1=key.decimals1,
        fee_pips=pair.fee_pips or curve.fee_pips,
        tick_spacing=curve.tick_spacing,
        reserve0=pair.reserve0,
        reserve1=pair.reserve1,
        sqrt_price_x96=curve.sqrt_price_x96,
        liquidity=curve.liquidity,
        tick=curve.tick,
        epoch=0,
        sequence=0,
        block_number=0,
        ticks=dict(zip(curve.ticks, curve.nets, strict=True)),
        gross={at: max(abs(net), 1) for at, net in zip(curve.ticks, curve.nets, strict=True)},
        tick_index=list(curve.ticks),
    )


def _reading(key: PoolKey, state: PairState, origin: Origin) -> PoolReading:
    pool = state.pool
    stable = pool if isinstance(pool, CurveState) else None
    if stable is not None:
        balances, rates, weights, fee = stable.balances, stable.rates, (0, 0), stable.fee_e10
    else:
        holding = pool.holding  # type: ignore[attr-defined]
        balances, rates, fee = holding.balances, holding.scaling, holding.fee_e18
        weights = pool.weights  # type: ignore[attr-defined]
    tokens = zip((key.token0, key.token1), (key.decimals0, key.decimals1), strict=True)
    held = zip(tokens, balances, rates, weights, strict=True)
    return PoolReading(
        origin=origin,
        pool=key.address,
        protocol=key.protocol,
        factory=key.factory,
        pool_id=key.pool_id or bytes(32),
        fee=fee,
        admin_fee_e10=stable.admin_fee_e10 if stable else 0,
        offpeg_e10=stable.offpeg_e10 if stable else 0,
        amplification=stable.amp if stable else 0,
        precision=stable.precision if stable else 0,
        rounding=ROUNDINGS.index(stable.rounding) if stable else 0,
        push=0,
        tokens=tuple(TokenHolding(*token, *amounts) for token, *amounts in held),
    )
