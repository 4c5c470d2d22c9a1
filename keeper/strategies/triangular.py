"""Three pools over three tokens, in any mix of venues."""

from keeper.strategies.base import Strategy, StrategySettings
from keeper.strategies.cyclic import CyclicStrategy

NAME = "triangular"


def create(settings: StrategySettings) -> Strategy:
    """The strategy that goes round triangles of tokens."""
    return CyclicStrategy(NAME, 3, settings)
