"""Unsigned integers of several 64-bit limbs in a scratch array.

Division is Knuth's algorithm D with the reciprocals of Moller and Granlund ("Improved division by
invariant integers", 2011), so that it needs no 128-bit division.
"""

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from keeper.market.kernels.compiler import JIT, inner

Words = NDArray[np.uint64]
Word = np.uint64

ZERO = np.uint64(0)
ONE = np.uint64(1)
ALL_ONES = np.uint64(2**64 - 1)
HALF_MASK = np.uint64(2**32 - 1)
HALF = np.uint64(32)
TOP_BIT = np.uint64(63)

_S11, _S13, _S24, _S31 = np.uint64(11), np.uint64(13), np.uint64(24), np.uint64(31)
_S40, _S47, _S55 = np.uint64(40), np.uint64(47), np.uint64(55)
_FIRST_GUESS = np.uint64(2**19 - 3 * 2**8)
_TWO_60 = np.uint64(2**60)
_TWO_64 = 2.0**64

SCRATCH = 128
"""Words of a scratch array; those from `_DIVIDEND` on belong to `divide`."""
_DIVIDEND = 100
_DIVISOR = 112


def _high_in_python(a: Word, b: Word) -> Word:
    """Upper half of the product, from half words: nothing overflows."""
    a0, a1, b0, b1 = a & HALF_MASK, a >> HALF, b & HALF_MASK, b >> HALF
    low, cross0, cross1 = a0 * b0, a0 * b1, a1 * b0
    middle = (low >> HALF) + (cross0 & HALF_MASK) + (cross1 & HALF_MASK)
    return a1 * b1 + (cross0 >> HALF) + (cross1 >> HALF) + (middle >> HALF)


@intrinsic
def _high_in_llvm(_context: Any, a: Any, b: Any) -> Any:  # noqa: ANN401, ARG001 -- numba's types
    """The same as one multiplication of the processor."""
    from llvmlite import ir  # type: ignore[import-untyped]  # noqa: PLC0415 -- only to compile

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        wide = ir.IntType(128)
        one, two = (builder.zext(value, wide) for value in arguments)
        upper = builder.lshr(builder.mul(one, two), ir.Constant(wide, 64))
        return builder.trunc(upper, ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


def _bits_free_in_python(d: Word) -> Word:
    free = ZERO
    while d >> TOP_BIT == ZERO:
        d <<= ONE
        free += ONE
    return free


@intrinsic
def _bits_free_in_llvm(_context: Any, _d: Any) -> Any:  # noqa: ANN401 -- numba's types
    """The same as one instruction of the processor."""
    from llvmlite import ir  # noqa: PLC0415 -- only to compile

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


if JIT:

    @inner
    def high(a: Word, b: Word) -> Word:
        """Upper 64 bits of a * b."""
        return _high_in_llvm(a, b)  # type: ignore[call-arg]

    @inner
    def bits_free(d: Word) -> Word:
        """Leading zero bits of d, which is not 0."""
        return _bits_free_in_llvm(d)  # type: ignore[call-arg]

else:
    high, bits_free = _high_in_python, _bits_free_in_python


@inner
def copy(w: Words, r: int, a: int, limbs: int) -> None:
    """R = a."""
    for i in range(limbs):
        w[r + i] = w[a + i]


@inner
def is_zero(w: Words, a: int, limbs: int) -> bool:
    """Whether a == 0."""
    for i in range(limbs):
        if w[a + i] != ZERO:
            return False
    return True


@inner
def is_equal(w: Words, a: int, b: int, limbs: int) -> bool:
    """Whether a == b."""
    for i in range(limbs):
        if w[a + i] != w[b + i]:
            return False
    return True


@inner
def less(w: Words, a: int, b: int, limbs: int) -> bool:
    """Whether a < b."""
    for i in range(limbs - 1, -1, -1):
        if w[a + i] != w[b + i]:
            return bool(w[a + i] < w[b + i])
    return False


@inner
def add(w: Words, r: int, a: int, b: int, limbs: int) -> Word:
    """R = a + b; returns the carry."""
    carry = ZERO
    for i in range(limbs):
        first = w[a + i] + w[b + i]
        over = ONE if first < w[a + i] else ZERO
        second = first + carry
        carry = over + (ONE if second < first else ZERO)
        w[r + i] = second
    return carry


@inner
def sub(w: Words, r: int, a: int, b: int, limbs: int) -> Word:
    """R = a - b; returns the borrow."""
    borrow = ZERO
    for i in range(limbs):
        first = w[a + i] - w[b + i]
        under = ONE if w[a + i] < w[b + i] else ZERO
        second = first - borrow
        borrow = under + (ONE if first < borrow else ZERO)
        w[r + i] = second
    return borrow


@inner
def as_float(w: Words, a: int, limbs: int) -> float:
    """The float of a, but for what summing limb by limb rounds."""
    value = 0.0
    for i in range(limbs - 1, -1, -1):
        value = value * _TWO_64 + float(w[a + i])
    return value


@inner
def increment(w: Words, r: int, limbs: int) -> None:
    """R = r + 1, the carry out dropped."""
    for i in range(limbs):
        w[r + i] += ONE
        if w[r + i] != ZERO:
            return


@inner
def mul(w: Words, r: int, a: int, a_limbs: int, b: int, b_limbs: int) -> None:
    """R = a * b, of a_limbs + b_limbs limbs; r overlaps neither."""
    for i in range(a_limbs + b_limbs):
        w[r + i] = ZERO
    for i in range(a_limbs):
        carry = ZERO
        x = w[a + i]
        for j in range(b_limbs):
            y = w[b + j]
            low = x * y
            upper = high(x, y)
            total = w[r + i + j] + low
            if total < low:
                upper += ONE
            again = total + carry
            if again < carry:
                upper += ONE
            w[r + i + j] = again
            carry = upper
        w[r + i + b_limbs] = carry


@inner
def mul_word(w: Words, r: int, a: int, limbs: int, word: Word) -> None:
    """R = a * word, of limbs + 1 limbs; r may be a."""
    carry = ZERO
    for i in range(limbs):
        x = w[a + i]
        low = x * word
        total = low + carry
        carry = high(x, word) + (ONE if total < low else ZERO)
        w[r + i] = total
    w[r + limbs] = carry


@inner
def reciprocal(d: Word) -> Word:
    """floor((2**128 - 1) / d) - 2**64 for d with its top bit set."""
    v0 = _FIRST_GUESS // (d >> _S55)
    d40 = (d >> _S24) + ONE
    v1 = (v0 << _S11) - ((v0 * v0 * d40) >> _S40) - ONE
    v2 = (v1 << _S13) + ((v1 * (_TWO_60 - v1 * d40)) >> _S47)
    odd = d & ONE
    e = ((v2 >> ONE) & (ZERO - odd)) - v2 * ((d >> ONE) + odd)
    v3 = (high(v2, e) >> ONE) + (v2 << _S31)
    low = v3 * d
    total = low + d
    return v3 - (high(v3, d) + (ONE if total < low else ZERO)) - d


@inner
def divide_two(u1: Word, u0: Word, d: Word, v: Word) -> Word:
    """Quotient of (u1, u0) by d, u1 < d, v = reciprocal(d)."""
    low = v * u1
    q0 = low + u0
    q1 = high(v, u1) + u1 + (ONE if q0 < low else ZERO) + ONE
    r = u0 - q1 * d
    if r > q0:
        q1 -= ONE
        r += d
    if r >= d:
        q1 += ONE
    return q1


@inner
def divide(w: Words, q: int, a: int, a_limbs: int, d: int, d_limbs: int) -> bool:
    """Q = a // d, of a_limbs limbs; True when a remainder is left. d is not 0; q may be a."""
    while d_limbs > 1 and w[d + d_limbs - 1] == ZERO:
        d_limbs -= 1
    if d_limbs == 1:
        return _divide_word(w, q, a, a_limbs, w[d])
    used = a_limbs
    while used > 0 and w[a + used - 1] == ZERO:
        used -= 1
    if used < d_limbs:
        remains = used > 0
        for i in range(a_limbs):
            w[q + i] = ZERO
        return remains
    shift = bits_free(w[d + d_limbs - 1])
    _shift_up(w, _DIVISOR, d, d_limbs, shift)
    _shift_up(w, _DIVIDEND, a, used, shift)
    for i in range(used - d_limbs + 1, a_limbs):
        w[q + i] = ZERO
    top = w[_DIVISOR + d_limbs - 1]
    v = reciprocal(top)
    for place in range(used - d_limbs, -1, -1):
        w[q + place] = _digit(w, _DIVIDEND + place, d_limbs, top, v)
    return not is_zero(w, _DIVIDEND, d_limbs)


@inner
def _divide_word(w: Words, q: int, a: int, limbs: int, d: Word) -> bool:
    """As `divide`, by one limb."""
    shift = bits_free(d)
    top = d << shift
    v = reciprocal(top)
    # In two steps, since a shift by all 64 bits is undefined.
    rest = (w[a + limbs - 1] >> ONE) >> (TOP_BIT - shift)
    for i in range(limbs - 1, -1, -1):
        word = w[a + i] << shift
        if i > 0:
            word |= (w[a + i - 1] >> ONE) >> (TOP_BIT - shift)
        digit = divide_two(rest, word, top, v)
        rest = word - digit * top
        w[q + i] = digit
    return bool(rest != ZERO)


@inner
def _shift_up(w: Words, r: int, a: int, limbs: int, shift: Word) -> None:
    """R = a << shift, of limbs + 1 limbs, shift < 64."""
    carry = ZERO
    for i in range(limbs):
        word = w[a + i]
        w[r + i] = (word << shift) | carry
        # In two steps, since a shift by all 64 bits is undefined.
        carry = (word >> ONE) >> (TOP_BIT - shift)
    w[r + limbs] = carry


@inner
def _digit(w: Words, u: int, limbs: int, top: Word, v: Word) -> Word:
    """The next quotient digit: the estimate's multiple is taken off the dividend, then mended."""
    first = w[u + limbs]
    digit = ALL_ONES if first >= top else divide_two(first, w[u + limbs - 1], top, v)
    borrow = ZERO
    for i in range(limbs):
        x = w[_DIVISOR + i]
        low = digit * x
        upper = high(digit, x)
        part = low + borrow
        if part < low:
            upper += ONE
        before = w[u + i]
        w[u + i] = before - part
        borrow = upper + (ONE if before < part else ZERO)
    before = w[u + limbs]
    w[u + limbs] = before - borrow
    owed = before < borrow
    while owed:
        digit -= ONE
        carry = add(w, u, u, _DIVISOR, limbs)
        total = w[u + limbs] + carry
        owed = not (carry == ONE and total == ZERO)
        w[u + limbs] = total
    return digit


@inner
def divide_up(w: Words, q: int, a: int, a_limbs: int, d: int, d_limbs: int) -> None:
    """Q = ceil(a / d), of a_limbs limbs."""
    if divide(w, q, a, a_limbs, d, d_limbs):
        increment(w, q, a_limbs)
