"""What several units' tests stand on: an executor's world, a bare chain, a replica to be moved."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from cycle_routes import Cycles
from execution_world import Lab, bare_anvil, open_lab
from executor_world import World, rich_world, taken_back
from run_scene import LEADS

from keeper.chain import Address
from keeper.node import Node
from replica import Replica, launch
from replica.abi import address
from replica.anvil import Anvil
from replica.contracts import Artifact, compile_executor
from toolchain.warm_compiler import Compiler


@pytest.fixture(scope="module")
def built() -> World:
    """An executor among the protocols, with capital of its own in every token."""
    return rich_world()


@pytest.fixture(scope="module", params=["deployed", "legacy"])
def code(request: pytest.FixtureRequest) -> Artifact:
    """An executor as it is deployed, or of the compiler's other pipeline, which cleans less."""
    if request.param == "deployed":
        return compile_executor()
    with Compiler.start() as compiler:
        legacy = compiler.executor()
        assert legacy is not None
        return legacy


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """The world, put back afterwards."""
    with taken_back(built):
        yield built


@pytest.fixture
def wpol(world: World) -> Address:
    return world.manifest.token("WPOL").address


@pytest.fixture(params=LEADS, ids="-".join)
def scene(world: World, request: pytest.FixtureRequest) -> Cycles:
    """Where cycles are run, by programs of each form."""
    return Cycles(world, *request.param)


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
    path = Path(tempfile.mkdtemp(prefix="socket-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def trader(replica: Replica) -> Address:
    """An account of the replica's that is free to act."""
    return address(replica.rpc("eth_accounts")[2])


@pytest_asyncio.fixture
async def node(chain: Replica) -> AsyncIterator[Node]:
    async with await Node.connect(chain.url, expected_chain_id=137) as connected:
        yield connected


@pytest.fixture
def trading() -> Iterator[Replica]:
    """A replica of its own: reorganisations would confuse those who share one."""
    with launch() as running:
        yield running
