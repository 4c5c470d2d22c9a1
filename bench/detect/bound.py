"""The basket's certificate anew, from exact states alone: no kernel, no array of the keeper's."""

from collections.abc import Mapping
from math import exp, sqrt

from keeper.chain import Address
from keeper.market.venues.base import VenueState
from keeper.market.view import MarketView


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
    """Most that selling to the pool is worth, in what it pays; `least` is the cost of a unit."""
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
