"""Both gears: the same answer beside the loop, never a stale one, each slow run recorded."""

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import count
from threading import Thread, current_thread, main_thread

import numpy as np
import pytest
from numpy.typing import NDArray
from random_markets import TOKENS, random_view

from keeper.gas_table import ETHEREUM
from keeper.market.arrays import PoolArrays
from keeper.market.kernels.layout import FlatPools
from keeper.market.view import MarketView
from keeper.strategies import gears, registry
from keeper.strategies.base import GasQuote, StrategyResult, StrategySettings
from keeper.strategies.basket.kernel_dual import Trades
from keeper.strategies.basket.plan import Solver
from keeper.strategies.cyclic import CyclicStrategy
from keeper.strategies.gears import FastGear, SlowGear, replayed
from keeper.strategies.reasons import Reason

GAS = GasQuote(0, 0.0, ETHEREUM)
SETTINGS = StrategySettings(profit_tokens=TOKENS)
NAMES = ("simple", "triangular", "long_path", "basket")


class Stage:
    """A slow gear with the results that it delivers."""

    def __init__(self) -> None:
        self.results: asyncio.Queue[tuple[MarketView, StrategyResult]] = asyncio.Queue()
        self.strategies = registry.create(NAMES, SETTINGS)
        self.gear = SlowGear(
            self.strategies, lambda *it: self.results.put_nowait(it), deadline_s=60.0
        )

    async def next(self) -> tuple[MarketView, StrategyResult]:
        async with asyncio.timeout(60):
            return await self.results.get()


@pytest.mark.parametrize("most", [0, 1_000])
async def test_the_fast_gear_runs_cycles_of_two_and_three_pools_on_the_loop_or_beside_it(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gears, "MAX_ON_LOOP", most)
    view = random_view(1)
    ran: list[Thread] = []
    kept = CyclicStrategy.evaluate

    def noted(self: CyclicStrategy, view: MarketView, gas: GasQuote) -> StrategyResult:
        ran.append(current_thread())
        return kept(self, view, gas)

    monkeypatch.setattr(CyclicStrategy, "evaluate", noted)
    fast = FastGear(registry.create(NAMES, SETTINGS))
    answers = dict(await fast.evaluate(view, GAS))
    fast.close()
    assert list(answers) == ["simple", "triangular"]
    assert [thread is main_thread() for thread in ran] == [most > 0] * 2
    for strategy in registry.create(list(answers), SETTINGS):
        expected = strategy.evaluate(view, GAS)
        found = answers[strategy.name]
        assert [item.legs for item in found.opportunities] == [
            item.legs for item in expected.opportunities
        ]
        assert found.rejections == expected.rejections
    assert any(answer.opportunities for answer in answers.values())


async def test_the_thread_finds_what_the_loop_would() -> None:
    stage, view = Stage(), random_view(1)
    here = registry.create(("long_path", "basket"), SETTINGS)
    expected = [item for s in here for item in s.evaluate(view, GAS).opportunities]
    stage.gear.begin(view, GAS, frozenset())
    seen, result = await stage.next()
    assert seen is view
    assert [item.legs for item in result.opportunities] == [item.legs for item in expected] != []
    (run,) = stage.gear.runs
    assert (run.block, run.superseded_by) == (view.block.number, None)
    assert len(run.work) == 2
    assert min(run.work) > 0
    assert not run.is_cut
    stage.gear.close()


async def test_pools_excluded_are_left_alone() -> None:
    stage, view = Stage(), random_view(1)
    stage.gear.begin(view, GAS, frozenset())
    taken = {leg.pool for item in (await stage.next())[1].opportunities for leg in item.legs}
    barred = frozenset(sorted(taken)[: len(taken) // 2])
    stage.gear.begin(view, GAS, barred)
    _, result = await stage.next()
    assert not barred & {leg.pool for item in result.opportunities for leg in item.legs}
    stage.gear.close()


@pytest.mark.parametrize("solves", [1, 2, 3])
async def test_a_run_that_its_deadline_cut_is_cut_at_the_same_place_again(
    solves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, view = Stage(), random_view(1, pools=200, tokens=7)
    kept, made = Solver.solve, count(1)

    def cutting(self: Solver, slots: NDArray[np.int64], z: NDArray[np.float64]) -> Trades:
        if next(made) == solves:
            self.cancel[0] = 1
        return kept(self, slots, z)

    monkeypatch.setattr(Solver, "solve", cutting)
    stage.gear.begin(view, GAS, frozenset())
    _, result = await stage.next()
    (run,) = stage.gear.runs
    assert run.is_cut
    monkeypatch.setattr(Solver, "solve", kept)
    fresh = registry.create(NAMES, SETTINGS)
    again, whole = (
        replayed(each, fresh, view, GAS, frozenset()) for each in (run, replace(run, is_cut=False))
    )
    assert [i.legs for i in again.opportunities] == [i.legs for i in result.opportunities] != []
    assert [i.legs for i in whole.opportunities] != [i.legs for i in again.opportunities]
    stage.gear.close()


async def test_a_run_that_a_later_block_made_void_is_void_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, view = Stage(), random_view(1)

    def closing(arrays: PoolArrays) -> FlatPools:
        stage.gear.close()
        return arrays.flat

    monkeypatch.setattr(PoolArrays, "copied", closing)
    stage.gear.begin(view, GAS, frozenset())
    _, result = await stage.next()
    (run,) = stage.gear.runs
    assert run.superseded_by is not None
    again = replayed(run, stage.strategies, view, GAS, frozenset())
    assert again == result == StrategyResult((), Counter({Reason.SUPERSEDED: 1}))


async def test_a_copy_that_the_market_changed_meanwhile_is_thrown_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, view = Stage(), random_view(1)

    def torn(arrays: PoolArrays) -> FlatPools:
        stage.gear.touch()
        return arrays.flat

    monkeypatch.setattr(PoolArrays, "copied", torn)
    stage.gear.begin(view, GAS, frozenset())
    _, result = await stage.next()
    assert result == StrategyResult((), result.rejections)
    assert result.rejections[Reason.SUPERSEDED] == 1
    stage.gear.close()
