"""Strategies by name: a new one is one file and one line here."""

from collections.abc import Callable, Iterable

from keeper.strategies import simple, triangular
from keeper.strategies.base import Strategy, StrategySettings
from keeper.strategies.basket import strategy as basket
from keeper.strategies.paths import strategy as long_path

STRATEGIES: dict[str, Callable[[StrategySettings], Strategy]] = {
    simple.NAME: simple.create,
    triangular.NAME: triangular.create,
    long_path.NAME: long_path.create,
    basket.NAME: basket.create,
}


def create(names: Iterable[str], settings: StrategySettings) -> tuple[Strategy, ...]:
    """The named strategies, in order.

    Raises:
        ValueError: a name is unknown; the message lists those there are.
    """
    wanted = tuple(names)
    unknown = [name for name in wanted if name not in STRATEGIES]
    if unknown:
        known = ", ".join(STRATEGIES)
        raise ValueError(f"strategies: {unknown[0]!r} is unknown; choose from {known}")
    return tuple(STRATEGIES[name](settings) for name in wanted)
