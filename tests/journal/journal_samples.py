"""Rows that are right in every respect; a test changes what it is about."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from keeper.chain import Address
from keeper.execution.intent import Intent, IntentState, Outcome
from keeper.journal import OpportunityRow

RUNS = Path(__file__).parents[2] / ".run"
CHAIN = "137:" + "ab" * 32 + ":live"
SENDER = Address(b"\x51" * 20)
TOKEN = Address(b"\x70" * 20)


def opportunity(**changes: object) -> OpportunityRow:
    row = OpportunityRow(
        id=uuid4(),
        chain_instance=CHAIN,
        detected_at=datetime.now(UTC),
        strategy_type="simple",
        venue_a="quickswap-v2",
        venue_b="uniswap-v3",
        estimated_profit=Decimal("1.25"),
        profit_token=TOKEN,
        profit_raw=1_250_000,
        confidence_score=0.75,
        metadata={"route": ["a", "b"], "size": 10**30},
    )
    return replace(row, **changes)


def intent(row: OpportunityRow, nonce: int = 0, **changes: object) -> Intent:
    made = Intent(
        id=uuid4(),
        opportunity_id=row.id,
        chain_instance=row.chain_instance,
        sender=SENDER,
        executor=Address(b"\xee" * 20),
        nonce=nonce,
        tx_hash=os.urandom(32),
        raw_transaction=os.urandom(120),
        detected_at=row.detected_at,
        block_number=70_000_000,
        block_hash=b"\xbb" * 32,
        deadline_block=70_000_002,
        profit_token=row.profit_token,
        predicted_profit_raw=row.profit_raw,
    )
    return replace(made, **changes)


def outcome(of: Intent, state: IntentState = IntentState.SUCCEEDED, **changes: object) -> Outcome:
    earned = state is IntentState.SUCCEEDED
    made = Outcome(
        intent_id=of.id,
        opportunity_id=of.opportunity_id,
        state=state,
        executed_at=datetime.now(UTC),
        tx_hash=of.tx_hash,
        block_number=of.block_number + 1,
        block_hash=b"\xcc" * 32,
        profit_token=of.profit_token,
        actual_profit_raw=of.predicted_profit_raw if earned else 0,
        actual_profit_usd=Decimal("1.249999999999999999") if earned else Decimal(0),
        gas_used=231_004,
        gas_cost_wei=231_004 * 31_000_000_007,
        gas_cost_usd=Decimal("0.0016"),
        execution_time_ms=2_345,
    )
    return replace(made, **changes)
