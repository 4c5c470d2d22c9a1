"""Long work of the event loop in short turns, so that nothing holds the loop for more than 2 ms."""

import asyncio
import sys
from collections.abc import Generator
from time import perf_counter_ns
from typing import TypeVar

_T = TypeVar("_T")
Turns = Generator[None, None, _T]
"""Work that yields wherever others may have their turn, some hundred microseconds apart at most."""

TURN_NS = 500_000
"""After so long others get their turn of the loop."""


async def in_turns(work: Turns[_T]) -> _T:
    """What the work returns; others go first, and again whenever a turn is over."""
    while True:
        await asyncio.sleep(0)
        ends_ns = perf_counter_ns() + TURN_NS
        try:
            while perf_counter_ns() < ends_ns:
                next(work)
        except StopIteration as done:
            result: _T = done.value
            return result


def at_once(work: Turns[_T]) -> _T:
    """What the work returns, all of it done in this turn."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: _T = done.value
            return result


def share_interpreter() -> None:
    """Let the loop have the interpreter back from other threads within a turn's time."""
    sys.setswitchinterval(TURN_NS / 1e9)
