"""A cycle over the directory as one command: its bytes by the specification, and what has none."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.directory import NO_DIRECTORY, Directory
from keeper.execution.program import Funding, LendingPool, ProgramError, encode_program
from keeper.execution.program_stream import cell
from keeper.strategies.opportunity import Leg

V2, V3 = Protocol.UNISWAP_V2, Protocol.UNISWAP_V3
COMMAND_AT = 17
LOANS = {
    Funding.MORPHO: table.OP_MORPHO,
    Funding.BALANCER_V2: table.OP_BALANCER_FLASH,
    Funding.AAVE_V3: table.OP_AAVE,
    Funding.UNISWAP_V3: table.OP_V3_FLASH,
}
SIGNED = 86


def route(text: str, token: bytes = table.WPOL) -> tuple[Leg, ...]:
    """A cycle written as `D` for a pool down, from token0 to token1, `u` up, and `p` for a pair.

    Amounts are 1000, 1100 and so on.
    """
    tokens = [Address(token)]
    for kind in text[:-1]:
        # tokens that keep the order which the directions ask for
        step = -1 if kind == "u" else 1
        tokens.append(Address((int.from_bytes(tokens[-1]) + step).to_bytes(20)))
    legs = []
    for place, (kind, sold) in enumerate(zip(text, tokens, strict=True)):
        bought = tokens[(place + 1) % len(tokens)]
        protocol = V2 if kind == "p" else V3
        pool = Address(bytes([place + 1]) * 20)
        amounts = (1_000 + 100 * place, 1_100 + 100 * place)
        legs.append(Leg(pool, protocol, sold < bought, sold, bought, *amounts))
    return tuple(legs)


def listed(legs: tuple[Leg, ...]) -> Directory:
    """All pools of the legs, behind a free place each."""
    free = Address(bytes(20))
    kinds = ([leg.pool for leg in legs if leg.protocol is kind] for kind in (V3, V2))
    return Directory.of(*([free, *of] for of in kinds))


def encode(legs: tuple[Leg, ...], **changes: object) -> bytes:
    terms: dict[str, Any] = {
        "funding": Funding.OWN_CAPITAL,
        "profit_token": legs[0].token_in,
        "min_profit_raw": 1,
        "deadline_block": 100,
        "max_base_fee_wei": 10**9,
        "directory": listed(legs),
    }
    return encode_program(legs, **(terms | changes))


class Cell(NamedTuple):
    """A cell's fields; pools have no amount and none follows."""

    place: int
    zero_for_one: bool
    follows: bool = False
    amount: int = 0


def signed(value: int) -> int:
    return value - (1 << SIGNED) if value >> SIGNED - 1 else value


def read(command: bytes) -> tuple[int, list[Cell]]:
    """The amount and the cells of a command that ends the program."""
    assert command[0] == table.OP_CYCLE_RUN
    assert command[1:3] == bytes(2)
    amount, rest, cells = int.from_bytes(command[3:15]), command[15:], []
    while rest:
        place, way = rest[0] >> 1, bool(rest[0] & 1)
        if place < 64:
            cells.append(Cell(place, way))
            rest = rest[1:]
        else:
            word = int.from_bytes(rest[1:12])
            assert word & 1 == 0
            cells.append(Cell(place, way, bool(word >> 87), signed(word >> 1 & (1 << SIGNED) - 1)))
            rest = rest[12:]
    assert amount >> SIGNED == 0  # so that the highest byte is zero, as the express form wants it
    return signed(amount), cells


def test_cells_go_in_the_order_of_the_route_and_say_what_each_takes() -> None:
    legs = route("pDppup")
    whole, cells = read(encode(legs)[COMMAND_AT:])
    assert cells == [
        Cell(65, legs[0].zero_for_one, False, 1_000),  # paid
        Cell(2, True),
        Cell(66, True, True, -1_200),  # the pool's exact output
        Cell(67, True, False, 1_300),
        Cell(3, False),
        Cell(68, legs[5].zero_for_one, False, 1_400),  # the pool's exact input
    ]
    assert whole == -1_600


@pytest.mark.parametrize(("text", "whole"), [("pDu", 1_200), ("puuD", -1_400), ("up", -1_200)])
def test_the_whole_is_the_last_pools_input_or_minus_the_output(text: str, whole: int) -> None:
    legs = route(text)
    stated, (first, *_) = read(encode(legs)[COMMAND_AT:])
    assert stated == whole
    assert first.amount == (1_000 if text.startswith("p") else 0)


@pytest.mark.parametrize("funding", LOANS)
def test_loans_take_the_same_run(funding: Funding) -> None:
    legs = route("Dp")
    lender = LendingPool(Address(b"\x99" * 20), 500, True)
    program = encode(legs, funding=funding, lender=lender)
    run = encode(legs)[COMMAND_AT:]
    assert program[COMMAND_AT] & table.OPCODE_MASK == LOANS[funding]
    length = len(run) - 15
    inside = run if program.endswith(run) else run[:1] + length.to_bytes(2) + run[3:]
    assert inside in program


def test_a_cycle_that_ends_in_a_pool_funds_itself() -> None:
    legs = route("pDu")
    assert encode(legs, funding=Funding.FLASH_SWAP) == encode(legs)
    legs = route("DDu")
    assert encode(legs, funding=Funding.EXACT_OUTPUT) == encode(legs)


def is_run(program: bytes) -> bool:
    return program[COMMAND_AT] == table.OP_CYCLE_RUN


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("pp", {}),
        ("Dp", {"directory": NO_DIRECTORY}),
        ("Dp", {"directory": Directory.of([], [Address(b"\1" * 20), Address(b"\2" * 20)])}),
        ("Dp", {"directory": Directory.of([Address(b"\1" * 20), Address(b"\2" * 20)], [])}),
        ("Dp", {"funding": Funding.FLASH_SWAP}),
        ("Dp", {"funding": Funding.UNISWAP_V4}),
    ],
)
def test_other_cycles_are_no_run(text: str, changes: dict[str, Any]) -> None:
    assert not is_run(encode(route(text), **changes))


@pytest.mark.parametrize(("token", "runs"), [(table.WPOL, True), (table.USDC_E, True), (b"\7", 0)])
def test_the_token_is_one_that_a_run_pays(token: bytes, runs: bool) -> None:
    legs = route("Dp", token.rjust(20, b"\7"))
    program = encode(legs)
    assert (program[COMMAND_AT] == table.OP_CYCLE_RUN) is bool(runs)


@pytest.mark.parametrize(("amount", "runs"), [((1 << 85) - 1, True), (1 << 85, False)])
def test_amounts_that_do_not_fit_are_no_run(amount: int, runs: bool) -> None:
    first, last = route("Dp")
    legs = (replace(first, amount_out_raw=amount), replace(last, amount_in_raw=amount))
    assert is_run(encode(legs)) is runs


def test_a_pool_that_comes_twice_is_no_run() -> None:
    legs = route("DDu")
    twice = (legs[0], replace(legs[1], pool=legs[0].pool), legs[2])
    assert is_run(encode(legs))
    assert not is_run(encode(twice))


def test_what_takes_whatever_arrives_is_no_run() -> None:
    legs = route("DDu")
    held = {leg.token_in: 0 for leg in legs[1:]}
    assert not is_run(encode(legs, held=held))


def test_an_exact_output_cycle_has_pools_alone_listed_or_not() -> None:
    with pytest.raises(ProgramError, match="Uniswap V3 and Algebra legs only"):
        encode(route("pDu"), funding=Funding.EXACT_OUTPUT)


@pytest.mark.parametrize("value", [-1, 1 << 7])
def test_no_field_of_a_cell_runs_into_the_next(value: int) -> None:
    with pytest.raises(ProgramError, match="does not fit its 7 bits"):
        cell(table.CYCLE_POOL, (value, 0))
