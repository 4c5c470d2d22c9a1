"""A node's front that can hold back chosen calls, before or after the node has seen them.

It makes the moments visible that a crash test must hit: a transaction that was committed but never
sent, one that was sent but whose answer never came, one that was mined and not yet noticed.
"""

import json
import sys
import threading
from collections import Counter
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from node_front import asked, forwarded, reply


class Phase(Enum):
    """Whether the node has seen a held call."""

    BEFORE = "before"
    AFTER = "after"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Keep silent about callers that were killed: resets are what they leave."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class HoldingProxy:
    """Forwards JSON-RPC to `node_url`; `hold` makes the next such calls wait for `release`.

    While `away` is set it closes every connection without an answer. `forwarded` counts, by
    method, the calls that reached the node; `held_parameter` is the first caught call's.
    """

    def __init__(self, node_url: str) -> None:
        self._node = node_url
        self._held: tuple[str, Phase] | None = None
        self._released = threading.Event()
        self.caught = threading.Event()
        self.held_parameter: Any = None
        self.away = False
        self.forwarded: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), self._handler())
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
        """The node's answer; None when the node is away, or the call was held before it."""
        if self.away:
            return None
        call, held = json.loads(body), self._held
        caught = held is not None and call["method"] == held[0]
        if caught and held is not None and held[1] is Phase.BEFORE:
            self._wait(call)
            return None
        self.forwarded[call["method"]] += 1
        answer = forwarded(self._node, body)
        if caught:
            self._wait(call)
        return answer

    def _wait(self, call: dict[str, Any]) -> None:
        if not self.caught.is_set():
            self.held_parameter = call["params"][0]
        self.caught.set()
        self._released.wait()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body go out in two writes

            def do_POST(self) -> None:
                answer = proxy.answer(asked(self))
                if answer is None:
                    self.close_connection = True
                    return
                try:
                    reply(self, answer)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the caller was killed while it waited

            def log_message(self, *_: object) -> None:
                return

        return Handler
