"""A network must be what its name says, and each key stays on its side."""

from types import SimpleNamespace
from typing import cast

import pytest
from ape.api import ProviderAPI
from deploy_world import posing_as_live
from eth_account import Account

from keeper.keys import KeyFileError
from keeper.node import NodeError
from replica import Replica
from scripts._place import PlaceError, find_place

TEST_KEY = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OWN_KEY = Account.create().address


def provider(name: str, url: str, *, adhoc: bool = False, chain_id: int = 137) -> ProviderAPI:
    """What `find_place` asks of ape's connection: a name, a URL and a chain id."""
    network = SimpleNamespace(name=name, is_adhoc=adhoc, is_fork=name.endswith("-fork"))
    seen = SimpleNamespace(network=network, http_uri=url, chain_id=chain_id)
    return cast("ProviderAPI", seen)


@pytest.mark.parametrize(
    ("network", "folder"), [("replica", "replica"), ("mainnet-fork", "fork"), ("local", "local")]
)
def test_development_network_takes_test_keys_only(
    replica: Replica, network: str, folder: str
) -> None:
    place = find_place(provider(network, replica.url))
    assert (place.name, place.live) == (folder, False)
    place.check_key(TEST_KEY)
    with pytest.raises(KeyFileError, match="is a live key"):
        place.check_key(OWN_KEY)


def test_live_network_takes_own_keys_only(replica: Replica) -> None:
    with posing_as_live(replica.url) as url:
        place = find_place(provider("mainnet", url))
    assert (place.name, place.live) == ("mainnet", True)
    place.check_key(OWN_KEY)
    with pytest.raises(KeyFileError, match="publicly known test key"):
        place.check_key(TEST_KEY)


def test_development_node_is_no_live_network(replica: Replica) -> None:
    with pytest.raises(PlaceError, match="served by a development node"):
        find_place(provider("mainnet", replica.url))


@pytest.mark.parametrize("network", ["replica", "local", "mainnet-fork"])
def test_live_node_is_no_development_network(replica: Replica, network: str) -> None:
    with posing_as_live(replica.url) as url, pytest.raises(PlaceError, match="by a live node"):
        find_place(provider(network, url))


def test_unnamed_network_has_no_records(replica: Replica) -> None:
    with pytest.raises(PlaceError, match="name the network"):
        find_place(provider("custom", replica.url, adhoc=True))


def test_node_of_another_chain_is_refused(replica: Replica) -> None:
    with pytest.raises(NodeError, match="serves chain 137"):
        find_place(provider("mainnet", replica.url, chain_id=1))
