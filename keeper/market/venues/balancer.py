"""What Balancer V2's pools share: 18-decimal fixed-point arithmetic, scaling, fees and the vault.

`FixedPoint.sol` and `BasePool.sol`. The fee is taken from the input. The vault holds each balance
in 112 bits (`BalanceAllocation.sol`) and takes nothing of a swap for itself.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from keeper.market.venues.base import Quote, Refusal, require
from keeper.market.venues.uint256 import Unsolved, fit

ONE = 10**18
MAX_BALANCE = (1 << 112) - 1
MIN_FEE_E18, MAX_FEE_E18 = 10**12, 10**17


class Refused(Unsolved):
    """The pool would revert; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Holding(NamedTuple):
    """A pool's balances in raw units, what scales them to 18 decimals (times 10^18), and its fee.

    Scaling factors contain the token's rate, where the pool has one.
    """

    balances: tuple[int, ...]
    scaling: tuple[int, ...]
    fee_e18: int

    def scaled(self, token: int) -> int:
        """A balance in 18 decimals."""
        return mul_down(self.balances[token], self.scaling[token])

    def quote(
        self, sold: int, bought: int, amount: int, curve: Callable[[int], int], *, exact_in: bool
    ) -> Quote:
        """The amounts of a swap, unless the pool or the vault refuses them.

        `curve` turns the amount, in 18 decimals and less the fee, into what it buys if `exact_in`,
        else into what has to be paid.
        """
        refusal = self._refusal(bought, amount, exact_in=exact_in)
        if refusal is not None:
            return Quote(0, 0, refusal)
        amounts = self._exact_in if exact_in else self._exact_out
        try:
            paid, got = amounts(sold, bought, amount, curve)
        except Refused as error:
            return Quote(0, 0, error.refusal)
        except Unsolved:
            return Quote(0, 0, Refusal.RESERVE_OVERFLOW)
        if paid + self.balances[sold] > MAX_BALANCE:
            return Quote(0, 0, Refusal.RESERVE_OVERFLOW)
        return Quote(paid, got, None)

    def after(self, sold: int, bought: int, quote: Quote) -> tuple[int, ...]:
        """The balances that the swap leaves."""
        balances = list(self.balances)
        balances[sold] += quote.amount_in
        balances[bought] -= quote.amount_out
        return tuple(balances)

    def numbers(self, token0: int, token1: int, further: int) -> list[int]:
        """The first rows of `kernels.vault`, `further` beside the fee."""
        held = self.balances[token0] | self.balances[token1] << 128
        return [self.fee_e18 | further << 64, held, self.scaling[token0], self.scaling[token1]]

    def scale_in(self, sold: int) -> float:
        """What a raw unit paid is worth in 18 decimals, less the fee."""
        return (ONE - self.fee_e18) / ONE * (self.scaling[sold] / ONE)

    def _refusal(self, bought: int, amount: int, *, exact_in: bool) -> Refusal | None:
        if amount <= 0:
            return Refusal.ZERO_AMOUNT
        if min(self.balances) == 0:
            return Refusal.NO_LIQUIDITY
        return Refusal.EXHAUSTED if not exact_in and amount > self.balances[bought] else None

    def _exact_in(
        self, sold: int, bought: int, amount: int, output: Callable[[int], int]
    ) -> tuple[int, int]:
        left = amount - mul_up(amount, self.fee_e18)
        got = output(mul_down(left, self.scaling[sold]))
        return amount, div_down(got, self.scaling[bought])

    def _exact_out(
        self, sold: int, bought: int, amount: int, needed: Callable[[int], int]
    ) -> tuple[int, int]:
        paid = needed(mul_down(amount, self.scaling[bought]))
        return div_up(div_up(paid, self.scaling[sold]), ONE - self.fee_e18), amount


def held(balances: Sequence[int], scaling: Sequence[int], fee_e18: int) -> Holding:
    """A pool's holding from its vault and its views.

    Raises:
        PoolExcluded: the vault or the pool cannot be in that state.
    """
    require(len(balances) >= 2, f"{len(balances)} tokens are not a pool")
    require(len(balances) == len(scaling), "its scaling factors are not one a token")
    require(all(0 <= b <= MAX_BALANCE for b in balances), "a balance does not fit 112 bits")
    require(all(0 < s <= ONE**3 for s in scaling), "a scaling factor is out of range")
    require(MIN_FEE_E18 <= fee_e18 <= MAX_FEE_E18, f"its fee of {fee_e18} is out of range")
    return Holding(tuple(balances), tuple(scaling), fee_e18)


def mul_down(a: int, b: int) -> int:
    """A b / 10^18, rounded down."""
    return fit(a * b) // ONE


def mul_up(a: int, b: int) -> int:
    """A b / 10^18, rounded up."""
    return -(-fit(a * b) // ONE)


def div_down(a: int, b: int) -> int:
    """10^18 a / b, rounded down."""
    return fit(a * ONE) // b


def div_up(a: int, b: int) -> int:
    """10^18 a / b, rounded up."""
    return -(-fit(a * ONE) // b)
