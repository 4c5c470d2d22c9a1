"""Uniswap V3 pools: the swap loop of `UniswapV3Pool.sol` over sorted initialised ticks.

The contract searches ticks one bitmap word (256 spacings) at a time and rounds at each word's
edge, so the edges are walked here too, except where liquidity is zero and nothing can round.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from keeper.chain import FEE_DENOMINATOR_PIPS
from keeper.market.venues.base import (
    Quote,
    Refusal,
    Segment,
    Swapped,
    VenueState,
)
from keeper.market.venues.v3_swap_math import step_exact_in, step_exact_out
from keeper.market.venues.v3_tick_math import (
    MAX_SQRT_RATIO,
    MAX_TICK,
    MIN_SQRT_RATIO,
    MIN_TICK,
    get_sqrt_ratio_at_tick,
    get_tick_at_sqrt_ratio,
)
from keeper.relay.pool_state import PoolState, StateContradiction

MAX_AMOUNT = (1 << 255) - 1
_Q96 = float(1 << 96)
_BEYOND = 1 << 40


class V3State(NamedTuple):
    """A pool as its contract holds it; `ticks` ascend and `nets` are their net liquidities."""

    sqrt_price_x96: int
    tick: int
    liquidity: int
    fee_pips: int
    tick_spacing: int
    ticks: Sequence[int]
    nets: Sequence[int]

    def quote(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Quote:
        """Exact amounts of a swap, or why the pool does not trade `amount` in full."""
        refused = self._refuses(amount, zero_for_one=zero_for_one)
        if refused is not None:
            return Quote(0, 0, refused)
        return _quote_of(_traverse(self, zero_for_one, amount, exact_in)[0])

    def swapped(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Swapped:
        """The swap with the price, tick and liquidity it leaves."""
        refused = self._refuses(amount, zero_for_one=zero_for_one)
        if refused is not None:
            return Swapped(Quote(0, 0, refused), self)
        end = swap(self, zero_for_one=zero_for_one, amount=amount, exact_in=exact_in)
        quote = _quote_of(end)
        if quote.refusal is not None:
            return Swapped(quote, self)
        price, tick, liquidity = end.sqrt_price_x96, end.tick, end.liquidity
        after = self._replace(sqrt_price_x96=price, tick=tick, liquidity=liquidity)
        return Swapped(quote, after)

    def _refuses(self, amount: int, *, zero_for_one: bool) -> Refusal | None:
        if amount <= 0:
            return Refusal.ZERO_AMOUNT
        if amount > MAX_AMOUNT or not _has_room(self, zero_for_one=zero_for_one):
            return Refusal.EXHAUSTED
        return None

    def segments(self, *, zero_for_one: bool) -> Iterator[Segment]:
        """The pool's liquidity from its price outwards, one segment per initialised range."""
        gamma = (FEE_DENOMINATOR_PIPS - self.fee_pips) / FEE_DENOMINATOR_PIPS
        walk = _Walk(self, down=zero_for_one)
        price, liquidity = self.sqrt_price_x96 / _Q96, self.liquidity
        next_tick, initialised = walk.next_tick(self.tick, 0)
        while True:
            end = get_sqrt_ratio_at_tick(next_tick) / _Q96
            if liquidity > 0 and end != price:
                yield _range_segment(price, end, float(liquidity), gamma, down=zero_for_one)
            if not initialised:
                return
            liquidity += walk.cross()
            price = end
            next_tick, initialised = walk.next_tick(next_tick, 0)


class SwapResult(NamedTuple):
    """Amounts of one swap and the state it leaves.

    `unfilled` is what the range did not trade, `crossed` how many initialised ticks were passed.
    """

    amount_in: int
    amount_out: int
    sqrt_price_x96: int
    tick: int
    liquidity: int
    unfilled: int
    crossed: int


def _quote_of(result: SwapResult) -> Quote:
    refusal = Refusal.EXHAUSTED if result.unfilled else None
    return Quote(result.amount_in, result.amount_out, refusal, result.crossed)


class _Walk:
    """The next price to swap towards, initialised or the edge of a bitmap word."""

    __slots__ = ("_down", "_index", "_spacing", "_state", "crossed")

    def __init__(self, state: V3State, *, down: bool) -> None:
        self._state = state
        self._down = down
        self._spacing = state.tick_spacing
        self.crossed = 0
        found = bisect_right(state.ticks, state.tick)
        self._index = found - 1 if down else found

    def next_tick(self, tick: int, liquidity: int) -> tuple[int, bool]:
        """Tick to head for from `tick`, and whether it is initialised."""
        ticks = self._state.ticks
        if self._down:
            nearest = ticks[self._index] if self._index >= 0 else -_BEYOND
            edge = (tick // self._spacing >> 8 << 8) * self._spacing
            if nearest >= edge or (liquidity == 0 and nearest >= MIN_TICK):
                return nearest, True
            return (MIN_TICK if liquidity == 0 else max(edge, MIN_TICK)), False
        nearest = ticks[self._index] if self._index < len(ticks) else _BEYOND
        edge = ((tick // self._spacing + 1 >> 8 << 8) + 255) * self._spacing
        if nearest <= edge or (liquidity == 0 and nearest <= MAX_TICK):
            return nearest, True
        return (MAX_TICK if liquidity == 0 else min(edge, MAX_TICK)), False

    def cross(self) -> int:
        """Move past the initialised tick just reached; returns the liquidity it adds."""
        net = self._state.nets[self._index]
        self.crossed += 1
        if self._down:
            self._index -= 1
            return -net
        self._index += 1
        return net


def swap(state: V3State, *, zero_for_one: bool, amount: int, exact_in: bool) -> SwapResult:
    """Swap `amount` raw units with no price limit but the end of the tick range.

    `amount` is positive: what is paid if `exact_in`, else what is received.
    """
    result, tick_known = _traverse(state, zero_for_one, amount, exact_in)
    if tick_known:
        return result
    return result._replace(tick=get_tick_at_sqrt_ratio(result.sqrt_price_x96))


def _traverse(
    state: V3State, zero_for_one: bool, amount: int, exact_in: bool
) -> tuple[SwapResult, bool]:
    """The swap, and whether its tick is final: a quote spares the search for it otherwise."""
    step = step_exact_in if exact_in else step_exact_out
    limit = MIN_SQRT_RATIO + 1 if zero_for_one else MAX_SQRT_RATIO - 1
    walk = _Walk(state, down=zero_for_one)
    price, tick, liquidity = state.sqrt_price_x96, state.tick, state.liquidity
    remaining, paid, received = amount, 0, 0
    tick_known = True
    while remaining and price != limit:
        next_tick, initialised = walk.next_tick(tick, liquidity)
        edge_price = get_sqrt_ratio_at_tick(next_tick)
        target = max(edge_price, limit) if zero_for_one else min(edge_price, limit)
        start = price
        price, spent, bought = step(price, target, liquidity, remaining, state.fee_pips)
        paid += spent
        received += bought
        remaining -= spent if exact_in else bought
        tick_known = price in (edge_price, start)
        if price == edge_price:
            liquidity += walk.cross() if initialised else 0
            tick = next_tick - 1 if zero_for_one else next_tick
    result = SwapResult(paid, received, price, tick, liquidity, remaining, walk.crossed)
    return result, tick_known


def _has_room(state: V3State, *, zero_for_one: bool) -> bool:
    if zero_for_one:
        return state.sqrt_price_x96 > MIN_SQRT_RATIO + 1
    return state.sqrt_price_x96 < MAX_SQRT_RATIO - 1


def _range_segment(
    price: float, end: float, liquidity: float, gamma: float, *, down: bool
) -> Segment:
    """Virtual reserves (L / sqrtP, L * sqrtP) inside one range as a constant-product segment."""
    if down:
        capacity = liquidity * (price - end) / (price * end) / gamma
        return Segment(gamma * price * price, gamma * price / liquidity, capacity)
    capacity = liquidity * (end - price) / gamma
    return Segment(gamma / (price * price), gamma / (price * liquidity), capacity)


def freeze(state: PoolState, previous: VenueState | None) -> V3State:
    """The quotable state of a pool; unchanged ticks are shared with `previous`.

    Raises:
        StateContradiction: the tick is not the one the price stands in.
    """
    _check_tick(state)
    ticks: Sequence[int] = tuple(state.tick_index)
    nets: Sequence[int] = tuple(map(state.ticks.__getitem__, ticks))
    if isinstance(previous, V3State) and (previous.ticks, previous.nets) == (ticks, nets):
        ticks, nets = previous.ticks, previous.nets
    return V3State(
        sqrt_price_x96=state.sqrt_price_x96,
        tick=state.tick,
        liquidity=state.liquidity,
        fee_pips=state.fee_pips,
        tick_spacing=state.tick_spacing,
        ticks=ticks,
        nets=nets,
    )


def stands_in(tick: int, sqrt_price_x96: int) -> bool:
    """Whether a pool at that price can be in `tick`: its own, or the one below on the edge."""
    found = get_tick_at_sqrt_ratio(sqrt_price_x96)
    return tick == found or (tick == found - 1 and get_sqrt_ratio_at_tick(found) == sqrt_price_x96)


def _check_tick(state: PoolState) -> None:
    if not stands_in(state.tick, state.sqrt_price_x96):
        found = get_tick_at_sqrt_ratio(state.sqrt_price_x96)
        raise StateContradiction(
            f"pool 0x{state.pool.hex()}: tick {state.tick} denies its price, which stands in "
            f"{found}; wait for its next snapshot"
        )
