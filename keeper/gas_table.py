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
    base=39_100,
    hops=MappingProxyType(
        {
            Protocol.UNISWAP_V2: 51_800,
            Protocol.UNISWAP_V3: 61_700,
            Protocol.UNISWAP_V4: 66_600,
            Protocol.BALANCER_V2_WEIGHTED: 79_800,
            Protocol.BALANCER_V2_STABLE: 134_400,
        }
    ),
    other_hop=134_400,
    tick=24_500,
    arrived_hop=7_700,
    sources=MappingProxyType(
        {
            "flash_swap": 4_257,
            "uniswap_v4": 26_370,
            "morpho": 28_347,
            "balancer_v2": 37_952,
            "uniswap_v3": 51_198,
            "aave_v3": 138_003,
        }
    ),
)
POLYGON = GasTable(
    base=46_800,
    hops=MappingProxyType(
        {
            Protocol.UNISWAP_V2: 76_500,
            Protocol.UNISWAP_V3: 84_000,
            Protocol.UNISWAP_V4: 84_500,
            Protocol.BALANCER_V2_WEIGHTED: 109_200,
            Protocol.BALANCER_V2_STABLE: 194_200,
        }
    ),
    other_hop=194_200,
    tick=36_200,
    arrived_hop=10_300,
    sources=MappingProxyType(
        {
            "flash_swap": 4_257,
            "uniswap_v4": 29_730,
            "morpho": 32_547,
            "balancer_v2": 51_392,
            "uniswap_v3": 69_678,
            "aave_v3": 201_843,
        }
    ),
)


def table_of(instance: ChainInstance) -> GasTable:
    """The table of the schedule by which a chain charges."""
    is_polygon = instance.chain_id == POLYGON_CHAIN_ID and instance.run == LIVE_RUN
    return POLYGON if is_polygon else ETHEREUM
