"""Runs the revisions; apart from `schema`, since a current schema needs none of these imports."""

import asyncio
from pathlib import Path

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from keeper.journal.database import Connection
from keeper.journal.errors import JournalError, JournalUnavailable, typed_errors

MIGRATE_TIMEOUT_S = 60.0
MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK_KEY = 0x616C7068_61706C73  # serialises keepers that start at the same time


async def move(dsn: str, server: str, revision: str) -> None:
    """Move the schema to `revision` ("head", "base" or an id); all of it or nothing.

    Raises `JournalError` or `JournalUnavailable`; `server` names the database in them.
    """

    async def connect() -> Connection:
        return await asyncpg.connect(dsn, timeout=5, command_timeout=MIGRATE_TIMEOUT_S)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        with typed_errors("migrate the journal", server):
            async with asyncio.timeout(MIGRATE_TIMEOUT_S), engine.begin() as connection:
                await connection.run_sync(_move, revision)
    except CommandError as error:
        raise JournalError(
            f"cannot migrate the journal in {server}: {error}; run the keeper that wrote it, "
            "or give this one another database"
        ) from None
    except DBAPIError as error:
        kind = JournalUnavailable if error.connection_invalidated else JournalError
        reason = str(error.orig).splitlines()[0]
        raise kind(f"cannot migrate the journal in {server}: {reason}") from None
    finally:
        await engine.dispose()


def _move(connection: sa.Connection, revision: str) -> None:
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    move = command.downgrade if revision == "base" else command.upgrade
    move(config, revision)
