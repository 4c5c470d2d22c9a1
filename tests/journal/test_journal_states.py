"""What PostgreSQL itself refuses, to any client, in raw SQL."""

from itertools import product

import asyncpg
import journal_samples as samples
import pytest

from keeper.execution.intent import IntentState
from keeper.journal import Journal, JournalError
from keeper.journal.database import Connection

LEGAL = {
    ("committed", "broadcast"),
    *product(("committed", "broadcast"), ("succeeded", "reverted", "dropped")),
}
STATES = [state.value for state in IntentState]
WAYS = {
    "committed": [],
    "broadcast": ["broadcast"],
    **{end: ["broadcast", end] for end in ("succeeded", "reverted", "dropped")},
}


async def _intent_in(journal: Journal, db: Connection, state: str) -> object:
    row = samples.opportunity()
    intent = samples.intent(row)
    assert await journal.commit_intent(row, intent, {"frame": 1})
    for step in WAYS[state]:
        await db.execute("UPDATE intents SET state = $2 WHERE id = $1", intent.id, step)
    return intent.id


@pytest.mark.parametrize("before", STATES)
async def test_transition__legal_or_refused(journal: Journal, db: Connection, before: str) -> None:
    for after in [*STATES, "reorged", ""]:
        legal = (before, after) in LEGAL
        intent_id = await _intent_in(journal, db, before)
        change = db.execute("UPDATE intents SET state = $2 WHERE id = $1", intent_id, after)

        if legal:
            await change
        else:
            with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="does not follow"):
                await change

        events = await db.fetch(
            "SELECT to_state FROM intent_events WHERE intent_id = $1 ORDER BY seq", intent_id
        )
        entered = ["committed", *WAYS[before], *([after] if legal else [])]
        assert [row[0] for row in events] == entered


@pytest.mark.parametrize("state", STATES[1:])
async def test_insert__only_as_committed(journal: Journal, db: Connection, state: str) -> None:
    await _intent_in(journal, db, "committed")
    await db.execute("CREATE TEMP TABLE copy AS SELECT * FROM intents")
    await db.execute("UPDATE copy SET attempt = 2, state = $1, id = gen_random_uuid()", state)
    await db.execute("UPDATE copy SET nonce = 77")
    await db.execute("ALTER TABLE copy DROP COLUMN seq")
    columns = await db.fetchval(
        "SELECT string_agg(attname, ',') FROM pg_attribute"
        " WHERE attrelid = 'copy'::regclass AND attnum > 0 AND NOT attisdropped"
    )

    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="starts as committed"):
        await db.execute(f"INSERT INTO intents ({columns}) SELECT {columns} FROM copy")


REWRITES = [
    "UPDATE intents SET nonce = nonce + 1",
    "UPDATE intents SET raw_transaction = 'x', state = 'broadcast'",
    "UPDATE intents SET predicted_profit_raw = predicted_profit_raw + 1",
    "DELETE FROM intents",
    "TRUNCATE intents CASCADE",
    "UPDATE execution_results SET actual_profit = 1000000",
    "DELETE FROM execution_results",
    "TRUNCATE execution_results CASCADE",
    "UPDATE outcome_amounts SET actual_profit_raw = 1",
    "DELETE FROM outcome_amounts",
    "UPDATE intent_events SET to_state = 'dropped'",
    "DELETE FROM intent_events",
    "UPDATE intent_stamps SET at_ns = 0",
    "DELETE FROM arbitrage_opportunities",
]


async def test_history__is_not_rewritten(journal: Journal, db: Connection) -> None:
    row = samples.opportunity()
    ended = samples.intent(row)
    await journal.commit_intent(row, ended, {"frame": 1})
    await journal.record_outcome(samples.outcome(ended))
    await _intent_in(journal, db, "committed")

    for statement in REWRITES:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await db.execute(statement)


async def test_same_transaction_for_two_opportunities__is_refused(journal: Journal) -> None:
    first, second = samples.opportunity(), samples.opportunity()
    intent = samples.intent(first)
    await journal.commit_intent(first, intent, {})

    with pytest.raises(JournalError, match="one_intent_per_transaction"):
        await journal.commit_intent(second, samples.intent(second, tx_hash=intent.tx_hash), {})

    assert [i.id for i in await journal.unresolved(samples.CHAIN, samples.SENDER)] == [intent.id]


async def test_known_opportunity_on_another_chain_instance__is_refused(journal: Journal) -> None:
    row = samples.opportunity()
    journal.offer_opportunity(row)
    await journal.flush()
    elsewhere = samples.opportunity(id=row.id, chain_instance="137:00:run2")

    with pytest.raises(JournalError, match="intent_on_its_opportunitys_chain"):
        await journal.commit_intent(elsewhere, samples.intent(elsewhere), {})


MALFORMED = [
    {"sender": b"\1" * 19},
    {"tx_hash": b"\1" * 31},
    {"raw_transaction": b""},
    {"nonce": -1},
    {"nonce": 2**63},
    {"predicted_profit_raw": 10**78},
    {"state": IntentState.BROADCAST},
    {"chain_instance": "137:00:other"},
    {"id": "not a uuid"},
]


async def test_malformed_intent__is_refused_in_one_line(journal: Journal, db: Connection) -> None:
    row = samples.opportunity()

    for wrong in MALFORMED:
        with pytest.raises(JournalError) as caught:
            await journal.commit_intent(row, samples.intent(row, **wrong), {})
        assert "\n" not in str(caught.value)

    assert await db.fetchval("SELECT count(*) FROM arbitrage_opportunities") == 0
