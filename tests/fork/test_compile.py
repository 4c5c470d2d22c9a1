"""Ape deploys the very code that forge tests: equal to the byte."""

import json
import subprocess
from pathlib import Path

from replica.contracts import compile_executor
from replica.paths import ROOT, tool
from scripts import _executor as executors


def test_creation_code_is_that_of_forge(tmp_path: Path) -> None:
    built = tmp_path / "out"
    subprocess.run(
        [
            tool("forge"),
            "build",
            "--out",
            built,
            "--cache-path",
            tmp_path / "cache",
            *executors.SOURCES,
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    artifact = json.loads(
        (built / "ExecutorDeployment.sol" / "ExecutorDeployment.json").read_text()
    )
    of_forge = bytes.fromhex(artifact["bytecode"]["object"][2:])
    assert executors.creation_code(executors.compile_executor()) == of_forge


def test_creation_code_is_that_of_tests_and_demo() -> None:
    found = executors.creation_code(executors.compile_executor())
    assert found == compile_executor().creation_code
