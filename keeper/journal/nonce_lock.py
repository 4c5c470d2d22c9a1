"""One owner of a sender's nonces: a session lock in PostgreSQL, on a connection of its own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from keeper.chain import Address
from keeper.journal import sql
from keeper.journal.database import Connection, Server, timed_transaction
from keeper.journal.errors import NonceOwnerElsewhere, typed_errors

_HANDOVER_S = 1.0  # a killed keeper's session takes a moment to end
_RETRY_S = 0.05


class NonceLock:
    """The right to commit intents for `sender`; those commits run on the lock's own connection.

    So losing the lock and losing the ability to commit are one thing: a keeper that slept through
    its session's end cannot commit, and so must not broadcast.
    """

    def __init__(self, server: Server, chain_instance: str, sender: Address, writer: UUID) -> None:
        self._server = server
        self._owned = (chain_instance, sender)
        self._writer = writer
        self._connection: Connection | None = None
        self._last_seq: int | None = None
        self._turn = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """False once the connection is seen to be gone."""
        return self._connection is not None and not self._connection.is_closed()

    async def acquire(self) -> None:
        """Take the lock; a repeat is harmless. The caller reads its nonce after this, not before.

        Raises `NonceOwnerElsewhere` when another session holds it, `JournalUnavailable`.
        """
        async with self._turn:
            if not self.alive:
                self._last_seq = None
            await self._ensure()

    @asynccontextmanager
    async def transaction(self, action: str) -> AsyncIterator[Connection]:
        """A transaction that only the owner can make; a lost lock is taken again first."""
        async with self._turn:
            connection = await self._ensure()
            with typed_errors(action, self._server.label):
                async with timed_transaction(connection, self._server.timeout_s):
                    yield connection

    async def release(self) -> None:
        """Give the lock up."""
        connection, self._connection = self._connection, None
        if connection is None or connection.is_closed():
            return
        try:
            await connection.close(timeout=self._server.timeout_s)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

    async def _ensure(self) -> Connection:
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        connection = await self._server.connect()
        try:
            with typed_errors("take the nonce lock", self._server.label):
                await self._take(connection)
                await self._refuse_foreign_intents(connection)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        return connection

    async def _take(self, connection: Connection) -> None:
        key = _lock_key(*self._owned)
        deadline = asyncio.get_running_loop().time() + _HANDOVER_S
        while not await connection.fetchval(sql.TRY_LOCK, key):
            if asyncio.get_running_loop().time() > deadline:
                raise await self._owner_elsewhere(connection, key)
            await asyncio.sleep(_RETRY_S)

    async def _owner_elsewhere(self, connection: Connection, key: int) -> NonceOwnerElsewhere:
        owner = await connection.fetchval(
            sql.LOCK_OWNER, key & 0xFFFFFFFF, (key >> 32) & 0xFFFFFFFF
        )
        return NonceOwnerElsewhere(
            f"nonces of 0x{self._owned[1].hex()} on {self._owned[0]} belong to another keeper "
            f"({owner or 'just gone'}): stop it, or give this one its own account"
        )

    async def _refuse_foreign_intents(self, connection: Connection) -> None:
        """After a loss, intents that another keeper committed meanwhile mean our nonces are old."""
        last = await connection.fetchrow(sql.LAST_INTENT, *self._owned)
        seq = last["seq"] if last else 0
        foreign = last is not None and last["writer"] != self._writer
        if self._last_seq is not None and foreign and seq > self._last_seq:
            raise NonceOwnerElsewhere(
                f"another keeper used nonces of 0x{self._owned[1].hex()} while this one was cut "
                "off: take the lock again, then read the nonce anew"
            )
        self._last_seq = seq


def _lock_key(chain_instance: str, sender: Address) -> int:
    digest = hashlib.blake2b(chain_instance.encode() + b"\0" + sender, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
