"""The fork suite's network: a replica of its own, or a true fork where POLYGON_RPC_URL is set.

`ape test` connects after collection, which is why the choice is made in a collection hook.
"""

import os
from collections.abc import Iterator

import ape
import pytest
from ape.api import ProviderAPI
from fork_market import Market, isolated

from replica import launch
from replica.anvil import AnvilError
from replica.deploy import BuildError
from replica.paths import MissingToolError

REPLICA_THROUGH_APE = "polygon:local:foundry"
TRUE_FORK = "polygon:mainnet-fork:foundry"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the network for `ape test` unless --network did."""
    if not items or config.getoption("network"):
        return
    if os.environ.get("POLYGON_RPC_URL"):
        config.option.network = TRUE_FORK
        return
    try:
        replica = launch()
    except (AnvilError, BuildError, MissingToolError) as error:
        pytest.exit(str(error), returncode=1)
    config.add_cleanup(replica.stop)
    # ape knows no custom network whose node can be taken back to a snapshot; a local one can
    os.environ["APE_FOUNDRY_HOST"] = replica.url
    config.option.network = REPLICA_THROUGH_APE


@pytest.fixture(scope="session")
def provider() -> ProviderAPI:
    """The connected node."""
    return ape.chain.provider


@pytest.fixture(scope="session")
def market(provider: ProviderAPI) -> Market:
    """The pools, with an executor deployed and funded traders."""
    return Market.open(provider)


@pytest.fixture(autouse=True)
def _isolated(market: Market) -> Iterator[None]:  # noqa: ARG001 -- opened before the snapshot
    """Every test starts from the opened market."""
    with isolated():
        yield
