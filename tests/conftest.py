"""Fixtures that every room's tests share: one replica, and a way back to its built state."""

from collections.abc import Iterator

import pytest

from replica import Replica, launch


@pytest.fixture(scope="session")
def replica() -> Iterator[Replica]:
    """One automining replica for the whole run; use `chain` in tests that change its state."""
    with launch() as running:
        yield running


@pytest.fixture
def chain(replica: Replica) -> Iterator[Replica]:
    """The shared replica, put back after the test to the state before it.

    A transaction identical to one that was taken back has no receipt afterwards: vary its gas
    limit, or nonce, where two tests send the same one.
    """
    mark = replica.rpc("evm_snapshot")
    yield replica
    assert replica.rpc("evm_revert", [mark])
