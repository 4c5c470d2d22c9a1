"""The background writer: bounded, counted, and exact about what it says it wrote."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import journal_samples as samples
import pytest
import pytest_asyncio

from keeper.journal import Journal
from keeper.journal import journal as journal_module
from keeper.journal.database import Connection

CAPACITY = 50


@pytest_asyncio.fixture
async def small(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journal]:
    monkeypatch.setattr(journal_module, "QUEUE_ROWS", CAPACITY)
    opened = await Journal.open(dsn=database, data_dir=samples.RUNS)
    yield opened
    await opened.close()


async def test_overflow__oldest_make_room_and_are_counted(small: Journal, db: Connection) -> None:
    rows = [samples.opportunity() for _ in range(CAPACITY + 13)]
    for row in rows:
        small.offer_opportunity(row)

    await small.flush()

    assert small.dropped == 13
    written = {record[0] for record in await db.fetch("SELECT id FROM arbitrage_opportunities")}
    assert written == {row.id for row in rows[13:]}


async def test_offers__written_in_the_background_without_a_flush(journal: Journal) -> None:
    for _ in range(600):
        journal.offer_opportunity(samples.opportunity())

    for _ in range(100):
        if await journal.opportunity_count(samples.CHAIN) == 600:
            break
        await asyncio.sleep(0.05)
    assert await journal.opportunity_count(samples.CHAIN) == 600
    assert journal.dropped == 0


async def test_same_opportunity_offered_and_committed__is_one_row(journal: Journal) -> None:
    row = samples.opportunity()
    journal.offer_opportunity(row)
    journal.offer_opportunity(row)
    assert await journal.commit_intent(row, samples.intent(row), {})
    journal.offer_opportunity(row)
    await journal.flush()

    assert await journal.opportunity_count(samples.CHAIN) == 1


async def test_row_the_database_refuses__costs_no_other_row(
    journal: Journal, db: Connection
) -> None:
    await db.execute("ALTER TABLE arbitrage_opportunities ADD CHECK (venue_a <> 'cursed')")
    for venue in ("fine", "cursed", "fine too"):
        journal.offer_opportunity(samples.opportunity(venue_a=venue))
    await journal.flush()

    assert await journal.opportunity_count(samples.CHAIN) == 2
    assert journal.dropped == 1


async def test_rejections__add_up_over_runs_and_stay_apart_by_chain(
    journal: Journal, database: str
) -> None:
    journal.add_rejections(samples.CHAIN, Counter(below_threshold=5, stale=1))
    await journal.flush()
    journal.add_rejections(samples.CHAIN, Counter(below_threshold=2))
    journal.add_rejections("137:00:other", Counter(stale=100))
    other = await Journal.open(dsn=database, data_dir=samples.RUNS)
    other.add_rejections(samples.CHAIN, Counter(below_threshold=10))
    await other.close()
    await journal.flush()
    await journal.flush()

    assert await journal.rejections(samples.CHAIN) == Counter(below_threshold=17, stale=1)


async def test_close__writes_what_waits(database: str, db: Connection) -> None:
    journal = await Journal.open(dsn=database, data_dir=samples.RUNS)
    for _ in range(1000):
        journal.offer_opportunity(samples.opportunity())
    await journal.close()

    assert await db.fetchval("SELECT count(*) FROM opportunity_amounts") == 1000
