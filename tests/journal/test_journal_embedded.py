"""The embedded server: shared, stopped by the last, and usable after any kill."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import journal_samples as samples
import pytest

from keeper.journal import Journal, JournalError
from keeper.journal.embedded import EmbeddedServer
from keeper.journal.server_user import server_user


def _postmaster(data_dir: Path) -> int | None:
    pid_file = data_dir / "cluster" / "postmaster.pid"
    return int(pid_file.read_text().split()[0]) if pid_file.exists() else None


def _serves(pid: int) -> bool:
    """Whether a process works under that number; a zombie does not."""
    command = Path(f"/proc/{pid}/cmdline")
    return command.exists() and command.read_bytes() != b""


async def test_two_keepers__share_a_server__the_last_one_stops_it(own_data_dir: Path) -> None:
    first, second = await asyncio.gather(
        *(Journal.open(dsn=None, data_dir=own_data_dir) for _ in range(2))
    )
    pid = _postmaster(own_data_dir)
    assert pid is not None

    await first.close()
    assert await second.opportunity_count(samples.CHAIN) == 0
    await second.close()

    assert _postmaster(own_data_dir) is None
    assert not _serves(pid)


async def test_reopen__finds_what_was_committed(own_data_dir: Path) -> None:
    journal = await Journal.open(dsn=None, data_dir=own_data_dir)
    row = samples.opportunity()
    intent = samples.intent(row)
    await journal.commit_intent(row, intent, {})
    await journal.close()

    journal = await Journal.open(dsn=None, data_dir=own_data_dir)
    assert await journal.unresolved(samples.CHAIN, samples.SENDER) == [intent]
    await journal.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT])
async def test_server_killed__the_next_open_recovers_it(
    own_data_dir: Path, how: signal.Signals
) -> None:
    journal = await Journal.open(dsn=None, data_dir=own_data_dir)
    row = samples.opportunity()
    intent = samples.intent(row)
    await journal.commit_intent(row, intent, {})
    os.kill(_postmaster(own_data_dir) or 0, how)
    await journal.close()

    journal = await Journal.open(dsn=None, data_dir=own_data_dir)
    assert await journal.unresolved(samples.CHAIN, samples.SENDER) == [intent]
    await journal.close()


@pytest.fixture
def bystander() -> Iterator[int]:
    """Pid of a process that runs as the server's user and is not the server."""
    user = server_user()
    switch = {"user": user.uid, "group": user.gid} if user.switch else {}
    with subprocess.Popen(["sleep", "60"], cwd="/", **switch) as process:
        yield process.pid
        process.kill()


async def test_pid_of_a_killed_server__still_in_use__does_not_hinder_a_start(
    own_data_dir: Path, bystander: int
) -> None:
    await (await Journal.open(dsn=None, data_dir=own_data_dir)).close()
    pid_file = own_data_dir / "cluster" / "postmaster.pid"
    pid_file.write_text(f"{bystander}\n{pid_file.parent}\n0\n5432\n\n\n\nready\n")

    await (await Journal.open(dsn=None, data_dir=own_data_dir)).close()


async def test_long_path__listens_elsewhere(own_data_dir: Path) -> None:
    data_dir = own_data_dir / ("deep-" * 20)
    server = EmbeddedServer(data_dir)
    journal = await Journal.open(dsn=None, data_dir=data_dir)

    folder = Path(unquote(server.dsn.partition("host=")[2]))
    assert folder.name.startswith("alphapulse-journal-")
    assert await asyncio.to_thread(folder.exists)
    assert await journal.opportunity_count(samples.CHAIN) == 0
    await journal.close()
    assert not await asyncio.to_thread(folder.exists)


async def test_initdb_killed_half_way__starts_afresh(own_data_dir: Path) -> None:
    half = own_data_dir / "cluster.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    journal = await Journal.open(dsn=None, data_dir=own_data_dir)

    assert not half.exists()
    await journal.close()


async def test_damaged_cluster__one_line_naming_the_place(
    own_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keeper.journal.journal.START_TIMEOUT_S", 0.5)
    (own_data_dir / "cluster").mkdir(parents=True)
    (own_data_dir / "cluster" / "PG_VERSION").write_text("18\n")

    with pytest.raises(JournalError, match="data directory") as caught:
        await Journal.open(dsn=None, data_dir=own_data_dir)

    assert str(own_data_dir) in str(caught.value)
    assert "\n" not in str(caught.value)
    shutil.rmtree(own_data_dir)


def test_data_dir_that_is_a_file__one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(JournalError, match="data directory"):
        asyncio.run(Journal.open(dsn=None, data_dir=tmp_path / "file"))
