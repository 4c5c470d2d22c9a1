"""The one owner of a sender's nonces."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NonceOwner:
    """Hands out consecutive nonces, one at a time, and takes back one that was never signed away.

    A nonce is spent when its intent is durable, not when it is broadcast: from that moment its
    bytes may be re-sent after a crash, so no other transaction may use it.
    """

    def __init__(self, next_nonce: int) -> None:
        self._next = next_nonce
        self._turn = asyncio.Lock()

    @property
    def next(self) -> int:
        """The nonce that the next transaction will take."""
        return self._next

    @asynccontextmanager
    async def turn(self) -> AsyncIterator["NonceTurn"]:
        """Wait for the exclusive right to the next nonce, so that broadcasts keep its order."""
        async with self._turn:
            turn = NonceTurn(self._next)
            try:
                yield turn
            finally:
                # also when the broadcast after the commit failed: the bytes are durable
                if turn.is_spent:
                    self._next += 1

    def catch_up(self, chain_nonce: int) -> None:
        """Skip nonces that the chain already consumed, for instance by a manual transaction."""
        self._next = max(self._next, chain_nonce)


class NonceTurn:
    """The right to one nonce; unspent, it goes to the next in line."""

    def __init__(self, nonce: int) -> None:
        self.nonce = nonce
        self.is_spent = False

    def spend(self) -> None:
        """State that bytes with this nonce are durable and may reach the chain."""
        self.is_spent = True
