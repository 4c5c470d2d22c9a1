"""Follows intents to their outcomes: unknown is not failed, only a consumed nonce decides."""

import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from keeper.chain import Address, BlockRef
from keeper.execution.intent import Intent, Outcome
from keeper.execution.outcomes import Prices, dropped, outcome_of
from keeper.execution.store import IntentStore
from keeper.node import Node, NodeError

logger = logging.getLogger(__name__)

RESEND_AFTER_BLOCKS = 3
DROP_AFTER_BLOCKS = 3
"""A node may count a nonce as consumed before it can show the receipt that consumed it."""


class Settlement(NamedTuple):
    """A recorded outcome and the instants of the whole decision."""

    outcome: Outcome
    stamps: dict[str, int]


@dataclass(slots=True)
class _Pending:
    intent: Intent
    stamps: dict[str, int]
    sent_at_block: int
    lost_at_block: int | None = None


class Tracker:
    """Holds every intent whose outcome is unknown, from its commit to its row."""

    def __init__(
        self, node: Node, store: IntentStore, prices: Prices, wrapped_native: Address
    ) -> None:
        self._node = node
        self._store = store
        self._prices = prices
        self._wrapped_native = wrapped_native
        self._pending: dict[UUID, _Pending] = {}

    @property
    def in_flight(self) -> int:
        """How many intents await their outcome."""
        return len(self._pending)

    def follow(self, intent: Intent, stamps: dict[str, int], block_number: int) -> None:
        """Follow an intent until `settle` has recorded its outcome.

        Two may share a nonce, where a commit was in doubt: one is mined, the other dropped.
        """
        self._pending[intent.id] = _Pending(intent, stamps, block_number)

    def follows(self, intent_id: UUID) -> bool:
        """Whether the intent's outcome is awaited here."""
        return intent_id in self._pending

    async def settle(self, head: BlockRef) -> AsyncIterator[Settlement]:
        """Record and yield the outcomes that are known by now; re-send what a node may have lost.

        Raises:
            NodeError: The node gave no usable answer; nothing is forgotten, call again.
            StoreUnavailableError: An outcome could not be recorded; nothing is forgotten.
            LookupError: A token has no price yet; nothing is forgotten.
        """
        for pending in sorted(self._pending.values(), key=lambda each: each.intent.nonce):
            outcome = await self._outcome(pending, head)
            if outcome is None:
                await self._resend(pending, head)
                continue
            stamps = pending.stamps | {"receipt": time.time_ns()}
            await self._store.record_outcome(outcome, stamps)
            del self._pending[pending.intent.id]
            yield Settlement(outcome, stamps)

    async def _outcome(self, pending: _Pending, head: BlockRef) -> Outcome | None:
        intent = pending.intent
        # counted first: a receipt that appears in between is then seen, not taken for a loss
        consumed = await self._node.transaction_count(intent.sender, "latest")
        receipt = await self._node.receipt(intent.tx_hash)
        if receipt is not None:
            return outcome_of(intent, receipt, self._prices, self._wrapped_native)
        if consumed <= intent.nonce:
            pending.lost_at_block = None
            return None
        if pending.lost_at_block is None:
            pending.lost_at_block = head.number
        if head.number - pending.lost_at_block < DROP_AFTER_BLOCKS:
            return None
        return dropped(intent, head.number, head.hash)

    async def _resend(self, pending: _Pending, head: BlockRef) -> None:
        """Send the same bytes again: they can be mined at most once, whoever else holds them."""
        if head.number - pending.sent_at_block < RESEND_AFTER_BLOCKS:
            return
        pending.sent_at_block = head.number
        try:
            await self._node.send_raw_transaction(pending.intent.raw_transaction)
            logger.info("re-sent nonce %d", pending.intent.nonce)
        except NodeError as error:
            logger.warning("nonce %d is still pending: %s", pending.intent.nonce, error)
