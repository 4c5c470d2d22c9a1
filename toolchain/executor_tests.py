"""The executor's tests that run in an EVM inside the process, on whatever code is to be judged."""

from typing import Any

from replica import contracts
from replica.contracts import EXECUTOR, Artifact
from replica.paths import ROOT

SKIPPED = ("test_executor_node.py", "test_executor_check.py")
"""They need a node."""
BASE_FEE = "test_a_base_fee_above_the_maximum_reverts"
ON_A_NODE = (f"{ROOT / 'tests' / 'unit' / 'test_executor_node.py'}::{BASE_FEE}",)
"""What no EVM inside the process can show, with a base fee of zero: for what passes the rest."""

OPTIONS = (
    *("-q", "-p", "no:ape_test", "-p", "no:cacheprovider"),
    # tests that weaken or compile the executor themselves would only cost time; the comparison of
    # malformed programs asks for more variety than a brief run has
    *("-k", "not without_ and not weak and not legacy and not malformed_programs_succeed"),
)
"""Of every run of the suite."""


def suite() -> list[str]:
    """Paths of the files of tests, first the comparison with the reference and the model."""
    found = [
        path
        for folder in ("unit", "property")
        for path in sorted((ROOT / "tests" / folder).glob("test_executor_*.py"))
        if path.name not in SKIPPED
    ]
    return [str(path) for path in sorted(found, key=lambda path: "differential" not in path.name)]


def replace_executor(artifact: Artifact) -> None:
    """Let every test of this process find this code where it compiles the executor."""
    original = contracts.compile_contract

    def replaced(name: str, changed: Any = ()) -> Artifact:  # noqa: ANN401 - as the original
        return artifact if name == EXECUTOR and not changed else original(name, changed)

    contracts.compile_contract = replaced  # type: ignore[assignment]
    contracts.compile_executor.cache_clear()
