"""The least input that buys an output, for venues whose contracts know exact inputs only."""

from collections.abc import Callable

from keeper.market.venues.base import Quote, Refusal

MAX_STEP = 1 << 128


def least_input(exact_in: Callable[[int], Quote], wanted: int, guess: int) -> Quote:
    """The swap of the least whole input near `guess` whose output is at least `wanted`.

    EXHAUSTED when no input buys it. Rounding may let an output waver by a unit: the input found
    buys enough and one unit less of it does not.
    """
    high, step = guess, 1
    while not _enough(exact_in(high), wanted):
        if step > MAX_STEP:
            return Quote(0, 0, Refusal.EXHAUSTED)
        high += step
        step *= 4
    low, step = high - 1, 1
    while low > 0 and _enough(exact_in(low), wanted):
        high, low = low, low - step
        step *= 4
    low = max(low, 0)
    while high - low > 1:
        middle = (low + high) // 2
        if _enough(exact_in(middle), wanted):
            high = middle
        else:
            low = middle
    return exact_in(high)


def _enough(quote: Quote, wanted: int) -> bool:
    return quote.refusal is None and quote.amount_out >= wanted
