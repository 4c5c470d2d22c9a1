"""One mutant against the executor's tests: compiled, put in the executor's place, run in a fork."""

import gc
import importlib
import os
import re
import resource
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from replica import contracts
from replica.contracts import Artifact
from replica.paths import ROOT
from toolchain.executor_tests import ON_A_NODE, OPTIONS, replace_executor, suite

CPU_LIMIT_S = 240
"""A mutant on which the tests use so much processor time is taken for killed."""
SURVIVED, KILLED, BROKEN = 0, 1, 99
"""Exit codes of a fork."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`killed`, `survived`, `timeout`, `invalid` (does not compile) or `same` (no other code)."""

    outcome: str
    by: str = ""


@dataclass(eq=False)
class Judge:
    """The tests, collected once; each fork runs them on other code, until one fails."""

    tests: dict[str, pytest.Item]
    failed: str = ""

    @property
    def names(self) -> Collection[str]:
        """Of all tests."""
        return self.tests.keys()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the first test that fails; pytest calls this for each."""
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def __call__(self, artifact: Artifact, likely: Sequence[str] = ()) -> Verdict:
        """Run the tests on an executor made of this code, the `likely` ones first."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            self._end(artifact, likely, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            failed = pipe.read()  # until the child ends
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGXCPU:
            return Verdict("timeout")
        if code == SURVIVED:
            return Verdict("survived")
        return Verdict("killed", failed or (f"signal {-code}" if code < 0 else f"exit {code}"))

    def _end(self, artifact: Artifact, likely: Sequence[str], pipe: int) -> None:
        """Run the tests and end this process."""
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = BROKEN
        try:
            replace_executor(artifact)
            code = KILLED if self._fails(likely) else SURVIVED
            os.write(pipe, self.failed.encode())
        finally:
            os._exit(code)

    def _fails(self, likely: Sequence[str]) -> bool:
        for item, following in pairwise([*self._ordered(likely), None]):
            if item is not None:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return True
        return False

    def _ordered(self, likely: Sequence[str]) -> Iterator[pytest.Item]:
        # not those on a node, which would run on behind a test that fails
        first = [name for name in likely if name in self.tests and "executor_node" not in name]
        yield from (self.tests[name] for name in first)
        yield from (item for name, item in self.tests.items() if name not in first)


def with_tests(work: Callable[[Judge], int]) -> int:
    """Collect the tests and compile their contracts, so that no fork has to; then do `work`."""
    os.environ["FUZZ"] = "brief"
    contracts.compile_executor()
    for source in sorted((ROOT / "tests" / "contracts").glob("*.sol")):
        for name in re.findall(r"^contract (\w+)", source.read_text(), re.MULTILINE):
            contracts.compile_contract(f"tests/contracts/{source.name}:{name}")
    court = _Court(work)
    code = pytest.main([*OPTIONS, "-s", *suite(), *ON_A_NODE], plugins=[court])
    return int(code) or court.result


@dataclass(eq=False)
class _Court:
    """Does the work where pytest, having collected the tests, would run them."""

    work: Callable[[Judge], int]
    result: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        importlib.import_module("twins").compile_reference()  # of tests/, now on the path
        judge = Judge({item.nodeid: item for item in session.items})
        session.config.pluginmanager.register(judge)
        gc.freeze()  # no fork looks through what all of them share
        self.result = self.work(judge)
        return True
