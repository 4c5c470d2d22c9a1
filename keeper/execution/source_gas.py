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
        Funding.FLASH_SWAP: 4_146,
        Funding.EXACT_OUTPUT: 0,
        Funding.UNISWAP_V4: 29_614,
        Funding.MORPHO: 32_415,
        Funding.BALANCER_V2: 51_260,
        Funding.UNISWAP_V3: 68_060,
        Funding.AAVE_V3: 201_714,
    }
)
"""A flash swap's is a V2 pair's. An exact-output cycle of Uniswap V3 pools is one run, for less
than the flash swap of the same legs: by 2,438 at 2 hops, 5,076 at 4 and 8,290 at 6, which counts as
nothing.
"""

CALLED_FLASH_SWAP_GAS = 0
"""Of a pool that calls back for its input anyway (Uniswap V3, Algebra), which then pays nothing."""
