"""One file per protocol; each offers `install`, and adding one touches nothing but this list."""

from collections.abc import Callable

from replica.deploy import Site
from replica.protocols import (
    aave_v3,
    multicall3,
    permit2,
    tokens,
    uniswap_v2,
    uniswap_v3,
    uniswap_v4,
)

RECIPES: tuple[Callable[[Site], None], ...] = (
    tokens.install,
    multicall3.install,
    uniswap_v2.install,
    uniswap_v3.install,
    aave_v3.install,
    permit2.install,
    uniswap_v4.install,
)
"""In building order: later recipes use what earlier ones placed."""
