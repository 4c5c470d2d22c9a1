"""Whom the embedded server runs as (PostgreSQL refuses root), and whether it still runs."""

import logging
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keeper.journal.errors import JournalError

_NAME = "pgserver"
_COMMAND_TIMEOUT_S = 60
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The account of the server's processes; `switch` when it is not the caller's own."""

    uid: int
    gid: int
    switch: bool

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a PostgreSQL program as this user; its standard output is not wanted."""
        return subprocess.run(  # noqa: S603 - programs of the wheel, arguments of ours
            [str(word) for word in command],
            check=False,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # a pipe would stay open in the server that pg_ctl leaves behind
            stderr=subprocess.PIPE if Path(command[0]).name == "initdb" else subprocess.DEVNULL,
            text=True,
            timeout=_COMMAND_TIMEOUT_S,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=() if self.switch else None,
        )


def server_user() -> ServerUser:
    """The caller, or where that is root an account for the server alone, made when missing."""
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid(), switch=False)
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError:
        make = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME]
        if subprocess.run(make, check=False, capture_output=True).returncode:  # noqa: S603
            raise JournalError(
                f"root cannot run PostgreSQL and cannot add the user {_NAME}: "
                "run as another user or give the journal a DSN"
            ) from None
        entry = pwd.getpwnam(_NAME)
    return ServerUser(entry.pw_uid, entry.pw_gid, switch=True)


def open_path(path: Path, user: ServerUser) -> None:
    """Let the server's user pass through (not list) the folders that lead to `path`."""
    if not user.switch:
        return
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & 0o001:
            _log.warning("%s is now passable (o+x) for the embedded PostgreSQL", folder)
            folder.chmod(mode | 0o001)


def drop_stale_pid(cluster: Path) -> None:
    """Remove the pid file of a killed server whose number lives on.

    PostgreSQL takes a zombie, or another program with that number, for the server and refuses to
    start. Its processes all work in the cluster's folder: where none does, there is no server.
    """
    pid_file = cluster / "postmaster.pid"
    if Path("/proc/self/cwd").exists() and pid_file.exists() and not _works_in(cluster):
        pid_file.unlink(missing_ok=True)  # a server that dies may take it away itself


def _works_in(folder: Path) -> bool:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                return True
        except OSError:  # ended meanwhile, a zombie, or another user's: none of them is the server
            continue
    return False
