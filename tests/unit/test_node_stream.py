"""Streams from a node: right through every cut of bytes, and a typed error for every wrong one."""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from keeper.node import BadAnswer, NodeError, NodeTimeout, NodeUnavailable, RequestRefused
from keeper.node.stream import StreamTransport

Reply = Callable[[dict[str, object]], list[bytes]]


def answer(asked: dict[str, object], result: object = "0x1") -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode()


def honest(asked: dict[str, object]) -> list[bytes]:
    return [answer(asked)]


HEAD = b'{"jsonrpc":"2.0","method":"eth_subscription","params":{"result":{"number":"0x5"}}}'
WRONG: list[tuple[Reply, type[NodeError]]] = [
    (lambda _: [b"<html>"], BadAnswer),
    (lambda _: [b"[1]"], BadAnswer),
    (lambda _: [], NodeTimeout),
    (lambda a: [answer({"id": 10**6})] if a else [], NodeTimeout),
    (lambda a: [answer({"id": "1"})] if a else [], NodeTimeout),
    (lambda a: [json.dumps({"id": a["id"]}).encode()], BadAnswer),
    (lambda a: [json.dumps({"id": a["id"], "error": {"code": 1}}).encode()], RequestRefused),
    (lambda a: [answer(a, "0x" + "00" * 200_000)], NodeError),
]


class Served:
    """One WebSocket endpoint and one socket file that answer alike."""

    def __init__(self) -> None:
        self.reply: Reply = honest
        self.split = 0
        self.connections = 0
        self.urls: dict[str, str] = {}

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                for text in self.reply(json.loads(message.data)):
                    await socket.send_str(text.decode())
        return socket

    async def unix(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while line := await _line(reader):
            whole = b"".join(self.reply(json.loads(line)))
            step = self.split or max(len(whole), 1)
            for start in range(0, len(whole), step):
                writer.write(whole[start : start + step])
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()


async def _line(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(asyncio.CancelledError, OSError):  # the loop ends before the reader
        return await reader.readline()
    return b""


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    folder = Path(tempfile.mkdtemp(prefix="stream-"))
    server, app = Served(), web.Application()
    app.router.add_get("/", server.websocket)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    unix = await asyncio.start_unix_server(server.unix, folder / "node.ipc")
    port = runner.addresses[0][1]
    server.urls = {"ws": f"ws://127.0.0.1:{port}", "ipc": f"ipc://{folder}/node.ipc"}
    yield server
    unix.close()
    await runner.cleanup()
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ["ws", "ipc"])
@pytest.mark.parametrize(("reply", "error"), WRONG)
async def test_every_wrong_message_has_its_type_and_passes(
    served: Served, kind: str, reply: Reply, error: type[NodeError]
) -> None:
    transport = StreamTransport(served.urls[kind], timeout_s=0.3, max_answer_bytes=100_000)
    served.reply = reply
    with pytest.raises(error) as caught:
        await transport.request("eth_blockNumber")
    assert "\n" not in str(caught.value)
    served.reply = honest
    assert await transport.request("eth_blockNumber") == "0x1", "it is opened again"
    await transport.close()


@pytest.mark.parametrize("split", [1, 7, 0])
async def test_bytes_may_come_in_any_pieces(served: Served, split: int) -> None:
    heads = []
    transport = StreamTransport(
        served.urls["ipc"], timeout_s=2.0, on_head=lambda: heads.append(None)
    )
    served.split = split
    served.reply = lambda asked: [HEAD, answer(asked, "é}{"), b"\n ", HEAD]
    for _ in range(3):
        assert await transport.request("web3_clientVersion") == "é}{"
    assert len(heads) >= 7
    assert served.connections == 1
    await transport.close()


@pytest.mark.parametrize("kind", ["ws", "ipc"])
async def test_answers_find_their_questions_in_any_order(served: Served, kind: str) -> None:
    waiting: list[dict[str, object]] = []

    def reversed_pairs(asked: dict[str, object]) -> list[bytes]:
        waiting.append(asked)
        if len(waiting) < 2:
            return []
        pair = [answer(one, one["params"]) for one in reversed(waiting)]
        waiting.clear()
        return pair

    served.reply = reversed_pairs
    transport = StreamTransport(served.urls[kind], timeout_s=1.0)
    found = await asyncio.gather(*(transport.request("echo", number) for number in range(6)))
    assert found == [[number] for number in range(6)]
    await transport.close()


@pytest.mark.parametrize("kind", ["ws", "ipc"])
async def test_a_node_without_subscriptions_is_polled(served: Served, kind: str) -> None:
    def no_subscriptions(asked: dict[str, object]) -> list[bytes]:
        refusal = {"id": asked["id"], "error": {"code": -32601, "message": "not here"}}
        return [json.dumps(refusal).encode()] if asked["method"] != "x" else honest(asked)

    served.reply = no_subscriptions
    transport = StreamTransport(served.urls[kind], timeout_s=1.0, on_head=lambda: None)
    assert await transport.request("x") == "0x1"
    assert not transport.subscribed
    await transport.close()


async def test_a_closed_stream_fails_what_waits_on_it(served: Served) -> None:
    served.reply = lambda _: []
    transport = StreamTransport(served.urls["ipc"], timeout_s=5.0)
    asked = asyncio.create_task(transport.request("eth_blockNumber"))
    await asyncio.sleep(0.1)
    await transport.close()
    with pytest.raises(NodeUnavailable):
        await asked
