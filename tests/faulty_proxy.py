"""A JSON-RPC proxy in front of a real node, over real sockets, that answers in every wrong way.

Each kind of `FAULTS` is a function of the call and the node's honest answer. It gives a bent one,
or raises `Misbehaviour` to do something to the connection instead.
"""

import copy
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from node_front import asked, forwarded, reply

HUGE_BYTES = 40 * 1024 * 1024
DRIP_S = 0.05
BACK, AHEAD = 6, 1_000

Call = dict[str, Any]
Answer = dict[str, Any]


class Misbehaviour(Exception):  # noqa: N818 -- it states what happens
    """What to do to the connection instead of answering."""

    def __init__(self, act: Callable[[BaseHTTPRequestHandler], None]) -> None:
        super().__init__()
        self.act = act


@dataclass
class Memory:
    """What a fault needs to know beside one call."""

    node: str
    released: threading.Event = field(default_factory=threading.Event)
    kept: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 -- JSON
        return _post(self.node, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})[
            "result"
        ]


Fault = Callable[[Memory, Call, Answer], Answer]
FAULTS: dict[str, Fault] = {}


def _fault(function: Fault) -> Fault:
    FAULTS[function.__name__.strip("_")] = function
    return function


def _result(change: Callable[[Any], Any], *methods: str) -> Fault:
    """A fault of the results of `methods`, of all without any."""

    def bend(_: Memory, call: Call, answer: Answer) -> Answer:
        if methods and call["method"] not in methods:
            return answer
        if answer.get("result") is None:
            return answer
        return answer | {"result": change(copy.deepcopy(answer["result"]))}

    return bend


HEADERS = ("eth_getBlockByNumber", "eth_getBlockByHash")


def _header(**changes: object) -> Fault:
    return _result(lambda block: block | changes, *HEADERS)


def _status(code: int) -> Fault:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def bend(_: Memory, __: Call, ___: Answer) -> Answer:
        raise Misbehaviour(act)

    return bend


def _body(make: Callable[[bytes], bytes], declared: int | None = None) -> Fault:
    """Another body, of which the head declares `declared` bytes."""

    def bend(_: Memory, __: Call, answer: Answer) -> Answer:
        body = make(json.dumps(answer).encode())

        def act(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(declared or len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = True

        raise Misbehaviour(act)

    return bend


@_fault
def hang(memory: Memory, _: Call, answer: Answer) -> Answer:
    memory.released.wait()
    return answer


@_fault
def drip(memory: Memory, _: Call, answer: Answer) -> Answer:
    body = json.dumps(answer).encode()

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for byte in body:
            if memory.released.wait(DRIP_S):
                break
            handler.wfile.write(bytes([byte]))
        handler.close_connection = True

    raise Misbehaviour(act)


@_fault
def reset(_: Memory, __: Call, ___: Answer) -> Answer:
    def act(handler: BaseHTTPRequestHandler) -> None:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()

    raise Misbehaviour(act)


@_fault
def closed(_: Memory, __: Call, ___: Answer) -> Answer:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    raise Misbehaviour(act)


@_fault
def huge(_: Memory, __: Call, ___: Answer) -> Answer:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(HUGE_BYTES))
        handler.end_headers()
        for _ in range(HUGE_BYTES // 2**20):
            handler.wfile.write(b" " * 2**20)

    raise Misbehaviour(act)


@_fault
def stale(memory: Memory, call: Call, answer: Answer) -> Answer:
    """The head stands still; whatever came after it is unknown."""
    if call["method"] == "eth_getBlockByNumber" and call["params"][0] == "latest":
        return answer | {"result": memory.kept.setdefault("head", answer["result"])}
    head = memory.kept.get("head")
    result = answer.get("result")
    newer = (
        isinstance(result, dict)
        and head
        and int(result.get("number", "0x0"), 16) > int(head["number"], 16)
    )
    return answer | {"result": None} if newer else answer


@_fault
def going_back(memory: Memory, call: Call, answer: Answer) -> Answer:
    if call["method"] == "eth_getBlockByNumber" and call["params"][0] == "latest":
        number = int(answer["result"]["number"], 16)
        return answer | {"result": memory.ask("eth_getBlockByNumber", hex(number - BACK), False)}
    return answer


@_fault
def fake_receipt(memory: Memory, call: Call, answer: Answer) -> Answer:
    """Every transaction succeeded in the head."""
    if call["method"] != "eth_getTransactionReceipt" or answer.get("result") is not None:
        return answer
    head = memory.ask("eth_getBlockByNumber", "latest", False)
    address = "0x" + "11" * 20
    return answer | {
        "result": {
            "transactionHash": call["params"][0],
            "status": "0x1",
            "blockNumber": head["number"],
            "blockHash": head["hash"],
            "transactionIndex": "0x0",
            "from": address,
            "to": address,
            "contractAddress": None,
            "gasUsed": "0x5208",
            "effectiveGasPrice": "0x1",
            "logs": [],
        }
    }


@_fault
def slow(memory: Memory, _: Call, answer: Answer) -> Answer:
    memory.released.wait(3.0)
    return answer


def _first_log(**changes: object) -> Fault:
    return _result(lambda logs: [logs[0] | changes, *logs[1:]] if logs else logs, "eth_getLogs")


OTHER_HASH = "0x" + "ab" * 32
FAULTS |= {
    "http_429": _status(429),
    "http_500": _status(500),
    "http_503": _status(503),
    "http_404": _status(404),
    "truncated_body": _body(lambda body: body[: len(body) // 2], declared=10**6),
    "truncated_json": _body(lambda body: body[: len(body) // 2]),
    "invalid_json": _body(lambda _: b"<html>not now</html>"),
    "empty_body": _body(lambda _: b""),
    "binary_body": _body(lambda body: bytes(255 - byte for byte in body)),
    "null_answer": _body(lambda _: b"null"),
    "null_result": lambda _, __, answer: answer | {"result": None},
    "wrong_id": lambda _, __, answer: answer | {"id": 10**9},
    "error_object": lambda _, __, answer: {
        "jsonrpc": "2.0",
        "id": answer["id"],
        "error": {"code": -32000, "message": "internal\\nerror"},
    },
    "wrong_type": _result(lambda _: 7),
    "missing_fields": _result(
        lambda block: {k: v for k, v in block.items() if k != "parentHash"}, *HEADERS
    ),
    "wrong_chain": _result(lambda _: "0x1", "eth_chainId"),
    "wrong_hash": _header(hash=OTHER_HASH),
    "wrong_parent": _header(parentHash=OTHER_HASH),
    "wrong_base_fee": _header(baseFeePerGas="0x1"),
    "far_ahead": _result(
        lambda block: block | {"number": hex(int(block["number"], 16) + AHEAD)}, *HEADERS
    ),
    "logs_missing": _result(lambda _: [], "eth_getLogs"),
    "one_log_missing": _result(lambda logs: logs[:-1], "eth_getLogs"),
    "logs_of_another_block": _first_log(blockHash=OTHER_HASH),
    "logs_repeated": _result(lambda logs: [*logs, *logs], "eth_getLogs"),
    "logs_reversed": _result(lambda logs: logs[::-1], "eth_getLogs"),
    "logs_changed": _first_log(data="0x" + f"{10**18:064x}{10**18:064x}"),
    "calls_changed": _result(lambda data: data[:-2] + "ff", "eth_call"),
}


def _post(url: str, call: Call) -> Answer:
    answer: Answer = json.loads(forwarded(url, json.dumps(call).encode()))
    return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Callers that gave up are what these faults make."""


class FaultyProxy:
    """Forwards to `node_url`; `begin` makes it answer in one wrong way until `end`.

    `sends` counts the raw transactions that it let pass, `bent` the calls since the fault began.
    """

    def __init__(self, node_url: str) -> None:
        self._node = node_url
        self._fault: Fault | None = None
        self._memory = Memory(node_url)
        self.sends = 0
        self.bent = 0
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._server.shutdown()
        self._server.server_close()

    def begin(self, kind: str) -> None:
        """Answer wrongly from now on."""
        self._memory = Memory(self._node)
        self.bent = 0
        self._fault = FAULTS[kind]
        if kind == "stale":
            self._memory.kept["head"] = self._memory.ask("eth_getBlockByNumber", "latest", False)

    def end(self) -> float:
        """Answer honestly from now on; gives the moment (`time.monotonic`)."""
        self._fault = None
        self._memory.released.set()
        return time.monotonic()

    def _answer(self, call: Call) -> Answer:
        fault, memory = self._fault, self._memory
        answer = _post(self._node, call)
        if call["method"] == "eth_sendRawTransaction":
            self.sends += 1
        if fault is None:
            return answer
        self.bent += 1
        return fault(memory, call, answer)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                call = json.loads(asked(self))
                try:
                    reply(self, json.dumps(proxy._answer(call)).encode())
                except Misbehaviour as misbehaviour:
                    misbehaviour.act(self)
                except (OSError, HTTPException):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        return Handler
