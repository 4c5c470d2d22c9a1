"""What legs must be before a program can express them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from keeper.chain import Address
from keeper.execution import program_table as table
from keeper.execution.program_stream import ProgramError
from keeper.execution.program_swaps import CUSTODY
from keeper.strategies.opportunity import Leg

PROTOCOLS = frozenset(CUSTODY)
"""Whose pools a program can swap on."""

_ADDRESS_BYTES = 20


def check_chain(legs: Sequence[Leg], profit_token: Address) -> None:
    """Raise `ProgramError` unless the legs are a closed chain from the profit token."""
    if not 2 <= len(legs) <= table.MAX_HOPS:
        raise ProgramError(f"a route has 2 to {table.MAX_HOPS} legs, not {len(legs)}")
    if legs[0].token_in != profit_token or legs[-1].token_out != profit_token:
        raise ProgramError(f"the route is no cycle of profit token 0x{profit_token.hex()}")
    for place, (leg, following) in enumerate(pairwise(legs), start=1):
        if leg.token_out != following.token_in or leg.amount_out_raw != following.amount_in_raw:
            raise ProgramError(f"leg {place + 1} does not take leg {place}'s whole output")
    for place, leg in enumerate(legs, start=1):
        _check_leg(place, leg)


def check_basket(legs: Sequence[Leg], profit_token: Address, loans: Mapping[Address, int]) -> None:
    """Raise `ProgramError` unless legs take profit token, what was made or lent, and return it."""
    if not 1 <= len(legs) <= table.MAX_SWAPS:
        raise ProgramError(f"a basket has 1 to {table.MAX_SWAPS} legs, not {len(legs)}")
    held = dict(loans)
    for place, leg in enumerate(legs, start=1):
        _check_leg(place, leg)
        left = held.get(leg.token_in, 0) - leg.amount_in_raw
        if left < 0 and leg.token_in != profit_token:
            raise ProgramError(f"leg {place} takes {-left} more than earlier legs have made")
        held[leg.token_in] = left
        held[leg.token_out] = held.get(leg.token_out, 0) + leg.amount_out_raw
    for token, amount in loans.items():
        if held[token] < amount:
            raise ProgramError(f"the loan of 0x{token.hex()} is short of {amount - held[token]}")


def _check_leg(place: int, leg: Leg) -> None:
    if leg.protocol not in PROTOCOLS:
        raise ProgramError(f"leg {place}: no command swaps on protocol {leg.protocol!r}")
    if any(len(part) != _ADDRESS_BYTES for part in (leg.pool, leg.token_in, leg.token_out)):
        raise ProgramError(f"leg {place}: an address is not {_ADDRESS_BYTES} bytes")
    if leg.zero_for_one != (leg.token_in < leg.token_out):
        raise ProgramError(f"leg {place}: zero_for_one contradicts the order of its tokens")
    if leg.amount_in_raw <= 0 or leg.amount_out_raw <= 0:
        raise ProgramError(f"leg {place}: an amount is not positive")
