"""Random runs of `cycle_run` over the listed pools and pairs of a market, at times with a fault."""

import random
from collections.abc import Sequence

from market_cycles import Hop, Hunter, Route
from program_assembler import command
from twin_markets import OddMarket
from twins import Twins

MORE_AT, AMOUNT_AT = 87, 1
"""Bits of a pair's cell behind its first byte."""
MOST = 1 << 86
"""What no amount reaches."""
LONG = ("v3", "v2")
"""Kinds among which there are pairs enough for three to follow one another."""
MIXTURES = (("v3",), LONG, LONG, ("v3", "odd"), ("v3", "v2", "odd"), ("v2", "odd"))
PLANS = ((), (0,), (50, 50), (99,), (101,), (200,), (100, 100), (100, 0), (100, -100), (-100,))
"""What an odd pool may ask for, in percent of what it should."""


class CycleWriter:
    """Finds cycles through V3 pools, odd ones and pairs, and writes them down."""

    def __init__(self, twins: Twins, hunter: Hunter, rng: random.Random) -> None:
        self.rng = rng
        self.twins = twins
        self.hunter = hunter
        kinds = [market.kind for market in twins.markets]
        # a cycle over pools alone takes three of them
        self.mixtures = MIXTURES if kinds.count("odd") > 0 else (LONG,)

    def cycle(self, *, disturb: bool = True) -> list[Hop]:
        """A cycle through a pool at least, from a token that a run may begin with mostly."""
        usual = set(self.twins.model.leads.values())
        anywhere, kinds = self.rng.random() < 0.03, self.rng.choice(self.mixtures)
        long = len(self.mixtures) > 1 and kinds == LONG and self.rng.random() < 0.2

        def fits(route: Route) -> bool:
            (market, way), *_ = route
            word = "".join("2" if each.kind == "v2" else "3" for each, _ in route)
            pools = "3" in word and (not long or "222" in word)
            return pools and (anywhere or market.paid(way) in usual)

        hops = self.hunter.cycle(kinds, disturb=disturb, fits=fits)
        for hop in hops:
            if isinstance(hop.market, OddMarket):
                self.plan(hop.market)
        return hops

    def plan(self, market: OddMarket) -> None:
        """An odd pool's, honest as often as not."""
        habits, percents = 0, (100,)
        if self.rng.random() < 0.5:
            habits = self.rng.choice((0, 1, 1, 2, 3, 4, 7))
            percents = self.rng.choice((percents, self.rng.choice(PLANS)))
        market.plan(self.twins.worlds, habits, percents)

    def run(self, hops: Sequence[Hop]) -> bytes:
        """The command, sometimes with a fault."""
        cells, amount = self.cells(hops), -hops[-1].amount_out
        if hops[-1].market.kind != "v2" and self.rng.random() < 0.3:
            amount = hops[-1].amount_in
        if self.rng.random() < 0.05:
            amount = self.rng.choice((0, 1, -1, MOST // 2, -amount, amount // 2, amount * 2))
        if self.rng.random() < 0.08:
            cells = self.faulty(cells)
        ignored = self.rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1 << 9))
        words = amount % MOST | ignored << MOST.bit_length() - 1
        return command("cycle_run", amount=words, nested=b"".join(cells))

    def cells(self, hops: Sequence[Hop]) -> list[bytes]:
        """In the order of the route."""
        cells: list[bytes] = []
        for before, hop, behind in zip((None, *hops), hops, (*hops[1:], None), strict=False):
            cell = bytes([self.head(hop)])
            if hop.market.kind == "v2":
                more = behind is not None and behind.market.kind == "v2"
                word = more << MORE_AT | self.amount(before, hop) % MOST << AMOUNT_AT
                cell += (word | (self.rng.random() < 0.1)).to_bytes(11)
            cells.append(cell)
        return cells

    def amount(self, before: Hop | None, hop: Hop) -> int:
        """What a pair takes; of a section's first what its pool takes or, below zero, gives."""
        if self.rng.random() < 0.04:
            return hop.amount_in + hop.amount_in // 20  # more than it gets
        if before is None or before.market.kind == "v2":
            return hop.amount_in
        return self.rng.choice((before.amount_in, -before.amount_out))

    def head(self, hop: Hop) -> int:
        """Place and direction, which every cell begins with."""
        return self.twins.places[hop.market.pool.address] << 1 | hop.zero_for_one

    def faulty(self, cells: list[bytes]) -> list[bytes]:
        """A cell changed, cut, repeated, lost or moved."""
        place = self.rng.randrange(len(cells))
        cell, rest = cells[place], [*cells[:place], *cells[place + 1 :]]
        changed = bytearray(cell)
        changed[self.rng.randrange(len(cell))] ^= 1 << self.rng.randrange(8)
        elsewhere = bytes([self.rng.randrange(256)]) + cell[1:]
        return self.rng.choice(
            (
                [*cells[:place], bytes(changed), *cells[place + 1 :]],
                [*cells[:place], elsewhere, *cells[place + 1 :]],
                [*cells[:place], cell[: self.rng.randrange(len(cell))], *cells[place + 1 :]],
                [*cells[:place], cell, *cells[place:]],
                rest,
                [self.rng.choice(cells), *rest],
                [*rest, self.rng.choice(cells)],
            )
        )
