"""The program encoder: a route of exact legs becomes the executor's calldata.

Input goes straight from pool to pool wherever custody allows, so a route pays one token once and
the executor holds no intermediate. `docs/program.md` states the format; every number here comes
from `contracts/program.toml`.
"""

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.program_table import PROGRAM_VERSION
from keeper.strategies.opportunity import Leg

__all__ = [
    "EXECUTE_SELECTOR",
    "PROGRAM_VERSION",
    "PROTOCOLS",
    "Funding",
    "ProgramError",
    "encode_program",
]

PROTOCOLS = frozenset({Protocol.UNISWAP_V2, Protocol.UNISWAP_V3})
"""Whose pools a program can swap on."""

EXECUTE_SELECTOR = bytes.fromhex("61461954")
"""First four bytes of keccak256("execute()")."""

_ADDRESS_BYTES = 20
_PROFIT_TOKEN = 0


class ProgramError(ValueError):
    """A route or limit that no program can express; the message names it."""


class Funding(Enum):
    """Where the first leg's input comes from."""

    OWN_CAPITAL = "own_capital"
    FLASH_SWAP = "flash_swap"
    AAVE_V3 = "aave_v3"


def encode_program(
    legs: Sequence[Leg],
    *,
    funding: Funding,
    profit_token: Address,
    min_profit_raw: int,
    deadline_block: int,
    max_base_fee_wei: int,
    aave_max_premium_raw: int = 0,
) -> bytes:
    """Calldata of `ArbitrageExecutor.execute` for a cycle of 2 to 12 legs.

    Amounts are raw units, `max_base_fee_wei` is wei per gas, `deadline_block` the last block in
    which the program runs. `aave_max_premium_raw` is the highest premium that an Aave loan may
    cost. A cycle whose last hop is a V3 pool needs no capital under any funding but Aave's.

    Raises:
        ProgramError: the legs are no closed chain from `profit_token`, or a value is out of range.
    """
    _check_chain(legs, profit_token)
    header = (table.FORMAT_VERSION, deadline_block, max_base_fee_wei, min_profit_raw, 1)
    stream = _stream(legs, funding, aave_max_premium_raw)
    return EXECUTE_SELECTOR + _fields(table.HEADER, header, "header") + profit_token + stream


def _check_chain(legs: Sequence[Leg], profit_token: Address) -> None:
    if not 2 <= len(legs) <= table.MAX_HOPS:
        raise ProgramError(f"a route has 2 to {table.MAX_HOPS} legs, not {len(legs)}")
    if legs[0].token_in != profit_token or legs[-1].token_out != profit_token:
        raise ProgramError(f"the route is no cycle of profit token 0x{profit_token.hex()}")
    for place, (leg, following) in enumerate(pairwise(legs), start=1):
        if leg.token_out != following.token_in or leg.amount_out_raw != following.amount_in_raw:
            raise ProgramError(f"leg {place + 1} does not take leg {place}'s whole output")
    for place, leg in enumerate(legs, start=1):
        _check_leg(place, leg)


def _check_leg(place: int, leg: Leg) -> None:
    if leg.protocol not in PROTOCOLS:
        raise ProgramError(f"leg {place}: no command swaps on protocol {leg.protocol!r}")
    if any(len(part) != _ADDRESS_BYTES for part in (leg.pool, leg.token_in, leg.token_out)):
        raise ProgramError(f"leg {place}: an address is not {_ADDRESS_BYTES} bytes")
    if leg.zero_for_one != (leg.token_in < leg.token_out):
        raise ProgramError(f"leg {place}: zero_for_one contradicts the order of its tokens")
    if leg.amount_in_raw <= 0 or leg.amount_out_raw <= 0:
        raise ProgramError(f"leg {place}: an amount is not positive")


def _stream(legs: Sequence[Leg], funding: Funding, max_premium: int) -> bytes:
    if funding is Funding.FLASH_SWAP:
        *before, last = legs
        opening = _v2_flash if last.protocol is Protocol.UNISWAP_V2 else _v3
        return opening(last, table.TO_SELF, _deliver(before, legs[0], table.TO_CALLER))
    stream = _deliver(legs, legs[0], table.TO_SELF)
    if funding is Funding.OWN_CAPITAL:
        return stream
    terms = (len(stream), _PROFIT_TOKEN, legs[0].amount_in_raw, max_premium)
    return _command(table.OP_AAVE, 0, table.AAVE, terms, "loan") + stream


def _deliver(legs: Sequence[Leg], first: Leg, target: int) -> bytes:
    """Commands that run `legs` and bring their output, or without legs the input, to `target`.

    The last V3 leg encloses all before it, since a V3 pool takes its input in its callback only;
    the V2 legs behind it follow one another, each paid by its predecessor.
    """
    if not legs:
        return _pay(target, first.amount_in_raw)
    v3 = [place for place, leg in enumerate(legs) if leg.protocol is Protocol.UNISWAP_V3]
    start = v3[-1] if v3 else -1
    targets = [table.TO_NEXT] * (len(legs) - 1) + [target]
    if start < 0:
        opening = _pay(table.TO_NEXT, first.amount_in_raw)
    else:
        nested = _deliver(legs[:start], first, table.TO_CALLER)
        opening = _v3(legs[start], targets[start], nested)
    tail = zip(legs[start + 1 :], targets[start + 1 :], strict=True)
    return opening + b"".join(_v2(leg, to) for leg, to in tail)


def _pay(target: int, amount: int) -> bytes:
    head = target << table.RECIPIENT_SHIFT
    return _command(table.OP_PAY, head, table.PAY, (_PROFIT_TOKEN, amount), "payment")


def _v2(leg: Leg, target: int) -> bytes:
    values = (leg.pool, leg.amount_out_raw)
    return _command(table.OP_V2, _flags(leg, target), table.V2, values, "V2 output")


def _v2_flash(leg: Leg, target: int, nested: bytes) -> bytes:
    values = (leg.pool, leg.amount_out_raw, len(nested))
    head = _flags(leg, target)
    return _command(table.OP_V2_FLASH, head, table.V2_FLASH, values, "V2 output") + nested


def _v3(leg: Leg, target: int, nested: bytes) -> bytes:
    values = (leg.pool, leg.amount_in_raw, len(nested))
    return _command(table.OP_V3, _flags(leg, target), table.V3, values, "V3 input") + nested


def _flags(leg: Leg, target: int) -> int:
    return leg.zero_for_one << table.ZERO_FOR_ONE_SHIFT | target << table.RECIPIENT_SHIFT


def _command(
    opcode: int, flags: int, widths: tuple[int, ...], values: tuple[int | bytes, ...], name: str
) -> bytes:
    return bytes([opcode | flags]) + _fields(widths, values, name)


def _fields(widths: tuple[int, ...], values: tuple[int | bytes, ...], name: str) -> bytes:
    parts = []
    for width, value in zip(widths, values, strict=True):
        number = int.from_bytes(value, "big") if isinstance(value, bytes) else value
        if not 0 <= number < 1 << 8 * width:
            raise ProgramError(f"{name}: {number} does not fit its {width} bytes")
        parts.append(number.to_bytes(width, "big"))
    return b"".join(parts)
