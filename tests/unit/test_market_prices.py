"""USD values come from the deepest pools of the market itself."""

from math import isfinite

import pytest
from market_frames import USD, WETH, WPOL, Frames, flat_v3, pool_address

from keeper.gas_table import ETHEREUM
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.relay.messages import Message
from keeper.strategies.gas import gas_quote


def view_of(frames: Frames, *snapshots: Message) -> MarketView:
    market = Market([USD])
    for message in snapshots:
        market.apply(message)
    view = market.apply(frames.boundary())
    assert view is not None
    return view


def test_the_deepest_pool_prices_a_token() -> None:
    frames = Frames()
    view = view_of(
        frames,
        frames.v2(pool_address(1), USD, WPOL, (10**6 * 9, 10**18), decimals=(6, 18)),
        frames.v2(pool_address(2), USD, WPOL, (10**6 * 500_000, 10**24), decimals=(6, 18)),
        frames.v2(pool_address(3), WPOL, WETH, (5_000 * 10**18, 10**18)),
    )
    assert view.usd_per_raw[USD] == 1e-6
    assert view.usd_per_raw[WPOL] * 1e18 == pytest.approx(0.5)
    assert view.usd_per_raw[WETH] * 1e18 == pytest.approx(2_500)


def test_gas_is_valued_by_the_native_token_s_price() -> None:
    frames = Frames()
    pool = frames.v2(pool_address(2), USD, WPOL, (10**6 * 500_000, 10**24), decimals=(6, 18))
    view = view_of(frames, pool)
    gas = gas_quote(view, 100 * 10**9, WPOL, ETHEREUM)
    assert gas is not None
    assert gas.cost_usd(300_000) == pytest.approx(300_000 * 100e9 * 0.5 / 1e18)
    assert gas_quote(view, 100 * 10**9, WETH, ETHEREUM) is None


def test_tokens_without_a_way_to_usd_have_no_value() -> None:
    frames = Frames()
    view = view_of(frames, frames.v2(pool_address(1), WPOL, WETH, (10**20, 10**20)))
    assert not view.usd_per_raw


@pytest.mark.parametrize("reserves", [(1, 2**112 - 1), (2**112 - 1, 1), (0, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("decimals", [(0, 255), (255, 0), (18, 18)])
def test_extreme_pools_give_finite_values_or_none(
    reserves: tuple[int, int], decimals: tuple[int, int]
) -> None:
    frames = Frames()
    pool = frames.v2(pool_address(1), USD, WPOL, reserves, decimals=decimals)
    extreme = frames.v3(pool_address(2), WPOL, WETH, flat_v3(880_000, 1), decimals=decimals[::-1])
    view = view_of(frames, pool, extreme)
    assert all(isfinite(value) and value > 0 for value in view.usd_per_raw.values())
