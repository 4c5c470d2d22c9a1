"""Compiles every strategy's kernels, or loads them, before the first block needs them.

`python -m keeper.strategies.warm` does so at set-up, with a progress line on standard error.
"""

import sys
from hashlib import sha256
from itertools import combinations
from time import monotonic

from keeper.chain import Address
from keeper.gas_table import POLYGON
from keeper.market.kernels.compiler import cache_directory
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.market.warm import check_quotes, plain_pool, warm_market
from keeper.relay.messages import BlockBoundary, Origin
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategySettings

_TOKENS = tuple(Address(bytes([number]) * 20) for number in range(1, 6))
_DEPTH = 10**24


def warm() -> float:
    """Feed a market and run every strategy once over an edge; returns the seconds it took.

    Raises:
        RuntimeError: frames are refused, a quote is wrong or an edge is not found: kernels cannot
            be trusted.
    """
    began = monotonic()
    warm_market()
    check_quotes()
    view = _small_market()
    for name in registry.STRATEGIES:
        (strategy,) = registry.create([name], StrategySettings(_TOKENS))
        if not strategy.evaluate(view, GasQuote(0, 0.0, POLYGON)).opportunities:
            raise RuntimeError(f"the kernels of {name!r} miss a plain edge: remove their cache")
    return monotonic() - began


def _small_market() -> MarketView:
    """Two pairs and a concentrated pool between each two of five tokens, at odds by 2 %."""
    market, sequence = Market(_TOKENS[:1]), 0
    for first, second in combinations(range(len(_TOKENS)), 2):
        for place in range(3):
            sequence += 1
            pool = Address(sha256(bytes([sequence])).digest()[:20])
            tokens = _TOKENS[first], _TOKENS[second]
            origin, reserve1 = _origin(sequence), _DEPTH + place * _DEPTH // 50
            if place == 2:
                market.apply(plain_pool(origin, pool, tokens, _DEPTH, tick=398))
            else:
                market.apply(plain_pool(origin, pool, tokens, _DEPTH, reserve1=reserve1))
    boundary = BlockBoundary(_origin(sequence + 1), b"\0" * 32, 1, 0)
    view = market.apply(boundary)
    if view is None:
        raise RuntimeError("the small market's block did not close")
    return view


def _origin(sequence: int) -> Origin:
    return Origin(1, sequence, 137, 1, b"\1" * 32, 0, 0, 0, 0)


def main() -> None:
    """Warm up with a progress line."""
    cached = any(cache_directory().glob("*/*.nbc"))
    sys.stderr.write("kernels: " + ("loading\n" if cached else "compiling, a minute or two\n"))
    sys.stderr.write(f"kernels: ready after {warm():.1f} s\n")


if __name__ == "__main__":
    main()
