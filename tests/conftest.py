"""Fixtures that every room's tests share: a replica, and a way back to its built state."""

from collections.abc import Iterator
from typing import Any

import pytest

from replica import Replica, launch
from replica.trial import taken_back

FIGURES: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the figures that tests measure."""
    config.stash[FIGURES] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's figures to the process that reports."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["figures"] = session.config.stash[FIGURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 -- a class of the plugin
    """Gather what a worker measured; one that crashed has nothing to say."""
    node.config.stash[FIGURES] += getattr(node, "workeroutput", {}).get("figures", [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say the measured figures at the end of the run."""
    if config.stash[FIGURES]:
        terminalreporter.section("figures")
        for line in config.stash[FIGURES]:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines appended here are printed when the run ends."""
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    """One automining replica for each file of tests; use `chain` in tests that change its state.

    It loads in a moment, and a node that was reverted hundreds of times by other files is no place
    to test in: anvil then loses receipts.
    """
    with launch() as running:
        yield running


@pytest.fixture
def chain(replica: Replica) -> Iterator[Replica]:
    """The shared replica, put back after the test to the state before it.

    A transaction identical to one that was taken back has no receipt afterwards: vary its gas
    limit, or nonce, where two tests send the same one.
    """
    with taken_back(replica.rpc):
        yield replica
