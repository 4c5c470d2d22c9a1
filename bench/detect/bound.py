"""The basket's certificate anew, from exact states alone: no kernel, no array of the keeper's."""

from collections.abc import Mapping
from math import exp, sqrt

from keeper.chain import Address
from keeper.market.venues.base import VenueState
from keeper.market.venues.pairs import PairState
from keeper.market.view import MarketView

GOLDEN, SECTIONS = (sqrt(5.0) - 1.0) / 2.0, 40
MOST = 2.0**112
"""Raw units that no pool here can take."""


def bound_usd(
    view: MarketView, log_values: Mapping[Address, float], gas_usd: Mapping[int, float] | None
) -> float:
    """Sum of what each pool's best trade is worth at these token values; a bound by weak duality.

    With `gas_usd` [slot] each pool counts only with what its gas leaves. Gross, the sum bounds
    every set of swaps; a state that several slots share counts for each of them.
    """
    total = 0.0
    for slot, pool in enumerate(view.topology.pools):
        values = log_values.get(pool.token0), log_values.get(pool.token1)
        state = view.state_of(slot)
        if state is None or values[0] is None or values[1] is None:
            continue
        ratio = exp(values[0] - values[1])
        best = max(
            _best(state, zero_for_one=True, least=ratio) * exp(values[1]),
            _best(state, zero_for_one=False, least=1.0 / ratio) * exp(values[0]),
        )
        total += best if gas_usd is None else max(best - gas_usd[slot], 0.0)
    return total


def _best(state: VenueState, *, zero_for_one: bool, least: float) -> float:
    """Most that selling to the pool is worth, in what it pays; `least` is the cost of a unit.

    Segments are the curve itself only where it is of constant product; any other pool is searched
    by its exact quotes, around where its segments would stop.
    """
    if isinstance(state, PairState):
        return _searched(state, zero_for_one=zero_for_one, least=least)
    worth = 0.0
    for price, slope, capacity in state.segments(zero_for_one=zero_for_one):
        if price <= least:
            break
        wanted = (sqrt(price / least) - 1.0) / slope if slope > 0.0 else capacity
        amount = min(wanted, capacity)
        worth += price * amount / (1.0 + slope * amount) - least * amount
        if wanted < capacity:
            break
    return worth


def _searched(state: PairState, *, zero_for_one: bool, least: float) -> float:
    """The top of a concave worth, by golden sections."""
    end = 0.0
    for price, slope, capacity in state.segments(zero_for_one=zero_for_one):
        if price <= least:
            break
        end += capacity
        if price / (1.0 + slope * capacity) ** 2 <= least:
            break
    low, high = 0.0, end
    if not 1.0 <= high < MOST:
        return 0.0

    def worth(amount: float) -> float:
        quote = state.quote(zero_for_one=zero_for_one, amount=int(amount), exact_in=True)
        return quote.amount_out - least * int(amount) if quote.refusal is None else 0.0

    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    left, right = worth(inner), worth(outer)
    for _ in range(SECTIONS):
        if left < right:
            low, inner, left = inner, outer, right
            outer = low + GOLDEN * (high - low)
            right = worth(outer)
        else:
            high, outer, right = outer, inner, left
            inner = high - GOLDEN * (high - low)
            left = worth(inner)
    return max(left, right, 0.0)
