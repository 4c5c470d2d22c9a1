"""The journal as execution knows it: an `IntentStore` that speaks in opportunities."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from keeper.execution.financing import Financed, PassedOver, Source
from keeper.execution.intent import Intent, Outcome
from keeper.execution.store import Stamps, StoreUnavailableError
from keeper.journal.errors import JournalError
from keeper.journal.journal import Journal
from keeper.journal.rows import OpportunityRow
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.reasons import Reason

NONE_PASSED_OVER: Mapping[str, PassedOver] = MappingProxyType({})
_USD_PLACES = 9
_NANOSECONDS = 1e9


class JournalStore:
    """Commits to a journal; every refusal of the journal is a doubt about durability."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def commit(self, financed: Financed, intent: Intent, stamps: Stamps) -> bool:
        """See `IntentStore.commit`."""
        try:
            row = opportunity_row(intent.opportunity_id, intent.chain_instance, financed)
            return await self._journal.commit_intent(row, intent, stamps)
        except JournalError as error:
            raise StoreUnavailableError(str(error)) from error

    async def mark_broadcast(self, intent_id: UUID, stamps: Stamps) -> None:
        """See `IntentStore.mark_broadcast`."""
        try:
            await self._journal.mark_broadcast(intent_id, stamps)
        except JournalError as error:
            raise StoreUnavailableError(str(error)) from error

    async def record_outcome(self, outcome: Outcome, stamps: Stamps) -> None:
        """See `IntentStore.record_outcome`."""
        try:
            await self._journal.record_outcome(outcome, stamps)
        except JournalError as error:
            raise StoreUnavailableError(str(error)) from error


def opportunity_row(
    row_id: UUID,
    chain_instance: str,
    found: Opportunity | Financed,
    reason: Reason | None = None,
    passed_over: Mapping[str, PassedOver] = NONE_PASSED_OVER,
) -> OpportunityRow:
    """The row of an opportunity; its legs, its block and why it was not taken are metadata.

    Of one that has its capital, profit and gas are those that the source leaves.
    """
    opportunity = found.opportunity if isinstance(found, Financed) else found
    metadata = _metadata(opportunity)
    if isinstance(found, Financed):
        metadata["source"], passed_over = _source(found.source), found.passed_over
    if passed_over:
        metadata["sources_passed_over"] = {name: why.value for name, why in passed_over.items()}
    if reason:
        metadata["reason"] = reason.value
    legs = opportunity.legs
    return OpportunityRow(
        id=row_id,
        chain_instance=chain_instance,
        detected_at=datetime.fromtimestamp(opportunity.frame_ns / _NANOSECONDS, UTC),
        strategy_type=opportunity.strategy,
        venue_a=_venue(legs[0]),
        venue_b=_venue(legs[-1]),
        estimated_profit=_usd(opportunity.profit_usd),
        profit_token=opportunity.profit_token,
        profit_raw=opportunity.profit_raw,
        confidence_score=opportunity.confidence,
        metadata=metadata,
    )


def _metadata(opportunity: Opportunity) -> dict[str, Any]:
    return {
        "block_number": opportunity.block.number,
        "block_hash": "0x" + opportunity.block.hash.hex(),
        "amount_in_raw": str(opportunity.amount_in_raw),
        "gas_estimate": opportunity.gas_estimate,
        "gas_cost_usd": str(_usd(opportunity.gas_cost_usd)),
        "legs": [_leg(leg) for leg in opportunity.legs],
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "premium_raw": str(source.premium_raw),
        "gas_estimate": source.gas,
    }


def _leg(leg: Leg) -> dict[str, str]:
    return {
        "pool": "0x" + leg.pool.hex(),
        "protocol": leg.protocol.name.lower(),
        "token_in": "0x" + leg.token_in.hex(),
        "token_out": "0x" + leg.token_out.hex(),
        "amount_in_raw": str(leg.amount_in_raw),
        "amount_out_raw": str(leg.amount_out_raw),
    }


def _venue(leg: Leg) -> str:
    return f"{leg.protocol.name.lower()}:0x{leg.pool.hex()}"


def _usd(amount: float) -> Decimal:
    return round(Decimal(amount), _USD_PLACES)
