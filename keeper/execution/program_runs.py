"""Runs in one command: a chain of V2 pairs, or a cycle of V3 pools and pairs in reverse."""

from collections.abc import Sequence
from itertools import takewhile

from keeper.chain import Protocol
from keeper.execution import program_table as table
from keeper.execution.directory import Directory
from keeper.execution.program_stream import Command, Target, given, head, packed
from keeper.strategies.opportunity import Leg

_AMOUNT = 1 << 96
_CELL_AMOUNT = 1 << 95
_ZERO_FOR_ONE = 1 << 95
"""In the twelve bytes before a cell's pair."""
_CYCLE_AMOUNT = 1 << 85
"""Above all amounts of a cycle: a pool's have a sign."""
_AMOUNT_END = 1 << 86
"""Of what is read as signed."""
_MORE = 1 << 87
"""In the eleven bytes behind a pair's place: another follows."""
_PAID = (table.WPOL, table.USDC_E)


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


def cycle_run(legs: Sequence[Leg], directory: Directory) -> Command | None:
    """A cycle from and to token 0 over V3 pools of the directory, at least one, and its V2 pairs.

    What a pair takes is exact; a pool that another stands behind gives what that one asks for, any
    other buys or sells an exact amount of its token1. None where an amount does not fit, a pool has
    no place, or comes twice, or the token is one that such a run does not pay.
    """
    most = max(max(leg.amount_in_raw, leg.amount_out_raw) for leg in legs)
    repeats = len({leg.pool for leg in legs}) < len(legs)
    places = [p for leg in legs if (p := directory.place(leg.pool, leg.protocol)) is not None]
    if legs[0].token_in not in _PAID or repeats or most >= _CYCLE_AMOUNT:
        return None
    if len(places) < len(legs) or not any(map(_is_pool, legs)):
        return None
    last = legs[-1]
    whole = _stated(last) if _is_pool(last) else -last.amount_out_raw
    terms = packed(table.CYCLE_RUN[1:], (whole % _AMOUNT_END,), "cycle run")
    cells = (
        bytes([place << 1 | leg.zero_for_one]) + _pair_terms(legs, at)
        for at, (place, leg) in enumerate(zip(places, legs, strict=True))
    )
    return Command(head(table.OP_CYCLE_RUN), terms, cells=b"".join(cells))


def _pair_terms(legs: Sequence[Leg], at: int) -> bytes:
    """What a pair's cell says beside its place; nothing for a pool."""
    if _is_pool(legs[at]):
        return b""
    fed_by_pool = at > 0 and _is_pool(legs[at - 1])
    amount = _stated(legs[at - 1]) if fed_by_pool else legs[at].amount_in_raw
    more = at + 1 < len(legs) and not _is_pool(legs[at + 1])
    return (more * _MORE | amount % _AMOUNT_END << 1).to_bytes(11)


def asking_in_cycle(legs: Sequence[Leg]) -> Sequence[Leg]:
    """The legs from the start of a `cycle_run` on whose pools ask for what the one behind needs."""
    pools = list(takewhile(_is_pool, legs))
    return pools[:-1] if pools and _states_input(pools[-1]) else pools


def _is_pool(leg: Leg) -> bool:
    return leg.protocol is Protocol.UNISWAP_V3


def _states_input(pool: Leg) -> bool:
    """Whether a pool swaps an exact input: its price moves by token1 alike, by token0 inversely."""
    return not pool.zero_for_one


def _stated(pool: Leg) -> int:
    """A pool's exact input, or minus its exact output: whichever costs it less gas."""
    return pool.amount_in_raw if _states_input(pool) else -pool.amount_out_raw
