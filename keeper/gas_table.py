"""What programs cost in gas, by the chain's schedule: measured by `make bench-gas`, not guessed.

A schedule prices storage; Polygon's (PIP-88) is dearer than Ethereum's where a slot is first read,
so that each hop costs a third to a half more. Node software for development charges Ethereum's, the
replica's and a fork's likewise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from keeper.chain import LIVE_RUN, ChainInstance, Protocol

POLYGON_CHAIN_ID = 137


@dataclass(frozen=True, slots=True)
class GasTable:
    """Gas units under one schedule, without access lists.

    `base` is a program on own capital that swaps nothing, `hops` one swap of a protocol with its
    share of token transfers, `other_hop` one of a protocol that was not measured, `tick` an
    initialised tick crossed. `sources` is what each source of capital adds over own capital, by its
    name, `arrived_hop` what each hop adds where it takes whatever has arrived.
    """

    base: int
    hops: Mapping[Protocol, int]
    other_hop: int
    tick: int
    arrived_hop: int
    sources: Mapping[str, int]

    def hop(self, protocol: Protocol) -> int:
        """Units of one swap."""
        return self.hops.get(protocol, self.other_hop)

    def units(self, protocols: Iterable[Protocol], crossed: int = 0) -> int:
        """Units of a program on own capital with one hop per protocol, which crosses ticks."""
        return self.base + sum(map(self.hop, protocols)) + crossed * self.tick


ETHEREUM = GasTable(
    base=38_300,
    hops=MappingProxyType(
        {
            Protocol.UNISWAP_V2: 51_700,
            Protocol.UNISWAP_V3: 61_300,
            Protocol.UNISWAP_V4: 67_300,
            Protocol.BALANCER_V2_WEIGHTED: 80_500,
            Protocol.BALANCER_V2_STABLE: 135_200,
        }
    ),
    other_hop=135_200,
    tick=24_500,
    arrived_hop=7_900,
    sources=MappingProxyType(
        {
            "flash_swap": 4_271,
            "uniswap_v4": 26_343,
            "morpho": 28_391,
            "balancer_v2": 37_996,
            "uniswap_v3": 51_218,
            "aave_v3": 138_035,
        }
    ),
)
POLYGON = GasTable(
    base=46_100,
    hops=MappingProxyType(
        {
            Protocol.UNISWAP_V2: 76_300,
            Protocol.UNISWAP_V3: 83_600,
            Protocol.UNISWAP_V4: 85_200,
            Protocol.BALANCER_V2_WEIGHTED: 109_900,
            Protocol.BALANCER_V2_STABLE: 195_000,
        }
    ),
    other_hop=195_000,
    tick=36_100,
    arrived_hop=10_200,
    sources=MappingProxyType(
        {
            "flash_swap": 4_271,
            "uniswap_v4": 29_703,
            "morpho": 32_591,
            "balancer_v2": 51_436,
            "uniswap_v3": 69_698,
            "aave_v3": 201_875,
        }
    ),
)


def table_of(instance: ChainInstance) -> GasTable:
    """The table of the schedule by which a chain charges."""
    is_polygon = instance.chain_id == POLYGON_CHAIN_ID and instance.run == LIVE_RUN
    return POLYGON if is_polygon else ETHEREUM
