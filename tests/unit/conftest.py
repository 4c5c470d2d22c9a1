"""What several units' tests stand on: an executor's world, a bare chain, a replica to be moved."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from execution_world import Lab, bare_anvil, open_lab
from executor_world import World, new_world

from replica import Replica, launch
from replica.anvil import Anvil


@pytest.fixture(scope="module")
def built() -> World:
    """An executor among the protocols, with capital of its own in every token."""
    world = new_world()
    world.fund_all()
    return world


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """The world, put back afterwards."""
    mark = built.evm.snapshot()
    yield built
    built.evm.revert(mark)


@pytest.fixture(scope="session")
def bare_chain() -> Iterator[Anvil]:
    with bare_anvil() as anvil:
        yield anvil


@pytest_asyncio.fixture
async def lab(bare_chain: Anvil) -> AsyncIterator[Lab]:
    async with open_lab(bare_chain) as opened:
        yield opened


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a unix socket's path."""
    path = Path(tempfile.mkdtemp(prefix="collector-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def trading() -> Iterator[Replica]:
    """A replica of its own: reorganisations would confuse those who share one."""
    with launch() as running:
        yield running
