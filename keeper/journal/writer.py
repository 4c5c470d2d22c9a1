"""The background writer: what may wait (opportunities above the threshold, rejection counts)."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from uuid import UUID

from keeper.journal import sql
from keeper.journal.database import Pool
from keeper.journal.errors import JournalError, JournalUnavailable
from keeper.journal.records import amounts_values, opportunity_values
from keeper.journal.rows import OpportunityRow

BATCH_ROWS = 256
_PAUSE_S = 0.2
_log = logging.getLogger(__name__)


class Writer:
    """Holds at most `capacity` rows: the oldest makes room, and is counted in `dropped`.

    Rejections are kept as this run's running totals, so that writing them twice changes nothing.
    """

    def __init__(self, pool: Pool, run: UUID, capacity: int) -> None:
        self._pool = pool
        self._run = run
        self._rows: deque[OpportunityRow] = deque()
        self._capacity = capacity
        self._totals: Counter[tuple[str, str]] = Counter()
        self._unwritten: set[tuple[str, str]] = set()
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._work(), name="journal-writer")
        self.dropped = 0

    def offer(self, row: OpportunityRow) -> None:
        """Queue a row without waiting."""
        if len(self._rows) >= self._capacity:
            self._rows.popleft()
            self.dropped += 1
        self._rows.append(row)

    def count(self, chain_instance: str, reasons: Counter[str]) -> None:
        """Add to the totals without waiting."""
        for reason, number in reasons.items():
            self._totals[chain_instance, reason] += number
            self._unwritten.add((chain_instance, reason))

    async def flush(self) -> None:
        """Write all that waits now; raises `JournalUnavailable`, and keeps what it could not."""
        await self._write_rejections()
        while self._rows:
            await self._write_rows()

    async def close(self) -> None:
        """Stop and write what is left; what cannot be written is counted and logged."""
        self._stop.set()
        await self._task
        try:
            await self.flush()
        except JournalError as error:
            self.dropped += len(self._rows)
            _log.warning(
                "journal closed with %d opportunities unwritten: %s", len(self._rows), error
            )

    async def _work(self) -> None:
        healthy = True
        while not self._stop.is_set():
            try:
                await self.flush()
                healthy = True
            except JournalError as error:
                if healthy:
                    _log.warning("journal writer waits: %s", error)
                healthy = False
            try:
                await asyncio.wait_for(self._stop.wait(), _PAUSE_S)
            except TimeoutError:
                continue

    async def _write_rejections(self) -> None:
        keys, self._unwritten = self._unwritten, set()
        if not keys:
            return
        values = [(chain, self._run, reason, self._totals[chain, reason]) for chain, reason in keys]
        try:
            async with self._pool.transaction("write rejection counts") as connection:
                await connection.executemany(sql.SET_REJECTIONS, sorted(values, key=repr))
        except JournalError:
            self._unwritten |= keys
            raise

    async def _write_rows(self) -> None:
        batch = [self._rows.popleft() for _ in range(min(BATCH_ROWS, len(self._rows)))]
        try:
            await self._insert(batch)
        except JournalUnavailable:
            self._put_back(batch)
            raise
        except JournalError:
            await self._insert_singly(batch)

    async def _insert(self, rows: Sequence[OpportunityRow]) -> None:
        async with self._pool.transaction("write opportunities") as connection:
            await connection.executemany(sql.INSERT_OPPORTUNITY, map(opportunity_values, rows))
            await connection.executemany(sql.INSERT_OPPORTUNITY_AMOUNTS, map(amounts_values, rows))

    async def _insert_singly(self, rows: Sequence[OpportunityRow]) -> None:
        for place, row in enumerate(rows):
            try:
                await self._insert([row])
            except JournalUnavailable:
                self._put_back(rows[place:])
                raise
            except JournalError as error:
                self.dropped += 1
                _log.warning("opportunity %s not written: %s", row.id, error)

    def _put_back(self, rows: Sequence[OpportunityRow]) -> None:
        room = self._capacity - len(self._rows)
        self.dropped += max(0, len(rows) - room)
        self._rows.extendleft(reversed(rows[max(0, len(rows) - room) :]))
