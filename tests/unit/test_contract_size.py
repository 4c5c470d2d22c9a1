"""Both pipelines build the executor and its delegate, and what they build may stand on chain."""

import pytest

from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from replica.contracts import EXECUTOR, EXECUTOR_ABI, EXECUTOR_CODE, compile_contract
from toolchain.warm_compiler import Compiler

MOST_BYTES = 24_576
"""EIP-170."""
MOST_CREATION_BYTES = 49_152
"""EIP-3860: with the constructor's arguments."""
PLACES = DIRECTORY_POOLS + DIRECTORY_PAIRS
ADDRESS_SIZE, WORD_SIZE = 20, 32
ARGUMENTS_SIZE = WORD_SIZE * (4 + 2 + 2 + PLACES)
"""Of a full directory: addresses, offsets, lengths, and what is listed."""


@pytest.mark.parametrize("name", [name for name in EXECUTOR_ABI if "interfaces" not in name])
def test_the_code_may_stand_on_chain(name: str) -> None:
    """The executor's with a directory behind it."""
    code = compile_contract(name)
    directory = ADDRESS_SIZE * PLACES if name == EXECUTOR_CODE else 0
    assert 0 < len(code.runtime_template) + directory <= MOST_BYTES
    assert len(code.creation_code) + ARGUMENTS_SIZE <= MOST_CREATION_BYTES


def test_what_creates_an_executor_carries_its_code_and_its_delegates() -> None:
    whole = compile_contract(EXECUTOR).creation_code
    for name in (EXECUTOR_CODE, "contracts/Administration.sol:Administration"):
        assert compile_contract(name).creation_code in whole


def test_the_legacy_pipeline_builds_it_too() -> None:
    """Creation code for code; what it creates is tried in the tests of its messages."""
    with Compiler.start() as compiler:
        legacy = compiler.executor()
    assert legacy is not None
    assert 0 < len(legacy.creation_code) + ARGUMENTS_SIZE <= MOST_CREATION_BYTES
