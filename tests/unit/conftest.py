"""One bare chain for the units of execution; each test has its own key and executor on it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from execution_world import Lab, bare_anvil, open_lab

from replica.anvil import Anvil


@pytest.fixture(scope="session")
def bare_chain() -> Iterator[Anvil]:
    with bare_anvil() as anvil:
        yield anvil


@pytest_asyncio.fixture
async def lab(bare_chain: Anvil) -> AsyncIterator[Lab]:
    async with open_lab(bare_chain) as opened:
        yield opened
