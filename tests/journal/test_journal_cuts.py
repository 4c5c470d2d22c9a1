"""The link is cut at any byte, also after COMMIT was sent: retried, each effect is there once."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import journal_samples as samples
import pytest

from keeper.journal import Journal, JournalUnavailable

CUTS = 80
SEED = 7
AT_COMMIT = -1


class CuttingProxy:
    """Passes bytes on until `budget` of them went to the server, or COMMIT did; then it cuts.

    The server gets the last bytes and acts on them; its answer is lost.
    """

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self.budget: int | None = None
        self.cuts = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        yield server.sockets[0].getsockname()[1]
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_unix_connection(self._socket_path)
        back = asyncio.create_task(_pass(answers, writer))
        with suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65_536):
                size = self._allowed(data)
                if size is None:
                    server.write(data)
                    continue
                back.cancel()
                server.write(data[:size])
                await asyncio.sleep(0.02)
                break
        writer.transport.abort()
        server.transport.abort()

    def _allowed(self, data: bytes) -> int | None:
        """How much of `data` goes on before the cut; None when there is no cut yet."""
        if self.budget is None:
            return None
        if self.budget == AT_COMMIT:
            size = len(data) if b"COMMIT" in data else None
        else:
            self.budget -= len(data)
            size = len(data) + self.budget if self.budget < 0 else None
            self.budget = max(self.budget, 0)
        if size is not None:
            self.budget, self.cuts = None, self.cuts + 1
        return size


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.CancelledError):
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()


async def _answer(call: Callable[..., Awaitable[object]], *args: object) -> object:
    """The first answer, calling again after each cut."""
    for _ in range(10):
        try:
            return await call(*args)
        except JournalUnavailable:
            continue
    return pytest.fail(f"{call} does not come back")


async def test_cut_anywhere__each_intent_and_outcome_exactly_once(database: str) -> None:
    chance = random.Random(SEED)
    parts = urlsplit(database)
    proxy = CuttingProxy(parse_qs(parts.query)["host"][0] + "/.s.PGSQL.5432")
    committed_unheard = ended_unheard = 0
    expected = {}
    async with proxy.listening() as port:
        dsn = f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
        journal = await Journal.open(dsn=dsn, data_dir=samples.RUNS)
        await journal.acquire_nonce_lock(samples.CHAIN, samples.SENDER)
        for nonce in range(CUTS):
            row = samples.opportunity()
            intent = samples.intent(row, nonce=nonce)
            outcome = samples.outcome(intent)
            journal.add_rejections(samples.CHAIN, Counter(stale=1))
            cut_commit, cut_outcome = chance.choice([(1, 0), (0, 1), (1, 1)])
            proxy.budget = (
                chance.choice([AT_COMMIT, chance.randrange(3_000)]) if cut_commit else None
            )
            fresh = await _answer(journal.commit_intent, row, intent, {"frame": nonce})
            proxy.budget = (
                chance.choice([AT_COMMIT, chance.randrange(2_000)]) if cut_outcome else None
            )
            first = await _answer(journal.record_outcome, outcome, {"receipt": nonce})
            committed_unheard += not fresh
            ended_unheard += not first
            expected[intent.id] = outcome
        proxy.budget = None
        await _answer(journal.flush)
        rows = await journal.execution_rows(samples.CHAIN)
        rejections = await journal.rejections(samples.CHAIN)
        await journal.close()

    assert {row.intent.id: row.outcome for row in rows} == expected
    assert all(set(row.stamps_ns) == {"frame", "receipt"} for row in rows)
    assert rejections == Counter(stale=CUTS)
    assert proxy.cuts > CUTS // 2
    assert committed_unheard > 5
    assert ended_unheard > 5
