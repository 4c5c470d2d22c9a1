"""One owner of a sender's nonces, and nothing committed by one who lost them."""

import asyncio
from collections.abc import AsyncIterator

import journal_samples as samples
import pytest
import pytest_asyncio

from keeper.chain import Address
from keeper.journal import Journal, JournalUnavailable, NonceOwnerElsewhere
from keeper.journal.database import Connection

OWN = (samples.CHAIN, samples.SENDER)
END_LOCK_SESSIONS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND database = (
        SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest_asyncio.fixture
async def second(database: str) -> AsyncIterator[Journal]:
    opened = await Journal.open(dsn=database, data_dir=samples.RUNS)
    yield opened
    await opened.close()


async def _commit(journal: Journal, nonce: int) -> bool:
    row = samples.opportunity()
    return await journal.commit_intent(row, samples.intent(row, nonce=nonce), {})


async def test_second_keeper__is_refused_by_name_until_the_first_is_gone(
    database: str, second: Journal
) -> None:
    first = await Journal.open(dsn=database, data_dir=samples.RUNS)
    await first.acquire_nonce_lock(*OWN)
    await first.acquire_nonce_lock(*OWN)

    with pytest.raises(NonceOwnerElsewhere, match=r"alphapulse .*stop it") as caught:
        await second.acquire_nonce_lock(*OWN)
    assert "0x" + samples.SENDER.hex() in str(caught.value)

    await first.close()
    await second.acquire_nonce_lock(*OWN)
    assert second.lock_alive()
    assert await _commit(second, 0)


async def test_locks__are_per_sender_and_chain_instance(journal: Journal, second: Journal) -> None:
    await journal.acquire_nonce_lock(*OWN)

    await second.acquire_nonce_lock(samples.CHAIN, Address(b"\1" * 20))
    await second.acquire_nonce_lock("137:00:other", samples.SENDER)


async def test_refused_keeper__cannot_commit_either(journal: Journal, second: Journal) -> None:
    await journal.acquire_nonce_lock(*OWN)
    with pytest.raises(NonceOwnerElsewhere):
        await second.acquire_nonce_lock(*OWN)

    with pytest.raises(NonceOwnerElsewhere):
        await _commit(second, 0)

    assert not second.lock_alive()
    assert await second.unresolved(*OWN) == []


async def test_lost_lock__is_seen_and_taken_again(journal: Journal, db: Connection) -> None:
    await journal.acquire_nonce_lock(*OWN)
    assert await _commit(journal, 0)
    await db.fetch(END_LOCK_SESSIONS)
    await journal.unresolved(*OWN)

    assert not journal.lock_alive()
    assert await _commit(journal, 1)
    assert journal.lock_alive()


async def test_lost_lock__with_another_keepers_intents_meanwhile__no_commit(
    journal: Journal, second: Journal, db: Connection
) -> None:
    await journal.acquire_nonce_lock(*OWN)
    assert await _commit(journal, 0)
    await db.fetch(END_LOCK_SESSIONS)
    await second.acquire_nonce_lock(*OWN)
    assert await _commit(second, 1)

    with pytest.raises(NonceOwnerElsewhere, match="another keeper"):
        await _commit(journal, 1)
    await second.close()
    with pytest.raises(NonceOwnerElsewhere, match="take the lock again"):
        await _commit(journal, 1)

    assert [intent.nonce for intent in await journal.unresolved(*OWN)] == [0, 1]
    await journal.acquire_nonce_lock(*OWN)
    assert await _commit(journal, 2)


async def test_lock_cut_in_a_commit__never_says_committed(journal: Journal, db: Connection) -> None:
    await journal.acquire_nonce_lock(*OWN)
    await db.execute(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$"
    )
    await db.execute(
        "CREATE TRIGGER cut BEFORE INSERT ON intents FOR EACH ROW EXECUTE FUNCTION cut()"
    )

    with pytest.raises(JournalUnavailable):
        await _commit(journal, 0)

    await db.execute("DROP TRIGGER cut ON intents")
    assert await journal.unresolved(*OWN) == []
    assert await _commit(journal, 0)


async def test_commits_from_many_tasks__are_serialised_on_the_lock(journal: Journal) -> None:
    await journal.acquire_nonce_lock(*OWN)

    assert all(await asyncio.gather(*(_commit(journal, nonce) for nonce in range(20))))
    assert len(await journal.unresolved(*OWN)) == 20
