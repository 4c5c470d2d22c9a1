# ruff: noqa: N818 -- each name states the fault; callers catch NodeError for all of them
"""What can go wrong between the keeper and a node, one type per remedy."""

from enum import StrEnum


class NodeError(Exception):
    """Any failure of a node; the message is one line that names the node and the fix."""


class NodeUnavailable(NodeError):
    """The node cannot be reached, refuses connections or answers with an HTTP error."""


class NodeTimeout(NodeError):
    """The node did not answer in time; whether it acted on the request is unknown."""


class WrongChain(NodeError):
    """The node serves another chain than the one configured."""


class BadAnswer(NodeError):
    """The answer is oversize, not JSON-RPC, or a field has the wrong type, length or value."""


class BlockMissing(NodeError):
    """The node does not know the block: it lags, or the block was reorganised away."""


class NodesDisagree(NodeError):
    """Endpoints of one chain contradict each other without a majority: trust none of them."""


class RequestRefused(NodeError):
    """The node answered with a JSON-RPC error; code, detail and data are the node's own."""

    def __init__(self, message: str, code: int, detail: str, data: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail
        self.data = data


class CallReverted(NodeError):
    """A simulated call reverted or ran out of gas; `data` is the revert data, maybe empty."""

    def __init__(self, message: str, data: bytes) -> None:
        super().__init__(message)
        self.data = data


class Rejection(StrEnum):
    """Why a node did not take a transaction into its pool."""

    ALREADY_KNOWN = "already_known"
    NONCE_TOO_LOW = "nonce_too_low"
    NONCE_TOO_HIGH = "nonce_too_high"
    REPLACEMENT_UNDERPRICED = "replacement_underpriced"
    UNDERPRICED = "underpriced"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    OTHER = "other"


class TransactionRejected(NodeError):
    """The node refused a raw transaction; `ALREADY_KNOWN` means that it holds these bytes."""

    def __init__(self, message: str, reason: Rejection) -> None:
        super().__init__(message)
        self.reason = reason
