"""Trying something on a chain, and leaving no trace of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from replica.rpc import Json


@contextmanager
def taken_back(rpc: Callable[..., Json]) -> Iterator[None]:
    """Put the chain back, at the end, to its state at the start.

    A transaction leaves the node's pool only a moment after its receipt can be read. Put back
    within that moment, the node would mine it a second time: so the pool is emptied first.
    """
    mark = rpc("evm_snapshot")
    try:
        yield
    finally:
        rpc("anvil_dropAllTransactions")
        assert rpc("evm_revert", [mark])


@contextmanager
def mined_by_hand(rpc: Callable[..., Json]) -> Iterator[None]:
    """Let transactions wait for an `evm_mine`; automining goes on at the end."""
    rpc("evm_setAutomine", [False])
    try:
        yield
    finally:
        rpc("evm_setAutomine", [True])
