"""Two pools of the same two tokens, in any mix of venues."""

from keeper.strategies.base import Strategy, StrategySettings
from keeper.strategies.cyclic import CyclicStrategy

NAME = "simple"


def create(settings: StrategySettings) -> Strategy:
    """The strategy that buys in one pool and sells in the other."""
    return CyclicStrategy(NAME, 2, settings)
