"""Pools' frozen states at the end of one block, made when somebody asks."""

from collections.abc import Callable, Iterator, Mapping

from keeper.chain import Address
from keeper.market.venues.base import VenueState
from keeper.market.view import Topology, Untradable

Read = Callable[[Address], VenueState]


class States(Mapping[Address, VenueState]):
    """The tradable pools of a block; each state is made once, by `read`.

    `read` raises `LookupError` once the block is not kept any more.
    """

    def __init__(
        self, topology: Topology, untradable: Mapping[Address, Untradable], read: Read
    ) -> None:
        self._topology = topology
        self._untradable = untradable
        self._read = read
        self._made: dict[Address, VenueState] = {}

    def __getitem__(self, pool: Address) -> VenueState:
        found = self._made.get(pool)
        if found is None:
            if pool not in self:
                raise KeyError(pool)
            found = self._made[pool] = self._read(pool)
        return found

    def __contains__(self, pool: object) -> bool:
        return pool in self._topology.slots and pool not in self._untradable

    def __iter__(self) -> Iterator[Address]:
        return (pool for pool in self._topology.slots if pool not in self._untradable)

    def __len__(self) -> int:
        return len(self._topology.slots) - len(self._untradable)
