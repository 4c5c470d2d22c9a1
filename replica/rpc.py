"""A small synchronous JSON-RPC client over one kept-alive connection."""

import http.client
import json
from collections.abc import Sequence
from threading import Lock
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from eth_abi.abi import decode

from keeper.chain import Address
from replica.abi import encode_call

Json: TypeAlias = Any
"""A node's answer; whoever reads it knows which method it answers."""

BATCH = 4_000
"""Calls of one request: anvil takes two megabytes."""


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


def _result(method: str, answer: Json) -> Json:
    if not isinstance(answer, dict):
        raise RpcError(f"{method}: the node's answer is no JSON object")
    if "error" in answer:
        raise RpcError(f"{method}: {_told(answer['error'])}")
    if "result" not in answer:
        raise RpcError(f"{method}: neither a result nor an error came back")
    return answer["result"]


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
        return _result(method, self._exchange(body))

    def batch(self, method: str, each: Sequence[list[Any]]) -> list[Json]:
        """Results of `method` for each list of parameters, thousands to a request.

        Raises `RpcError` on the first error answer.
        """
        found: list[Json] = []
        for start in range(0, len(each), BATCH):
            calls = [
                {"jsonrpc": "2.0", "id": place, "method": method, "params": params}
                for place, params in enumerate(each[start : start + BATCH])
            ]
            answers = self._exchange(calls)
            if not isinstance(answers, list) or len(answers) != len(calls):
                raise RpcError(f"{method}: not every call of a batch was answered")
            found += [_result(method, one) for one in sorted(answers, key=lambda a: a["id"])]
        return found

    def _exchange(self, calls: Json) -> Json:
        body = json.dumps(calls, default=_plain).encode()
        with self._lock:
            try:
                self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
                raw = self._connection.getresponse().read()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                raise ConnectionError(f"no answer from the replica's node: {error!r}") from error
        try:
            return json.loads(raw)
        except ValueError as error:
            raise RpcError(f"the node's answer is no JSON: {raw[:80]!r}") from error

    def read(
        self, to: Address, signature: str, returns: list[str], *args: object
    ) -> tuple[Any, ...]:
        """Decoded result of a view function at the latest block."""
        call = {"to": to, "data": encode_call(signature, *args)}
        return decode(returns, bytes.fromhex(self("eth_call", [call, "latest"])[2:]))

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()
