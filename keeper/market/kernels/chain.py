"""A chain of pools in exact integers, and its best whole input: `strategies.exact` in limbs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel
from keeper.market.kernels.concentrated import CROSSED, KNOWN, MARK_INTS, MARK_WORDS, walk
from keeper.market.kernels.constant_product import pair_in, pair_out
from keeper.market.kernels.layout import CONCENTRATED, PAIR, FlatPools
from keeper.market.kernels.limbs import ONE, SCRATCH, TOP_BIT, ZERO, Word, Words
from keeper.market.kernels.quotes import AMOUNT_TOP, BEYOND, FILLED, GOT, PAID, REFUSED

MAX_HOPS = 16
COARSE_BITS = 20
FINE_STEP, NARROWING = 12, 4
FEW_BITS = 14
_SIGN = np.uint64(2**63)
_MAX_CLIMB = 4096
_TWO_64 = 2.0**64

Amount = tuple[Word, Word]
"""Lower and upper limb; a profit is one in two's complement."""


class ChainSpace(NamedTuple):
    """Scratch of one chain at a time: operands, and what each hop's two walks remember."""

    w: Words
    marks: Words
    ints: NDArray[np.int64]
    amounts: Words


def chain_space() -> ChainSpace:
    """Space for chains of up to `MAX_HOPS`; one per thread."""
    return ChainSpace(
        w=np.zeros(SCRATCH, dtype=np.uint64),
        marks=np.zeros((2 * MAX_HOPS, MARK_WORDS), dtype=np.uint64),
        ints=np.zeros((2 * MAX_HOPS, MARK_INTS), dtype=np.int64),
        amounts=np.zeros((MAX_HOPS + 1, 2), dtype=np.uint64),
    )


@kernel
def begin_chain(space: ChainSpace) -> None:
    """Forget what was remembered of another chain or state."""
    for row in range(space.ints.shape[0]):
        space.ints[row, KNOWN] = 0
        space.ints[row, CROSSED] = 0


@kernel
def quote(space: ChainSpace, pools: FlatPools, edge: int, hop: int, exact_in: bool) -> int:
    """GOT of PAID through `edge` if `exact_in`, else PAID for GOT; returns a status."""
    slot, direction = edge >> 1, edge & 1
    kind = pools.kinds[slot]
    if kind == PAIR:
        if exact_in:
            return pair_out(space.w, pools, slot, direction)
        return pair_in(space.w, pools, slot, direction)
    if kind == CONCENTRATED:
        row = 2 * hop + (0 if exact_in else 1)
        marks, ints = space.marks[row], space.ints[row]
        return walk(space.w, pools, slot, direction, exact_in, marks, ints)
    return BEYOND


@inner
def forward(
    space: ChainSpace, pools: FlatPools, edges: NDArray[np.int64], start: int, amount: Amount
) -> int:
    """Amounts in front of each hop from `start` on and behind the last; returns a status."""
    amounts = space.amounts
    amounts[start, 0], amounts[start, 1] = amount
    for hop in range(start, edges.shape[0]):
        space.w[PAID], space.w[PAID + 1] = amounts[hop, 0], amounts[hop, 1]
        status = quote(space, pools, edges[hop], hop, True)
        if status != FILLED:
            return status
        amounts[hop + 1, 0], amounts[hop + 1, 1] = space.w[GOT], space.w[GOT + 1]
    return FILLED


@inner
def backward(
    space: ChainSpace, pools: FlatPools, edges: NDArray[np.int64], end: int, amount: Amount
) -> tuple[int, Amount]:
    """Input that makes the hops before `end` pay out `amount`, with a status."""
    for hop in range(end - 1, -1, -1):
        space.w[GOT], space.w[GOT + 1] = amount
        status = quote(space, pools, edges[hop], hop, False)
        if status != FILLED:
            return status, amount
        amount = (space.w[PAID], space.w[PAID + 1])
    return FILLED, amount


@inner
def minus(a: Amount, b: Amount) -> Amount:
    """A - b in two's complement."""
    return a[0] - b[0], a[1] - b[1] - (ONE if a[0] < b[0] else ZERO)


@inner
def plus(a: Amount, b: Amount) -> Amount:
    """A + b."""
    low = a[0] + b[0]
    return low, a[1] + b[1] + (ONE if low < a[0] else ZERO)


@inner
def is_less(a: Amount, b: Amount) -> bool:
    """Whether a < b, both in two's complement."""
    if a[1] != b[1]:
        return bool(a[1] ^ _SIGN < b[1] ^ _SIGN)
    return bool(a[0] < b[0])


@inner
def is_nought(a: Amount) -> bool:
    """Whether a == 0."""
    return bool(a[0] == ZERO and a[1] == ZERO)


@inner
def shift_down(a: Amount, bits: int) -> Amount:
    """A >> bits, 0 < bits < 64."""
    shift = np.uint64(bits)
    carried = (a[1] << ONE) << (TOP_BIT - shift)
    return (a[0] >> shift) | carried, a[1] >> shift


@inner
def from_float(value: float) -> Amount:
    """The nearest whole amount, at least 1, at most the greatest there is."""
    whole = max(np.rint(value), 1.0)
    if not whole < 2.0**125:
        return ZERO, AMOUNT_TOP - ONE
    upper = np.floor(whole / _TWO_64)
    return np.uint64(whole - upper * _TWO_64), np.uint64(upper)


@inner
def to_float(a: Amount) -> float:
    """The nearest float of a number in two's complement."""
    if a[1] & _SIGN != ZERO:
        a = minus((ZERO, ZERO), a)
        return -(float(a[0]) + float(a[1]) * _TWO_64)
    return float(a[0]) + float(a[1]) * _TWO_64


@inner
def _profit(
    space: ChainSpace,
    pools: FlatPools,
    edges: NDArray[np.int64],
    place: int,
    middle: Amount,
    max_in: Amount,
) -> tuple[int, Amount]:
    """Profit when `middle` flows at `place`, with a status."""
    if middle[1] >= AMOUNT_TOP or is_nought(middle):
        return REFUSED, middle
    status, amount_in = backward(space, pools, edges, place, middle)
    if status != FILLED:
        return status, middle
    if is_less(max_in, amount_in):
        return REFUSED, middle
    status = forward(space, pools, edges, place, middle)
    last = edges.shape[0]
    out = (space.amounts[last, 0], space.amounts[last, 1])
    return status, minus(out, amount_in)


@inner
def _climb(
    space: ChainSpace,
    pools: FlatPools,
    edges: NDArray[np.int64],
    place: int,
    middle: Amount,
    max_in: Amount,
) -> tuple[int, Amount]:
    """The steps of `strategies.exact.climb`, one for one."""
    coarse = middle[1] == ZERO and middle[0] >> np.uint64(COARSE_BITS) == ZERO
    found, best = _profit(space, pools, edges, place, middle, max_in)
    if found == BEYOND:
        return BEYOND, middle
    flat = _flat_bits(best) if found == FILLED else 0
    step = shift_down(middle, 4 if coarse else max(flat, FINE_STEP))
    if is_nought(step):
        step = (ONE, ZERO)
    for _ in range(_MAX_CLIMB):
        if is_nought(step):
            break
        upper, lower = plus(middle, step), minus(middle, step)
        above, gain = _profit(space, pools, edges, place, upper, max_in)
        below, loss = REFUSED, gain
        if is_less((ZERO, ZERO), lower):
            below, loss = _profit(space, pools, edges, place, lower, max_in)
        if above == BEYOND or below == BEYOND:
            return BEYOND, middle
        known = above == FILLED or below == FILLED
        goes_up = above == FILLED and (below != FILLED or not is_less(gain, loss))
        top, bottom = (gain, loss) if goes_up else (loss, gain)
        if above != FILLED or below != FILLED:
            bottom = top
        if known and (found != FILLED or is_less(best, top)):
            found, best = FILLED, top
            middle = upper if goes_up else lower
            if not coarse:
                step = plus(step, step)
            continue
        if (
            not coarse
            and found == FILLED
            and known
            and is_less(minus(best, bottom), (np.uint64(2), ZERO))
        ):
            return FILLED, _comb(space, pools, edges, place, middle, best, max_in, flat)
        step = shift_down(step, 1 if coarse else NARROWING)
    return FILLED, middle


@inner
def _flat_bits(best: Amount) -> int:
    """Bits to shift an amount down by for a step in which a profit loses about one unit.

    Profit falls with the square of the distance from its top, as seen from either end of the trade.
    """
    return min(1 + int(0.5 * np.log2(max(to_float(best), 1.0))), 63)


@inner
def _comb(
    space: ChainSpace,
    pools: FlatPools,
    edges: NDArray[np.int64],
    place: int,
    middle: Amount,
    best: Amount,
    max_in: Amount,
    flat: int,
) -> Amount:
    """Look around where profit is flat: rounding may spare a unit nearby, of few units one."""
    found, step = middle, shift_down(middle, min(flat + 2, 63))
    upper, lower = plus(middle, step), minus(middle, step)
    for tooth in range(2 if flat > FEW_BITS else 16):
        there = lower if tooth & 1 else upper
        if tooth & 1:
            upper, lower = plus(upper, step), minus(lower, step)
        status, profit = _profit(space, pools, edges, place, there, max_in)
        if status == FILLED and is_less(best, profit):
            found, best = there, profit
    return found


@inner
def refine(
    space: ChainSpace,
    pools: FlatPools,
    edges: NDArray[np.int64],
    floats: NDArray[np.float64],
    max_in: Amount,
) -> int:
    """Exact amounts of the most profitable whole input near `floats`, into `space.amounts`.

    Returns FILLED, REFUSED when nothing profits, or BEYOND when only the reference can tell.
    """
    begin_chain(space)
    hops = edges.shape[0]
    place = 0
    for hop in range(1, hops):
        if floats[hop] < floats[place]:
            place = hop
    status, middle = _climb(space, pools, edges, place, from_float(floats[place]), max_in)
    if status == FILLED:
        status, start = backward(space, pools, edges, place, middle)
        if status == FILLED:
            status = forward(space, pools, edges, 0, start)
    if status != FILLED:
        return status
    return _trim(space, pools, edges)


@inner
def _trim(space: ChainSpace, pools: FlatPools, edges: NDArray[np.int64]) -> int:
    """Pay no unit that rounding would waste: the least input for the same or a better profit."""
    hops, amounts = edges.shape[0], space.amounts
    paid, got = (amounts[0, 0], amounts[0, 1]), (amounts[hops, 0], amounts[hops, 1])
    status, less_in = backward(space, pools, edges, hops, got)
    if status == FILLED and is_less(less_in, paid) and not is_nought(less_in):
        better = forward(space, pools, edges, 0, less_in) == FILLED
        new_got = (amounts[hops, 0], amounts[hops, 1])
        if not better or not is_less(minus(got, paid), minus(new_got, less_in)):
            forward(space, pools, edges, 0, paid)
    final_in, final_out = (amounts[0, 0], amounts[0, 1]), (amounts[hops, 0], amounts[hops, 1])
    return FILLED if is_less(final_in, final_out) else REFUSED


@inner
def crossed(space: ChainSpace, pools: FlatPools, edges: NDArray[np.int64]) -> int:
    """Initialised ticks that the chain's amounts cross, after the `forward` that made them."""
    total = 0
    for hop in range(edges.shape[0]):
        if pools.kinds[edges[hop] >> 1] == CONCENTRATED:
            total += space.ints[2 * hop, CROSSED]
    return total
