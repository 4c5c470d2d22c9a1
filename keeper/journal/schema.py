"""Brings a database to the journal's schema, forwards or back, in one transaction."""

from pathlib import Path

import asyncpg

from keeper.journal.errors import typed_errors

VERSION_TABLE = "journal_version"
_TIMEOUT_S = 5.0
_REVISIONS = Path(__file__).with_name("migrations") / "versions"


def newest_revision() -> str:
    """Id of the last revision; the files are named by their ids, which sort."""
    return max(path.stem for path in _REVISIONS.glob("r*.py")).partition("_")[0]


async def migrate(dsn: str, server: str, revision: str = "head") -> None:
    """Move the schema to `revision` ("head", "base" or an id); all of it or nothing.

    Raises `JournalError` or `JournalUnavailable`; `server` names the database in them.
    """
    with typed_errors("read the journal's version", server):
        current = await _revision(dsn)
    if revision == "head" and current == newest_revision():
        return
    # a third of the keeper's start-up, which a current schema does not need
    from keeper.journal.migrator import move  # noqa: PLC0415

    await move(dsn, server, revision)


async def _revision(dsn: str) -> str | None:
    """The revision that the database is at, None where it has no schema yet."""
    connection = await asyncpg.connect(dsn, timeout=_TIMEOUT_S, command_timeout=_TIMEOUT_S)
    try:
        revision: str | None = await connection.fetchval(
            f"SELECT max(version_num) FROM {VERSION_TABLE}"  # noqa: S608 - a constant
        )
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return revision
