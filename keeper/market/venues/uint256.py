"""Checked arithmetic as contracts have it: what does not fit a uint256 reverts."""

MAX_UINT256 = (1 << 256) - 1


class Unsolved(ArithmeticError):  # noqa: N818 -- it states the fact
    """The contract would revert: a number does not fit, or Newton's method does not settle."""


def fit(number: int) -> int:
    """The number itself, if it is a uint256."""
    if not 0 <= number <= MAX_UINT256:
        raise Unsolved
    return number
