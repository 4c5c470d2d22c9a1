"""Curve StableSwap pools, the first generation and NG: `exchange` in exact integers.

They sell any coin for any other. An exact output is not offered: the amount in is the least whose
`exchange` pays out at least what was asked, and all of what it pays is received.
"""

from collections.abc import Sequence
from typing import NamedTuple

from keeper.market.kernels.layout import CURVE
from keeper.market.kernels.smooth import Row, no_row, stable_row
from keeper.market.venues.base import Exclusion, PoolExcluded, Quote, Refusal, require
from keeper.market.venues.curve_math import Rounding, balance, invariant, quadratic
from keeper.market.venues.least_input import least_input
from keeper.market.venues.pairs import PoolNumbers, SwappedPool
from keeper.market.venues.uint256 import Unsolved, fit
from keeper.relay.messages import PoolReading

PRECISION = 10**18
FEE_DENOMINATOR = 10**10
MAX_FEE_E10 = 5 * 10**9
MAX_AMPLIFICATION = 10**6
MAX_COINS = 8


class CurveState(NamedTuple):
    """A pool as its contract holds it: balances less admin fees, and what 10^18 units are worth.

    `amp` is `A_precise` (in units of `precision`) at the block; `fee_e10` and `offpeg_e10` are in
    10^-10, the latter 0 where the fee is fixed. `invariant` is D of these balances.
    """

    balances: tuple[int, ...]
    rates: tuple[int, ...]
    amp: int
    precision: int
    fee_e10: int
    offpeg_e10: int
    admin_fee_e10: int
    rounding: Rounding
    invariant: int

    def quote_tokens(self, sold: int, bought: int, amount: int, *, exact_in: bool) -> Quote:
        """Exact amounts of an `exchange`, or why it would revert."""
        if amount <= 0:
            return Quote(0, 0, Refusal.ZERO_AMOUNT)
        if self.invariant == 0:
            return Quote(0, 0, Refusal.NO_LIQUIDITY)
        if exact_in:
            return self._exact_in(sold, bought, amount)
        return self._exact_out(sold, bought, amount)

    def swapped_tokens(self, sold: int, bought: int, amount: int, *, exact_in: bool) -> SwappedPool:
        """The `exchange` with the balances it leaves, the admin's share of the fee taken out."""
        quote = self.quote_tokens(sold, bought, amount, exact_in=exact_in)
        if quote.refusal is not None:
            return SwappedPool(quote, self)
        _, fee = self._bought(sold, bought, quote.amount_in)
        admin = fee * self.admin_fee_e10 // FEE_DENOMINATOR * PRECISION // self.rates[bought]
        balances = list(self.balances)
        balances[sold] += quote.amount_in
        balances[bought] -= quote.amount_out + admin
        try:
            return SwappedPool(quote, _settled(self._replace(balances=tuple(balances))))
        except Unsolved:
            # The exchange itself goes through; nothing can be traded after it.
            return SwappedPool(quote, self._replace(balances=tuple(balances), invariant=0))

    def row(self, sold: int, bought: int) -> Row:
        """The invariant's curve in floats, its fee included."""
        xp = self.scaled()
        if self.invariant == 0 or min(xp) == 0:
            return no_row()
        others = [x for place, x in enumerate(xp) if place != bought]
        try:
            _, c = quadratic(others, self.amp, self.precision, self.invariant)
            y = balance(others, self.amp, self.precision, self.invariant)
        except Unsolved:
            return no_row()
        if y == 0:
            return no_row()
        return stable_row(
            scale_in=self.rates[sold] / PRECISION,
            scale_out=PRECISION / self.rates[bought],
            sold=float(xp[sold]),
            bought=float(y),
            c=float(c),
            fee=self.fee_e10 / FEE_DENOMINATOR,
            multiplier=max(self.offpeg_e10 / FEE_DENOMINATOR, 1.0),
        )

    def numbers(self, token0: int, token1: int) -> PoolNumbers:
        """What `kernels.stable_swap` quotes from."""
        terms = (self.amp, self.precision, self.fee_e10, self.offpeg_e10)
        packed = sum(term << 64 * place for place, term in enumerate(terms))
        rates = self.rates[token0], self.rates[token1]
        rows = [packed, self.invariant, *rates, *self.scaled()]
        return PoolNumbers(CURVE, len(self.balances), rows)

    def scaled(self) -> list[int]:
        """Balances in units of the invariant."""
        pairs = zip(self.balances, self.rates, strict=True)
        return [held * rate // PRECISION for held, rate in pairs]

    def _exact_in(self, sold: int, bought: int, amount: int) -> Quote:
        try:
            net, _ = self._bought(sold, bought, amount)
        except Unsolved:
            return Quote(0, 0, Refusal.RESERVE_OVERFLOW)
        if net < 0:
            return Quote(0, 0, Refusal.TOO_SMALL)
        return Quote(amount, net * PRECISION // self.rates[bought], None)

    def _bought(self, sold: int, bought: int, amount: int) -> tuple[int, int]:
        """Output after the fee, and the fee, in units of the invariant; negative if reverting."""
        xp = self.scaled()
        before_in, before_out = xp[sold], xp[bought]
        xp[sold] = fit(before_in + fit(amount * self.rates[sold]) // PRECISION)
        others = [x for place, x in enumerate(xp) if place != bought]
        y = balance(others, self.amp, self.precision, self.invariant)
        gross = before_out - y - 1
        if gross < 0:
            return -1, 0
        middle = (before_in + xp[sold]) // 2, (before_out + y) // 2
        fee = gross * self._fee(*middle) // FEE_DENOMINATOR
        return gross - fee, fee

    def _fee(self, x: int, y: int) -> int:
        if self.offpeg_e10 <= FEE_DENOMINATOR:
            return self.fee_e10
        excess = fit((self.offpeg_e10 - FEE_DENOMINATOR) * 4 * x * y)
        square = fit((x + y) ** 2)
        return self.offpeg_e10 * self.fee_e10 // (excess // square + FEE_DENOMINATOR)

    def _exact_out(self, sold: int, bought: int, amount: int) -> Quote:
        if amount >= self.balances[bought]:
            return Quote(0, 0, Refusal.EXHAUSTED)
        try:
            guess = self._input_guess(sold, bought, amount)
        except Unsolved:
            # Near the ends the other way round may not settle where `exchange` does.
            guess = 1
        return least_input(lambda paid: self._exact_in(sold, bought, paid), amount, guess)

    def _input_guess(self, sold: int, bought: int, amount: int) -> int:
        """About the amount in, from the invariant the other way round."""
        xp = self.scaled()
        net = -(-amount * self.rates[bought] // PRECISION)
        fee, x = self._fee(xp[sold], xp[bought]), xp[sold]
        for _ in range(1 if self.offpeg_e10 <= FEE_DENOMINATOR else 4):
            gross = -(-net * FEE_DENOMINATOR // (FEE_DENOMINATOR - fee))
            left = xp[bought] - gross - 1
            if left <= 0:
                raise Unsolved
            others = [left if k == bought else v for k, v in enumerate(xp) if k != sold]
            x = balance(others, self.amp, self.precision, self.invariant)
            fee = self._fee((xp[sold] + x) // 2, (xp[bought] + left) // 2)
        return max((x - xp[sold]) * PRECISION // self.rates[sold], 1)


def state_of(
    *,
    balances: Sequence[int],
    rates: Sequence[int],
    amp: int,
    fee_e10: int,
    admin_fee_e10: int,
    rounding: Rounding,
    precision: int = 100,
    offpeg_e10: int = 0,
) -> CurveState:
    """The quotable state of a pool from its views; `rates` scale balances to 18 decimals.

    Those of plain coins are 10^(36 - decimals); NG pools answer `stored_rates`.

    Raises:
        PoolExcluded: the contract cannot be in that state, or could not trade in it.
    """
    require(2 <= len(balances) <= MAX_COINS, f"{len(balances)} coins are not 2 to {MAX_COINS}")
    require(len(balances) == len(rates), "its rates are not one a coin")
    require(all(held >= 0 for held in balances), "a balance is negative")
    require(all(rate > 0 for rate in rates), "a rate is not positive")
    require(precision in (1, 100), f"no pool scales A by {precision}")
    require(0 < amp <= MAX_AMPLIFICATION * precision, f"A of {amp} is out of range")
    require(0 <= fee_e10 <= MAX_FEE_E10, f"its fee of {fee_e10} is out of range")
    require(0 <= admin_fee_e10 <= FEE_DENOMINATOR, "its admin fee is more than the fee")
    whole = max(offpeg_e10, FEE_DENOMINATOR) * fee_e10
    require(
        0 <= offpeg_e10 < 1 << 64 and whole < FEE_DENOMINATOR**2, "its off-peg fee leaves nothing"
    )
    terms = (amp, precision, fee_e10, offpeg_e10, admin_fee_e10, rounding)
    try:
        return _settled(CurveState(tuple(balances), tuple(rates), *terms, invariant=0))
    except Unsolved as error:
        what = "its invariant has no solution"
        raise PoolExcluded(Exclusion.INVALID_STATE, what) from error


ROUNDINGS = (Rounding.PLAIN, Rounding.GUARDED, Rounding.NG)
"""By their number in a `PoolReading`."""


def freeze(reading: PoolReading) -> CurveState:
    """The quotable state of a pool as it was read.

    Raises:
        PoolExcluded: the contract cannot be in that state, or could not trade in it.
    """
    return state_of(
        balances=[held.balance for held in reading.tokens],
        rates=[held.rate for held in reading.tokens],
        amp=reading.amplification,
        fee_e10=reading.fee,
        admin_fee_e10=reading.admin_fee_e10,
        rounding=ROUNDINGS[reading.rounding],
        precision=reading.precision,
        offpeg_e10=reading.offpeg_e10,
    )


def _settled(state: CurveState) -> CurveState:
    xp = state.scaled()
    if 0 in xp:
        return state._replace(invariant=0)
    return state._replace(invariant=invariant(xp, state.amp, state.precision, state.rounding))
