"""What 10^18 raw units of plain tokens are worth to a pool that counts in 18 decimals."""

from collections.abc import Iterable


def rates_of(decimals: Iterable[int]) -> list[int]:
    """10^(36 - decimals) each."""
    return [int(10 ** (36 - places)) for places in decimals]
