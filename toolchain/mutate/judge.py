"""One mutant against the executor's tests: compiled, put in the executor's place, run in a fork."""

import gc
import importlib
import os
import re
import resource
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from replica import contracts
from replica.contracts import Artifact
from replica.paths import ROOT
from toolchain.executor_tests import ON_A_NODE, OPTIONS, replace_executor, suite

CPU_LIMIT_S = 240
"""A mutant on which the tests use so much processor time is taken for killed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`killed`, `survived`, `timeout`, `invalid` (does not compile) or `same` (no other code)."""

    outcome: str
    by: str = ""


@dataclass
class _Collected:
    """Notes the names of all tests."""

    names: set[str] = field(default_factory=set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.names.update(item.nodeid for item in session.items)


def warm() -> set[str]:
    """Import the tests and compile their contracts here, so that no fork has to; their names."""
    os.environ["FUZZ"] = "brief"
    contracts.compile_executor()
    collected = _Collected()
    for source in sorted((ROOT / "tests" / "contracts").glob("*.sol")):
        for name in re.findall(r"^contract (\w+)", source.read_text(), re.MULTILINE):
            contracts.compile_contract(f"tests/contracts/{source.name}:{name}")
    with Path(os.devnull).open("w") as silence:
        saved = os.dup(1)
        os.dup2(silence.fileno(), 1)
        try:
            pytest.main(["--collect-only", *OPTIONS, *suite()], plugins=[collected])
            importlib.import_module("twins").compile_reference()  # of tests/, now on the path
        finally:
            os.dup2(saved, 1)
            os.close(saved)
    gc.freeze()  # no fork looks through what all of them share
    return collected.names


def judge(artifact: Artifact, likely: Sequence[str] = ()) -> Verdict:
    """Run the tests on an executor made of this code, the `likely` ones first, until one fails."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _run(artifact, likely, writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        failed = pipe.read()  # until the child ends
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        return Verdict("timeout")
    if code == pytest.ExitCode.OK:
        return Verdict("survived")
    if code == pytest.ExitCode.TESTS_FAILED or code < 0:
        return Verdict("killed", failed or f"signal {-code}")
    return Verdict("killed", failed or f"exit {code}")


class _FirstFailure:
    """Writes the failing test's name to a pipe."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os.write(self.pipe, report.nodeid.encode())


def _run(artifact: Artifact, likely: Sequence[str], pipe: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    replace_executor(artifact)
    code = 99
    try:
        first, *others = suite()
        for tests in filter(None, (likely, [first], others, ON_A_NODE)):
            code = int(pytest.main(["-x", *OPTIONS, *tests], plugins=[_FirstFailure(pipe)]))
            if code:
                break
    finally:
        os._exit(code)
