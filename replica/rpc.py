"""A small synchronous JSON-RPC client over one kept-alive connection."""

import http.client
import json
from threading import Lock
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from eth_abi.abi import decode

from keeper.chain import Address
from replica.abi import encode_call

Json: TypeAlias = Any
"""A node's answer; whoever reads it knows which method it answers."""


class RpcError(RuntimeError):
    """The node answered with an error object, or with something that is no JSON-RPC answer."""


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON-RPC form")


def _told(error: object) -> str:
    if isinstance(error, dict):
        return f"{error.get('message')} {error.get('data') or ''}".rstrip()
    return str(error)


class Rpc:
    """Calls a node by HTTP. Byte strings in the parameters become 0x-hexadecimal."""

    def __init__(self, url: str, timeout_s: float = 60) -> None:
        place = urlsplit(url)
        if place.hostname is None or place.port is None:
            raise ValueError(f"{url!r} is no http URL with host and port")
        self._connection = http.client.HTTPConnection(place.hostname, place.port, timeout=timeout_s)
        self._lock = Lock()

    def __call__(self, method: str, params: list[Any] | None = None) -> Json:
        """The result of one call; raises `RpcError` on an error answer, `OSError` on none."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or []}
        answer = self._exchange(json.dumps(body, default=_plain).encode())
        if "error" in answer:
            raise RpcError(f"{method}: {_told(answer['error'])}")
        if "result" not in answer:
            raise RpcError(f"{method}: neither a result nor an error came back")
        return answer["result"]

    def _exchange(self, body: bytes) -> dict[str, Any]:
        with self._lock:
            try:
                self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
                raw = self._connection.getresponse().read()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                raise ConnectionError(f"no answer from the replica's node: {error!r}") from error
        try:
            answer = json.loads(raw)
        except ValueError as error:
            raise RpcError(f"the node's answer is no JSON: {raw[:80]!r}") from error
        if not isinstance(answer, dict):
            raise RpcError(f"the node's answer is no JSON object: {raw[:80]!r}")
        return answer

    def read(
        self, to: Address, signature: str, returns: list[str], *args: object
    ) -> tuple[Any, ...]:
        """Decoded result of a view function at the latest block."""
        call = {"to": to, "data": encode_call(signature, *args)}
        return decode(returns, bytes.fromhex(self("eth_call", [call, "latest"])[2:]))

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()
