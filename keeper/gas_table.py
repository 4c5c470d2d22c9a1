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
    base=40_800,
    hops=MappingProxyType(
        {
            Protocol.UNISWAP_V2: 52_100,
            Protocol.UNISWAP_V3: 62_000,
            Protocol.UNISWAP_V4: 65_200,
            Protocol.BALANCER_V2_WEIGHTED: 78_400,
            Protocol.BALANCER_V2_STABLE: 132_700,
        }
    ),
    other_hop=132_700,
    tick=24_600,
    arrived_hop=7_200,
    sources=MappingProxyType(
        {
            "flash_swap": 4_462,
            "uniswap_v4": 26_441,
            "morpho": 28_531,
            "balancer_v2": 38_136,
            "uniswap_v3": 51_422,
            "aave_v3": 138_193,
        }
    ),
)
POLYGON = GasTable(
    base=48_500,
    hops=MappingProxyType(
        {
            Protocol.UNISWAP_V2: 76_800,
            Protocol.UNISWAP_V3: 84_300,
            Protocol.UNISWAP_V4: 83_100,
            Protocol.BALANCER_V2_WEIGHTED: 107_800,
            Protocol.BALANCER_V2_STABLE: 192_500,
        }
    ),
    other_hop=192_500,
    tick=36_200,
    arrived_hop=9_500,
    sources=MappingProxyType(
        {
            "flash_swap": 4_462,
            "uniswap_v4": 29_801,
            "morpho": 32_731,
            "balancer_v2": 51_576,
            "uniswap_v3": 69_902,
            "aave_v3": 202_033,
        }
    ),
)


def table_of(instance: ChainInstance) -> GasTable:
    """The table of the schedule by which a chain charges."""
    is_polygon = instance.chain_id == POLYGON_CHAIN_ID and instance.run == LIVE_RUN
    return POLYGON if is_polygon else ETHEREUM
