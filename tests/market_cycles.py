"""Cycles that earn: a market is disturbed, and a way back through the others is sized by quotes."""

import random
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from itertools import islice

from twin_markets import Market
from twins import Twins

from keeper.chain import Address

Route = list[tuple[Market, bool]]
CHOICE, ROUTES = 4, 24
"""How many cycles are sized, and out of how many routes at most."""
ALL = ("v2", "v3", "algebra", "curve", "v4", "balancer")


@dataclass(frozen=True)
class Hop:
    """One swap of a cycle with its exact amounts."""

    market: Market
    zero_for_one: bool
    amount_in: int
    amount_out: int

    @property
    def paid(self) -> Address:
        return self.market.paid(self.zero_for_one)

    @property
    def got(self) -> Address:
        return self.market.got(self.zero_for_one)


class Hunter:
    """Makes gaps and finds the cycles that close them."""

    def __init__(self, twins: Twins, rng: random.Random) -> None:
        self.twins = twins
        self.rng = rng

    def cycle(
        self,
        kinds: Container[str] = ALL,
        *,
        disturb: bool = True,
        fits: Callable[[Route], bool] = bool,
    ) -> list[Hop]:
        """A cycle, through a market that was just made cheap or any, of the best of some sizes."""
        markets = [each for each in self.twins.markets if each.kind in kinds]
        market, way = self.rng.choice(markets), self.rng.random() < 0.5
        if disturb:
            depth = market.depth(self.twins.model.ledger, market.paid(not way))
            self.twins.disturb(market, not way, int(depth * self.rng.uniform(0.04, 0.12)))
        routes = (self.closed(markets, market, way) for _ in range(ROUTES))
        found = [self.sized(route) for route in islice(filter(fits, routes), CHOICE)]
        if not found:
            return self.cycle(kinds, disturb=False, fits=fits)
        return max(found, key=lambda hops: profit(hops) / hops[0].amount_in)

    def closed(self, markets: Sequence[Market], market: Market, way: bool) -> Route:
        """A route from the market's output back to its input, begun anywhere."""
        route = [(market, way)]
        start, token = market.paid(way), market.got(way)
        while token != start:
            free = [
                (each, turn)
                for each in markets
                for turn in (False, True)
                if each.paid(turn) == token and all(each is not used for used, _ in route)
            ]
            last = [step for step in free if step[0].got(step[1]) == start]
            route.append(self.rng.choice(last if last and self.rng.random() < 0.7 else free))
            token = route[-1][0].got(route[-1][1])
        turn = self.rng.randrange(len(route))
        return route[turn:] + route[:turn]

    def sized(self, route: Route) -> list[Hop]:
        """The route at the size, of a few, that earns most."""
        market, way = route[0]
        depth = market.depth(self.twins.model.ledger, market.paid(way))
        share = self.rng.uniform(0.5, 1.5)
        return max(
            (self.quoted(route, int(depth * share * f)) for f in (1e-5, 1e-3, 4e-3)), key=profit
        )

    def quoted(self, route: Route, amount: int) -> list[Hop]:
        """The route's exact amounts from one input."""
        hops = []
        for market, way in route:
            out = market.quote(self.twins.model.ledger, way, amount)
            hops.append(Hop(market, way, amount, out))
            amount = out
        return hops


def profit(hops: Sequence[Hop]) -> int:
    """What the cycle leaves, raw units of its first token."""
    return hops[-1].amount_out - hops[0].amount_in
