"""A server that is not ours: another major version, over TCP, with a password."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import journal_samples as samples
import pytest

from keeper.journal import Journal, JournalError
from keeper.journal.embedded import _binaries
from keeper.journal.server_user import open_path, server_user

PASSWORD = "s3cret/?#@:%"
QUOTED = "s3cret%2F%3F%23%40%3A%25"


@pytest.fixture(scope="module")
def foreign_address() -> Iterator[str]:
    """`host:port` of a PostgreSQL 16 that wants a password."""
    user = server_user()
    home = samples.RUNS / f"test-foreign-{uuid4().hex[:8]}"
    home.mkdir(parents=True)
    shutil.chown(home, user.uid, user.gid)
    open_path(home, user)
    (home / "password").write_text(PASSWORD)
    binaries = _binaries().parents[1] / "pginstall" / "bin"
    options = ["-U", "keeper", "-A", "scram-sha-256", "--pwfile", home / "password", "--no-sync"]
    assert user.run([binaries / "initdb", "-D", home / "data", *options]).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    flags = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    control = [binaries / "pg_ctl", "-w", "-D", home / "data"]
    user.run([*control, "-l", home / "data" / "log", "-o", flags, "start"])
    yield f"127.0.0.1:{port}"
    user.run([*control, "-m", "immediate", "stop"])
    shutil.rmtree(home)


async def test_dsn__with_a_password_over_tcp(foreign_address: str, tmp_path: Path) -> None:
    dsn = f"postgresql://keeper:{QUOTED}@{foreign_address}/postgres"
    journal = await Journal.open(dsn=dsn, data_dir=tmp_path)
    await journal.acquire_nonce_lock(samples.CHAIN, samples.SENDER)
    row = samples.opportunity()
    intent = samples.intent(row)
    outcome = samples.outcome(intent)

    assert await journal.commit_intent(row, intent, {"frame": 1})
    assert await journal.record_outcome(outcome)
    (read,) = await journal.execution_rows(samples.CHAIN)
    assert read.outcome == outcome
    await journal.close()


async def test_wrong_password__one_line_without_it(foreign_address: str, tmp_path: Path) -> None:
    dsn = f"postgresql://keeper:hunter2@{foreign_address}/postgres"

    with pytest.raises(JournalError, match="password authentication failed") as caught:
        await Journal.open(dsn=dsn, data_dir=tmp_path)

    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_user_without_rights_to_migrate__one_line(
    foreign_address: str, tmp_path: Path
) -> None:
    owner = await asyncpg.connect(f"postgresql://keeper:{QUOTED}@{foreign_address}/postgres")
    await owner.execute("CREATE DATABASE narrow")
    await owner.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    await owner.close()

    with pytest.raises(JournalError, match="permission denied") as caught:
        await Journal.open(
            dsn=f"postgresql://guest:guest@{foreign_address}/narrow", data_dir=tmp_path
        )

    assert "\n" not in str(caught.value)
