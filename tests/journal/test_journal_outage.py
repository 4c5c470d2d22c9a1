"""The database stops, freezes, is killed, or was never there: one line, in time, and back again."""

import asyncio
import logging
import os
import signal
import time
from collections import Counter
from pathlib import Path

import asyncpg
import journal_samples as samples
import pytest

from keeper.journal import Journal, JournalError, JournalUnavailable
from keeper.journal.database import Connection
from keeper.journal.embedded import EmbeddedServer

DEADLINE_S = 2.5


async def test_server_stopped__no_commit_in_time__and_all_goes_on_after_a_restart(
    own_data_dir: Path,
) -> None:
    server = EmbeddedServer(own_data_dir)
    await server.start()
    journal = await Journal.open(dsn=server.dsn, data_dir=own_data_dir)
    await journal.acquire_nonce_lock(samples.CHAIN, samples.SENDER)
    sent, unsent = samples.opportunity(), samples.opportunity()
    intent = samples.intent(sent)
    await journal.commit_intent(sent, intent, {})

    await server.stop()
    begun = time.monotonic()
    with pytest.raises(JournalUnavailable, match="does not answer"):
        await journal.commit_intent(unsent, samples.intent(unsent, nonce=1), {})
    assert time.monotonic() - begun < DEADLINE_S
    with pytest.raises(JournalUnavailable):
        await journal.record_outcome(samples.outcome(intent))
    assert not journal.lock_alive()
    journal.offer_opportunity(unsent)
    journal.add_rejections(samples.CHAIN, Counter(stale=4))
    await asyncio.sleep(0.5)

    await server.start()
    assert await journal.record_outcome(samples.outcome(intent))
    assert await journal.commit_intent(unsent, samples.intent(unsent, nonce=1), {})
    await journal.flush()
    assert await journal.rejections(samples.CHAIN) == Counter(stale=4)
    assert await journal.opportunity_count(samples.CHAIN) == 2
    assert journal.dropped == 0
    await journal.close()
    await server.stop()


@pytest.mark.parametrize("locked", [False, True])
async def test_frozen_server__is_cut_at_the_timeout(
    journal: Journal, db: Connection, locked: bool
) -> None:
    if locked:
        await journal.acquire_nonce_lock(samples.CHAIN, samples.SENDER)
    others = await db.fetch(
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    row = samples.opportunity()
    begun = time.monotonic()
    try:
        for record in others:
            os.kill(record["pid"], signal.SIGSTOP)
        with pytest.raises(JournalUnavailable):
            await journal.commit_intent(row, samples.intent(row), {})
        assert time.monotonic() - begun < DEADLINE_S
    finally:
        for record in others:
            os.kill(record["pid"], signal.SIGCONT)
    assert await journal.commit_intent(row, samples.intent(row), {})


async def test_locked_table__ends_at_the_timeout(journal: Journal, db: Connection) -> None:
    row = samples.opportunity()
    begun = time.monotonic()
    async with db.transaction():
        await db.execute("LOCK TABLE intents IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(JournalUnavailable):
            await journal.commit_intent(row, samples.intent(row), {})
        assert time.monotonic() - begun < DEADLINE_S

    assert await journal.commit_intent(row, samples.intent(row), {})


async def test_all_connections_ended__the_next_call_reconnects(
    journal: Journal, db: Connection
) -> None:
    await db.fetch(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await asyncio.sleep(0.05)
    row = samples.opportunity()

    assert await journal.commit_intent(row, samples.intent(row), {})


async def test_close__with_the_database_gone__ends_and_counts_what_is_lost(
    own_data_dir: Path,
) -> None:
    server = EmbeddedServer(own_data_dir)
    await server.start()
    journal = await Journal.open(dsn=server.dsn, data_dir=own_data_dir)
    await server.stop()
    for _ in range(3):
        journal.offer_opportunity(samples.opportunity())

    begun = time.monotonic()
    await journal.close()

    assert time.monotonic() - begun < 2 * DEADLINE_S
    assert journal.dropped == 3


@pytest.mark.parametrize(
    ("dsn", "message"),
    [
        ("postgresql://keeper:hunter2@127.0.0.1:1/journal", "127.0.0.1:1/journal does not answer"),
        ("postgresql://keeper:hunter2@no.such.host.invalid/j", "no.such.host.invalid"),
        ("postgresql://keeper:hunter2@[::1/journal", "not of the form"),
        ("postgresql://keeper:hunter2@host:port/journal", "not of the form"),
        ("mysql://keeper:hunter2@host/journal", "not of the form"),
        ("hunter2", "not of the form"),
        ("", "not of the form"),
        ("postgresql://keeper:hunter2@/j?host=/nowhere", "/nowhere"),
        ("postgresql://keeper:hunter2@h/j?sslmode=hunter2", "PostgreSQL at h"),
    ],
)
async def test_wrong_dsn__one_line_without_the_password(
    dsn: str, message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(JournalError) as caught:
        await Journal.open(dsn=dsn, data_dir=tmp_path)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert os.listdir(tmp_path) == []


async def test_wrong_database_name__one_line(suite_server: EmbeddedServer, tmp_path: Path) -> None:
    dsn = suite_server.dsn.replace("/postgres?", "/nowhere?")

    with pytest.raises(JournalError, match='database "nowhere" does not exist'):
        await Journal.open(dsn=dsn, data_dir=tmp_path)


async def test_journal__shows_no_password_when_printed(database: str) -> None:
    dsn = database.replace("postgres@", "postgres:hunter2@")
    journal = await Journal.open(dsn=dsn, data_dir=samples.RUNS)

    assert "hunter2" not in repr(journal) + repr(vars(journal))
    await journal.close()


async def test_version_from_the_future__is_left_alone(database: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE journal_version SET version_num = 'r9999'")
    await connection.close()

    with pytest.raises(JournalError, match="r9999"):
        await Journal.open(dsn=database, data_dir=tmp_path)
