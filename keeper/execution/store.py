"""What execution asks of a journal: durable intents and outcomes."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from keeper.execution.financing import Financed
from keeper.execution.intent import Intent, Outcome

Stamps = Mapping[str, int]
"""Instants of one decision in `time.time_ns`, by the name of the step that ended then."""


class StoreUnavailableError(Exception):
    """The store cannot promise durability now; nothing may be broadcast on its behalf."""


class IntentStore(Protocol):
    """The single source of truth for what was signed and what became of it."""

    async def commit(self, financed: Financed, intent: Intent, stamps: Stamps) -> bool:
        """Make the intent durable before returning; False if its opportunity already has one.

        Raises:
            StoreUnavailableError: Durability is in doubt.
        """

    async def mark_broadcast(self, intent_id: UUID, stamps: Stamps) -> None:
        """Note that a node accepted the intent's bytes."""

    async def record_outcome(self, outcome: Outcome, stamps: Stamps) -> None:
        """Record the outcome once, however often it is called."""
