"""Powers as Balancer V2's weighted pools compute them, in limbs: `venues.balancer_pow`.

Only what selling to a pool asks for. Since at most 30 % of a balance is paid in, the base lies in
(3/4, 1]; since weights are between 1 % and 99 %, the exponent is below 100. Such operands stay in
the contract's range, no step of theirs overflows, and all logarithms are negative: what is kept of
those is their magnitude.
"""

import numpy as np

from keeper.market.kernels.checked import (
    LIMBS,
    minus,
    over,
    over_word,
    over_word_up,
    plus,
    times,
    times_word,
)
from keeper.market.kernels.compiler import inner
from keeper.market.kernels.limbs import ONE, ZERO, Word, Words, copy, is_equal, less
from keeper.market.venues.balancer import ONE as ONE_18
from keeper.market.venues.balancer_pow import NEAR_ONE, ONE_20, ONE_36, POW_ERROR, POWERS

_LIMB = 2**64 - 1
_NUMBERS = (
    *(ONE_18, 2 * ONE_18, 4 * ONE_18, ONE_18 - NEAR_ONE, ONE_20, ONE_36),
    *(exponent for exponent, _ in POWERS),
    *(value for _, value in POWERS),
)
_TABLE = np.array([[x >> 64 * i & _LIMB for i in range(LIMBS)] for x in _NUMBERS], dtype=np.uint64)
_AT_1, _AT_2, _AT_4, _AT_NEAR, _AT_20, _AT_36, _EXPONENTS = range(7)
_COUNT = len(POWERS)
_VALUES = _EXPONENTS + _COUNT
_OF_EXP = _COUNT - 2
"""The exponential stops before the last two."""

_ONE = np.uint64(ONE_18)
_HUNDRED, _TWO = np.uint64(100), np.uint64(2)
_ERROR = np.uint64(POW_ERROR)
_ROUNDS_36, _ROUNDS_20, _TERMS_OF_EXP = 15, 11, 12
_A, _BASE, _LOG, _SQUARE, _TERM, _PART, _FIXED, _Y = range(42, 74, 4)


@inner
def _put(w: Words, r: int, row: int) -> None:
    for i in range(LIMBS):
        w[r + i] = _TABLE[row, i]


@inner
def _is(w: Words, a: int, row: int) -> bool:
    _put(w, _FIXED, row)
    return is_equal(w, a, _FIXED, LIMBS)


@inner
def power_up(w: Words, r: int, base: int, exponent: int, shortcuts: bool) -> None:
    """R = base^exponent, not less than it is, all in 18 decimals."""
    copy(w, _BASE, base, LIMBS)
    copy(w, _Y, exponent, LIMBS)
    if shortcuts and _is(w, _Y, _AT_1):
        copy(w, r, _BASE, LIMBS)
        return
    if shortcuts and (_is(w, _Y, _AT_2) or _is(w, _Y, _AT_4)):
        _square_up(w, r, _BASE)
        if _is(w, _Y, _AT_4):
            _square_up(w, r, r)
        return
    _power(w, r)
    times_word(w, _A, r, _ERROR)
    over_word_up(w, _A, _A, _ONE)
    plus(w, r, r, _A)
    _add_word(w, r, ONE)


@inner
def _square_up(w: Words, r: int, a: int) -> None:
    times(w, r, a, a)
    over_word_up(w, r, r, _ONE)


@inner
def _add_word(w: Words, r: int, word: Word) -> None:
    w[_A], w[_A + 1], w[_A + 2], w[_A + 3] = word, ZERO, ZERO, ZERO
    plus(w, r, r, _A)


@inner
def _power(w: Words, r: int) -> None:
    """R = BASE^Y."""
    _put(w, _FIXED, _AT_NEAR)
    if less(w, _FIXED, _BASE, LIMBS):
        _log_36(w)
        over_word(w, _TERM, _LOG, _ONE)
        times_word(w, _PART, _TERM, _ONE)
        minus(w, _LOG, _LOG, _PART)
        times(w, _LOG, _LOG, _Y)
        over_word(w, _LOG, _LOG, _ONE)
        times(w, _TERM, _TERM, _Y)
        plus(w, _A, _TERM, _LOG)
    else:
        _log(w)
        times(w, _A, _LOG, _Y)
    over_word(w, _A, _A, _ONE)
    _exp(w, r)
    _put(w, _FIXED, _AT_36)
    over(w, r, _FIXED, r)


@inner
def _log_36(w: Words) -> None:
    """LOG = -ln(BASE) of a base near 1, in 36 decimals."""
    times_word(w, _A, _BASE, _ONE)
    _put(w, _FIXED, _AT_36)
    minus(w, _TERM, _FIXED, _A)
    times(w, _TERM, _TERM, _FIXED)
    plus(w, _A, _A, _FIXED)
    over(w, _TERM, _TERM, _A)
    _artanh_twice(w, _ROUNDS_36)


@inner
def _log(w: Words) -> None:
    """LOG = -ln(BASE)."""
    _put(w, _FIXED, _AT_36)
    over(w, _A, _FIXED, _BASE)
    times_word(w, _A, _A, _HUNDRED)
    w[_BASE], w[_BASE + 1], w[_BASE + 2], w[_BASE + 3] = ZERO, ZERO, ZERO, ZERO
    for row in range(_COUNT):
        _put(w, _PART, _VALUES + row)
        if not less(w, _A, _PART, LIMBS):
            _put(w, _FIXED, _AT_20)
            times(w, _A, _A, _FIXED)
            over(w, _A, _A, _PART)
            _put(w, _PART, _EXPONENTS + row)
            plus(w, _BASE, _BASE, _PART)
    _put(w, _FIXED, _AT_20)
    minus(w, _TERM, _A, _FIXED)
    times(w, _TERM, _TERM, _FIXED)
    plus(w, _A, _A, _FIXED)
    over(w, _TERM, _TERM, _A)
    _artanh_twice(w, _ROUNDS_20)
    plus(w, _LOG, _LOG, _BASE)
    over_word(w, _LOG, _LOG, _HUNDRED)


@inner
def _artanh_twice(w: Words, last: int) -> None:
    """LOG = 2 (z + z^3 / 3 + ... + z^last / last) for z at TERM, 1 at FIXED."""
    times(w, _SQUARE, _TERM, _TERM)
    over(w, _SQUARE, _SQUARE, _FIXED)
    copy(w, _LOG, _TERM, LIMBS)
    for place in range(3, last + 1, 2):
        times(w, _TERM, _TERM, _SQUARE)
        over(w, _TERM, _TERM, _FIXED)
        over_word(w, _PART, _TERM, np.uint64(place))
        plus(w, _LOG, _LOG, _PART)
    times_word(w, _LOG, _LOG, _TWO)


@inner
def _exp(w: Words, r: int) -> None:
    """R = e^A, of an exponent below 64."""
    times_word(w, _A, _A, _HUNDRED)
    _put(w, _FIXED, _AT_20)
    copy(w, r, _FIXED, LIMBS)
    for row in range(_OF_EXP):
        _put(w, _PART, _EXPONENTS + row)
        if not less(w, _A, _PART, LIMBS):
            minus(w, _A, _A, _PART)
            _put(w, _PART, _VALUES + row)
            times(w, r, r, _PART)
            over(w, r, r, _FIXED)
    copy(w, _TERM, _FIXED, LIMBS)
    copy(w, _LOG, _FIXED, LIMBS)
    for place in range(1, _TERMS_OF_EXP + 1):
        times(w, _TERM, _TERM, _A)
        over(w, _TERM, _TERM, _FIXED)
        over_word(w, _TERM, _TERM, np.uint64(place))
        plus(w, _LOG, _LOG, _TERM)
    times(w, r, r, _LOG)
    over(w, r, r, _FIXED)
    over_word(w, r, r, _HUNDRED)
