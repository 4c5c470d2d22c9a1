"""What each source of capital adds to a program's gas: measured, not guessed.

Units over the same program on own capital, under Polygon's schedule, without access lists, of the
gas bench's cycle of two V2 pairs from WPOL (`bench/gas/snapshot.json`, which a test compares).
Longer routes and other venues differ by some hundreds, USDC.e as profit token by up to 6,000.
"""

from collections.abc import Mapping
from types import MappingProxyType

from keeper.execution.program import Funding

SOURCE_GAS: Mapping[Funding, int] = MappingProxyType(
    {
        Funding.OWN_CAPITAL: 0,
        Funding.FLASH_SWAP: 2_389,
        Funding.EXACT_OUTPUT: 4_000,
        Funding.UNISWAP_V4: 27_114,
        Funding.MORPHO: 30_942,
        Funding.BALANCER_V2: 49_790,
        Funding.UNISWAP_V3: 68_060,
        Funding.AAVE_V3: 200_238,
    }
)
"""A flash swap's is a V2 pair's. An exact-output cycle's has no cell in the bench: measured over
the flash swap of the same legs, 2,051 to 2,369 at 2 hops, 3,117 to 3,469 at 4, 3,989 to 4,368 at 6.
"""

CALLED_FLASH_SWAP_GAS = 0
"""Of a pool that calls back for its input anyway (Uniswap V3, Algebra), which then pays nothing."""
