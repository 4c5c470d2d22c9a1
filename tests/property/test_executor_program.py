"""Laws of the encoder: a program says its route, no more, and delivers it pool to pool."""

from dataclasses import dataclass, replace
from itertools import zip_longest

from drawn_chains import chains
from hypothesis import given
from hypothesis import strategies as st

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.program import PROGRAM_SELECTOR, Funding, LendingPool, encode_program
from keeper.strategies.opportunity import Leg

TOKENS = [Address(bytes([n]) * 20) for n in range(1, table.MAX_HOPS + 1)]
OPCODES = {name[3:]: number for name, number in vars(table).items() if name.startswith("OP_")}
FIELDS: dict[int, tuple[int, ...]] = {op: getattr(table, name) for name, op in OPCODES.items()}
PAYMENTS = {table.OP_V3_PAY, table.OP_ALGEBRA_PAY}
NESTING = {op for op in FIELDS if table.ARMS >> op & 1} - PAYMENTS
LOANS = {table.OP_AAVE, table.OP_MORPHO, table.OP_BALANCER_FLASH}
SWAPS = {
    Protocol.UNISWAP_V2: {table.OP_V2, table.OP_V2_FLASH},
    Protocol.UNISWAP_V3: {table.OP_V3, table.OP_V3_PAY},
    Protocol.ALGEBRA_V1: {table.OP_ALGEBRA, table.OP_ALGEBRA_PAY},
}
ROUTES = chains(TOKENS, TOKENS, [*SWAPS], 2**112 - 1)
POOLED = [funding for funding in Funding if funding is not Funding.EXACT_OUTPUT]
LEAST_PROFIT = 5
LENDER = LendingPool(Address(b"\xee" * 20), 500, lends_token0=True)


@dataclass
class Command:
    """One decoded command and the stream inside it."""

    opcode: int
    target: int | bytes
    zero_for_one: bool
    values: tuple[int, ...]
    nested: "list[Command]"


def pair_run(target: int | bytes, values: list[int], cells: bytes) -> list[Command]:
    """What a run over pairs stands for: a payment and swaps, each to the next."""
    _, token, amount = values
    commands = [Command(table.OP_PAY, table.TO_NEXT, False, (token, amount), [])]
    for at in range(0, len(cells), 32):
        word, pool = int.from_bytes(cells[at : at + 12]), int.from_bytes(cells[at + 12 : at + 32])
        to = target if at + 32 == len(cells) else table.TO_NEXT
        commands.append(Command(table.OP_V2, to, bool(word >> 95), (pool, word % (1 << 95)), []))
    return commands


RUNS = {table.OP_V2_RUN: pair_run}


def disassemble(stream: bytes) -> list[Command]:
    """The commands of a stream, and those that runs stand for, without a look at the encoder."""
    commands: list[Command] = []
    while stream:
        first, stream = stream[0], stream[1:]
        opcode, values = first & table.OPCODE_MASK, []
        target: int | bytes = first >> table.RECIPIENT_SHIFT & table.RECIPIENT_MASK
        for width in FIELDS[opcode]:
            assert len(stream) >= width
            values.append(int.from_bytes(stream[:width], "big"))
            stream = stream[width:]
        if target == table.TO_ADDRESS:
            target, stream = stream[:20], stream[20:]
        if opcode in RUNS:
            length = values[0] or len(stream)
            assert 0 < length <= len(stream)
            commands += RUNS[opcode](target, values, stream[:length])
            stream = stream[length:]
            continue
        inner: list[Command] = []
        if opcode in NESTING:
            length = values.pop(0 if opcode in LOANS else -1) or len(stream)
            assert 0 < length <= len(stream)
            inner, stream = disassemble(stream[:length]), stream[length:]
        commands.append(Command(opcode, target, bool(first >> 7), tuple(values), inner))
    return commands


def flat(commands: list[Command]) -> list[Command]:
    """All commands, in the order in which tokens move: what is nested comes first."""
    return [each for command in commands for each in (*flat(command.nested), command)]


def encode(legs: tuple[Leg, ...], funding: Funding) -> tuple[bytes, list[Command]]:
    program = encode_program(
        legs,
        funding=funding,
        profit_token=legs[0].token_in,
        min_profit_raw=LEAST_PROFIT,
        deadline_block=6,
        max_base_fee_wei=7 * 10**6,
        max_premium_raw=8,
        lender=LENDER,
    )
    return program, disassemble(program[4 + table.HEADER_SIZE + 20 :])


@given(ROUTES, st.sampled_from(POOLED))
def test_a_program_says_exactly_its_route(legs: tuple[Leg, ...], funding: Funding) -> None:
    _, commands = encode(legs, funding)
    known = set().union(*SWAPS.values())
    swaps = [command for command in flat(commands) if command.opcode in known]
    for leg, swap in zip(legs, swaps, strict=True):
        assert swap.opcode in SWAPS[leg.protocol]
        assert swap.zero_for_one == leg.zero_for_one
        assert swap.values[0] == int.from_bytes(leg.pool, "big")
        v2 = leg.protocol is Protocol.UNISWAP_V2
        assert swap.values[-1] == (leg.amount_out_raw if v2 else leg.amount_in_raw)


def spent(commands: list[Command]) -> list[int]:
    """What leaves the executor, or the pool manager, of the profit token, in order."""
    takes, paying = {table.OP_V4_TAKE, table.OP_PAY}, PAYMENTS
    return [each.values[-1] for each in flat(commands) if each.opcode in takes | paying]


@given(ROUTES, st.sampled_from(POOLED))
def test_a_program_pays_its_first_pool_and_its_lender_only(
    legs: tuple[Leg, ...], funding: Funding
) -> None:
    _, commands = encode(legs, funding)
    amount = legs[0].amount_in_raw
    back = {Funding.UNISWAP_V4: [amount], Funding.UNISWAP_V3: [amount + LENDER.fee_raw(amount)]}
    assert spent(commands) == [amount, *back.get(funding, [])]
    assert all(
        each.values[1 if each.opcode in PAYMENTS else 0] == 0
        for each in flat(commands)
        if each.opcode in PAYMENTS | {table.OP_PAY}
    )


@given(ROUTES, st.sampled_from([Funding.OWN_CAPITAL, Funding.FLASH_SWAP, Funding.AAVE_V3]))
def test_each_output_goes_to_the_next_legs_pool(legs: tuple[Leg, ...], funding: Funding) -> None:
    _, commands = encode(legs, funding)
    received = list(deliveries(commands, None))
    pools = [int.from_bytes(leg.pool, "big") for leg in legs]
    assert received == [*pools, None]


def deliveries(commands: list[Command], caller: int | None) -> list[int | None]:
    """Where each payment and output goes, in order; None is the executor."""
    found: list[int | None] = []
    for command, following in zip_longest(commands, commands[1:]):
        pool = None if command.opcode in LOANS else command.values[0]
        if command.opcode in PAYMENTS:
            found.append(pool)
        found += deliveries(command.nested, pool)
        if command.opcode in LOANS:
            continue
        if command.target == table.TO_NEXT:
            assert following is not None
            assert table.TAKES_DELIVERY >> following.opcode & 1
            found.append(following.values[0])
        else:
            found.append(caller if command.target == table.TO_CALLER else None)
    return found


@given(ROUTES)
def test_a_flash_swap_takes_the_profit_before_it_pays(legs: tuple[Leg, ...]) -> None:
    _, commands = encode(legs, Funding.FLASH_SWAP)
    (outer,) = commands
    assert outer.target == table.TO_SELF
    assert table.ARMS >> outer.opcode & 1


@given(ROUTES, st.sampled_from([Funding.AAVE_V3, Funding.BALANCER_V2, Funding.MORPHO]))
def test_a_loan_wraps_the_own_capital_program(legs: tuple[Leg, ...], funding: Funding) -> None:
    _, own = encode(legs, Funding.OWN_CAPITAL)
    _, (loan,) = encode(legs, funding)
    assert loan.opcode in LOANS
    assert loan.values == (0, legs[0].amount_in_raw, 8)[: 2 if funding is Funding.MORPHO else 3]
    assert loan.nested == own


@given(ROUTES)
def test_an_exact_output_program_fixes_its_output_and_pays_at_most_that(
    legs: tuple[Leg, ...],
) -> None:
    last = replace(legs[-1], amount_out_raw=legs[0].amount_in_raw + 7)
    legs = tuple(replace(leg, protocol=Protocol.UNISWAP_V3) for leg in (*legs[:-1], last))
    _, commands = encode(legs, Funding.EXACT_OUTPUT)
    payment, *swaps = flat(commands)
    most = last.amount_out_raw - LEAST_PROFIT
    assert (payment.opcode, payment.values) == (table.OP_PAY_OWED, (0, most))
    assert [swap.values[0] for swap in swaps] == [int.from_bytes(leg.pool, "big") for leg in legs]
    assert [swap.opcode for swap in swaps[:-1]] == [table.OP_V3_OWED] * (len(legs) - 1)
    assert (swaps[-1].opcode, swaps[-1].values[1]) == (table.OP_V3_OUT, legs[-1].amount_out_raw)


@given(ROUTES, st.sampled_from(POOLED))
def test_the_header_holds_the_limits(legs: tuple[Leg, ...], funding: Funding) -> None:
    program, _ = encode(legs, funding)
    assert program[:4] == PROGRAM_SELECTOR
    limits = (6).to_bytes(4, "big") + (7).to_bytes(4, "big") + LEAST_PROFIT.to_bytes(3, "big")
    assert program[4:17] == limits + b"\0\1"
    assert program[17:37] == legs[0].token_in


@given(st.integers(0, 2**128))
def test_a_minimum_profit_is_rounded_down_by_less_than_a_millionth(least: int) -> None:
    legs = two_legs()
    program = encode_program(
        legs,
        funding=Funding.OWN_CAPITAL,
        profit_token=legs[0].token_in,
        min_profit_raw=least,
        deadline_block=0,
        max_base_fee_wei=0,
    )
    said = int.from_bytes(program[12:15], "big") << program[15]
    assert 0 <= least - said <= least // 10**6


def two_legs() -> tuple[Leg, ...]:
    a, b = TOKENS[:2]
    first = Leg(Address(b"\xf1" * 20), Protocol.UNISWAP_V2, True, a, b, 1, 2)
    return (first, Leg(Address(b"\xf2" * 20), Protocol.UNISWAP_V2, False, b, a, 2, 3))
