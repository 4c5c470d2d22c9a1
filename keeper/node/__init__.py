"""The keeper's view of a blockchain node: typed calls, validated answers, typed errors."""

from keeper.node.answers import Log, Receipt, Transaction
from keeper.node.client import BlockId, BlockTag, Node, Topics
from keeper.node.endpoint import Policy
from keeper.node.errors import (
    BadAnswer,
    BlockMissing,
    CallReverted,
    NodeError,
    NodesDisagree,
    NodeTimeout,
    NodeUnavailable,
    Rejection,
    RequestRefused,
    TransactionRejected,
    WrongChain,
)

__all__ = [
    "BadAnswer",
    "BlockId",
    "BlockMissing",
    "BlockTag",
    "CallReverted",
    "Log",
    "Node",
    "NodeError",
    "NodeTimeout",
    "NodeUnavailable",
    "NodesDisagree",
    "Policy",
    "Receipt",
    "Rejection",
    "RequestRefused",
    "Topics",
    "Transaction",
    "TransactionRejected",
    "WrongChain",
]
