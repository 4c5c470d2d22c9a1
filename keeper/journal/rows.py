"""The journal's own row types; every value is checked where it is made, not where it is written."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from keeper.chain import Address
from keeper.execution.intent import Intent, Outcome
from keeper.journal.errors import JournalError

METADATA_MAX_BYTES = 65_536
RAW_LIMIT = 1 << 256
_USD_MAX_EXPONENT = 60
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class OpportunityRow:
    """One row of `arbitrage_opportunities` and its exact amounts.

    `id` derives from chain instance, block hash and program, so that a rerun is recognised (see
    `keeper.execution.identity`).
    `detected_at` is when the last frame of the block arrived; `estimated_profit` is in USD before
    gas, `profit_raw` in raw units of `profit_token` before gas. `metadata` is a JSON object.
    Raises `JournalError` for what PostgreSQL could not keep exactly.
    """

    id: UUID
    chain_instance: str
    detected_at: datetime
    strategy_type: str
    venue_a: str
    venue_b: str
    estimated_profit: Decimal
    profit_token: Address
    profit_raw: int
    confidence_score: float
    metadata: Mapping[str, Any]

    def __post_init__(self) -> None:
        for name in ("chain_instance", "strategy_type", "venue_a", "venue_b"):
            _require(_is_text(getattr(self, name)), name, "must be Unicode text without NUL")
        _require(self.detected_at.tzinfo is not None, "detected_at", "needs a time zone (UTC)")
        _require(_is_usd(self.estimated_profit), "estimated_profit", "must be a finite Decimal")
        _require(len(self.profit_token) == 20, "profit_token", "must be 20 bytes")
        _require(abs(self.profit_raw) < RAW_LIMIT, "profit_raw", "must fit 256 bits")
        score = self.confidence_score
        _require(math.isfinite(score) and 0 <= score <= 1, "confidence_score", "must be in [0, 1]")
        self.metadata_json()

    def metadata_json(self) -> str:
        """`metadata` as JSON text that JSONB accepts."""
        try:
            text = json.dumps(self.metadata, allow_nan=False, ensure_ascii=False)
            size = len(text.encode())
        except (ValueError, TypeError, RecursionError) as error:
            raise JournalError(f"opportunity metadata is not JSON ({error}): correct it") from None
        _require(isinstance(self.metadata, Mapping), "metadata", "must be a JSON object")
        _require(not _ESCAPED_NUL.search(text), "metadata", "must not contain NUL")
        _require(
            size <= METADATA_MAX_BYTES, "metadata", f"must not pass {METADATA_MAX_BYTES} bytes"
        )
        return text


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """An intent with what became of it (`outcome` is None while open) and its latency stamps.

    `stamps_ns` maps a stage to the instant it was reached, in Unix nanoseconds.
    `estimated_profit_usd` is the prediction the opportunity row carries, before gas, and
    `metadata` what else it says.
    """

    intent: Intent
    estimated_profit_usd: Decimal
    metadata: Mapping[str, Any]
    outcome: Outcome | None
    stamps_ns: Mapping[str, int]


def result_id(intent_id: UUID) -> UUID:
    """Id of the `execution_results` row of an intent: a repeated outcome meets its own row."""
    return uuid5(intent_id, "execution_result")


def _require(ok: bool, name: str, rule: str) -> None:
    if not ok:
        raise JournalError(f"opportunity {name} {rule}")


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_usd(value: Decimal) -> bool:
    return value.is_finite() and abs(value.adjusted()) <= _USD_MAX_EXPONENT
