"""What pools were found to be, as states that messages carry; whatever does not fit is refused."""

from collections.abc import Mapping

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector.multi_token import BalancerPool, CurvePool, Holding
from keeper.collector.origins import ForeignPool, NotYet, PoolRef, Reading, check_origin
from keeper.collector.pairs import Pair
from keeper.collector.ticks import Concentrated
from keeper.relay import pool_reading
from keeper.relay.messages import Origin, PoolReading, TokenHolding
from keeper.relay.pool_state import PoolState

State = PoolState | PoolReading

UNSTAMPED = Origin(0, 0, 0, 0, bytes(32), 0, 0, 0, 0)
"""What a publisher replaces."""
PLAIN, GUARDED, NG = range(3)
"""Roundings of `PoolReading`."""
CURVE_PRECISION = 100
"""Of `A_precise`; pools without that view do not scale A."""
DYNAMIC_FEE_FLAG = 0x80_0000
"""Of a Uniswap V4 key's fee (`LPFeeLibrary.sol`)."""


def tokens_of(reading: Reading) -> tuple[Address, ...]:
    """A pool's tokens in its own order."""
    if isinstance(reading, Pair | Concentrated):
        return reading.token0, reading.token1
    return tuple(holding.token for holding in reading.tokens)


def state_of(
    ref: PoolRef, reading: Reading, decimals: Mapping[Address, int], block: BlockRef
) -> State:
    """The checked state of a pool as of `block`.

    Raises:
        ForeignPool: its factory did not make it, or no message can carry it.
        StateContradiction: no contract of its protocol can be in that state.
    """
    check_origin(ref, reading)
    if isinstance(reading, Pair | Concentrated):
        state = _two_tokens(ref, reading, decimals, block)
        state.check()
        return state
    if isinstance(reading, CurvePool):
        basket = _curve(ref, reading, decimals)
    else:
        basket = _balancer(ref, reading, decimals)
    pool_reading.check(basket)
    _require_fit(basket)
    return basket


def _two_tokens(
    ref: PoolRef, reading: Pair | Concentrated, decimals: Mapping[Address, int], block: BlockRef
) -> PoolState:
    state = PoolState(
        pool=ref.address,
        protocol=ref.factory.protocol,
        factory=reading.factory,
        token0=reading.token0,
        token1=reading.token1,
        decimals0=decimals[reading.token0],
        decimals1=decimals[reading.token1],
        fee_pips=ref.factory.fee_pips,
        tick_spacing=0,
        reserve0=0,
        reserve1=0,
        sqrt_price_x96=0,
        liquidity=0,
        tick=0,
        epoch=0,
        sequence=0,
        block_number=block.number,
    )
    if isinstance(reading, Pair):
        state.reserve0, state.reserve1 = reading.reserve0, reading.reserve1
        return state
    if ref.key is not None:
        _require_plain(ref.key.hooks, ref.key.fee_pips)
    if not reading.sqrt_price_x96:
        raise NotYet("it has no price yet")
    state.fee_pips, state.protocol_fee = reading.fee_pips, reading.protocol_fee
    state.tick_spacing, state.liquidity = reading.tick_spacing, reading.liquidity
    state.sqrt_price_x96, state.tick = reading.sqrt_price_x96, reading.tick
    state.ticks = {tick: net for tick, _, net in reading.ticks}
    state.gross = {tick: gross for tick, gross, _ in reading.ticks}
    state.tick_index = [tick for tick, _, _ in reading.ticks]
    return state


def _require_plain(hooks: Address, fee_pips: int) -> None:
    if any(hooks):
        raise ForeignPool("its hooks may change any swap")
    if fee_pips == DYNAMIC_FEE_FLAG:
        raise ForeignPool("its fee is whatever its hooks last set")


def _curve(ref: PoolRef, pool: CurvePool, decimals: Mapping[Address, int]) -> PoolReading:
    is_ng = ref.factory.protocol is Protocol.CURVE_STABLESWAP_NG
    old = GUARDED if pool.offpeg_e10 else PLAIN
    return PoolReading(
        origin=UNSTAMPED,
        pool=ref.address,
        protocol=ref.factory.protocol,
        factory=ref.factory.address,
        pool_id=bytes(32),
        fee=pool.fee_e10,
        admin_fee_e10=pool.admin_fee_e10,
        offpeg_e10=pool.offpeg_e10,
        amplification=pool.amp_precise or pool.amp,
        precision=CURVE_PRECISION if pool.amp_precise else 1,
        rounding=NG if is_ng else old,
        push=int(is_ng),
        tokens=_holdings(pool.tokens, decimals),
    )


def _balancer(ref: PoolRef, pool: BalancerPool, decimals: Mapping[Address, int]) -> PoolReading:
    weighted = ref.factory.protocol is Protocol.BALANCER_V2_WEIGHTED
    # the pool's own shares stand among a stable pool's tokens and are no token to trade
    tokens = [holding for holding in pool.tokens if holding.token != ref.address]
    if weighted and not all(holding.weight for holding in tokens):
        raise ForeignPool("it states no weights")
    if not weighted and not pool.amp:
        raise ForeignPool("it states no amplification")
    if not weighted and (pool.first_generation or len(tokens) == len(pool.tokens)):
        raise ForeignPool("it is no composable stable pool, and no other stable pool is quoted")
    return PoolReading(
        origin=UNSTAMPED,
        pool=ref.address,
        protocol=ref.factory.protocol,
        factory=pool.vault,
        pool_id=pool.pool_id,
        fee=pool.fee_e18,
        admin_fee_e10=0,
        offpeg_e10=0,
        amplification=0 if weighted else pool.amp,
        precision=0 if weighted else pool.precision,
        rounding=int(pool.first_generation),
        push=0,
        tokens=_holdings(tokens, decimals, weighted=weighted),
    )


def _holdings(
    tokens: list[Holding] | tuple[Holding, ...],
    decimals: Mapping[Address, int],
    *,
    weighted: bool = False,
) -> tuple[TokenHolding, ...]:
    if any(decimals[held.token] > 36 for held in tokens):
        raise ForeignPool("a token has more than 36 decimals")
    return tuple(
        TokenHolding(
            token=held.token,
            decimals=decimals[held.token],
            balance=held.balance,
            rate=held.rate or int(10 ** (36 - decimals[held.token])),
            weight=held.weight if weighted else 0,
        )
        for held in tokens
    )


def _require_fit(basket: PoolReading) -> None:
    numbers = (basket.fee, basket.admin_fee_e10, basket.offpeg_e10, basket.amplification)
    wide = any(number >> 64 for number in (*numbers, *(held.weight for held in basket.tokens)))
    if wide or basket.precision >> 16:
        raise ForeignPool("one of its numbers is larger than any such pool's")
