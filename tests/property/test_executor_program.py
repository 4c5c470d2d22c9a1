"""Laws of the encoder: a program says its route, no more, and delivers it pool to pool."""

from dataclasses import dataclass
from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.program import EXECUTE_SELECTOR, PROTOCOLS, Funding, encode_program
from keeper.strategies.opportunity import Leg

TOKENS = [Address(bytes([n]) * 20) for n in range(1, 14)]
NAMES = {
    table.OP_PAY: table.PAY,
    table.OP_V2: table.V2,
    table.OP_V2_FLASH: table.V2_FLASH,
    table.OP_V3: table.V3,
    table.OP_AAVE: table.AAVE,
}
NESTED_FIELD = {table.OP_V2_FLASH: 2, table.OP_V3: 2, table.OP_AAVE: 0}


@dataclass
class Command:
    """One decoded command and the stream inside it."""

    opcode: int
    target: int
    zero_for_one: bool
    values: tuple[int, ...]
    nested: "list[Command]"


def disassemble(stream: bytes) -> list[Command]:
    """The commands of a stream, written without a look at the encoder."""
    commands = []
    while stream:
        head, stream = stream[0], stream[1:]
        opcode, values = head & table.OPCODE_MASK, []
        for width in NAMES[opcode]:
            assert len(stream) >= width
            values.append(int.from_bytes(stream[:width], "big"))
            stream = stream[width:]
        length = values[NESTED_FIELD[opcode]] if opcode in NESTED_FIELD else 0
        assert len(stream) >= length
        inner, stream = disassemble(stream[:length]), stream[length:]
        commands.append(Command(opcode, head >> 5 & 3, bool(head >> 7), tuple(values), inner))
    return commands


def flat(commands: list[Command]) -> list[Command]:
    """All commands, in the order in which tokens move: what is nested comes first."""
    return [each for command in commands for each in (*flat(command.nested), command)]


@st.composite
def routes(draw: st.DrawFn) -> tuple[Leg, ...]:
    hops = draw(st.integers(2, 12))
    tokens = [*draw(st.permutations(TOKENS))[:hops]]
    tokens.append(tokens[0])
    amounts = draw(st.lists(st.integers(1, 2**112 - 1), min_size=hops + 1, max_size=hops + 1))
    protocols = draw(st.lists(st.sampled_from(sorted(PROTOCOLS)), min_size=hops, max_size=hops))
    return tuple(
        Leg(
            Address(bytes([0xF0, n]) * 10),
            protocols[n],
            tokens[n] < tokens[n + 1],
            tokens[n],
            tokens[n + 1],
            amounts[n],
            amounts[n + 1],
        )
        for n in range(hops)
    )


def encode(legs: tuple[Leg, ...], funding: Funding) -> tuple[bytes, list[Command]]:
    program = encode_program(
        legs,
        funding=funding,
        profit_token=legs[0].token_in,
        min_profit_raw=5,
        deadline_block=6,
        max_base_fee_wei=7,
        aave_max_premium_raw=8,
    )
    return program, disassemble(program[4 + table.HEADER_SIZE + 20 :])


@given(routes(), st.sampled_from(Funding))
def test_a_program_says_exactly_its_route(legs: tuple[Leg, ...], funding: Funding) -> None:
    _, commands = encode(legs, funding)
    swaps = [c for c in flat(commands) if c.opcode in (table.OP_V2, table.OP_V2_FLASH, table.OP_V3)]
    for leg, swap in zip(legs, swaps, strict=True):
        v3 = leg.protocol is Protocol.UNISWAP_V3
        assert (swap.opcode == table.OP_V3) == v3
        assert swap.zero_for_one == leg.zero_for_one
        assert swap.values[0] == int.from_bytes(leg.pool, "big")
        assert swap.values[1] == (leg.amount_in_raw if v3 else leg.amount_out_raw)


@given(routes(), st.sampled_from(Funding))
def test_a_program_pays_once_and_keeps_only_the_last_output(
    legs: tuple[Leg, ...], funding: Funding
) -> None:
    _, commands = encode(legs, funding)
    moves = [c for c in flat(commands) if c.opcode != table.OP_AAVE]
    assert [c.values for c in moves if c.opcode == table.OP_PAY] == [(0, legs[0].amount_in_raw)]
    assert moves[0].opcode == table.OP_PAY
    assert [c.target == table.TO_SELF for c in moves] == [False] * len(legs) + [True]


@given(routes(), st.sampled_from(Funding))
def test_each_output_goes_to_the_next_legs_pool(legs: tuple[Leg, ...], funding: Funding) -> None:
    _, commands = encode(legs, funding)
    received = list(deliveries(commands, None))
    pools = [int.from_bytes(leg.pool, "big") for leg in legs]
    assert received == [*pools, None]


def deliveries(commands: list[Command], caller: int | None) -> list[int | None]:
    """Where each payment and output goes, in order; None is the executor."""
    found: list[int | None] = []
    for command, following in zip_longest(commands, commands[1:]):
        pool = None if command.opcode == table.OP_AAVE else command.values[0]
        found += deliveries(command.nested, pool)
        if command.opcode == table.OP_AAVE:
            continue
        if command.target == table.TO_NEXT:
            assert following is not None
            assert table.TAKES_DELIVERY >> following.opcode & 1
            found.append(following.values[0])
        else:
            found.append(caller if command.target == table.TO_CALLER else None)
    return found


@given(routes())
def test_a_flash_swap_takes_the_profit_before_it_pays(legs: tuple[Leg, ...]) -> None:
    _, commands = encode(legs, Funding.FLASH_SWAP)
    (outer,) = commands
    assert outer.target == table.TO_SELF
    assert outer.opcode in (table.OP_V2_FLASH, table.OP_V3)


@given(routes())
def test_a_loan_wraps_the_own_capital_program(legs: tuple[Leg, ...]) -> None:
    _, own = encode(legs, Funding.OWN_CAPITAL)
    _, (loan,) = encode(legs, Funding.AAVE_V3)
    assert loan.opcode == table.OP_AAVE
    assert loan.values[1:] == (0, legs[0].amount_in_raw, 8)
    assert loan.nested == own


@given(routes(), st.sampled_from(Funding))
def test_the_header_holds_the_limits(legs: tuple[Leg, ...], funding: Funding) -> None:
    program, _ = encode(legs, funding)
    assert program[:4] == EXECUTE_SELECTOR
    assert program[4:35] == (
        bytes([table.FORMAT_VERSION])
        + (6).to_bytes(5, "big")
        + (7).to_bytes(8, "big")
        + (5).to_bytes(16, "big")
        + b"\1"
    )
    assert program[35:55] == legs[0].token_in
