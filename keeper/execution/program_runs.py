"""Runs in one command: a chain of V2 pairs, or a cycle of V3 pools and pairs in reverse."""

from collections.abc import Sequence
from itertools import takewhile

from keeper.chain import Protocol
from keeper.execution import program_table as table
from keeper.execution.directory import Directory
from keeper.execution.program_stream import Command, Target, cell, given, head, packed
from keeper.strategies.opportunity import Leg

_AMOUNT = 1 << 96
_CELL_AMOUNT = 1 << table.V2_CELL[1]
_AMOUNT_END = 1 << table.CYCLE_PAIR[3]
"""Of what is read as signed."""
_CYCLE_AMOUNT = _AMOUNT_END // 2
"""Above all amounts of a cycle: a pool's have a sign."""
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
    return b"".join(
        cell(table.V2_CELL, (leg.zero_for_one, leg.amount_out_raw, int.from_bytes(leg.pool)))
        for leg in legs
    )


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
    cells = (_cycle_cell(legs, at, place) for at, place in enumerate(places))
    return Command(head(table.OP_CYCLE_RUN), terms, cells=b"".join(cells))


def _cycle_cell(legs: Sequence[Leg], at: int, place: int) -> bytes:
    """A leg's place and direction; of a pair also its input, and whether another follows."""
    leg = legs[at]
    if _is_pool(leg):
        return cell(table.CYCLE_POOL, (place, leg.zero_for_one))
    fed_by_pool = at > 0 and _is_pool(legs[at - 1])
    amount = _stated(legs[at - 1]) if fed_by_pool else leg.amount_in_raw
    more = at + 1 < len(legs) and not _is_pool(legs[at + 1])
    return cell(table.CYCLE_PAIR, (place, leg.zero_for_one, more, amount % _AMOUNT_END, 0))


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
