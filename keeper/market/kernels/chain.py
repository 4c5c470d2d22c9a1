"""A chain of pools in exact integers: amounts forwards from an input, backwards from an output."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel, part
from keeper.market.kernels.concentrated import CROSSED, KNOWN, MARK_INTS, MARK_WORDS, walk
from keeper.market.kernels.constant_product import pair_in, pair_out
from keeper.market.kernels.layout import CONCENTRATED, CURVE, PAIR, FlatPools
from keeper.market.kernels.limbs import ONE, SCRATCH, TOP_BIT, ZERO, Word, Words
from keeper.market.kernels.local import LOCAL
from keeper.market.kernels.quotes import AMOUNT_TOP, FILLED, GOT, PAID, REFUSED
from keeper.market.kernels.ranges import ranges_space
from keeper.market.kernels.stable_swap import curve_out
from keeper.market.kernels.vault import vault_out

MAX_HOPS = 16
_SIGN = np.uint64(2**63)
_TWO_64 = 2.0**64

Amount = tuple[Word, Word]
"""Lower and upper limb; a profit is one in two's complement."""


class ChainSpace(NamedTuple):
    """Scratch of one chain at a time: operands, and what each hop's walks remember.

    `local` is of `kernels.local`, `ranges` of `kernels.ranges`: of use to all chains.
    """

    w: Words
    marks: Words
    ints: NDArray[np.int64]
    amounts: Words
    local: NDArray[np.float64]
    ranges: Words


def chain_space() -> ChainSpace:
    """Space for chains of up to `MAX_HOPS`; one per thread."""
    return ChainSpace(
        w=np.zeros(SCRATCH, dtype=np.uint64),
        marks=np.zeros((MAX_HOPS, MARK_WORDS), dtype=np.uint64),
        ints=np.zeros((MAX_HOPS, MARK_INTS), dtype=np.int64),
        amounts=np.zeros((MAX_HOPS + 1, 2), dtype=np.uint64),
        local=np.zeros((MAX_HOPS, LOCAL)),
        ranges=ranges_space(),
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
        mark, ints = space.marks[hop], space.ints[hop]
        return walk(space.w, pools, slot, direction, exact_in, mark, ints, space.ranges)
    if kind < CURVE or not exact_in:
        return REFUSED
    if kind == CURVE:
        return curve_out(space.w, pools, slot, direction)
    return vault_out(space.w, pools, slot, direction)


@part
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


@part
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
def crossed(space: ChainSpace, pools: FlatPools, edges: NDArray[np.int64]) -> int:
    """Initialised ticks that the chain's amounts cross, after the `forward` that made them."""
    total = 0
    for hop in range(edges.shape[0]):
        if pools.kinds[edges[hop] >> 1] == CONCENTRATED:
            total += space.ints[hop, CROSSED]
    return total
