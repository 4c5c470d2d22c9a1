"""From float swaps to exact integers that conserve every token, what is left over staying ours."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keeper.market.view import MarketView
from keeper.strategies.basket.order import Step

Floats = NDArray[np.float64]

MAX_PASSES = 7
PROBE, MARGIN, GROWTH = 1e-5, 1e-10, 10.0
"""Loans are varied by so much to see what it does, and made back with so much to spare.

Each pass asks for more, since coarse amounts round away what is less.
"""


@dataclass(frozen=True, slots=True)
class ExactSwap:
    """One edge with the amounts that the pool's contract would take and give, raw units."""

    edge: int
    amount_in_raw: int
    amount_out_raw: int
    crossed: int


def realise(view: MarketView, steps: Sequence[Step], profit: int) -> list[ExactSwap] | None:
    """Exact amounts of swaps in order; None when a pool refuses or a loan is not made back.

    Of the profit token, and of a loan, a swap takes its float amount, loans scaled so that they can
    be returned. Of all other tokens the swaps share what was made in proportion, the last one
    taking the rest, so that nothing is left over but what rounding leaves.
    """
    lent = sorted({step.sold for step in steps if step.is_lent})
    shares = np.ones(len(lent))
    for number in range(MAX_PASSES):
        run = _Run(view, steps, profit, dict(zip(lent, shares.tolist(), strict=True)))
        swaps = run.swaps()
        if swaps is None:
            return None
        if all(held >= 0 for token, held in run.held.items() if token != profit):
            return swaps
        mended = _mended(run, lent, shares, MARGIN * GROWTH**number)
        if mended is None:
            return None
        shares = mended
    return None


def _mended(run: "_Run", lent: list[int], shares: Floats, margin: float) -> Floats | None:
    """Shares of the loans that return a little more than was lent: one step of Newton's method."""
    taken = np.array([run.lent[token] for token in lent], dtype=np.float64)
    if not lent or not taken.min() > 0.0:
        return None
    over = run.over(lent)
    slopes = np.empty((len(lent), len(lent)))
    for column in range(len(lent)):
        probe = shares.copy()
        probe[column] *= 1.0 - PROBE
        near = run.again(dict(zip(lent, probe.tolist(), strict=True)))
        if near.swaps() is None:
            return None
        slopes[:, column] = (over - near.over(lent)) / (shares[column] - probe[column])
    wanted = taken * margin + 1.0 - over
    # The least change that does it, since circles that are scaled together may be one and the same.
    move = np.linalg.lstsq(slopes / taken[:, None], wanted / taken, rcond=1e-12)[0]
    mended: Floats = shares + move
    return mended if np.all(np.isfinite(mended) & (mended > 0.0)) else None


class _Run:
    """One pass over the steps, from nothing held."""

    def __init__(
        self, view: MarketView, steps: Sequence[Step], profit: int, shares: dict[int, float]
    ) -> None:
        self.held: dict[int, int] = defaultdict(int)
        self.lent: dict[int, int] = defaultdict(int)
        self._view, self._steps, self._profit, self._shares = view, steps, profit, shares
        self._to_share: dict[int, float] = defaultdict(float)
        for step in steps:
            if not step.is_lent and step.sold != profit:
                self._to_share[step.sold] += step.swap.sold

    def again(self, shares: dict[int, float]) -> "_Run":
        """A run over the same steps with other shares."""
        return _Run(self._view, self._steps, self._profit, shares)

    def over(self, lent: list[int]) -> Floats:
        """What is held of the tokens lent, negative where it is short."""
        return np.array([self.held[token] for token in lent], dtype=np.float64)

    def swaps(self) -> list[ExactSwap] | None:
        """All exact swaps; None when a pool refuses one. Swaps left without input are left out."""
        found = []
        for step in self._steps:
            amount = self._amount(step)
            if amount <= 0:
                continue
            edge = step.swap.edge
            state = self._view.state_of(edge >> 1)
            if state is None:
                return None
            quote = state.quote(zero_for_one=edge & 1 == 0, amount=amount, exact_in=True)
            if quote.refusal is not None:
                return None
            if quote.amount_out <= 0:
                continue
            self.held[step.sold] -= amount
            self.held[step.bought] += quote.amount_out
            found.append(ExactSwap(edge, amount, quote.amount_out, quote.crossed))
        return found

    def _amount(self, step: Step) -> int:
        if step.sold == self._profit:
            return int(step.swap.sold)
        if step.is_lent:
            amount = int(step.swap.sold * self._shares[step.sold])
            self.lent[step.sold] += amount
            return amount
        held, wanted = max(self.held[step.sold], 0), self._to_share[step.sold]
        self._to_share[step.sold] = wanted - step.swap.sold
        if step.swap.sold >= wanted * (1.0 - 1e-9):
            return held
        return min(int(held * (step.swap.sold / wanted)), held)
