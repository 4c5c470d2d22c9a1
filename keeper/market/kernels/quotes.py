"""What exact quotes share: status codes and the places of their operands in the scratch array."""

import numpy as np

from keeper.market.kernels.compiler import inner
from keeper.market.kernels.limbs import Word, Words

FILLED, REFUSED, BEYOND = 0, 1, 2
"""BEYOND: the operands leave the limbs kept for them, so only `VenueState.quote` can tell."""

PAID, GOT, REST = 0, 2, 4
"""Input with its fee, output, and what is still to trade: 2 limbs each."""
PRICE, LIQUID, TARGET, NEXT = 6, 9, 12, 16
"""Square-root prices of 3 limbs, liquidity of 2."""
NEEDED, BOUGHT = 20, 28
"""One step's input before its fee and its output, 8 limbs each of which 2 may be filled."""
T0, T1, T2, T3 = 36, 48, 60, 72
"""Temporaries of up to 12 limbs."""
WORD = 90
BEGAN = 91
"""The price at which a step began, 3 limbs."""

MILLION = np.uint64(1_000_000)
AMOUNT_TOP = np.uint64(2**62)
"""Bound of an amount's upper limb: amounts stay below 2**126, their differences have a sign."""


@inner
def put_word(w: Words, word: Word) -> int:
    """Lay one word down as a divisor; returns its place."""
    w[WORD] = word
    return WORD
