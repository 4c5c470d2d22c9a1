"""The journal: intents durable before any broadcast, outcomes once, the rest when there is time."""

import os
import socket
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import asyncpg

from keeper.chain import Address
from keeper.execution.intent import Intent, IntentState, Outcome
from keeper.journal import sql
from keeper.journal.database import Connection, Pool, Server
from keeper.journal.embedded import START_TIMEOUT_S, EmbeddedServer
from keeper.journal.errors import JournalError, server_label
from keeper.journal.nonce_lock import NonceLock
from keeper.journal.records import (
    amounts_values,
    execution_of,
    intent_of,
    intent_values,
    opportunity_values,
    outcome_amounts_values,
    result_values,
)
from keeper.journal.rows import ExecutionRow, OpportunityRow
from keeper.journal.schema import migrate
from keeper.journal.writer import Writer

TIMEOUT_S = 2.0
REVIVE_TIMEOUT_S = 1.0
QUEUE_ROWS = 4096
_PAGE_ROWS = 500
_OPEN = (IntentState.COMMITTED, IntentState.BROADCAST)
_NO_STAMPS: Mapping[str, int] = {}


class Journal:
    """One keeper run's access to the database.

    Every method raises `JournalError` or, when the database does not answer within the timeout,
    its subclass `JournalUnavailable`.
    """

    def __init__(self, server: Server, pool: Pool, embedded: EmbeddedServer | None) -> None:
        self._server = server
        self._pool = pool
        self._embedded = embedded
        self._run = uuid4()
        self._writer = Writer(pool, self._run, QUEUE_ROWS)
        self._locks: dict[tuple[str, Address], NonceLock] = {}

    @classmethod
    async def open(cls, *, dsn: str | None, data_dir: Path, timeout_s: float = TIMEOUT_S) -> Self:
        """Connect to `dsn`, or to the embedded server under `data_dir`, and migrate the schema."""
        embedded = EmbeddedServer(data_dir) if dsn is None else None
        label = embedded.label if embedded else server_label(dsn or "")
        if embedded:
            await embedded.start(START_TIMEOUT_S)
        server = Server(dsn or (embedded.dsn if embedded else ""), label, timeout_s, _application())
        try:
            await migrate(server.dsn, label)
            return cls(server, await Pool.open(server), embedded)
        except BaseException:
            if embedded:
                await embedded.stop()
            raise

    async def close(self) -> None:
        """Write what waits, give up the nonce locks, and stop an embedded server none else uses."""
        await self._writer.close()
        for lock in self._locks.values():
            await lock.release()
        await self._pool.close()
        if self._embedded:
            await self._embedded.stop()

    async def revive(self) -> None:
        """Start the embedded server again where it is gone; a server by DSN is not ours to start.

        Connections come back by themselves. Raises `JournalUnavailable`.
        """
        if self._embedded:
            # soon tried again, and a thread that waits would hold up the end of the process
            await self._embedded.start(REVIVE_TIMEOUT_S)

    @property
    def dropped(self) -> int:
        """Opportunity rows that found no room in the queue, or that the database refused."""
        return self._writer.dropped

    def offer_opportunity(self, row: OpportunityRow) -> None:
        """Queue a row for the background writer; never waits, the oldest row makes room."""
        self._writer.offer(row)

    def add_rejections(self, chain_instance: str, reasons: Counter[str]) -> None:
        """Add to the counts by reason; never waits."""
        self._writer.count(chain_instance, reasons)

    async def flush(self) -> None:
        """Wait until what was offered and added so far is written."""
        await self._writer.flush()

    async def acquire_nonce_lock(self, chain_instance: str, sender: Address) -> None:
        """Become the only keeper that commits intents for `sender`; `NonceOwnerElsewhere` if not.

        From then on these intents are committed on the lock's own connection.
        """
        key = (chain_instance, sender)
        lock = self._locks.setdefault(
            key, NonceLock(self._server, chain_instance, sender, self._run)
        )
        await lock.acquire()

    def lock_alive(self) -> bool:
        """Whether every nonce lock taken is still held, as far as this side can see.

        `commit_intent` takes a lost lock again by itself, unless another keeper has used nonces.
        """
        return all(lock.alive for lock in self._locks.values())

    async def commit_intent(
        self, opportunity: OpportunityRow, intent: Intent, stamps: Mapping[str, int]
    ) -> bool:
        """Make an intent durable, with its opportunity and latency stamps (stage -> Unix ns).

        True: committed, it may be broadcast. False: this opportunity already has an intent, see
        `unresolved`. On an error do not broadcast; whether it was committed is then unknown, and
        `unresolved` tells once the database answers.
        """
        _check_pair(opportunity, intent)
        async with self._intent_transaction(intent) as connection:
            await connection.execute(sql.INSERT_OPPORTUNITY, *opportunity_values(opportunity))
            await connection.execute(sql.INSERT_OPPORTUNITY_AMOUNTS, *amounts_values(opportunity))
            values = intent_values(intent, self._run)
            if await connection.fetchval(sql.INSERT_INTENT, *values) is None:
                return False
            await _add_stamps(connection, intent.id, stamps)
        return True

    async def mark_broadcast(self, intent_id: UUID, stamps: Mapping[str, int] = _NO_STAMPS) -> None:
        """Note that a node was given the bytes; once more, or after the outcome, does nothing."""
        async with self._pool.transaction("mark an intent broadcast") as connection:
            if await connection.fetchval(sql.MARK_BROADCAST, intent_id) is None:
                await _locked_intent(connection, intent_id)
            await _add_stamps(connection, intent_id, stamps)

    async def record_outcome(
        self, outcome: Outcome, stamps: Mapping[str, int] = _NO_STAMPS
    ) -> bool:
        """End an intent: its state, its `execution_results` row and exact amounts, or nothing.

        False when the same outcome is already there; one that contradicts it is a `JournalError`.
        """
        async with self._pool.transaction("record an outcome") as connection:
            intent = await _locked_intent(connection, outcome.intent_id)
            _check_outcome(outcome, intent)
            if IntentState(intent["state"]) not in _OPEN:
                known = await connection.fetchrow(sql.EXECUTION_OF_INTENT, outcome.intent_id)
                _check_same(outcome, execution_of(known).outcome if known else None)
                return False
            await connection.execute(sql.END_INTENT, outcome.intent_id, outcome.state.value)
            await connection.execute(sql.INSERT_RESULT, *result_values(outcome))
            await connection.execute(sql.INSERT_OUTCOME_AMOUNTS, *outcome_amounts_values(outcome))
            await _add_stamps(connection, outcome.intent_id, stamps)
        return True

    async def unresolved(self, chain_instance: str, sender: Address) -> list[Intent]:
        """Intents whose nonce is not known to be consumed, by nonce."""
        async with self._pool.transaction("read unresolved intents") as connection:
            records = await connection.fetch(sql.UNRESOLVED, chain_instance, sender)
        return [intent_of(record) for record in records]

    async def execution_rows(self, chain_instance: str) -> list[ExecutionRow]:
        """All intents of a chain instance with their outcomes, in order of commit."""
        rows: list[ExecutionRow] = []
        last_seq = 0
        while True:
            async with self._pool.transaction("read executions") as connection:
                page = await connection.fetch(
                    sql.EXECUTIONS_OF_CHAIN, chain_instance, last_seq, _PAGE_ROWS
                )
            rows.extend(execution_of(record) for record in page)
            if len(page) < _PAGE_ROWS:
                return rows
            last_seq = page[-1]["seq"]

    async def rejections(self, chain_instance: str) -> Counter[str]:
        """Written counts by reason, over all keeper runs on a chain instance."""
        async with self._pool.transaction("read rejection counts") as connection:
            records = await connection.fetch(sql.REJECTIONS, chain_instance)
        return Counter({record["reason"]: record["count"] for record in records})

    async def opportunity_count(self, chain_instance: str) -> int:
        """Written opportunity rows of a chain instance."""
        async with self._pool.transaction("count opportunities") as connection:
            return int(await connection.fetchval(sql.COUNT_OPPORTUNITIES, chain_instance))

    def _intent_transaction(self, intent: Intent) -> AbstractAsyncContextManager[Connection]:
        lock = self._locks.get((intent.chain_instance, intent.sender))
        return (lock or self._pool).transaction("commit an intent")


def _application() -> str:
    return f"alphapulse {socket.gethostname()[:32]}:{os.getpid()}"


def _check_pair(opportunity: OpportunityRow, intent: Intent) -> None:
    same_chain = opportunity.chain_instance == intent.chain_instance
    if intent.opportunity_id != opportunity.id or not same_chain:
        raise JournalError(f"intent {intent.id} does not belong to opportunity {opportunity.id}")
    if intent.state is not IntentState.COMMITTED:
        raise JournalError(
            f"intent {intent.id} is already {intent.state}: only new ones start here"
        )


def _check_outcome(outcome: Outcome, intent: asyncpg.Record) -> None:
    if outcome.state in _OPEN:
        raise JournalError(f"{outcome.state} is not an outcome of intent {outcome.intent_id}")
    if outcome.opportunity_id != intent["opportunity_id"]:
        raise JournalError(f"outcome of intent {outcome.intent_id} names another opportunity")
    if outcome.state is not IntentState.DROPPED and outcome.tx_hash != intent["tx_hash"]:
        raise JournalError(f"outcome of intent {outcome.intent_id} names another transaction")


def _check_same(outcome: Outcome, known: Outcome | None) -> None:
    def facts(o: Outcome) -> tuple[object, ...]:
        place = (o.state, o.tx_hash, o.block_number, o.block_hash)
        return (*place, o.profit_token, o.actual_profit_raw, o.gas_used, o.gas_cost_wei)

    if known is None or facts(outcome) != facts(known):
        raise JournalError(
            f"intent {outcome.intent_id} already ended differently "
            f"({known.state if known else 'without a result'}): check it against the chain"
        )


async def _locked_intent(connection: Connection, intent_id: UUID) -> asyncpg.Record:
    record = await connection.fetchrow(sql.LOCK_INTENT, intent_id)
    if record is None:
        raise JournalError(f"no intent {intent_id} in the journal: commit it first")
    return record


async def _add_stamps(connection: Connection, intent_id: UUID, stamps: Mapping[str, int]) -> None:
    if stamps:
        await connection.execute(sql.INSERT_STAMPS, intent_id, list(stamps), list(stamps.values()))
