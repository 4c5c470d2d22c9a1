"""The baseline of the basket: the best simple or triangular cycle, again and again.

Each leg is one swap, as a program would run it: to merge legs is what the basket does.
"""

from collections.abc import Iterable

from bench.detect.world import GAS
from keeper.chain import Address
from keeper.market.view import MarketView
from keeper.strategies.base import StrategySettings, net_usd
from keeper.strategies.basket.greedy import Greedy
from keeper.strategies.basket.plan import MAX_SWAPS

BASE_USD = GAS.cost_usd(GAS.table.base)


def greedy(
    view: MarketView, pools: Iterable[Address], settings: StrategySettings
) -> tuple[float, int]:
    """Net in USD and swaps of cycles through `pools`, all in one transaction."""
    slots = range(len(view.topology.pools))
    net, swaps = -BASE_USD, 0
    for found in Greedy(view, slots, frozenset(pools), settings).cycles(GAS):
        if swaps + len(found.legs) > MAX_SWAPS:
            break
        swaps += len(found.legs)
        net += net_usd(found) + BASE_USD
    return net, swaps
