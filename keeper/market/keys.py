"""What never changes about a pool, taken from its state: one key for each two of its tokens."""

from itertools import combinations

from keeper.chain import Protocol
from keeper.market.view import PoolKey
from keeper.relay.messages import PoolReading
from keeper.relay.pool_state import PoolState


def keys_of(state: PoolState | PoolReading) -> tuple[PoolKey, ...]:
    """The keys of a pool's slots, in slot order."""
    if isinstance(state, PoolState):
        return (_key(state),)
    places = range(len(state.tokens))
    return tuple(_pair_key(state, *pair) for pair in combinations(places, 2))


def _key(state: PoolState) -> PoolKey:
    varies = state.protocol is Protocol.ALGEBRA_V1
    return PoolKey(
        address=state.pool,
        protocol=state.protocol,
        factory=state.factory,
        token0=state.token0,
        token1=state.token1,
        decimals0=state.decimals0,
        decimals1=state.decimals1,
        fee_pips=0 if varies else state.fee_pips,
        tick_spacing=state.tick_spacing,
    )


def _pair_key(reading: PoolReading, first: int, second: int) -> PoolKey:
    """Of two tokens by their places; the lower address is token0, wherever it stands."""
    tokens = reading.tokens
    if tokens[second].token < tokens[first].token:
        first, second = second, first
    return PoolKey(
        address=reading.pool,
        protocol=reading.protocol,
        factory=reading.factory,
        token0=tokens[first].token,
        token1=tokens[second].token,
        decimals0=tokens[first].decimals,
        decimals1=tokens[second].decimals,
        fee_pips=0,
        pool_id=reading.pool_id,
        place0=first,
        place1=second,
        push=reading.push == 1,
    )
