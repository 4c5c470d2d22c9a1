"""Intents and outcomes: what execution promises before a broadcast and knows after it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from keeper.chain import Address


class IntentState(StrEnum):
    """Life of an intent; unknown is not failed, so only a consumed nonce ends it."""

    COMMITTED = "committed"
    BROADCAST = "broadcast"
    SUCCEEDED = "succeeded"
    REVERTED = "reverted"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Intent:
    """A signed transaction, durable in the journal before any node sees its bytes.

    `predicted_profit_raw` is in raw units of `profit_token`, before gas.
    `detected_at` is when the block's last frame arrived.
    """

    id: UUID
    opportunity_id: UUID
    chain_instance: str
    sender: Address
    executor: Address
    nonce: int
    tx_hash: bytes
    raw_transaction: bytes
    detected_at: datetime
    block_number: int
    block_hash: bytes
    deadline_block: int
    profit_token: Address
    predicted_profit_raw: int
    state: IntentState = IntentState.COMMITTED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an intent, read from the receipt that consumed its nonce.

    `actual_profit_raw` is the executor's balance change of `profit_token` (raw units, 0 on revert);
    `actual_profit_usd` values it; `gas_cost_wei` is gas used times the effective gas price.
    `execution_time_ms` runs from `Intent.detected_at` to the moment the receipt was seen.
    """

    intent_id: UUID
    opportunity_id: UUID
    state: IntentState
    executed_at: datetime
    tx_hash: bytes
    block_number: int
    block_hash: bytes
    profit_token: Address
    actual_profit_raw: int
    actual_profit_usd: Decimal
    gas_used: int
    gas_cost_wei: int
    gas_cost_usd: Decimal
    execution_time_ms: int
