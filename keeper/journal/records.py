"""Between frozen types and rows: the values a statement binds, and the types a record yields."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from keeper.chain import Address
from keeper.execution.intent import Intent, IntentState, Outcome
from keeper.journal.rows import ExecutionRow, OpportunityRow, result_id


def opportunity_values(row: OpportunityRow) -> tuple[Any, ...]:
    """Values of `INSERT_OPPORTUNITY`."""
    return (
        row.id,
        row.detected_at,
        row.strategy_type,
        row.venue_a,
        row.venue_b,
        row.estimated_profit,
        row.confidence_score,
        row.metadata_json(),
    )


def amounts_values(row: OpportunityRow) -> tuple[Any, ...]:
    """Values of `INSERT_OPPORTUNITY_AMOUNTS`."""
    return (row.id, row.chain_instance, row.profit_token, Decimal(row.profit_raw))


def intent_values(intent: Intent, writer: UUID) -> tuple[Any, ...]:
    """Values of `INSERT_INTENT`."""
    return (
        intent.id,
        intent.opportunity_id,
        intent.chain_instance,
        intent.sender,
        intent.executor,
        intent.nonce,
        intent.tx_hash,
        intent.raw_transaction,
        intent.detected_at,
        intent.block_number,
        intent.block_hash,
        intent.deadline_block,
        intent.profit_token,
        Decimal(intent.predicted_profit_raw),
        writer,
    )


def result_values(outcome: Outcome) -> tuple[Any, ...]:
    """Values of `INSERT_RESULT`."""
    return (
        result_id(outcome.intent_id),
        outcome.opportunity_id,
        outcome.executed_at,
        "0x" + outcome.tx_hash.hex(),
        outcome.actual_profit_usd,
        outcome.gas_used,
        outcome.gas_cost_usd,
        outcome.execution_time_ms,
        outcome.state is IntentState.SUCCEEDED,
    )


def outcome_amounts_values(outcome: Outcome) -> tuple[Any, ...]:
    """Values of `INSERT_OUTCOME_AMOUNTS`."""
    return (
        result_id(outcome.intent_id),
        outcome.intent_id,
        outcome.block_number,
        outcome.block_hash,
        outcome.profit_token,
        Decimal(outcome.actual_profit_raw),
        Decimal(outcome.gas_cost_wei),
    )


def intent_of(record: asyncpg.Record) -> Intent:
    """The intent of a row of `intents`."""
    return Intent(
        id=record["id"],
        opportunity_id=record["opportunity_id"],
        chain_instance=record["chain_instance"],
        sender=Address(record["sender"]),
        executor=Address(record["executor"]),
        nonce=record["nonce"],
        tx_hash=record["tx_hash"],
        raw_transaction=record["raw_transaction"],
        detected_at=record["detected_at"],
        block_number=record["block_number"],
        block_hash=record["block_hash"],
        deadline_block=record["deadline_block"],
        profit_token=Address(record["profit_token"]),
        predicted_profit_raw=int(record["predicted_profit_raw"]),
        state=IntentState(record["state"]),
    )


def execution_of(record: asyncpg.Record) -> ExecutionRow:
    """The joined row of `EXECUTIONS`."""
    return ExecutionRow(
        intent=intent_of(record),
        estimated_profit_usd=record["estimated_profit"],
        metadata=json.loads(record["metadata"]),
        outcome=None if record["result_id"] is None else _outcome_of(record),
        stamps_ns=dict(zip(record["stages"] or (), record["instants"] or (), strict=True)),
    )


def _outcome_of(record: asyncpg.Record) -> Outcome:
    return Outcome(
        intent_id=record["id"],
        opportunity_id=record["opportunity_id"],
        state=IntentState(record["state"]),
        executed_at=record["executed_at"],
        tx_hash=bytes.fromhex(record["result_tx_hash"].removeprefix("0x")),
        block_number=record["result_block_number"],
        block_hash=record["result_block_hash"],
        profit_token=Address(record["result_profit_token"]),
        actual_profit_raw=int(record["actual_profit_raw"]),
        actual_profit_usd=record["actual_profit"],
        gas_used=record["gas_used"],
        gas_cost_wei=int(record["gas_cost_wei"]),
        gas_cost_usd=record["gas_cost_usd"],
        execution_time_ms=record["execution_time_ms"],
    )
