"""Both pipelines build the executor and its delegate, and what they build may stand on chain."""

import pytest

from replica.contracts import EXECUTOR_ABI, compile_contract, compile_executor
from toolchain.warm_compiler import Compiler

MOST_BYTES = 24_576
"""EIP-170."""


@pytest.mark.parametrize("name", [name for name in EXECUTOR_ABI if "interfaces" not in name])
def test_the_code_may_stand_on_chain(name: str) -> None:
    assert 0 < len(compile_contract(name).runtime_template) <= MOST_BYTES


def test_the_legacy_pipeline_builds_it_too() -> None:
    with Compiler.start() as compiler:
        legacy = compiler.executor()
    assert legacy is not None
    assert 0 < len(legacy.runtime_template) <= MOST_BYTES
    assert legacy.runtime_template != compile_executor().runtime_template
