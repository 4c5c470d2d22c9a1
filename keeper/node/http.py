"""One JSON-RPC request over HTTP: a deadline, a bounded answer, a typed error."""

import itertools
from urllib.parse import urlsplit

import aiohttp

from keeper.node import jsonrpc
from keeper.node.errors import BadAnswer, NodeTimeout, NodeUnavailable
from keeper.node.jsonrpc import MAX_ANSWER_BYTES, redact

READ_CHUNK_BYTES = 256 * 1024


def checked_url(url: str, schemes: frozenset[str]) -> str:
    """`url` if it is of such a scheme; raises `NodeUnavailable` naming the fix otherwise."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NodeUnavailable(
            "the node's URL is not http(s)://host[:port], ws(s)://host[:port] or ipc:///path; "
            "correct the setting"
        )
    return url


class HttpTransport:
    """Speaks JSON-RPC 2.0 to one URL over kept-alive connections."""

    def __init__(
        self, url: str, timeout_s: float, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        self._url = checked_url(url, frozenset({"http", "https"}))
        self.name = f"node {redact(url)}"
        self._limit = max_answer_bytes
        self._ids = itertools.count(1)
        # Without compression a bounded read is also bounded memory.
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            headers={"Accept-Encoding": "identity", "Content-Type": "application/json"},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        )
        self._timeout_s = timeout_s

    async def close(self) -> None:
        """Release the connections."""
        await self._session.close()

    async def request(self, method: str, *params: object) -> object:
        """The `result` of one call.

        Raises `NodeUnavailable`, `NodeTimeout`, `BadAnswer` or `RequestRefused`.
        """
        number = next(self._ids)
        status, body = await self._post(method, jsonrpc.encode(number, method, params))
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
        answer = jsonrpc.decode(body)
        if answer is None or answer.get("id") != number:
            if status != 200:
                raise NodeUnavailable(
                    f"{self.name} answered {method} with HTTP {status}; check the URL and its key"
                )
            raise BadAnswer(
                f"{self.name} answered {method} with something other than JSON-RPC; fix its URL"
            )
        return jsonrpc.result_of(self.name, method, answer)
