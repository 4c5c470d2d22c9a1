"""Two suites share `tests/`: `ape test` runs the fork suite, `pytest` runs everything else.

eth-ape registers its pytest plugin for every pytest run; left on, it would start a chain and
shadow fixtures of suites that never asked for it.
"""

import sys
from pathlib import Path

import pytest

from scripts._environment import use_pinned_tools

ROOT = Path(__file__).parent
FORK_SUITE = ROOT / "tests" / "fork"
UNDER_APE = "ape_test._cli" in sys.modules

use_pinned_tools()


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Take ape's plugin out before it is configured, unless ape itself runs."""
    if not UNDER_APE and pluginmanager.has_plugin("ape_test"):
        pluginmanager.unregister(name="ape_test")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Each of the two commands collects its own suite only."""
    if collection_path.is_dir() and collection_path in FORK_SUITE.parents:
        return None
    in_fork_suite = collection_path == FORK_SUITE or FORK_SUITE in collection_path.parents
    return None if in_fork_suite == UNDER_APE else True
