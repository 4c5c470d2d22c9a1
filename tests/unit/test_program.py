"""The encoder's refusals, and that table, contract, encoder and documentation are one format."""

import copy
import tomllib
from typing import Any

import pytest
from executor_world import new_world

from keeper.chain import Address, Protocol
from keeper.execution.program import PROGRAM_VERSION, Funding, ProgramError, encode_program
from keeper.strategies.opportunity import Leg
from toolchain import gen_program, gen_reference

A, B, C = (Address(bytes([n]) * 20) for n in (0xA0, 0xB0, 0xC0))
POOL_1, POOL_2 = (Address(bytes([n]) * 20) for n in (1, 2))
LIMITS: dict[str, Any] = {
    "funding": Funding.OWN_CAPITAL,
    "profit_token": A,
    "min_profit_raw": 1,
    "deadline_block": 100,
    "max_base_fee_wei": 30 * 10**9,
}

GENERATORS = (
    *(gen_program.solidity, gen_program.python, gen_program.documentation),
    gen_reference.text,
)


def leg(**changes: object) -> Leg:
    values: dict[str, Any] = {
        "pool": POOL_1,
        "protocol": Protocol.UNISWAP_V2,
        "zero_for_one": True,
        "token_in": A,
        "token_out": B,
        "amount_in_raw": 1_000,
        "amount_out_raw": 2_000,
    }
    return Leg(**(values | changes))


def closing(**changes: object) -> Leg:
    values: dict[str, Any] = {
        "pool": POOL_2,
        "zero_for_one": False,
        "token_in": B,
        "token_out": A,
        "amount_in_raw": 2_000,
        "amount_out_raw": 1_010,
    }
    return leg(**(values | changes))


def test_the_generated_files_equal_the_table() -> None:
    assert gen_program.drifted() == []


def test_a_changed_table_changes_every_generated_file_and_the_hash() -> None:
    table = tomllib.loads(gen_program.TABLE.read_text())
    changed = copy.deepcopy(table)
    changed["command"][0]["field"][1]["type"] = "u120"
    for generate in GENERATORS:
        assert generate(table) != generate(changed)
    assert gen_program.table_hash(table) != gen_program.table_hash(changed)


def test_a_changed_cell_does_so_too() -> None:
    table = tomllib.loads(gen_program.TABLE.read_text())
    changed = copy.deepcopy(table)
    place, _, _, amount, _ = changed["cell"][2]["field"]
    place["bits"], amount["bits"] = place["bits"] + 1, amount["bits"] - 1
    for generate in GENERATORS:
        assert generate(table) != generate(changed)
    assert gen_program.table_hash(table) != gen_program.table_hash(changed)


def test_a_cell_is_a_whole_number_of_bytes() -> None:
    with pytest.raises(ValueError, match="odd is not a whole number of bytes"):
        gen_program.cell_size({"name": "odd", "field": [{"name": "place", "bits": 7}]})


def test_both_cells_of_a_cycle_begin_alike_and_pairs_have_the_higher_places() -> None:
    table = tomllib.loads(gen_program.TABLE.read_text())
    cells = {cell["name"]: list(gen_program.cell_layout(cell)) for cell in table["cell"]}
    assert cells["cycle_pair"][:2] == cells["cycle_pool"]
    (_, at, bits), *_ = cells["cycle_pool"]
    pools, pairs = table["directory"]["pools"], table["directory"]["pairs"]
    assert (at, 1 + pools, 1 + pools + pairs) == (0, 1 << bits - 1, 1 << bits)


def test_prose_does_not_change_the_hash() -> None:
    table = tomllib.loads(gen_program.TABLE.read_text())
    changed = copy.deepcopy(table)
    changed["command"][0]["doc"] = "other words"
    assert gen_program.table_hash(table) == gen_program.table_hash(changed)


def test_no_two_commands_share_an_opcode_and_all_fit_the_mask() -> None:
    table = tomllib.loads(gen_program.TABLE.read_text())
    opcodes = [command["opcode"] for command in table["command"]]
    assert len(set(opcodes)) == len(opcodes)
    assert all(0 < opcode < 1 << table["head"]["opcode_bits"] for opcode in opcodes)


def test_the_contract_answers_the_encoders_version() -> None:
    world = new_world()
    assert world.ask(world.executor, "programVersion()", ["bytes32"]) == PROGRAM_VERSION


@pytest.mark.parametrize(
    ("legs", "words"),
    [
        ([], "2 to 16 legs, not 0"),
        ([leg()], "2 to 16 legs, not 1"),
        ([leg(), *(leg() for _ in range(15)), closing()], "2 to 16 legs, not 17"),
        ([leg(), closing(token_out=C)], "no cycle of profit token"),
        ([leg(token_in=C), closing()], "no cycle of profit token"),
        ([leg(token_out=C), closing()], "leg 2 does not take leg 1's whole output"),
        ([leg(), closing(amount_in_raw=1_999)], "leg 2 does not take leg 1's whole output"),
        ([leg(zero_for_one=False), closing()], "leg 1: zero_for_one contradicts"),
        ([leg(pool=b"\1" * 19), closing()], "leg 1: an address is not 20 bytes"),
        ([leg(protocol=9), closing()], "leg 1: no command swaps on protocol 9"),
        ([leg(), closing(amount_out_raw=0)], "leg 2: an amount is not positive"),
        ([leg(), closing(amount_out_raw=1 << 112)], "does not fit its 14 bytes"),
    ],
)
def test_a_route_that_no_program_expresses_is_refused(legs: list[Leg], words: str) -> None:
    with pytest.raises(ProgramError, match=words):
        encode_program(legs, **LIMITS)


@pytest.mark.parametrize(
    "limits",
    [
        {"min_profit_raw": -1},
        {"min_profit_raw": 1 << 280},
        {"deadline_block": 1 << 32},
        {"max_base_fee_wei": 1 << 64},
    ],
)
def test_a_limit_out_of_range_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ProgramError, match=r"header: .* does not fit"):
        encode_program([leg(), closing()], **(LIMITS | limits))


def test_a_premium_out_of_range_is_refused() -> None:
    limits = LIMITS | {"funding": Funding.AAVE_V3, "max_premium_raw": 1 << 128}
    with pytest.raises(ProgramError, match=r"loan: .* does not fit its 16 bytes"):
        encode_program([leg(), closing()], **limits)
