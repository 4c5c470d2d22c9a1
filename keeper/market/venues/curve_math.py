"""Curve's StableSwap invariant (Egorov 2019), in the rounding of its pools' contracts.

Everything is uint256 there: what does not fit 256 bits reverts, so it is refused here.
"""

from collections.abc import Sequence
from enum import Enum

from keeper.market.venues.uint256 import Unsolved, fit

ROUNDS = 255


class Rounding(Enum):
    """How a generation of pools divides while it looks for the invariant.

    PLAIN divides by each n x; GUARDED (pools of aTokens) by n x + 1; NG by each x and then by n^n.
    """

    PLAIN = "plain"
    GUARDED = "guarded"
    NG = "ng"


def invariant(xp: Sequence[int], amp: int, precision: int, rounding: Rounding) -> int:
    """D for scaled balances `xp`; `amp` is A n^(n-1) times `precision`, as `A_precise` gives it.

    Raises:
        Unsolved: the contract reverts.
    """
    n, total = len(xp), sum(xp)
    if total == 0:
        return 0
    divisors, last = _divisors(xp, rounding)
    if 0 in divisors:
        raise Unsolved
    ann = fit(amp * n)
    weighted = fit(ann * total) // precision
    d = fit(total)
    for _ in range(ROUNDS):
        d_p = d
        for divisor in divisors:
            d_p = fit(d_p * d) // divisor
        d_p //= last
        previous = d
        below = fit((ann - precision) * d) // precision + (n + 1) * d_p
        if below == 0:
            raise Unsolved
        d = fit((weighted + d_p * n) * d) // fit(below)
        if abs(d - previous) <= 1:
            return d
    raise Unsolved


def _divisors(xp: Sequence[int], rounding: Rounding) -> tuple[list[int], int]:
    n = len(xp)
    if rounding is Rounding.NG:
        return list(xp), n**n
    guard = 1 if rounding is Rounding.GUARDED else 0
    return [x * n + guard for x in xp], 1


def quadratic(others: Sequence[int], amp: int, precision: int, d: int) -> tuple[int, int]:
    """The terms b + D and c of y^2 + b y = c, which a balance y solves beside all `others`.

    Raises:
        Unsolved: the contract reverts.
    """
    n = len(others) + 1
    ann = amp * n
    c = d
    for x in others:
        if x == 0:
            raise Unsolved
        c = fit(c * d) // fit(x * n)
    c = fit(fit(c * d) * precision) // (ann * n)
    return sum(others) + d * precision // ann, c


def balance(others: Sequence[int], amp: int, precision: int, d: int) -> int:
    """The balance that keeps the invariant `d` beside the balances of all `others`.

    Raises:
        Unsolved: the contract reverts.
    """
    b, c = quadratic(others, amp, precision, d)
    y = d
    for _ in range(ROUNDS):
        previous = y
        below = 2 * y + b - d
        if below <= 0:
            raise Unsolved
        y = fit(fit(y * y) + c) // fit(below)
        if abs(y - previous) <= 1:
            return y
    raise Unsolved
