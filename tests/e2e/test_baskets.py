"""Baskets and long paths earn on the chain what was predicted, to the wei."""

import time
from itertools import count

from basket_world import BasketArena, basket_arena
from prediction_world import Execution

from keeper.execution.program import Funding
from replica import Replica

MARKETS, MIN_WIDE, WIDE = 200, 50, 10
LONG, MIN_LONG = 12, 3
SEED = 20_261_126


async def test_baskets_and_long_paths_earn_what_was_predicted(
    chain: Replica, figures: list[str]
) -> None:
    started = time.monotonic()
    baskets: list[Execution] = []
    paths: list[Execution] = []
    async with basket_arena(chain, SEED) as world:
        for tried in count(1):
            await _trade(world, baskets, paths)
            if len(baskets) >= MARKETS and len(paths) >= MIN_LONG:
                break
            assert tried < 2 * MARKETS
    for execution in (*baskets, *paths):
        assert execution.receipt.status == 1, execution
        assert execution.held_raw == execution.opportunity.profit_raw, execution
        assert execution.logged_raw == execution.opportunity.profit_raw, execution
    tokens = [len({leg.token_in for leg in done.opportunity.legs}) for done in baskets]
    wide = sum(spanned >= WIDE for spanned in tokens)
    assert wide >= MIN_WIDE
    assert any(done.opportunity.loans for done in baskets)
    assert max(len(done.opportunity.legs) for done in paths) >= LONG
    figures.append(
        f"baskets: {len(baskets)} markets, {wide} of them over {WIDE} and more tokens, at most "
        f"{max(len(done.opportunity.legs) for done in baskets)} swaps, and {len(paths)} paths of "
        f"{LONG} and more hops, all exact to the wei; {time.monotonic() - started:.1f} s"
    )


async def _trade(world: BasketArena, baskets: list[Execution], paths: list[Execution]) -> None:
    """The basket of one random market, or one of its long paths: each from the same state."""
    with world.market():
        view = await world.seen_by_deltas()
        long = [item for item in world.paths(view) if len(item.legs) >= LONG]
        if long and len(paths) < MIN_LONG:
            paths.append(await world.run(long[0], Funding.FLASH_SWAP, view))
            return
        for basket in world.baskets(view):
            funding = world.rng.choice((Funding.OWN_CAPITAL, Funding.MORPHO))
            baskets.append(await world.run(basket, funding, view))
