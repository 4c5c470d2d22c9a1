"""The Vyper reference: its numbers are the table's, and it runs for executors only."""

import pytest
from executor_world import KEEPER, STRANGER, RevertedError, new_world
from program_assembler import header
from twins import reason_of

from replica.contracts import compile_reference
from toolchain import gen_reference


def test_its_numbers_are_the_tables() -> None:
    assert gen_reference.main(["--check"]) == 0


def test_it_runs_for_executors_only() -> None:
    world = new_world(compile_reference())
    program = header([world.manifest.token("WPOL").address])
    world.call(KEEPER, world.executor, program)
    with pytest.raises(RevertedError) as caught:
        world.call(STRANGER, world.executor, program)
    assert reason_of(caught.value) == "Unauthorized"
