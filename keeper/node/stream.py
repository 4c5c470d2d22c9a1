"""JSON-RPC over one lasting connection, by WebSocket or by a node's own socket (IPC).

New heads are subscribed to, so that nobody need ask for them. Logs are not: a subscription does not
say where a block's logs end, and asking for them by the block's hash does.
"""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

from keeper.node import jsonrpc
from keeper.node.errors import BadAnswer, NodeError, NodeTimeout, NodeUnavailable
from keeper.node.http import checked_url
from keeper.node.jsonrpc import MAX_ANSWER_BYTES, redact

READ_BYTES = 256 * 1024


class Line(Protocol):
    """One open connection."""

    async def send(self, text: bytes) -> None:
        """Write one message."""
        ...

    def messages(self) -> AsyncIterator[str | bytes]:
        """Messages until the connection ends."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class StreamTransport:
    """Connects when first asked and again after each end; `on_head` is called for each new head."""

    def __init__(
        self,
        url: str,
        timeout_s: float,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        on_head: Callable[[], None] | None = None,
    ) -> None:
        is_path = url.startswith("ipc:///")
        self._url = url if is_path else checked_url(url, frozenset({"ws", "wss"}))
        self.name = f"node {'ipc://' + Path(urlsplit(url).path).name if is_path else redact(url)}"
        self._timeout_s = timeout_s
        self._limit = max_answer_bytes
        self._on_head = on_head
        self._ids = itertools.count(1)
        self._line: Line | None = None
        self._reading: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[dict[str, object]]] = {}
        self.subscribed = False
        """Whether new heads are announced at present."""

    async def close(self) -> None:
        """End the connection."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    async def request(self, method: str, *params: object) -> object:
        """The `result` of one call.

        Raises `NodeUnavailable`, `NodeTimeout`, `BadAnswer` or `RequestRefused`.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                line = await self._connected()
                return await self._exchange(line, method, params)
        except TimeoutError:
            raise NodeTimeout(
                f"{self.name} did not answer {method} within {self._timeout_s:g} s; "
                "check its load or raise the timeout"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(type(error).__name__) from None

    async def _exchange(self, line: Line, method: str, params: tuple[object, ...]) -> object:
        number = next(self._ids)
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await line.send(jsonrpc.encode(number, method, params))
            return jsonrpc.result_of(self.name, method, await answered)
        finally:
            del self._waiting[number]

    async def _connected(self) -> Line:
        async with self._opening:
            if self._line is None:
                line = await self._open()
                self._line = line
                self._reading = asyncio.create_task(self._read(line))
                await self._subscribe(line)
            return self._line or line

    async def _open(self) -> Line:
        if self._url.startswith("ipc:"):
            return await _SocketLine.open(urlsplit(self._url).path, self._limit)
        return await _WebSocketLine.open(self._url, self._limit)

    async def _subscribe(self, line: Line) -> None:
        """A node that offers no subscriptions is polled."""
        if self._on_head is None:
            return
        try:
            await self._exchange(line, "eth_subscribe", ("newHeads",))
            self.subscribed = True
        except NodeError:
            self.subscribed = False

    async def _read(self, line: Line) -> None:
        error: NodeError = self._unreachable("connection ended")
        try:
            async for message in line.messages():
                self._take(message)
        except BadAnswer as bad:
            error = bad
        except (aiohttp.ClientError, OSError) as failure:
            error = self._unreachable(type(failure).__name__)
        finally:
            self._line, self.subscribed = None, False
            for answered in self._waiting.values():
                if not answered.done():
                    answered.set_exception(error)
            await line.close()

    def _take(self, message: str | bytes) -> None:
        answer = jsonrpc.decode(message)
        if answer is None:
            raise BadAnswer(f"{self.name} sent something other than JSON-RPC; fix its URL")
        if answer.get("method") == "eth_subscription":
            if self._on_head is not None:
                self._on_head()
            return
        number = answer.get("id")
        answered = self._waiting.get(number) if isinstance(number, int) else None
        if answered is not None and not answered.done():
            answered.set_result(answer)

    def _unreachable(self, why: str) -> NodeUnavailable:
        return NodeUnavailable(f"{self.name} is not reachable ({why}); start it or fix its URL")


class _WebSocketLine:
    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._socket = socket

    @classmethod
    async def open(cls, url: str, limit: int) -> "_WebSocketLine":
        session = aiohttp.ClientSession()
        try:
            # Without compression a bounded message is also bounded memory.
            socket = await session.ws_connect(url, max_msg_size=limit, compress=0, heartbeat=10)
        except BaseException:
            await session.close()
            raise
        return cls(session, socket)

    async def send(self, text: bytes) -> None:
        await self._socket.send_str(text.decode())

    async def messages(self) -> AsyncIterator[str | bytes]:
        async for message in self._socket:
            if message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                yield message.data
            elif message.type is aiohttp.WSMsgType.ERROR:
                raise aiohttp.ClientError

    async def close(self) -> None:
        await self._session.close()


class _SocketLine:
    """JSON values one after the other, with or without line ends between them."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._limit = limit

    @classmethod
    async def open(cls, path: str, limit: int) -> "_SocketLine":
        return cls(*await asyncio.open_unix_connection(path), limit)

    async def send(self, text: bytes) -> None:
        self._writer.write(text + b"\n")
        await self._writer.drain()

    async def messages(self) -> AsyncIterator[str | bytes]:
        held = b""
        while chunk := await self._reader.read(READ_BYTES):
            held = (held + chunk).lstrip()
            if len(held) > self._limit:
                raise BadAnswer(f"a node's socket sent more than {self._limit} bytes at once")
            if held and not held.startswith(b"{"):
                raise BadAnswer("a node's socket sent something other than JSON-RPC")
            if held.rstrip().endswith(b"}"):
                whole, held = _values(held)
                for value in whole:
                    yield value

    async def close(self) -> None:
        self._writer.transport.abort()


def _values(held: bytes) -> tuple[list[str], bytes]:
    """The whole JSON values at the beginning, and what is left."""
    try:
        text = held.decode()
    except UnicodeDecodeError:
        return [], held
    found, at = [], 0
    while at < len(text):
        try:
            _, end = _DECODER.raw_decode(text, at)
        except ValueError:
            break
        found.append(text[at:end])
        while end < len(text) and text[end].isspace():
            end += 1
        at = end
    return found, text[at:].encode()


_DECODER = json.JSONDecoder()
