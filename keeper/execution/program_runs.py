"""Runs over pools of one kind in one command: a chain of V2 pairs, or of V3 pools in reverse."""

from collections.abc import Sequence

from keeper.chain import Protocol
from keeper.execution import program_table as table
from keeper.execution.program_stream import Command, Target, given, head, packed
from keeper.strategies.opportunity import Leg

_AMOUNT = 1 << 96
_CELL_AMOUNT = 1 << 95
_ZERO_FOR_ONE = 1 << 95
"""In the twelve bytes before a cell's pair."""


def v2_run(legs: Sequence[Leg], token: int, target: Target) -> Command | None:
    """Pay the first pair with the declared token of that index and swap through all.

    None where an amount does not fit, or a leg is no V2 pair's.
    """
    fits = legs[0].amount_in_raw < _AMOUNT and all(
        leg.protocol is Protocol.UNISWAP_V2 and leg.amount_out_raw < _CELL_AMOUNT for leg in legs
    )
    if not fits:
        return None
    terms = packed(table.V2_RUN[:2], (token, legs[0].amount_in_raw), "V2 run")
    return Command(head(table.OP_V2_RUN, target) + terms, given(target), cells=_v2_cells(legs))


def _v2_cells(legs: Sequence[Leg]) -> bytes:
    words = (leg.amount_out_raw | leg.zero_for_one * _ZERO_FOR_ONE for leg in legs)
    return b"".join(word.to_bytes(12) + leg.pool for word, leg in zip(words, legs, strict=True))


def v3_run(legs: Sequence[Leg], token: int, most_in: int, target: Target) -> Command | None:
    """The last leg's exact output; each pool is paid by the one before it, the first by us.

    We pay at most `most_in`. None where an amount does not fit, or a leg is no V3 pool's.
    """
    ends = most_in, legs[-1].amount_out_raw
    if max(ends) >= _AMOUNT or any(leg.protocol is not Protocol.UNISWAP_V3 for leg in legs):
        return None
    directions = sum(leg.zero_for_one << place for place, leg in enumerate(reversed(legs)))
    terms = packed(table.V3_RUN[:4], (token, ends[1], directions, ends[0]), "V3 run")
    cells = b"".join(leg.pool for leg in reversed(legs))
    return Command(head(table.OP_V3_RUN, target) + terms, given(target), cells=cells)
