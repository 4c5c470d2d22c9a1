"""Contract, Vyper reference and Python model do the same with the same bytes, to the wei."""

import random
from collections import Counter

import pytest
from fuzz_depth import rounds, seed
from malformed_programs import Breaker
from program_assembler import COMMANDS
from program_writer import Writer, opcodes_of
from twins import REASONS, Twins, new_twins

from keeper.chain import Address

PROGRAMS = rounds(10_000, 100_000)
MALFORMED = rounds(2_000, 200_000)
LIFE = 1_000
"""Programs until the twins begin anew, since gifts to the markets add up."""
BREAKS = 5
"""Broken versions of each program."""


@pytest.fixture(scope="module")
def twins() -> Twins:
    return new_twins()


def test_random_programs_end_alike(twins: Twins, figures: list[str]) -> None:
    writer = Writer(twins, seed("random programs"))
    verdicts: Counter[str] = Counter()
    opcodes: Counter[str] = Counter()
    for number in range(PROGRAMS):
        if number % LIFE == 0:
            twins.reset()
        program = writer.program()
        verdict = twins.run(program)
        verdicts[verdict] += 1
        if not verdict:
            opcodes.update(opcodes_of(program))
    figures.append(
        f"random programs: {PROGRAMS}, {verdicts['']} succeed, none differs; "
        f"rarest of {len(COMMANDS)} opcodes succeeds {min(opcodes.values())} times"
    )
    assert verdicts[""] >= PROGRAMS // 2
    assert {name for name in COMMANDS if opcodes[name] < PROGRAMS // 100} == set()


def test_malformed_programs_succeed_only_where_the_model_says_so(
    twins: Twins, figures: list[str]
) -> None:
    start = seed("malformed programs")
    writer, verdicts = Writer(twins, start), Counter[str]()
    lenders = set(twins.model.lenders.values())
    places = [*twins.tokens, *(who for who in twins.holders if who not in lenders)]
    strangers = [Address(bytes(20)), Address(b"\xde\xad" * 10)]
    breaker = Breaker(random.Random(start), [*places, *strangers])
    for number in range(MALFORMED // BREAKS):
        if number % LIFE == 0:
            twins.reset()
        program = writer.program()
        for _ in range(BREAKS):
            verdicts[twins.run(breaker.broken(program), reasons=False)] += 1
    figures.append(
        f"malformed programs: {verdicts.total()}, {verdicts['']} succeed as the model says"
    )
    assert len(verdicts) > len(REASONS) // 2, "the faults must reach more than the first check"
