"""One file per protocol; each offers `install`, and adding one touches nothing but this list."""

from collections.abc import Callable

from replica.deploy import Site
from replica.protocols import (
    aave_v3,
    algebra,
    balancer_v2,
    curve,
    morpho_blue,
    multicall3,
    permit2,
    safe,
    tokens,
    uniswap_v2,
    uniswap_v3,
    uniswap_v4,
    universal_router,
)

RECIPES: tuple[Callable[[Site], None], ...] = (
    tokens.install,
    multicall3.install,
    uniswap_v2.install,
    uniswap_v3.install,
    aave_v3.install,
    permit2.install,
    uniswap_v4.install,
    universal_router.install,
    balancer_v2.install,
    morpho_blue.install,
    safe.install,
    algebra.install,
    curve.install,
)
"""In building order: later recipes use what earlier ones placed."""
