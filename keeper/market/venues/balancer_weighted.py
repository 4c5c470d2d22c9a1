"""Balancer V2 weighted pools (`WeightedMath.sol`), of the first and of the later generations.

Both keep the product of balances to their weights; they differ in how they raise to a power. At
most 30 % of a balance is taken in or given out by one swap.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from keeper.market.kernels.layout import WEIGHTED
from keeper.market.kernels.smooth import Row, no_row, weighted_row
from keeper.market.venues.balancer import (
    MAX_BALANCE,
    ONE,
    Holding,
    Refused,
    div_down,
    div_up,
    held,
    mul_down,
    mul_up,
)
from keeper.market.venues.balancer_pow import pow_up
from keeper.market.venues.base import Quote, Refusal, require
from keeper.market.venues.pairs import PoolNumbers, SwappedPool
from keeper.relay.messages import PoolReading

MAX_RATIO = 3 * ONE // 10
MIN_WEIGHT = ONE // 100
MAX_TOKENS = 8


class WeightedState(NamedTuple):
    """A pool as the vault holds it and its normalised weights, of 10^18.

    `shortcuts` tells the later generations, which multiply for exponents of 1, 2 and 4.
    """

    holding: Holding
    weights: tuple[int, ...]
    shortcuts: bool

    def quote_tokens(self, sold: int, bought: int, amount: int, *, exact_in: bool) -> Quote:
        """Exact amounts of a swap, or why pool or vault would revert."""
        curve = partial(self._output if exact_in else self._needed, sold, bought)
        return self.holding.quote(sold, bought, amount, curve, exact_in=exact_in)

    def swapped_tokens(self, sold: int, bought: int, amount: int, *, exact_in: bool) -> SwappedPool:
        """The swap with the balances it leaves."""
        quote = self.quote_tokens(sold, bought, amount, exact_in=exact_in)
        if quote.refusal is not None:
            return SwappedPool(quote, self)
        return SwappedPool(quote, self.holds(self.holding.after(sold, bought, quote)))

    def holds(self, balances: Sequence[int]) -> "WeightedState":
        """The pool with other balances."""
        return self._replace(holding=self.holding._replace(balances=tuple(balances)))

    def row(self, sold: int, bought: int) -> Row:
        """The pool's curve in floats, its fee included."""
        ends = self.holding.scaled(sold), self.holding.scaled(bought)
        if min(*self.holding.balances, *ends) == 0:
            return no_row()
        scale_in, balance = self.holding.scale_in(sold), self.holding.balances[sold]
        ratio = MAX_RATIO / ONE * ends[0] / scale_in
        return weighted_row(
            scale_in=scale_in,
            scale_out=ONE / self.holding.scaling[bought],
            sold=float(ends[0]),
            bought=float(ends[1]),
            power=self.weights[sold] / self.weights[bought],
            max_in=min(ratio, float(MAX_BALANCE - balance)),
        )

    def numbers(self, token0: int, token1: int) -> PoolNumbers:
        """What `kernels.vault` quotes from."""
        rows = self.holding.numbers(token0, token1, int(self.shortcuts))
        weights = self.weights[token0], self.weights[token1]
        powers = div_down(*weights), div_down(*weights[::-1])
        ends = self.holding.scaled(token0), self.holding.scaled(token1)
        return PoolNumbers(WEIGHTED, len(self.weights), [*rows, *powers, *ends])

    def _output(self, sold: int, bought: int, paid: int) -> int:
        before, held_out = self.holding.scaled(sold), self.holding.scaled(bought)
        if before == 0 or paid > mul_down(before, MAX_RATIO):
            raise Refused(Refusal.RATIO_EXCEEDED)
        base = div_up(before, before + paid)
        exponent = div_down(self.weights[sold], self.weights[bought])
        left = pow_up(base, exponent, shortcuts=self.shortcuts)
        return mul_down(held_out, max(ONE - left, 0))

    def _needed(self, sold: int, bought: int, got: int) -> int:
        held_in, before = self.holding.scaled(sold), self.holding.scaled(bought)
        if got > mul_down(before, MAX_RATIO):
            raise Refused(Refusal.RATIO_EXCEEDED)
        base = div_up(before, before - got)
        exponent = div_up(self.weights[bought], self.weights[sold])
        return mul_up(held_in, pow_up(base, exponent, shortcuts=self.shortcuts) - ONE)


def freeze(reading: PoolReading) -> WeightedState:
    """The quotable state of a pool as it was read.

    Raises:
        PoolExcluded: the contract cannot be in that state, or could not trade in it.
    """
    return state_of(
        balances=[token.balance for token in reading.tokens],
        scaling=[token.rate for token in reading.tokens],
        fee_e18=reading.fee,
        weights=[token.weight for token in reading.tokens],
        shortcuts=reading.rounding == 0,
    )


def state_of(
    *,
    balances: Sequence[int],
    scaling: Sequence[int],
    fee_e18: int,
    weights: Sequence[int],
    shortcuts: bool = True,
) -> WeightedState:
    """The quotable state of a pool from the vault's balances and its own views.

    `shortcuts` is False for pools of the first factories, of 2021.

    Raises:
        PoolExcluded: the contract cannot be in that state.
    """
    holding = held(balances, scaling, fee_e18)
    require(len(weights) == len(balances), "its weights are not one a token")
    require(len(weights) <= MAX_TOKENS, f"{len(weights)} tokens are more than {MAX_TOKENS}")
    require(min(weights) >= MIN_WEIGHT, "a weight is below 1 %")
    require(sum(weights) == ONE, "its weights do not add up to 1")
    return WeightedState(holding, tuple(weights), shortcuts)
