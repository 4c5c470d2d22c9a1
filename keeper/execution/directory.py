"""The directory behind an executor's code: the pools and pairs that a program names by place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from keeper.chain import Address, Protocol
from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS

_PLACE_SIZE = 20
_FREE = Address(bytes(_PLACE_SIZE))
DIRECTORY_SIZE = _PLACE_SIZE * (DIRECTORY_POOLS + DIRECTORY_PAIRS)
"""Bytes at the end of an executor's code."""


class DirectoryError(ValueError):
    """No directory can stand behind this code."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Places by address, of Uniswap V3 pools and of V2 pairs.

    What is listed twice has its first place.
    """

    pools: Mapping[Address, int]
    pairs: Mapping[Address, int]

    @classmethod
    def of(cls, pools: Sequence[Address], pairs: Sequence[Address]) -> Self:
        """The directory of an executor that was created with these lists.

        Raises:
            DirectoryError: There are more pools or pairs than places.
        """
        if len(pools) > DIRECTORY_POOLS or len(pairs) > DIRECTORY_PAIRS:
            raise DirectoryError(
                f"a directory has {DIRECTORY_POOLS} places for pools and {DIRECTORY_PAIRS} for "
                f"pairs, not {len(pools)} and {len(pairs)}"
            )
        return cls(_places(pools, 1), _places(pairs, DIRECTORY_POOLS + 1))

    @classmethod
    def read(cls, code: bytes) -> Self:
        """The directory at the end of an executor's runtime code: place p begins 20 p bytes before.

        Raises:
            DirectoryError: The code is too short to have one.
        """
        if len(code) <= DIRECTORY_SIZE:
            raise DirectoryError(f"{len(code)} bytes of code have no room for a directory")
        ends = range(len(code), len(code) - DIRECTORY_SIZE, -_PLACE_SIZE)
        listed = [Address(code[end - _PLACE_SIZE : end]) for end in ends]
        return cls.of(listed[:DIRECTORY_POOLS], listed[DIRECTORY_POOLS:])

    def place(self, pool: Address, protocol: Protocol) -> int | None:
        """The place of a pool among those of its kind; None where it has none."""
        match protocol:
            case Protocol.UNISWAP_V3:
                return self.pools.get(pool)
            case Protocol.UNISWAP_V2:
                return self.pairs.get(pool)
            case _:
                return None


def _places(listed: Sequence[Address], first: int) -> Mapping[Address, int]:
    places: dict[Address, int] = {}
    for place, address in enumerate(listed, start=first):
        if address != _FREE:
            places.setdefault(address, place)
    return MappingProxyType(places)


NO_DIRECTORY = Directory.of((), ())
