"""What the tests' own servers before nodes, and in their place, have in common."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


def forwarded(url: str, body: bytes) -> bytes:
    """The answer of the node there."""
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return connection.getresponse().read()


def asked(handler: BaseHTTPRequestHandler) -> bytes:
    """What a handler was sent."""
    return handler.rfile.read(int(handler.headers["Content-Length"]))


def reply(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
    """Have a handler answer so."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(answer)))
    handler.end_headers()
    handler.wfile.write(answer)


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """The URL of a server that answers every call by this function of its body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            reply(self, answer(asked(self)))

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
