"""Two gears: an answer to each block at once, and what takes milliseconds, a block at a time.

The fast gear answers on the event loop after a few changes, and beside it after many. The slow
gear's strategies run in a thread of their own. They read a copy of the block's arrays that the
thread itself makes; a copy that the market changed meanwhile is thrown away. Their kernels hold no
lock of the interpreter. A new block, or the block's deadline, ends what is under way.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.kernels.layout import FlatPools
from keeper.market.view import MarketView
from keeper.strategies.base import GasQuote, Strategy, StrategyResult
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason

DEADLINE_S = 0.5
"""After a block arrived; later its prices are old."""
KEPT_RUNS = 256
MAX_ON_LOOP = 8
"""Changed pools that take less time to evaluate than to hand over to a thread and back."""


@runtime_checkable
class SlowStrategy(Strategy, Protocol):
    """A strategy that is not for the event loop; `cancel[0]` set to 1 makes it end early."""

    cancel: NDArray[np.uint8]

    def evaluate_on(
        self,
        flat: FlatPools,
        view: MarketView,
        gas: GasQuote,
        excluded: frozenset[Address],
        budget: int | None = None,
    ) -> StrategyResult:
        """As `evaluate`, on arrays that show the view's block and without the pools excluded.

        Ends early, as if cancelled, when its work reaches the `budget`.
        """
        ...

    def work(self) -> int:
        """Units of work that the last evaluation took; the same market takes the same."""
        ...

    def is_cut(self) -> bool:
        """Whether the last evaluation ended before it was done."""
        ...


@dataclass(frozen=True, slots=True)
class SlowRun:
    """What one block's slow gear did, so that a replay does the same.

    `work` are the units that each strategy took which ran, in their order; `is_cut` says that the
    last of them was cancelled there. `superseded_by` is the block that made the answer void.
    """

    block: int
    work: tuple[int, ...]
    is_cut: bool
    superseded_by: int | None


Deliver = Callable[[MarketView, StrategyResult], None]


class SlowGear:
    """Evaluates slow strategies beside the event loop and delivers their results on it."""

    def __init__(
        self, strategies: Iterable[Strategy], deliver: Deliver, deadline_s: float = DEADLINE_S
    ) -> None:
        self.runs: deque[SlowRun] = deque(maxlen=KEPT_RUNS)
        """The last blocks' runs, so that a replay can cut where they were cut."""
        self._strategies = tuple(s for s in strategies if isinstance(s, SlowStrategy))
        self._deliver = deliver
        self._thread = ThreadPoolExecutor(1, "slow-gear") if self._strategies else None
        self._deadline_s = deadline_s
        self._edits = 0
        self._latest = self._expired = -1

    def touch(self) -> None:
        """Call before anything changes the market's arrays."""
        self._edits += 1

    def begin(self, view: MarketView, gas: GasQuote, excluded: frozenset[Address]) -> None:
        """Evaluate the view's block from now on; an earlier block's evaluation ends.

        A gear without strategies delivers its empty answer at once.
        """
        if self._thread is None:
            self._deliver(view, StrategyResult((), Counter()))
            return
        self._latest = view.block.number
        self._cancel()
        loop = asyncio.get_running_loop()
        self._thread.submit(self._run, loop, view, gas, excluded, self._edits)
        loop.call_later(self._deadline_s, self._expire, view.block.number)

    def close(self) -> None:
        """End what is under way."""
        self._latest = -1
        self._cancel()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _cancel(self) -> None:
        for strategy in self._strategies:
            strategy.cancel[0] = 1

    def _expire(self, number: int) -> None:
        """The block's time is over: what was found until now is its answer."""
        if self._latest == number:
            self._expired = number
            self._cancel()

    def _run(
        self,
        loop: asyncio.AbstractEventLoop,
        view: MarketView,
        gas: GasQuote,
        excluded: frozenset[Address],
        edits: int,
    ) -> None:
        number = view.block.number
        flat = view.arrays.copied()
        is_torn = edits != self._edits
        found: list[Opportunity] = []
        rejections: Counter[Reason] = Counter()
        work: list[int] = []
        is_cut = False
        for strategy in self._strategies:
            strategy.cancel[0] = 0
            if is_torn or is_cut or self._latest != number or self._expired == number:
                break
            result = strategy.evaluate_on(flat, view, gas, excluded)
            work.append(strategy.work())
            is_cut = strategy.is_cut()
            found += result.opportunities
            rejections.update(result.rejections)
        latest = self._latest
        by = None if latest == number else latest
        self.runs.append(SlowRun(number, tuple(work), is_cut, by))
        if is_torn or by is not None:
            found, rejections = [], Counter({Reason.SUPERSEDED: 1})
        result = StrategyResult(tuple(found), rejections)
        loop.call_soon_threadsafe(self._deliver, view, result)


def replayed(
    run: SlowRun,
    strategies: Iterable[Strategy],
    view: MarketView,
    gas: GasQuote,
    excluded: frozenset[Address],
) -> StrategyResult:
    """What a recorded run answered, each strategy cut after the work at which it was cut then.

    The strategies must have seen the same blocks before. A run that a later block made void answers
    that it was.
    """
    if run.superseded_by is not None:
        return StrategyResult((), Counter({Reason.SUPERSEDED: 1}))
    slow = [strategy for strategy in strategies if isinstance(strategy, SlowStrategy)]
    flat = view.arrays.copied()
    found: list[Opportunity] = []
    rejections: Counter[Reason] = Counter()
    for place, (strategy, work) in enumerate(zip(slow, run.work, strict=False)):
        strategy.cancel[0] = 0
        budget = work if run.is_cut and place == len(run.work) - 1 else None
        result = strategy.evaluate_on(flat, view, gas, excluded, budget)
        found += result.opportunities
        rejections.update(result.rejections)
    return StrategyResult(tuple(found), rejections)


class FastGear:
    """Evaluates the strategies that answer a block before the next is read.

    A block that changed more than `MAX_ON_LOOP` pools is evaluated in a thread, whose kernels hold
    no lock of the interpreter: the loop goes on meanwhile. Nothing may change the market then.
    """

    def __init__(self, strategies: Iterable[Strategy]) -> None:
        self._strategies = tuple(s for s in strategies if not isinstance(s, SlowStrategy))
        self._thread = ThreadPoolExecutor(1, "fast-gear")

    async def evaluate(self, view: MarketView, gas: GasQuote) -> list[tuple[str, StrategyResult]]:
        """Each strategy's name and what it found."""
        if len(view.changed) <= MAX_ON_LOOP:
            return self._evaluate(view, gas)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._evaluate, view, gas)

    def close(self) -> None:
        """Begin nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _evaluate(self, view: MarketView, gas: GasQuote) -> list[tuple[str, StrategyResult]]:
        return [(s.name, s.evaluate(view, gas)) for s in self._strategies]
