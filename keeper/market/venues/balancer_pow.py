"""Powers of 18-decimal fixed-point numbers as Balancer V2 computes them (`LogExpMath.sol`).

Logarithm and exponential subtract known powers of e from large to small and end in a short series,
every division rounding towards zero. What the contract does not take reverts.
"""

from keeper.market.venues.balancer import ONE, mul_up
from keeper.market.venues.uint256 import Unsolved, fit

ONE_20 = 10**20
ONE_36 = 10**36
MAX_NATURAL_EXPONENT = 130 * ONE
MIN_NATURAL_EXPONENT = -41 * ONE
MILD_EXPONENT_BOUND = 2**254 // ONE_20
NEAR_ONE = 10**17
POW_ERROR = 10_000
"""`MAX_POW_RELATIVE_ERROR`: by how much a power may be off, of 10^18."""

_WHOLE = (
    (128 * ONE, 38877084059945950922200000000000000000000000000000000000),
    (64 * ONE, 6235149080811616882910000000),
)
"""Exponents (18 decimals) and the powers of e (none)."""

POWERS = (
    (3200000000000000000000, 7896296018268069516100000000000000),
    (1600000000000000000000, 888611052050787263676000000),
    (800000000000000000000, 298095798704172827474000),
    (400000000000000000000, 5459815003314423907810),
    (200000000000000000000, 738905609893065022723),
    (100000000000000000000, 271828182845904523536),
    (50000000000000000000, 164872127070012814685),
    (25000000000000000000, 128402541668774148407),
    (12500000000000000000, 113314845306682631683),
    (6250000000000000000, 106449445891785942956),
)
"""Exponents and the powers of e, both in 20 decimals; the exponential stops before the last two."""


def pow_up(x: int, y: int, *, shortcuts: bool) -> int:
    """X^y, not less than it is; `shortcuts` for exponents 1, 2 and 4 came with later pools."""
    if shortcuts and y in (ONE, 2 * ONE, 4 * ONE):
        for _ in range((y // ONE).bit_length() - 1):
            x = mul_up(x, x)
        return x
    raw = power(x, y)
    return fit(raw + mul_up(raw, POW_ERROR) + 1)


def power(x: int, y: int) -> int:
    """X^y for x >= 0 and y >= 0.

    Raises:
        Unsolved: an operand or the result is out of the contract's range.
    """
    if y == 0:
        return ONE
    if x == 0:
        return 0
    if x >> 255 or y >= MILD_EXPONENT_BOUND:
        raise Unsolved
    if abs(x - ONE) < NEAR_ONE:
        log = _log_36(x)
        exponent = _divided(log, ONE) * y + _divided(_rest(log, ONE) * y, ONE)
    else:
        exponent = _log(x) * y
    exponent = _divided(exponent, ONE)
    if not MIN_NATURAL_EXPONENT <= exponent <= MAX_NATURAL_EXPONENT:
        raise Unsolved
    return _exp(exponent)


def _divided(a: int, b: int) -> int:
    """A / b rounded towards zero, b > 0."""
    return a // b if a >= 0 else -(-a // b)


def _rest(a: int, b: int) -> int:
    """What `_divided` leaves, with the sign of a."""
    return a - _divided(a, b) * b


def _exp(x: int) -> int:
    if x < 0:
        return ONE * ONE // _exp(-x)
    first = 1
    for exponent, e_to_it in _WHOLE:
        if x >= exponent:
            x -= exponent
            first = e_to_it
            break
    x *= 100
    product = ONE_20
    for exponent, e_to_it in POWERS[:-2]:
        if x >= exponent:
            x -= exponent
            product = product * e_to_it // ONE_20
    series = term = ONE_20
    for place in range(1, 13):
        term = term * x // ONE_20 // place
        series += term
    return product * series // ONE_20 * first // 100


def _log(a: int) -> int:
    """The natural logarithm."""
    if a < ONE:
        return -_log(ONE * ONE // a)
    total = 0
    for exponent, e_to_it in _WHOLE:
        if a >= e_to_it * ONE:
            a //= e_to_it
            total += exponent
    total, a = total * 100, a * 100
    for exponent, e_to_it in POWERS:
        if a >= e_to_it:
            a = a * ONE_20 // e_to_it
            total += exponent
    z = (a - ONE_20) * ONE_20 // (a + ONE_20)
    return (total + _artanh_twice(z, ONE_20, 11)) // 100


def _log_36(x: int) -> int:
    """The natural logarithm of a number near 1, in 36 decimals."""
    x *= ONE
    return _artanh_twice(_divided((x - ONE_36) * ONE_36, x + ONE_36), ONE_36, 15)


def _artanh_twice(z: int, one: int, last: int) -> int:
    """2 (z + z^3 / 3 + ... + z^last / last)."""
    square = z * z // one
    term = series = z
    for place in range(3, last + 1, 2):
        term = _divided(term * square, one)
        series += _divided(term, place)
    return 2 * series
