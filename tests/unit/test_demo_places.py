"""The demo's traders can trade in every pool that its keeper follows, and in no other."""

from pathlib import Path

from replica_calls import balance, transact

from keeper.chain import Protocol
from keeper.config import MarketSettings
from replica import Replica
from replica.abi import address, encode_call
from replica.demo.followed import market_settings
from replica.demo.swaps import places
from replica.venues import NATIVE

USD = 50


def test_every_place_takes_a_swap(chain: Replica) -> None:
    trader = address(chain.rpc("eth_accounts")[4])
    worth = {token.address: token for token in chain.manifest.tokens}
    for number, place in enumerate(places(chain.manifest)):
        sold, bought = place.tokens[:2] if number % 2 else place.tokens[1::-1]
        amount = int(USD / float(worth[sold].usd_price) * 10 ** worth[sold].decimals)
        approval = encode_call("approve(address,uint256)", place.router, amount)
        transact(chain, trader, sold, approval)
        before = balance(chain, sold, trader), balance(chain, bought, trader)
        transact(chain, trader, place.router, place.call(sold, bought, amount, trader))
        assert balance(chain, sold, trader) == before[0] - amount
        got = (balance(chain, bought, trader) - before[1]) / 10 ** worth[bought].decimals
        assert 0.9 * USD < got * float(worth[bought].usd_price) < 1.1 * USD


def test_the_settings_name_every_venue_and_each_pool_that_no_factory_tells_of(
    chain: Replica,
) -> None:
    manifest = chain.manifest
    settings = MarketSettings(**market_settings(manifest), cache=Path("pools.json"))
    made = {factory.protocol for factory in settings.factories}
    named = {pool.protocol for pool in settings.pools}
    assert made | named == set(Protocol) - {Protocol.CURVE_STABLESWAP}
    erc20 = [pool for pool in manifest.v4_pools if pool.currency0 != NATIVE]
    told = len(manifest.balancer_pools) + len(manifest.curve_pools) + len(erc20)
    assert len(settings.pools) == told
    assert len(places(manifest)) == told + len(manifest.pools) + len(manifest.algebra_pools)
