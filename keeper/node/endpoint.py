"""One endpoint of a chain: whether it may be believed, and why not."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from keeper.chain import BlockRef
from keeper.node import answers
from keeper.node.answers import AbsentError, MalformedError
from keeper.node.errors import BadAnswer, BlockMissing, NodeError, WrongChain
from keeper.node.jsonrpc import Transport

T = TypeVar("T")

MIN_PAUSE_S, MAX_PAUSE_S = 0.25, 1.0
"""Between two looks at an endpoint that was dropped."""
STEPS_BACK = 2
"""Blocks by which a balanced endpoint's head may go back without anybody lying."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """When an endpoint is dropped, as long as there are others.

    `patience_s` is how much longer than another it may take for an answer, `max_lag_s` how long its
    head may stand still behind another's, `max_head_age_s` how old its head's timestamp may be.
    """

    patience_s: float = 0.7
    max_lag_s: float = 1.0
    max_head_age_s: float = inf


class Endpoint:
    """Asks one node. `reason` says why it is dropped, None while it is sound."""

    def __init__(self, transport: Transport, chain_id: int) -> None:
        self.name = transport.name
        self.transport = transport
        self.reason: str | None = None
        self.head = 0
        self._chain_id = chain_id
        self._moved_at = time.monotonic()
        self._look_at = 0.0
        self._pause_s = MIN_PAUSE_S
        self._looking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Release its connections."""
        if self._looking is not None:
            self._looking.cancel()
        await self.transport.close()

    async def ask(self, method: str, params: tuple[object, ...], read: Callable[[object], T]) -> T:
        """What the node answers, read; raises only kinds of `NodeError`."""
        value = await self.transport.request(method, *params)
        try:
            return read(value)
        except MalformedError as error:
            raise BadAnswer(
                f"{self.name} answered {method} wrongly: {error}; use another node"
            ) from None
        except AbsentError as error:
            raise BlockMissing(
                f"{self.name} has no block {error}; wait for it or use another node"
            ) from None

    async def block(self, number: int | str) -> BlockRef:
        """A header by number or tag."""
        key = hex(number) if isinstance(number, int) else number
        found = await self.ask("eth_getBlockByNumber", (key, False), answers.block_of)
        if isinstance(number, int) and found.number != number:
            raise BadAnswer(f"{self.name} answered another block than {number}; use another node")
        return found

    async def check_chain(self) -> None:
        """Raise `WrongChain` unless the node answers the expected chain id."""
        found = await self.ask("eth_chainId", (), lambda v: answers.quantity(v, "chain id"))
        if found != self._chain_id:
            raise WrongChain(
                f"{self.name} serves chain {found}, expected {self._chain_id}; "
                "point the setting at the right node"
            )

    async def genesis(self) -> bytes:
        """Hash of block 0."""
        return (await self.block(0)).hash

    def note_head(self, head: BlockRef, policy: Policy) -> str | None:
        """Keep the head it answered; why it cannot be believed, if so."""
        if head.number > self.head:
            self.head, self._moved_at = head.number, time.monotonic()
        if head.number < self.head - STEPS_BACK:
            return f"its head went back from {self.head} to {head.number}"
        return too_old(head, policy)

    def is_late(self, best: int, policy: Policy) -> bool:
        """Whether its head has stood still too long while another's reached `best`."""
        stood_s = time.monotonic() - self._moved_at
        return self.head < best and stood_s > policy.max_lag_s

    def drop(self, reason: str) -> None:
        """Believe it no more until a look finds it sound."""
        if self.reason is None:
            log.warning("%s is dropped: %s", self.name, reason)
            self._pause_s = MIN_PAUSE_S
        self.reason = reason
        self._look_at = time.monotonic() + self._pause_s

    def is_due(self) -> bool:
        """Whether a dropped endpoint should be looked at now."""
        idle = self._looking is None or self._looking.done()
        return self.reason is not None and idle and time.monotonic() >= self._look_at

    def look(self, work: Coroutine[None, None, None]) -> None:
        """Look at it beside whatever goes on: `work` ends in `readmit`, or raises why not."""
        self._looking = asyncio.create_task(self._look(work))

    async def _look(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except NodeError as error:
            self._pause_s = min(2 * self._pause_s, MAX_PAUSE_S)
            self.drop(str(error))

    def readmit(self, head: BlockRef) -> None:
        """It was found sound, with that head."""
        log.warning("%s is sound again", self.name)
        self.reason, self.head, self._moved_at = None, head.number, time.monotonic()


def too_old(head: BlockRef, policy: Policy) -> str | None:
    """Why a head of that age cannot be believed, if so."""
    limit_s = policy.max_head_age_s
    is_old = time.time() - head.timestamp_s > limit_s
    return f"its head is more than {limit_s:g} s old" if is_old else None
