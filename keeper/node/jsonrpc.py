"""JSON-RPC 2.0 whatever carries it: requests, answers, refusals, and strangers' text tamed."""

import json
from typing import Protocol
from urllib.parse import urlsplit

from keeper.node.errors import BadAnswer, RequestRefused

MAX_ANSWER_BYTES = 32 * 1024 * 1024


class Transport(Protocol):
    """Carries single requests to one endpoint; `name` is fit for a log."""

    name: str

    async def request(self, method: str, *params: object) -> object:
        """The `result` of one call.

        Raises `NodeUnavailable`, `NodeTimeout`, `BadAnswer` or `RequestRefused`.
        """
        ...

    async def close(self) -> None:
        """Release the connections."""
        ...


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


def encode(number: int, method: str, params: tuple[object, ...]) -> bytes:
    """A request's bytes."""
    payload = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(payload).encode()


def decode(body: bytes | str) -> dict[str, object] | None:
    """An answer's object, None where it is none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def result_of(name: str, method: str, answer: dict[str, object]) -> object:
    """The result in an answer; raises `RequestRefused` or `BadAnswer` where there is none."""
    if (error := answer.get("error")) is not None:
        raise _refusal(name, method, error)
    if "result" not in answer:
        raise BadAnswer(f"{name} answered {method} without a result; use another node")
    return answer["result"]


def _refusal(name: str, method: str, error: object) -> RequestRefused:
    fields = error if isinstance(error, dict) else {}
    code, detail, data = (fields.get(key) for key in ("code", "message", "data"))
    text = one_line(detail) if isinstance(detail, str) else "no message"
    return RequestRefused(
        f"{name} refused {method}: {text}",
        code if isinstance(code, int) else 0,
        text,
        data if isinstance(data, str) else "",
    )
