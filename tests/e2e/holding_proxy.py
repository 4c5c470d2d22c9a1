"""A node's front that can hold back chosen calls, before or after the node has seen them.

It makes the moments visible that a crash test must hit: a transaction that was committed but never
sent, one that was sent but whose answer never came, one that was mined and not yet noticed.
"""

import json
import threading
from enum import Enum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit


class Phase(Enum):
    """Whether the node has seen a held call."""

    BEFORE = "before"
    AFTER = "after"


class HoldingProxy:
    """Forwards JSON-RPC to `node_url`; `hold` makes the next such calls wait for `release`."""

    def __init__(self, node_url: str) -> None:
        self._node = urlsplit(node_url)
        self._held: tuple[str, Phase] | None = None
        self._released = threading.Event()
        self.caught = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def hold(self, method: str, phase: Phase) -> None:
        """Catch calls of `method` from now on; `caught` is set when the first one waits."""
        self.caught.clear()
        self._released.clear()
        self._held = (method, phase)

    def release(self) -> None:
        """Let all calls pass; those held whose caller is gone are dropped unsent."""
        self._held = None
        self._released.set()

    def answer(self, body: bytes) -> bytes | None:
        """The node's answer, None when the call was held before the node and then dropped."""
        held = self._held
        caught = held is not None and json.loads(body).get("method") == held[0]
        if caught and held is not None and held[1] is Phase.BEFORE:
            self._wait()
            return None
        answer = self._forward(body)
        if caught:
            self._wait()
        return answer

    def _wait(self) -> None:
        self.caught.set()
        self._released.wait()

    def _forward(self, body: bytes) -> bytes:
        connection = HTTPConnection(str(self._node.hostname), int(self._node.port or 80))
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802 - the base class's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = proxy.answer(body)
                if answer is None:
                    self.close_connection = True
                    return
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the caller was killed while it waited

            def log_message(self, *_: object) -> None:
                return

        return Handler
