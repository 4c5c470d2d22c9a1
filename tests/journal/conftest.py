"""One embedded server for the suite; each test has its own database, copied from a template."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import journal_samples as samples
import pytest
import pytest_asyncio

from keeper.journal import Journal
from keeper.journal.database import Connection
from keeper.journal.embedded import EmbeddedServer
from keeper.journal.schema import migrate


@pytest.fixture(scope="session")
def suite_server() -> Iterator[EmbeddedServer]:
    data_dir = samples.RUNS / f"test-journal-{uuid4().hex[:8]}"
    server = EmbeddedServer(data_dir)
    asyncio.run(server.start())
    # durability is tested on servers that are killed; here only speed counts
    asyncio.run(execute(server.dsn, "ALTER SYSTEM SET fsync = off"))
    asyncio.run(execute(server.dsn, "SELECT pg_reload_conf()"))
    asyncio.run(execute(server.dsn, "CREATE DATABASE template_journal"))
    asyncio.run(migrate(database_dsn(server, "template_journal"), "the template"))
    yield server
    asyncio.run(server.stop())
    shutil.rmtree(data_dir)


@pytest.fixture
def empty_database(suite_server: EmbeddedServer) -> str:
    """DSN of a database without a schema."""
    name = f"empty_{uuid4().hex}"
    asyncio.run(execute(suite_server.dsn, f"CREATE DATABASE {name}"))
    return database_dsn(suite_server, name)


@pytest.fixture
def database(suite_server: EmbeddedServer) -> str:
    """DSN of a migrated database."""
    name = f"test_{uuid4().hex}"
    create = f"CREATE DATABASE {name} TEMPLATE template_journal"
    asyncio.run(execute(suite_server.dsn, create))
    return database_dsn(suite_server, name)


@pytest_asyncio.fixture
async def journal(database: str) -> AsyncIterator[Journal]:
    opened = await Journal.open(dsn=database, data_dir=samples.RUNS)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def db(database: str) -> AsyncIterator[Connection]:
    """A plain connection beside the journal's."""
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture
def own_data_dir() -> Iterator[Path]:
    """A data directory for tests that stop or kill their server."""
    data_dir = samples.RUNS / f"test-server-{uuid4().hex[:8]}"
    yield data_dir
    asyncio.run(_stop_leftover(data_dir))
    shutil.rmtree(data_dir, ignore_errors=True)


async def _stop_leftover(data_dir: Path) -> None:
    if (data_dir / "cluster" / "postmaster.pid").exists():
        server = EmbeddedServer(data_dir)
        await server.start()
        await server.stop()


def database_dsn(server: EmbeddedServer, name: str) -> str:
    return server.dsn.replace("/postgres?", f"/{name}?")


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
