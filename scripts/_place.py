"""Where a command runs: the folder of its records, and whether what it does is for keeps."""

import asyncio
from dataclasses import dataclass

from ape.api import ProviderAPI
from eth_utils.address import to_canonical_address

from keeper.chain import LIVE_RUN, Address, ChainInstance
from keeper.keys import check_key_belongs
from keeper.node import Node

DEVELOPMENT = ("local", "replica", "fork")


class PlaceError(ValueError):
    """The network is not what its name says, or unknown; the message names the fix."""


@dataclass(frozen=True, slots=True)
class Place:
    """A network by the name of its folder, and the chain instance that its node serves."""

    name: str
    instance: ChainInstance

    @property
    def live(self) -> bool:
        """Whether the chain outlives its nodes."""
        return self.name not in DEVELOPMENT

    def check_key(self, address: str) -> None:
        """Refuse live keys off live networks, test keys on them; raises `KeyFileError`."""
        check_key_belongs(Address(to_canonical_address(address)), self.instance)


def find_place(provider: ProviderAPI) -> Place:
    """The place that a connected provider serves, as the keeper would identify it.

    Raises:
        PlaceError: The network has no name of its own, or a development node poses as a live one,
            or the reverse.
        NodeError: The node does not answer as a node should.
    """
    network = provider.network
    if network.is_adhoc:
        raise PlaceError("name the network: --network polygon:<network>:<url>")
    name = "fork" if network.is_fork else network.name
    place = Place(name, asyncio.run(_instance(provider.http_uri, provider.chain_id)))
    if place.live and place.instance.run != LIVE_RUN:
        raise PlaceError(
            f"{name} is served by a development node: set POLYGON_RPC_URL to a live one"
        )
    if not place.live and place.instance.run == LIVE_RUN:
        raise PlaceError(f"{name} is served by a live node: point it at anvil or the replica")
    return place


async def _instance(url: str, chain_id: int) -> ChainInstance:
    async with await Node.connect(url, expected_chain_id=chain_id, timeout_s=30) as node:
        return await node.chain_instance()
