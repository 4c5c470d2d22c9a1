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
_MARK, _POOL_WAY, _TO_SECTION, _PAIR_WAY, _LAST = (1 << bit for bit in (95, 94, 93, 93, 92))
"""In those of the cells of a mixed run."""


def v2_run(legs: Sequence[Leg], token: int, target: Target) -> Command | None:
    """Pay the first pair with the declared token of that index and swap through all.

    None where an amount does not fit, or a leg is no V2 pair's.
    """
    fits = legs[0].amount_in_raw < _AMOUNT and all(
        leg.protocol is Protocol.UNISWAP_V2 and leg.amount_out_raw < _CELL_AMOUNT for leg in legs
    )
    if not fits:
        return None
    terms = packed(table.V2_RUN[1:], (token, legs[0].amount_in_raw), "V2 run")
    return Command(head(table.OP_V2_RUN, target), terms + given(target), cells=_v2_cells(legs))


def _v2_cells(legs: Sequence[Leg]) -> bytes:
    words = (leg.amount_out_raw | leg.zero_for_one * _ZERO_FOR_ONE for leg in legs)
    return b"".join(word.to_bytes(12) + leg.pool for word, leg in zip(words, legs, strict=True))


def v3_run(legs: Sequence[Leg]) -> Command | None:
    """A cycle from and to token 0: the last leg's exact output, each paid by the pool before it.

    We pay the first leg's at most what the last one gives. None where that does not fit, a leg is
    no V3 pool's, or a pool comes twice.
    """
    bought = legs[-1].amount_out_raw
    other = any(leg.protocol is not Protocol.UNISWAP_V3 for leg in legs)
    if other or _repeats(legs) or not 1 < bought < _CELL_AMOUNT:
        return None
    terms = packed(table.V3_RUN[1:], (bought,), "V3 run")
    cells = b"".join(bytes([leg.zero_for_one]) + leg.pool for leg in reversed(legs))
    return Command(head(table.OP_V3_RUN), terms, cells=cells)


def mixed_run(legs: Sequence[Leg]) -> Command | None:
    """A cycle from and to token 0 over V3 pools, at least one, and V2 pairs, with exact inputs.

    None where an amount does not fit, a leg is neither's, or a pool comes twice.
    """
    too_large = any(max(leg.amount_in_raw, leg.amount_out_raw) >= _LAST for leg in legs)
    if too_large or legs[0].amount_in_raw < 2 or _repeats(legs):
        return None
    sections = _sections(legs)
    if sections is None:
        return None
    pools, pairs = sections
    terms = packed(table.MIXED_RUN[1:], (legs[0].amount_in_raw, len(pools)), "mixed run")
    return Command(head(table.OP_MIXED_RUN), terms, cells=b"".join((*pools, *pairs)))


def _repeats(legs: Sequence[Leg]) -> bool:
    """Whether a pool comes twice: what a run tells it would be ambiguous."""
    return len({leg.pool for leg in legs}) < len(legs)


def _sections(legs: Sequence[Leg]) -> tuple[list[bytes], list[bytes]] | None:
    """Cells of the pools, from the route's last to its first, and of the pairs behind each."""
    pools: list[bytes] = []
    pairs: list[bytes] = []
    section: list[bytes] = []
    for leg in reversed(legs):
        match leg.protocol:
            case Protocol.UNISWAP_V2:
                # what a callback asks for is what the last pair before that pool gives
                known = leg.amount_out_raw if section or not pools else 0
                flags = _MARK | leg.zero_for_one * _PAIR_WAY | (not section) * _LAST
                section.insert(0, _cell(leg, flags, known))
            case Protocol.UNISWAP_V3:
                flags = _MARK | leg.zero_for_one * _POOL_WAY | bool(section) * _TO_SECTION
                pools.append(_cell(leg, flags, leg.amount_in_raw))
                pairs += section
                section = []
            case _:
                return None
    return (pools, [*pairs, *section]) if pools else None


def _cell(leg: Leg, flags: int, amount: int) -> bytes:
    return (flags | amount).to_bytes(12) + leg.pool
