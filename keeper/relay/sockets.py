"""Unix sockets that only their owner may use, at either end."""

import asyncio
import os
import socket
import stat
import struct
from pathlib import Path

MAX_PATH_BYTES = 107
_CREDENTIALS = struct.Struct("3i")


class SocketError(Exception):
    """A socket cannot be opened; the message is one line that names its path and the fix."""


class PeerRefusedError(SocketError):
    """The other end runs as another user."""


def peer_uid(connection: socket.socket) -> int:
    """User id of the process at the other end (Linux `SO_PEERCRED`)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid: int = _CREDENTIALS.unpack(raw)[1]
    return uid


def check_peer(writer: asyncio.StreamWriter, path: Path) -> None:
    """Raise `PeerRefusedError` unless the other end runs as this process's own user."""
    uid = peer_uid(writer.get_extra_info("socket"))
    if uid != os.getuid():
        raise PeerRefusedError(f"{path}: the peer runs as user {uid}; run both ends as one user")


def listen(path: Path) -> socket.socket:
    """A listening socket at `path` with mode 0600; a dead socket in its place is replaced."""
    _check_length(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(server.fileno(), 0o600)  # before bind, so that no moment is open to others
            server.bind(str(path))
            server.listen(64)
        except BaseException:
            server.close()
            raise
    except OSError as error:
        raise SocketError(f"{path}: {error.strerror}; choose a directory you may write") from None
    server.setblocking(False)
    return server


async def connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A checked connection; raises `SocketError` when nobody listens or the peer is foreign."""
    _check_length(path)
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 20)
    except OSError as error:
        raise SocketError(f"{path}: {error.strerror}; start the relay") from None
    try:
        check_peer(writer, path)
    except PeerRefusedError:
        writer.transport.abort()
        raise
    return reader, writer


def _clear(path: Path) -> None:
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise SocketError(f"{path} is not a socket; remove it or choose another path")
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(str(path))
    except ConnectionRefusedError:
        path.unlink()
    else:
        raise SocketError(f"{path} is served already; stop the other relay")
    finally:
        probe.close()


def _check_length(path: Path) -> None:
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise SocketError(f"{path} exceeds {MAX_PATH_BYTES} bytes; choose a shorter directory")
