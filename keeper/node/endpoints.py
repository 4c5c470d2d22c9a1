"""Several endpoints of one chain: compared where they can be, dropped and readmitted by reason.

What is pinned to a block must be answered alike by a majority of the sound endpoints; without one
nothing is answered. A single endpoint cannot be compared, and is never dropped.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TypeVar

from keeper.chain import BlockRef
from keeper.node.endpoint import Endpoint, Policy, too_old
from keeper.node.errors import (
    BadAnswer,
    BlockMissing,
    NodeError,
    NodesDisagree,
    NodeTimeout,
    NodeUnavailable,
    RequestRefused,
    WrongChain,
)
from keeper.node.jsonrpc import Transport

T = TypeVar("T")

FAILURES = (NodeUnavailable, NodeTimeout, BadAnswer, WrongChain)
"""Faults of one endpoint, for which another can be asked; the rest is the chain's own word."""
ROUNDS, ROUND_PAUSE_S = 4, 0.1
"""Endpoints differ for a moment while a block spreads."""
MOMENT_S = 0.001

Work = Callable[[Endpoint], Coroutine[None, None, T]]


class Endpoints:
    """Asks `members`, the first of them foremost."""

    def __init__(self, members: Sequence[Transport], chain_id: int, policy: Policy) -> None:
        self.policy = policy
        self.chain_id = chain_id
        self.name = ", ".join(member.name for member in members)
        self._members = [Endpoint(member, chain_id) for member in members]
        self._genesis: bytes | None = None
        self._doubted = False

    @property
    def are_several(self) -> bool:
        """Whether there is anything to compare."""
        return len(self._members) > 1

    @property
    def sound(self) -> list[Endpoint]:
        """Endpoints that may be believed."""
        return [member for member in self._members if member.reason is None]

    @property
    def reasons(self) -> dict[str, str]:
        """Why each of the others may not, by name."""
        return {m.name: m.reason for m in self._members if m.reason is not None}

    async def open(self) -> None:
        """Check every endpoint's chain; one that is sound is enough.

        Raises the first one's fault when none is, and `WrongChain` when their first blocks differ.
        """
        if not self.are_several:
            await self._members[0].check_chain()
            return
        found = await asyncio.gather(*map(_first_block, self._members), return_exceptions=True)
        faults = [fault for fault in found if isinstance(fault, BaseException)]
        for member, answer in zip(self._members, found, strict=True):
            if isinstance(answer, NodeError):
                member.drop(str(answer))
            elif isinstance(answer, BaseException):
                raise answer
        if len(faults) == len(found):
            raise faults[0]
        self._pin({answer for answer in found if isinstance(answer, bytes)})

    def _pin(self, genesis: set[bytes]) -> None:
        if len(genesis) > 1:
            raise WrongChain(f"{self.name} serve chains of different origin; correct the setting")
        (self._genesis,) = genesis

    async def close(self) -> None:
        """Release all connections."""
        for member in self._members:
            await member.close()

    async def ask(
        self,
        method: str,
        params: tuple[object, ...],
        read: Callable[[object], T],
        *,
        compared: bool = False,
    ) -> T:
        """The first sound endpoint's answer, or if `compared` the one that they agree on.

        Raises kinds of `NodeError`: `NodesDisagree` where there is no majority.
        """

        async def work(member: Endpoint) -> T:
            return await member.ask(method, params, read)

        if not self.are_several:
            return await self._ask_only(work)
        if not compared:
            return await self._ask_first(method, work)
        for _ in range(ROUNDS - 1):
            try:
                return await self._ask_all(method, work)
            except NodesDisagree:
                await asyncio.sleep(ROUND_PAUSE_S)
        return await self._ask_all(method, work, last=True)

    async def head(self) -> BlockRef:
        """The highest block that a majority of the sound endpoints has, and agrees on.

        Raises `NodesDisagree` where they give different blocks of that height.
        """
        if not self.are_several:
            head = await self._ask_only(lambda member: member.block("latest"))
            if (fault := too_old(head, self.policy)) is not None:
                raise BadAnswer(f"{self.name}: {fault}")
            return head
        heads = await self._heads()
        await self._drop_late(heads)
        number = _reached_by_most(heads)

        async def at_that_height(member: Endpoint) -> BlockRef:
            own = heads[member]
            return own if own.number == number else await member.block(number)

        able = [member for member, head in heads.items() if head.number >= number]
        found = await self._gather("eth_getBlockByNumber", able, at_that_height)
        return self._majority(f"block {number}", found, len(self.sound))

    async def _heads(self) -> dict[Endpoint, BlockRef]:
        """Heads of the endpoints that are sound after having been asked."""
        found = await self._gather(
            "eth_getBlockByNumber", self._require_sound(), lambda member: member.block("latest")
        )
        heads: dict[Endpoint, BlockRef] = {}
        for member, head in found.items():
            if isinstance(head, NodeError):
                member.drop(str(head))
            elif (fault := member.note_head(head, self.policy)) is not None:
                member.drop(fault)
            else:
                heads[member] = head
        if not heads:
            raise self._none_sound()
        return heads

    async def _drop_late(self, heads: dict[Endpoint, BlockRef]) -> None:
        """Drop who stands still behind the others; of two, if the other goes on from its head.

        Of more than two, a single one that pretends to be ahead makes nobody late.
        """
        best = _reached_by_most(heads)
        if len(heads) == 2:
            best = max(head.number for head in heads.values())
        for member in [m for m in heads if m.is_late(best, self.policy)]:
            if len(heads) == 2:
                (leader,) = heads.keys() - {member}
                if (await leader.block(heads[member].number)).hash != heads[member].hash:
                    return
            member.drop(f"its head stands at {member.head}, another's at {best}")
            del heads[member]

    async def _ask_only(self, work: Work[T]) -> T:
        """Of a single endpoint; after it was away its chain is checked anew."""
        (only,) = self._members
        if self._doubted:
            await only.check_chain()
            self._doubted = False
        try:
            return await work(only)
        except (NodeUnavailable, NodeTimeout):
            self._doubted = True
            raise

    async def _ask_first(self, method: str, work: Work[T]) -> T:
        """Ask one after the other; raises the first one's fault if none answers.

        What a later one refuses after that is not told: the first may have done what it was asked.
        """
        fault: NodeError | None = None
        for member in self._require_sound():
            try:
                async with asyncio.timeout(self._deadline_s(member)):
                    return await work(member)
            except TimeoutError:
                failure: NodeError = NodeTimeout(
                    f"{member.name} did not answer {method} within {self.policy.patience_s:g} s"
                )
            except FAILURES as error:
                failure = error
            except RequestRefused as refused:
                raise fault or refused from None
            member.drop(str(failure))
            fault = fault or failure
        raise fault or self._none_sound()

    def _deadline_s(self, member: Endpoint) -> float | None:
        """The last one that is left gets all the time its transport gives."""
        return self.policy.patience_s if self.sound[-1] is not member else None

    async def _ask_all(self, method: str, work: Work[T], *, last: bool = False) -> T:
        found = await self._gather(method, self._require_sound(), work)
        if last and not all(isinstance(answer, BlockMissing) for answer in found.values()):
            for member, answer in list(found.items()):
                if isinstance(answer, BlockMissing):
                    member.drop(f"{answer}; another has it")
                    del found[member]
        return self._majority(method, found, len(found))

    def _majority(self, what: str, found: dict[Endpoint, T | NodeError], members: int) -> T:
        """The answer of more than half of `members`; who contradicts it is dropped."""
        groups: list[list[Endpoint]] = []
        for member, answer in found.items():
            group = next((g for g in groups if _equal(found[g[0]], answer)), None)
            if group is None:
                groups.append([member])
            else:
                group.append(member)
        best = max(groups, key=len)
        if 2 * len(best) <= members:
            raise NodesDisagree(
                f"{self.name} answer {what} differently; nothing is traded until they agree"
            )
        answer = found[best[0]]
        if isinstance(answer, NodeError):
            raise answer
        for member in found.keys() - set(best):
            if not isinstance(found[member], BlockMissing):
                member.drop(f"it answers {what} otherwise than {len(best)} others")
        return answer

    async def _gather(
        self, method: str, members: Iterable[Endpoint], work: Work[T]
    ) -> dict[Endpoint, T | NodeError]:
        """Answers and refusals; who fails, or is much slower than another, is dropped."""
        tasks = {asyncio.create_task(_caught(work(member))): member for member in members}
        found: dict[Endpoint, T | NodeError] = {}
        faults: list[NodeError] = []
        pending, answered_at = set(tasks), 0.0
        try:
            while pending:
                left = answered_at + self.policy.patience_s - time.monotonic()
                wait_s = max(left, MOMENT_S) if found else None
                done, pending = await asyncio.wait(
                    pending, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                for task in done:
                    answer, member = task.result(), tasks[task]
                    if isinstance(answer, FAILURES):
                        member.drop(str(answer))
                        faults.append(answer)
                    else:
                        answered_at = answered_at or time.monotonic()
                        found[member] = answer
        finally:
            for task in pending:
                task.cancel()
        for task in pending:
            tasks[task].drop(f"it answers {method} {self.policy.patience_s:g} s after another")
        if not found:
            raise faults[0] if faults else self._none_sound()
        return found

    def _require_sound(self) -> list[Endpoint]:
        for member in self._members:
            if member.is_due():
                member.look(self._look(member))
        if not self.sound:
            raise self._none_sound()
        return self.sound

    def _none_sound(self) -> NodeUnavailable:
        return NodeUnavailable("no node is sound: " + "; ".join(self.reasons.values()))

    async def _look(self, member: Endpoint) -> None:
        """Readmit a dropped endpoint whose chain and head are those of the others."""
        if await _first_block(member) != self._genesis:
            raise WrongChain(f"{member.name} serves a chain of another origin")
        head = await member.block("latest")
        others = self.sound[:1]
        # what it pretended before is held against it only while nobody else tells the height
        fault = too_old(head, self.policy) if others else member.note_head(head, self.policy)
        if fault is not None:
            raise BadAnswer(fault)
        for other in others:
            if head.number < other.head - 1:
                raise BadAnswer(f"its head stands at {head.number}, another's at {other.head}")
            height = min(head.number, other.head)
            one, two = await asyncio.gather(member.block(height), other.block(height))
            if one.hash != two.hash:
                raise BadAnswer(f"its block {height} is another than that of {other.name}")
        member.readmit(head)


def _reached_by_most(heads: dict[Endpoint, BlockRef]) -> int:
    """The greatest height that more than half of them have."""
    return sorted((head.number for head in heads.values()), reverse=True)[len(heads) // 2]


async def _first_block(member: Endpoint) -> bytes:
    await member.check_chain()
    return await member.genesis()


async def _caught(work: Coroutine[None, None, T]) -> T | NodeError:
    try:
        return await work
    except NodeError as error:
        return error


def _equal(one: object, two: object) -> bool:
    """Alike, refusals by their kind and data: every node words them in its own way."""
    if isinstance(one, RequestRefused) and isinstance(two, RequestRefused):
        return (one.code, one.data) == (two.code, two.data)
    if isinstance(one, BlockMissing) or isinstance(two, BlockMissing):
        return type(one) is type(two)
    return one == two
