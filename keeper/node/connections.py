"""Which transport a URL asks for, and whether heads are announced or must be looked for."""

import asyncio
import contextlib

from keeper.node.http import HttpTransport
from keeper.node.jsonrpc import Transport
from keeper.node.stream import StreamTransport

SILENT_S = 1.0
"""Longest pause between two looks even where heads are announced: announcements can be lost."""


class Heads:
    """Announcements of new heads, from whichever connection brings them first."""

    def __init__(self) -> None:
        self._streams: list[StreamTransport] = []
        self._announced = asyncio.Event()

    def add(self, stream: StreamTransport) -> None:
        """Heads of `stream` are announced to `announce` while it is subscribed."""
        self._streams.append(stream)

    def announce(self) -> None:
        """There is a new head."""
        self._announced.set()

    async def wait(self, poll_s: float) -> None:
        """Return at the next announcement, at the latest after `poll_s` if nobody announces."""
        announced = any(stream.subscribed for stream in self._streams)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._announced.wait(), SILENT_S if announced else poll_s)
        self._announced.clear()


def transport_to(url: str, timeout_s: float, max_answer_bytes: int, heads: Heads) -> Transport:
    """A transport to `url`: HTTP, WebSocket, or a node's socket as `ipc:///path`.

    Raises `NodeUnavailable` where the URL is none of them.
    """
    if not url.startswith(("ws:", "wss:", "ipc:")):
        return HttpTransport(url, timeout_s, max_answer_bytes)
    stream = StreamTransport(url, timeout_s, max_answer_bytes, heads.announce)
    heads.add(stream)
    return stream
