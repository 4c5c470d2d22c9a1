"""Which pools an executor on the replica lists, and by which numbers its programs name them."""

from collections.abc import Sequence

from keeper.chain import Address, Protocol
from keeper.execution.directory import Directory
from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from replica.manifest import Manifest

Listed = tuple[list[Address], list[Address]]
FREE = Address(bytes(20))


def directory_of(manifest: Manifest) -> Listed:
    """The first 63 Uniswap V3 pools and 64 V2 pairs of a replica, in its order."""
    of_kind = {
        kind: [pool.address for pool in manifest.pools if pool.protocol is kind]
        for kind in (Protocol.UNISWAP_V3, Protocol.UNISWAP_V2)
    }
    pools, pairs = of_kind[Protocol.UNISWAP_V3], of_kind[Protocol.UNISWAP_V2]
    return pools[:DIRECTORY_POOLS], pairs[:DIRECTORY_PAIRS]


def places(pools: Sequence[Address], pairs: Sequence[Address]) -> dict[Address, int]:
    """The place of each listed pool and pair: from 1, and from 64. Free places are left out."""
    directory = Directory.of(pools, pairs)
    return {**directory.pools, **directory.pairs}
