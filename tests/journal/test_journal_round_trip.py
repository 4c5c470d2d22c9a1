"""What goes in comes out: exact amounts, hostile text, outcomes once."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import journal_samples as samples
import pytest

from keeper.chain import Address
from keeper.execution.intent import IntentState
from keeper.journal import ExecutionRow, Journal, JournalError, OpportunityRow, result_id
from keeper.journal.database import Connection

UINT256_MAX = 2**256 - 1
HOSTILE = [
    "'; DROP TABLE intents; --",
    '" OR 1=1 --',
    "$1 $$; SELECT pg_sleep(60) $$",
    "\\'; DELETE FROM execution_results; --",
    "%s %(x)s {0} \\u0000 \\x00",
    "<script>alert(1)</script>",
    "\u202e\u2066 \U0001f4b8 " + "x" * 10_000,
]


@pytest.mark.parametrize("raw", [0, 1, -1, 10**77 + 1, UINT256_MAX, -UINT256_MAX, -(2**255)])
async def test_amounts__to_the_last_wei(journal: Journal, raw: int) -> None:
    row = samples.opportunity(profit_raw=raw, estimated_profit=Decimal(raw).scaleb(-18))
    intent = samples.intent(row)
    outcome = samples.outcome(intent, actual_profit_raw=raw, gas_cost_wei=abs(raw))

    await journal.commit_intent(row, intent, {"frame": 1, "applied": 2})
    await journal.record_outcome(outcome, {"receipt": 2**63 - 1})

    (read,) = await journal.execution_rows(samples.CHAIN)
    assert read == ExecutionRow(
        intent=samples.replace(intent, state=IntentState.SUCCEEDED),
        estimated_profit_usd=row.estimated_profit,
        metadata=row.metadata,
        outcome=outcome,
        stamps_ns={"frame": 1, "applied": 2, "receipt": 2**63 - 1},
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text__is_only_text(journal: Journal, db: Connection, text: str) -> None:
    row = samples.opportunity(
        strategy_type=text, venue_a=text, venue_b=text, chain_instance=text, metadata={text: text}
    )
    await journal.commit_intent(row, samples.intent(row), {text: 5})
    journal.add_rejections(text, Counter({text: 3}))
    await journal.flush()

    read = await db.fetchrow(
        "SELECT strategy_type, venue_a, venue_b, metadata->>$1 FROM arbitrage_opportunities", text
    )
    assert tuple(read or ()) == (text,) * 4
    assert (await journal.execution_rows(text))[0].stamps_ns == {text: 5}
    assert await journal.rejections(text) == Counter({text: 3})
    assert await journal.unresolved("' OR ''='", samples.SENDER) == []


NESTED: list[object] = []
NESTED.append(NESTED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadata": {"x": float("nan")}},
        {"metadata": {"x": float("inf")}},
        {"metadata": {"x": b"bytes"}},
        {"metadata": {"x": "nul \0"}},
        {"metadata": {"x": "\\\0"}},
        {"metadata": {"x": "\ud800"}},
        {"metadata": {"x": NESTED}},
        {"metadata": {"x": "y" * 70_000}},
        {"metadata": [1]},
        {"venue_a": "nul \0"},
        {"venue_b": "\udfff"},
        {"estimated_profit": Decimal("NaN")},
        {"estimated_profit": Decimal("Infinity")},
        {"estimated_profit": Decimal("1e1000")},
        {"confidence_score": float("nan")},
        {"confidence_score": 1.01},
        {"confidence_score": -0.01},
        {"profit_raw": 2**256},
        {"profit_token": Address(b"short")},
        {"detected_at": datetime(2026, 1, 1)},
    ],
    ids=str,
)
def test_opportunity_row__that_cannot_be_kept__is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(JournalError) as caught:
        samples.opportunity(**wrong)

    assert "\n" not in str(caught.value)


async def test_metadata__literal_escape_is_not_a_nul(journal: Journal, db: Connection) -> None:
    row = samples.opportunity(metadata={"x": "\\u0000", "y": "\\\\u0000"})
    journal.offer_opportunity(row)
    await journal.flush()

    assert await db.fetchval("SELECT metadata->>'x' FROM arbitrage_opportunities") == "\\u0000"


async def test_rerun__finds_its_opportunity_taken(journal: Journal, db: Connection) -> None:
    row = samples.opportunity()
    first = samples.intent(row)
    assert await journal.commit_intent(row, first, {"frame": 1})
    assert not await journal.commit_intent(row, first, {"frame": 1})
    assert not await journal.commit_intent(row, samples.intent(row, nonce=9), {})

    assert await journal.unresolved(samples.CHAIN, samples.SENDER) == [first]
    assert await db.fetchval("SELECT count(*) FROM arbitrage_opportunities") == 1


async def test_outcome__once_and_for_all(journal: Journal, db: Connection) -> None:
    row = samples.opportunity()
    intent = samples.intent(row)
    await journal.commit_intent(row, intent, {})
    outcome = samples.outcome(intent, IntentState.REVERTED)

    assert await journal.record_outcome(outcome)
    again = samples.replace(outcome, execution_time_ms=99_999)
    assert not await journal.record_outcome(again)
    await journal.mark_broadcast(intent.id)
    with pytest.raises(JournalError, match="already ended differently"):
        await journal.record_outcome(samples.outcome(intent))

    result = await db.fetchrow("SELECT * FROM execution_results")
    assert result is not None
    assert result["id"] == result_id(intent.id)
    assert (result["tx_hash"], result["success"]) == ("0x" + intent.tx_hash.hex(), False)
    assert result["execution_time_ms"] == outcome.execution_time_ms
    assert await journal.unresolved(samples.CHAIN, samples.SENDER) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"intent_id": uuid4()}, "no intent"),
        ({"opportunity_id": uuid4()}, "another opportunity"),
        ({"tx_hash": b"\1" * 32}, "another transaction"),
        ({"state": IntentState.BROADCAST}, "not an outcome"),
        ({"gas_used": 2**63}, "record an outcome"),
        ({"execution_time_ms": 2**31}, "record an outcome"),
        ({"block_hash": b""}, "block_hash_is_32_bytes"),
    ],
)
async def test_wrong_outcome__changes_nothing(
    journal: Journal, db: Connection, wrong: dict[str, object], message: str
) -> None:
    row = samples.opportunity()
    intent = samples.intent(row)
    await journal.commit_intent(row, intent, {})

    with pytest.raises(JournalError, match=message):
        await journal.record_outcome(samples.outcome(intent, **wrong))

    assert await db.fetchval("SELECT count(*) FROM execution_results") == 0
    assert await journal.unresolved(samples.CHAIN, samples.SENDER) == [intent]


async def test_unresolved__by_nonce_and_only_the_senders_own(journal: Journal) -> None:
    rows: list[OpportunityRow] = [samples.opportunity() for _ in range(4)]
    intents = [
        samples.intent(row, nonce=nonce) for row, nonce in zip(rows, (7, 3, 5, 4), strict=True)
    ]
    intents[3] = samples.replace(intents[3], sender=Address(b"\2" * 20))
    for row, intent in zip(rows, intents, strict=True):
        await journal.commit_intent(row, intent, {})
    await journal.mark_broadcast(intents[0].id)

    open_intents = await journal.unresolved(samples.CHAIN, samples.SENDER)

    assert [(i.nonce, i.state) for i in open_intents] == [
        (3, IntentState.COMMITTED),
        (5, IntentState.COMMITTED),
        (7, IntentState.BROADCAST),
    ]


async def test_mark_broadcast__of_an_unknown_intent__is_an_error(journal: Journal) -> None:
    with pytest.raises(JournalError, match="commit it first"):
        await journal.mark_broadcast(uuid4())
