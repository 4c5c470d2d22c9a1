"""Laws of the nonce owner: consecutive, one at a time, none lost to a turn that sent nothing."""

import asyncio
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keeper.execution.nonces import NonceOwner


class Turn(Enum):
    """How a turn ends."""

    SPENT = "spent"
    UNSPENT = "unspent"
    FAILED = "failed"
    FAILED_AFTER_SPENDING = "failed after spending"


SPENDING = (Turn.SPENT, Turn.FAILED_AFTER_SPENDING)


class _FaultError(Exception):
    pass


async def _take(owner: NonceOwner, kind: Turn, pauses: int, log: list[tuple[str, int]]) -> None:
    async with owner.turn() as turn:
        log.append(("in", turn.nonce))
        for _ in range(pauses):
            await asyncio.sleep(0)
        if kind in SPENDING:
            turn.spend()
        log.append(("spent" if turn.is_spent else "unspent", turn.nonce))
        if kind in (Turn.FAILED, Turn.FAILED_AFTER_SPENDING):
            raise _FaultError


@given(
    start=st.integers(0, 2**64),
    turns=st.lists(st.tuples(st.sampled_from(Turn), st.integers(0, 3)), max_size=12),
)
def test_concurrent_turns__serialised_and_without_a_gap(
    start: int, turns: list[tuple[Turn, int]]
) -> None:
    async def scenario() -> None:
        owner, log = NonceOwner(start), list[tuple[str, int]]()
        work = (_take(owner, kind, pauses, log) for kind, pauses in turns)
        await asyncio.gather(*work, return_exceptions=True)
        spent = [nonce for what, nonce in log if what == "spent"]
        expected = sum(kind in SPENDING for kind, _ in turns)
        assert spent == list(range(start, start + expected))
        assert owner.next == start + expected
        # nobody enters before the one inside has left
        assert [what == "in" for what, _ in log] == [True, False] * len(turns)
        assert all(log[n][1] == log[n + 1][1] for n in range(0, len(log), 2))

    asyncio.run(scenario())


@given(start=st.integers(0, 2**32), found=st.lists(st.integers(0, 2**33)))
def test_catching_up__never_goes_back(start: int, found: list[int]) -> None:
    owner = NonceOwner(start)
    for nonce in found:
        before = owner.next
        owner.catch_up(nonce)
        assert owner.next == max(before, nonce)
    assert owner.next == max([start, *found])


async def test_cancelled_while_waiting__leaves_the_queue() -> None:
    owner = NonceOwner(7)
    async with owner.turn() as turn:
        waiting = asyncio.create_task(_take(owner, Turn.SPENT, 0, []))
        await asyncio.sleep(0)
        waiting.cancel()
        turn.spend()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    log: list[tuple[str, int]] = []
    await asyncio.wait_for(_take(owner, Turn.SPENT, 0, log), 2)
    assert log == [("in", 8), ("spent", 8)]


async def test_cancelled_after_spending__nonce_stays_spent() -> None:
    owner = NonceOwner(0)
    spent = asyncio.Event()

    async def hang() -> None:
        async with owner.turn() as turn:
            turn.spend()
            spent.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await spent.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert owner.next == 1
