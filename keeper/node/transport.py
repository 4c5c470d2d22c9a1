"""One JSON-RPC request over HTTP: a deadline, a bounded answer, a typed error."""

import itertools
import json
from typing import Self
from urllib.parse import urlsplit

import aiohttp

from keeper.node.errors import BadAnswer, NodeTimeout, NodeUnavailable, RequestRefused

MAX_ANSWER_BYTES = 32 * 1024 * 1024
READ_CHUNK_BYTES = 256 * 1024


def redact(url: str) -> str:
    """The URL without what may be secret: user, password, path and query."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    hidden = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{host}{port}{hidden}"


def one_line(text: str) -> str:
    """At most 300 printable characters of a stranger's text, on one line."""
    printable = "".join(c if c.isprintable() else " " for c in text[:1000])
    return " ".join(printable.split())[:300]


def checked_url(url: str) -> str:
    """Return `url` when it is an HTTP one; raise `NodeUnavailable` naming the fix otherwise."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NodeUnavailable("the node's URL is not http(s)://host[:port]; correct the setting")
    return url


class Transport:
    """Speaks JSON-RPC 2.0 to one URL over kept-alive connections."""

    def __init__(self, url: str, timeout_s: float, max_answer_bytes: int) -> None:
        self.name = f"node {redact(checked_url(url))}"
        self._url = url
        self._limit = max_answer_bytes
        self._ids = itertools.count(1)
        # Without compression a bounded read is also bounded memory.
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            headers={"Accept-Encoding": "identity", "Content-Type": "application/json"},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        )
        self._timeout_s = timeout_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connections."""
        await self._session.close()

    async def request(self, method: str, *params: object) -> object:
        """The `result` of one call.

        Raises `NodeUnavailable`, `NodeTimeout`, `BadAnswer` or `RequestRefused`.
        """
        number = next(self._ids)
        payload = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        status, body = await self._post(method, json.dumps(payload).encode())
        if status == 429 or status >= 500:
            raise NodeUnavailable(
                f"{self.name} answered {method} with HTTP {status}; retry later or use another node"
            )
        return self._result(method, number, status, body)

    async def _post(self, method: str, payload: bytes) -> tuple[int, bytes]:
        try:
            async with self._session.post(
                self._url, data=payload, allow_redirects=False
            ) as response:
                return response.status, await self._read(method, response)
        except TimeoutError:
            raise NodeTimeout(
                f"{self.name} did not answer {method} within {self._timeout_s:g} s; "
                "check its load or raise the timeout"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise NodeUnavailable(
                f"{self.name} is not reachable ({type(error).__name__}); start it or fix its URL"
            ) from None

    async def _read(self, method: str, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(READ_CHUNK_BYTES):
            body += chunk
            if len(body) > self._limit:
                response.close()
                raise BadAnswer(
                    f"{self.name} answered {method} with more than {self._limit} bytes; "
                    "ask for less or use another node"
                )
        return bytes(body)

    def _result(self, method: str, number: int, status: int, body: bytes) -> object:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or answer.get("id") != number:
            if status != 200:
                raise NodeUnavailable(
                    f"{self.name} answered {method} with HTTP {status}; check the URL and its key"
                )
            raise BadAnswer(
                f"{self.name} answered {method} with something other than JSON-RPC; fix its URL"
            )
        if (error := answer.get("error")) is not None:
            raise self._refusal(method, error)
        if "result" not in answer:
            raise BadAnswer(f"{self.name} answered {method} without a result; use another node")
        result: object = answer["result"]
        return result

    def _refusal(self, method: str, error: object) -> RequestRefused:
        fields = error if isinstance(error, dict) else {}
        code, detail, data = (fields.get(key) for key in ("code", "message", "data"))
        text = one_line(detail) if isinstance(detail, str) else "no message"
        return RequestRefused(
            f"{self.name} refused {method}: {text}",
            code if isinstance(code, int) else 0,
            text,
            data if isinstance(data, str) else "",
        )
