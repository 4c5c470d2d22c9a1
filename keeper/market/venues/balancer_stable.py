"""Balancer V2 composable stable pools: `StableMath.sol`, swaps between their tokens.

Curve's invariant, its balances rounded up. The pool's own token, which the vault holds among the
others, is not one of `balances`: trading it is joining or leaving. A pool whose cached rate has run
out reads it anew before it trades: a state holds to the wei as long as its scaling is what the pool
then takes.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from keeper.market.kernels.layout import STABLE
from keeper.market.kernels.smooth import Row, no_row, stable_row
from keeper.market.venues.balancer import MAX_BALANCE, ONE, Holding, Refused, held
from keeper.market.venues.base import Exclusion, PoolExcluded, Quote, Refusal, require
from keeper.market.venues.curve_math import ROUNDS, Rounding, invariant
from keeper.market.venues.pairs import PoolNumbers, SwappedPool
from keeper.market.venues.uint256 import Unsolved, fit
from keeper.relay.messages import PoolReading

AMP_PRECISION = 1_000
MAX_AMP = 5_000 * AMP_PRECISION
MAX_TOKENS = 5


class StableState(NamedTuple):
    """A pool as the vault holds it; `amp` in thousandths, `invariant` is D of the balances."""

    holding: Holding
    amp: int
    invariant: int

    def quote_tokens(self, sold: int, bought: int, amount: int, *, exact_in: bool) -> Quote:
        """Exact amounts of a swap, or why pool or vault would revert."""
        if self.invariant == 0:
            return Quote(0, 0, Refusal.NO_LIQUIDITY)
        curve = partial(self._output if exact_in else self._needed, sold, bought)
        return self.holding.quote(sold, bought, amount, curve, exact_in=exact_in)

    def swapped_tokens(self, sold: int, bought: int, amount: int, *, exact_in: bool) -> SwappedPool:
        """The swap with the balances it leaves."""
        quote = self.quote_tokens(sold, bought, amount, exact_in=exact_in)
        if quote.refusal is not None:
            return SwappedPool(quote, self)
        return SwappedPool(quote, self.holds(self.holding.after(sold, bought, quote)))

    def holds(self, balances: Sequence[int]) -> "StableState":
        """The pool with other balances; nothing can be traded in it where D has no solution."""
        state = self._replace(holding=self.holding._replace(balances=tuple(balances)), invariant=0)
        try:
            return state._replace(invariant=_invariant(state.holding, self.amp))
        except Unsolved:
            return state

    def row(self, sold: int, bought: int) -> Row:
        """The invariant's curve in floats, the fee included."""
        xp = self._scaled()
        if self.invariant == 0 or min(xp) == 0:
            return no_row()
        try:
            _, c = self._quadratic(xp, bought)
            y = self._balance(xp, bought)
        except Unsolved:
            return no_row()
        return stable_row(
            scale_in=self.holding.scale_in(sold),
            scale_out=ONE / self.holding.scaling[bought],
            sold=float(xp[sold]),
            bought=float(y),
            c=float(c),
            max_in=float(MAX_BALANCE - self.holding.balances[sold]),
        )

    def numbers(self, token0: int, token1: int) -> PoolNumbers:
        """What `kernels.vault` quotes from."""
        rows = self.holding.numbers(token0, token1, self.amp)
        tokens = len(self.holding.balances)
        return PoolNumbers(STABLE, tokens, [*rows, self.invariant, *self._scaled()])

    def _scaled(self) -> list[int]:
        return [self.holding.scaled(token) for token in range(len(self.holding.balances))]

    def _output(self, sold: int, bought: int, paid: int) -> int:
        xp = self._scaled()
        xp[sold] = fit(xp[sold] + paid)
        got = xp[bought] - self._balance(xp, bought) - 1
        if got < 0:
            raise Refused(Refusal.TOO_SMALL)
        return got

    def _needed(self, sold: int, bought: int, got: int) -> int:
        xp = self._scaled()
        if got >= xp[bought]:
            raise Refused(Refusal.EXHAUSTED)
        xp[bought] -= got
        needed = self._balance(xp, sold) - xp[sold] + 1
        if needed < 0:
            raise Refused(Refusal.TOO_SMALL)
        return needed

    def _quadratic(self, xp: Sequence[int], token: int) -> tuple[int, int]:
        """The terms b + D and c of y^2 + b y = c, for the balance y of `token` beside the others.

        All balances enter the product whose quotients round down, `token`'s own included.
        """
        n, d = len(xp), self.invariant
        product = fit(xp[0] * n)
        for x in xp[1:]:
            product = fit(fit(product * x) * n) // d
        total = self.amp * n
        if product == 0:
            raise Refused(Refusal.NOT_CONVERGED)
        share = -(-fit(d * d) // fit(total * product))
        c = fit(fit(share * AMP_PRECISION) * xp[token])
        return sum(xp) - xp[token] + d // total * AMP_PRECISION, c

    def _balance(self, xp: Sequence[int], token: int) -> int:
        """The balance of `token` that keeps the invariant beside all others."""
        d = self.invariant
        b, c = self._quadratic(xp, token)
        y = -(-fit(d * d + c) // fit(d + b))
        for _ in range(ROUNDS):
            previous = y
            below = fit(2 * y + b) - d
            if below <= 0:
                raise Refused(Refusal.NOT_CONVERGED)
            y = -(-fit(y * y + c) // below)
            if abs(y - previous) <= 1:
                return y
        raise Refused(Refusal.NOT_CONVERGED)


def freeze(reading: PoolReading) -> StableState:
    """The quotable state of a pool as it was read.

    Raises:
        PoolExcluded: the contract cannot be in that state, or could not trade in it.
    """
    return state_of(
        balances=[token.balance for token in reading.tokens],
        scaling=[token.rate for token in reading.tokens],
        fee_e18=reading.fee,
        amp=reading.amplification,
    )


def state_of(
    *, balances: Sequence[int], scaling: Sequence[int], fee_e18: int, amp: int
) -> StableState:
    """The quotable state of a pool from the vault's balances and its own views.

    `scaling` and `balances` leave out the pool's own token; `amp` is what
    `getAmplificationParameter` answers, at the block.

    Raises:
        PoolExcluded: the contract cannot be in that state, or could not trade in it.
    """
    holding = held(balances, scaling, fee_e18)
    require(len(balances) <= MAX_TOKENS, f"{len(balances)} tokens are more than {MAX_TOKENS}")
    require(AMP_PRECISION <= amp <= MAX_AMP, f"an amplification of {amp} is out of range")
    try:
        return StableState(holding, amp, _invariant(holding, amp))
    except Unsolved as error:
        what = "its invariant has no solution"
        raise PoolExcluded(Exclusion.INVALID_STATE, what) from error


def _invariant(holding: Holding, amp: int) -> int:
    xp = [holding.scaled(token) for token in range(len(holding.balances))]
    if 0 in xp:
        return 0
    return invariant(xp, amp, AMP_PRECISION, Rounding.PLAIN)
