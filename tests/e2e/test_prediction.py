"""Prediction and chain agree to the wei when no other trade intervenes."""

import time
from collections import Counter
from itertools import count

from prediction_world import FUNDINGS, Arena, Execution, arena, gas_figure, hop_kinds

from keeper.chain import Protocol
from replica import Replica

MARKETS = 200
FRESHLY_READ = 5
MIN_CROSSING_MARKETS = 30
MIN_ARRIVED = 50
MIN_ASKED = 50
SEED = 20_260_801
HOP_KINDS = {
    (protocol, place, zero_for_one)
    for protocol in (Protocol.UNISWAP_V2, Protocol.UNISWAP_V3)
    for place in ("first", "middle", "last")
    for zero_for_one in (False, True)
}


async def test_profit_is_predicted_to_the_wei(chain: Replica, figures: list[str]) -> None:
    started = time.monotonic()
    executions: list[Execution] = []
    crossing_markets = traded = 0
    async with arena(chain, SEED, Arena) as world:
        for tried in count(1):
            done = await _trade(world, afresh=tried % (MARKETS // FRESHLY_READ) == 0)
            traded += bool(done)
            crossing_markets += any(execution.crossings for execution in done)
            executions += done
            if traded == MARKETS:
                break
    assert crossing_markets >= MIN_CROSSING_MARKETS
    assert {kind for e in executions for kind in hop_kinds(e.opportunity.legs)} == HOP_KINDS
    fundings = Counter(execution.funding for execution in executions)
    assert set(fundings) == set(FUNDINGS)
    arrived = sum(execution.arrived for execution in executions)
    assert arrived >= MIN_ARRIVED
    asked = [execution for execution in executions if execution.asking]
    asked_less = sum(execution.saved_raw > 0 for execution in asked)
    assert len(asked) >= MIN_ASKED
    assert asked_less > 0
    assert {e.opportunity.strategy for e in executions} == {"simple", "triangular"}
    figures.append(
        f"prediction: {len(executions)} executions in {traded} of {tried} random markets, "
        f"{crossing_markets} of them across initialised ticks, all exact to the wei; "
        f"{', '.join(f'{n} {f.value}' for f, n in fundings.items())}; "
        f"{arrived} took what had arrived; in {len(asked)} pools asked, {asked_less} of them "
        f"for less than their legs say; "
        f"{gas_figure(executions)}; {time.monotonic() - started:.1f} s"
    )


async def _trade(world: Arena, *, afresh: bool) -> list[Execution]:
    """Everything that one random market offers, each to the wei."""
    done = []
    with world.market():
        view = await (world.seen_afresh() if afresh else world.seen_by_deltas())
        for opportunity in world.choose(view):
            execution = await world.execute(opportunity, world.funding_for(opportunity), view)
            _check(execution)
            done.append(execution)
    return done


def _check(execution: Execution) -> None:
    assert execution.receipt.status == 1, execution
    assert execution.held_raw == execution.expected_raw, execution
    assert execution.logged_raw == execution.expected_raw, execution
