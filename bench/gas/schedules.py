"""What storage costs under Ethereum's gas schedule and under Polygon's."""

from dataclasses import dataclass

WARM = 100
"""A read of a warm slot, a call of a warm account, a write that changes nothing (EIP-2929)."""
COLD_ACCOUNT = 2_600
SET = 20_000
"""A write to a slot that the transaction found at zero (EIP-2200)."""
LISTED_ACCOUNT, LISTED_SLOT = 2_400, 1_900
"""Of an access list's entry (EIP-2930)."""
REFUND_QUOTIENT = 5
"""At most this fraction of the gas spent comes back (EIP-3529)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The prices in which the two chains differ, in gas.

    `cold_write` comes on top of a write's own price, `reset` is a write to a slot that the
    transaction found not zero, `clear_refund` the credit for leaving such a slot at zero.
    """

    name: str
    cold_read: int
    cold_write: int
    reset: int
    clear_refund: int


ETHEREUM = Schedule("ethereum", cold_read=2_100, cold_write=2_100, reset=2_900, clear_refund=4_800)
"""EIP-2929 and EIP-3529."""
POLYGON = Schedule("polygon", cold_read=5_460, cold_write=2_940, reset=2_060, clear_refund=3_960)
"""PIP-88, in force since block 87,218,600."""
