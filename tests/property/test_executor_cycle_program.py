"""Laws of the encoder: a cycle over the directory is one run that says its route, and no more."""

from dataclasses import dataclass, replace

from drawn_chains import chains
from hypothesis import given
from hypothesis import strategies as st

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.directory import Directory
from keeper.execution.program import Funding, encode_program
from keeper.strategies.opportunity import Leg

V2, V3 = Protocol.UNISWAP_V2, Protocol.UNISWAP_V3
TOKENS = [Address(bytes([n]) * 20) for n in range(1, table.MAX_HOPS)]
PAID = [Address(table.WPOL), Address(table.USDC_E)]
AMOUNTS = 1 << 86
"""What is above all amounts of a cycle; half of them have a minus."""
Listed = tuple[tuple[Leg, ...], list[Address], list[Address]]
"""A chain, and the pools and the pairs of a directory that has its own."""
CELLS_AT, HEADER = 15, 4 + table.HEADER_SIZE


@dataclass(frozen=True)
class Cell:
    """What a cell says; of a pool, the place and the direction alone."""

    place: int
    zero_for_one: bool
    more: bool = False
    amount: int = 0


def signed(bits: int) -> int:
    """An amount whose highest bit is a sign."""
    return bits - AMOUNTS if bits >= AMOUNTS // 2 else bits


def read(cells: bytes) -> list[Cell]:
    """All cells, which end where the bytes do."""
    found = []
    while cells:
        place, way = cells[0] >> 1, bool(cells[0] & 1)
        size = 1 if place <= table.DIRECTORY_POOLS else 12
        assert len(cells) >= size
        word, cells = int.from_bytes(cells[1:size], "big"), cells[size:]
        assert not word & 1
        found.append(Cell(place, way, bool(word >> 87), signed(word % (2 * AMOUNTS) >> 1)))
    return found


@st.composite
def cycles(draw: st.DrawFn) -> tuple[Leg, ...]:
    """Chains over V3 pools, at least one, and V2 pairs, from and to WPOL or USDC.e."""
    legs = draw(chains(PAID, TOKENS, [V2, V3], AMOUNTS // 2 - 1))
    pool = draw(st.sampled_from(legs)).pool
    return tuple(replace(leg, protocol=V3) if leg.pool == pool else leg for leg in legs)


def listed(draw: st.DrawFn, legs: tuple[Leg, ...], kind: Protocol) -> list[Address]:
    """The pools or pairs of a route, in any order and among others."""
    others = [Address(bytes([0xEE, n]) * 10) for n in range(draw(st.integers(0, 30)))]
    return draw(st.permutations([*(leg.pool for leg in legs if leg.protocol is kind), *others]))


@st.composite
def listed_cycles(draw: st.DrawFn) -> Listed:
    legs = draw(cycles())
    return legs, listed(draw, legs, V3), listed(draw, legs, V2)


def encode(legs: tuple[Leg, ...], funding: Funding, directory: Directory) -> bytes:
    """The stream of commands, whose token is declared by its lead."""
    program = encode_program(
        legs,
        funding=funding,
        profit_token=legs[0].token_in,
        min_profit_raw=0,
        deadline_block=6,
        max_base_fee_wei=7 * 10**6,
        directory=directory,
    )
    assert program[HEADER - 1] in {table.LEAD_WPOL << 6, table.LEAD_USDC_E << 6}
    return program[HEADER:]


@given(listed_cycles())
def test_it_names_its_pools_in_their_order(cycle: Listed) -> None:
    legs, pools, pairs = cycle
    run = encode(legs, Funding.OWN_CAPITAL, Directory.of(pools, pairs))
    assert run[:3] == bytes([table.OP_CYCLE_RUN, 0, 0])
    cells = read(run[CELLS_AT:])
    places = [
        (1 + pools.index(leg.pool))
        if leg.protocol is V3
        else (1 + table.DIRECTORY_POOLS + pairs.index(leg.pool))
        for leg in legs
    ]
    assert [(cell.place, cell.zero_for_one) for cell in cells] == [
        (place, leg.zero_for_one) for place, leg in zip(places, legs, strict=True)
    ]
    follows = [leg.protocol is V2 for leg in legs[1:]] + [False]
    mores = [leg.protocol is V2 and more for leg, more in zip(legs, follows, strict=True)]
    assert [cell.more for cell in cells] == mores


@given(listed_cycles())
def test_it_states_what_its_route_states(cycle: Listed) -> None:
    legs, *listed = cycle
    run = encode(legs, Funding.OWN_CAPITAL, Directory.of(*listed))
    cells = read(run[CELLS_AT:])
    for before, leg, cell in zip((None, *legs), legs, cells, strict=False):
        if leg.protocol is V2:
            fed_by_pool = before is not None and before.protocol is V3
            assert cell.amount in (stated(before) if fed_by_pool else {leg.amount_in_raw})
    amount = int.from_bytes(run[3:CELLS_AT], "big")
    assert amount < AMOUNTS
    last = legs[-1]
    assert signed(amount) in (stated(last) if last.protocol is V3 else {-last.amount_out_raw})


def stated(pool: Leg | None) -> set[int]:
    """What may be told of a pool: its exact input, or minus its exact output."""
    assert pool is not None
    return {pool.amount_in_raw, -pool.amount_out_raw}


@given(listed_cycles(), st.data())
def test_a_route_through_a_pool_that_is_not_listed_is_no_such_run(
    cycle: Listed, data: st.DataObject
) -> None:
    legs, *listed = cycle
    missing = data.draw(st.sampled_from(legs)).pool
    kept = ([where for where in each if where != missing] for each in listed)
    run = encode(legs, Funding.OWN_CAPITAL, Directory.of(*kept))
    assert run[0] & table.OPCODE_MASK != table.OP_CYCLE_RUN


@given(listed_cycles(), st.sampled_from([Funding.AAVE_V3, Funding.BALANCER_V2, Funding.MORPHO]))
def test_a_loan_wraps_it(cycle: Listed, funding: Funding) -> None:
    legs, *listed = cycle
    directory = Directory.of(*listed)
    own = encode(legs, Funding.OWN_CAPITAL, directory)
    assert encode(legs, funding, directory).endswith(own)
