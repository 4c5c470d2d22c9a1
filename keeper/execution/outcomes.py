"""Reads from a receipt what became of an intent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from keeper.chain import Address
from keeper.execution.intent import Intent, IntentState, Outcome
from keeper.node import Log, Receipt

TRANSFER_TOPIC = bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
"""`Transfer(address,address,uint256)` of ERC-20 (EIP-20)."""

_MILLISECOND = 1_000
_USD_PLACES = 18


class Prices:
    """The market's latest value of each token; one that drops out keeps its last."""

    def __init__(self) -> None:
        self._usd_per_raw: dict[Address, float] = {}

    def update(self, usd_per_raw: Mapping[Address, float]) -> None:
        """Take the values of a newer block, in US dollars per raw unit."""
        self._usd_per_raw.update(usd_per_raw)

    def usd(self, token: Address, amount_raw: int) -> Decimal:
        """US dollars of a raw amount; raises `LookupError` for a token never priced."""
        try:
            price = self._usd_per_raw[token]
        except KeyError:
            raise LookupError(f"no block has priced token 0x{token.hex()} yet") from None
        return round(Decimal(price) * amount_raw, _USD_PLACES)


def balance_change(logs: tuple[Log, ...], token: Address, holder: Address) -> int:
    """Net raw amount of `token` that `holder` received, by the token's own transfer logs."""
    change = 0
    for log in logs:
        is_transfer = log.address == token and len(log.topics) == 3 and len(log.data) == 32
        if is_transfer and log.topics[0] == TRANSFER_TOPIC:
            amount = int.from_bytes(log.data)
            change += amount * (log.topics[2][12:] == holder)
            change -= amount * (log.topics[1][12:] == holder)
    return change


def outcome_of(
    intent: Intent, receipt: Receipt, prices: Prices, wrapped_native: Address
) -> Outcome:
    """State the outcome that the receipt proves; raises `LookupError` where a price is missing."""
    succeeded = receipt.status == 1
    profit_raw = (
        balance_change(receipt.logs, intent.profit_token, intent.executor) if succeeded else 0
    )
    gas_cost_wei = receipt.gas_used * receipt.effective_gas_price_wei
    now = datetime.now(UTC)
    return Outcome(
        intent_id=intent.id,
        opportunity_id=intent.opportunity_id,
        state=IntentState.SUCCEEDED if succeeded else IntentState.REVERTED,
        executed_at=now,
        tx_hash=intent.tx_hash,
        block_number=receipt.block_number,
        block_hash=receipt.block_hash,
        profit_token=intent.profit_token,
        actual_profit_raw=profit_raw,
        actual_profit_usd=prices.usd(intent.profit_token, profit_raw),
        gas_used=receipt.gas_used,
        gas_cost_wei=gas_cost_wei,
        gas_cost_usd=prices.usd(wrapped_native, gas_cost_wei),
        execution_time_ms=_milliseconds_since(intent.detected_at, now),
    )


def dropped(intent: Intent, block_number: int, block_hash: bytes) -> Outcome:
    """State that another transaction consumed the intent's nonce, so its own never can."""
    now = datetime.now(UTC)
    return Outcome(
        intent_id=intent.id,
        opportunity_id=intent.opportunity_id,
        state=IntentState.DROPPED,
        executed_at=now,
        tx_hash=intent.tx_hash,
        block_number=block_number,
        block_hash=block_hash,
        profit_token=intent.profit_token,
        actual_profit_raw=0,
        actual_profit_usd=Decimal(0),
        gas_used=0,
        gas_cost_wei=0,
        gas_cost_usd=Decimal(0),
        execution_time_ms=_milliseconds_since(intent.detected_at, now),
    )


def _milliseconds_since(start: datetime, end: datetime) -> int:
    # a wall clock may step back between the two readings
    return max(0, int((end - start).total_seconds() * _MILLISECOND))
