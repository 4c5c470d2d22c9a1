"""Connections with deadlines: whatever the server does, a call ends in time or raises."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import asyncpg

from keeper.journal.errors import typed_errors

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
ConnectionPool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Server:
    """A database server; `label` names it without secrets, the DSN stays out of every repr."""

    dsn: str = field(repr=False)
    label: str
    timeout_s: float
    application: str

    def settings(self) -> dict[str, str]:
        """Session settings: durable commits, deadlines on the server's side, dead peers found."""
        timeout_ms = str(int(self.timeout_s * 1000))
        return {
            "application_name": self.application,
            "timezone": "UTC",
            "synchronous_commit": "on",
            "statement_timeout": timeout_ms,
            "lock_timeout": timeout_ms,
            "idle_in_transaction_session_timeout": str(int(self.timeout_s * 5000)),
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        }

    async def connect(self) -> Connection:
        """One connection outside the pool; raises `JournalUnavailable`."""
        with typed_errors("connect", self.label):
            return await asyncpg.connect(
                self.dsn,
                timeout=self.timeout_s,
                command_timeout=self.timeout_s,
                server_settings=self.settings(),
            )


class Pool:
    """A pool whose transactions end within the server's timeout; it reconnects by itself."""

    def __init__(self, server: Server, pool: ConnectionPool) -> None:
        self._server = server
        self._pool = pool

    @classmethod
    async def open(cls, server: Server) -> "Pool":
        """Connect once to know that it works; raises `JournalError` or `JournalUnavailable`."""
        with typed_errors("open the journal", server.label):
            async with asyncio.timeout(2 * server.timeout_s):
                pool = await asyncpg.create_pool(
                    server.dsn,
                    min_size=0,  # a floor would be restored in the background, logging tracebacks
                    max_size=4,
                    max_inactive_connection_lifetime=0,
                    timeout=server.timeout_s,
                    command_timeout=server.timeout_s,
                    server_settings=server.settings(),
                )
                async with pool.acquire():
                    return cls(server, pool)

    async def close(self) -> None:
        """Close idle connections politely and the others at the timeout."""
        try:
            async with asyncio.timeout(self._server.timeout_s):
                await self._pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()

    @asynccontextmanager
    async def transaction(self, action: str) -> AsyncIterator[Connection]:
        """A transaction on a pooled connection; `action` says in errors what could not be done."""
        server = self._server
        with typed_errors(action, server.label):
            async with self._pool.acquire(timeout=server.timeout_s) as pooled:
                # mypy sees the proxy, which is a connection in all but type
                connection: Connection = pooled  # type: ignore[assignment]
                async with timed_transaction(connection, server.timeout_s):
                    yield connection


@asynccontextmanager
async def timed_transaction(connection: Connection, timeout_s: float) -> AsyncIterator[None]:
    """A transaction that cuts its connection at the deadline.

    Cutting, not cancelling: a cancelled query would still wait for a server that is frozen.
    """
    cut = asyncio.get_running_loop().call_later(timeout_s, connection.terminate)
    try:
        async with connection.transaction():
            yield
    finally:
        cut.cancel()
