"""Odd and hostile tokens in every venue and every loan: nothing of what was there is gone."""

from collections import Counter

import pytest
from executor_world import STRANGER, taken_back
from hostile_world import run_held_to_the_promise
from odd_twins import odd_twins
from program_assembler import COMMANDS
from program_writer import Writer, opcodes_of
from test_executor_hostile_tokens import HONEST, HOSTILE
from twins import MORPHO, VAULT, run

PROGRAMS = 25
ELSEWHERE = {"aave"}
"""Aave lends listed tokens only."""
met: Counter[str] = Counter()


@pytest.mark.parametrize("kind", sorted(HONEST | HOSTILE))
def test_an_odd_token_costs_nothing_in_any_venue(kind: str) -> None:
    twins = odd_twins(kind)
    world, spenders = twins.worlds[0], (MORPHO, VAULT, *twins.model.pools)
    writer, kept, sound = Writer(twins, len(kind)), twins.model.saved(), 0
    for _ in range(PROGRAMS):
        twins.model.restore(kept)
        with taken_back(world):
            program = writer.program()
            with taken_back(world):
                if not run(world, program):  # unarmed, the token is one like any other
                    sound += 1
                    met.update(opcodes_of(program))
            world.do(STRANGER, twins.odd, "arm(address)", world.executor)
            before = twins.raw()
            run_held_to_the_promise(world, program, spenders)
            assert kind not in HONEST or twins.raw() >= before
    assert sound > PROGRAMS // 4


def test_they_met_every_command() -> None:
    assert set(COMMANDS) - set(met) <= ELSEWHERE
