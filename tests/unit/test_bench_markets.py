"""The bench's market of all venues, told by messages: shares, tradability and prices at rest."""

from collections import Counter
from math import log

import pytest

from bench.detect.world import World
from bench.markets import ALL_VENUES, Market, Shocks, generate
from keeper.chain import Protocol
from keeper.market.venues.pairs import PairState

POOLS = 200


@pytest.fixture(scope="module")
def market() -> Market:
    return generate(POOLS, 60, 7, ALL_VENUES)


def test_each_venue_has_its_share(market: Market) -> None:
    found = Counter(pool.protocol for pool in market.pools)
    wanted = {protocol: round(POOLS * share) for protocol, share in ALL_VENUES.items()}
    assert found[Protocol.UNISWAP_V2] == wanted[Protocol.UNISWAP_V2]
    assert found == wanted


def test_smooth_pools_rest_within_their_fees_band(market: Market) -> None:
    """Both ways, a small swap loses against fair prices at most twice the fee and gains nothing."""
    checked = 0
    for slot, state in enumerate(market.states):
        if not isinstance(state, PairState):
            continue
        usd = [float(market.usd_per_raw[side[slot]]) for side in (market.token0, market.token1)]
        for zero_for_one, (sold, bought) in ((True, usd), (False, usd[::-1])):
            paid = max(int(market.depth_usd[slot] * 1e-4 / sold), 10**4)
            quote = state.quote(zero_for_one=zero_for_one, amount=paid, exact_in=True)
            assert quote.refusal is None
            if quote.amount_out > 10**4:
                gain = log(quote.amount_out * bought / (paid * sold))
                assert -0.008 < gain < 0.0003, market.pools[slot]
                checked += 1
    assert checked > 40


def test_messages_tell_the_market_as_it_is(market: Market) -> None:
    shocks = Shocks(market, 7)
    world = World(market, shocks)
    for number in range(3):
        updates = shocks.block(40)
        view = world.block(updates)
        assert view.changed == {market.pools[update.slot].address for update in updates}, number
    for slot, state in enumerate(market.states):
        assert view.state_of(slot) == state
