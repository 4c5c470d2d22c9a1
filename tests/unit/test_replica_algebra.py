"""QuickSwap V3's approximation on the replica: its addresses, and swaps as its quoter says."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from replica_calls import balance, read, transact

from keeper.chain import Address
from replica import Replica
from replica.abi import address, create2_address, encode_call
from replica.manifest import Realness

HASH = bytes.fromhex("6ec6c9c8091d160c0aa74b2b14ba9c1717e95093bd3ac085cee99a49aab294a4")
MAX = 2**256 - 1
STATE = ["uint160", "int24", "uint16", "uint16", "uint8", "uint8", "bool"]


def test_it_is_labelled_an_approximation(replica: Replica) -> None:
    entries = [e for e in replica.manifest.contracts if e.protocol == "quickswap-v3"]
    assert len(entries) == 7
    for entry in entries:
        assert entry.realness is Realness.PARTLY_REAL
        assert entry.note.startswith("approximation")


def test_pools_stand_where_the_deployed_hash_derives_them(replica: Replica) -> None:
    deployer = address("0x2d98e2fa9da15aa6dc9581ab097ced7af697cb92")
    factory = address("0x411b0facc3489691f28ad58c47006af5e3ab3a28")
    for pool in replica.manifest.algebra_pools:
        assert (pool.deployer, pool.factory) == (deployer, factory)
        salt = keccak(encode(["address", "address"], [pool.token0, pool.token1]))
        assert create2_address(deployer, salt, HASH) == pool.address
        for pair in ((pool.token0, pool.token1), (pool.token1, pool.token0)):
            found = read(replica, factory, "poolByPair(address,address)", ["address"], *pair)
            assert address(found[0]) == pool.address
        for getter, wanted in (
            ("factory()", factory),
            ("token0()", pool.token0),
            ("token1()", pool.token1),
        ):
            assert address(read(replica, pool.address, getter, ["address"])[0]) == wanted
    first = replica.manifest.algebra_pools[0].address
    assert first == address("0xae81fac689a1b4b1e06e7ef4a2ab4cd8ac0a087d")


def test_prices_agree_with_the_manifest(replica: Replica) -> None:
    usd = {t.address: float(t.usd_price) / 10**t.decimals for t in replica.manifest.tokens}
    for pool in replica.manifest.algebra_pools:
        root, _, fee, *_, unlocked = read(replica, pool.address, "globalState()", STATE)
        fair = usd[pool.token0] / usd[pool.token1]
        assert (root / 2**96) ** 2 == pytest.approx(fair, rel=1e-5), pool
        assert unlocked
        assert 0 < fee < 20_000
        assert read(replica, pool.address, "tickSpacing()", ["int24"]) == (pool.tick_spacing,)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("zero_for_one", [True, False])
def test_a_swap_gives_what_the_quoter_said(
    chain: Replica, trader: Address, number: int, zero_for_one: bool
) -> None:
    pool = chain.manifest.algebra_pools[number]
    way = (pool.token0, pool.token1)[:: 1 if zero_for_one else -1]
    paid = balance(chain, way[0], trader) // 1_000
    transact(chain, trader, way[0], encode_call("approve(address,uint256)", router(chain), MAX))
    # the adaptive fee may move by a pip or two in the block between quote and swap
    before = balance(chain, way[1], trader)
    quote = "quoteExactInputSingle(address,address,uint256,uint160)"
    quoter = chain.manifest.contract("QuickSwap V3 Quoter")
    wanted, fee = read(chain, quoter, quote, ["uint256", "uint16"], *way, paid, 0)
    assert fee > 0
    swap = "exactInputSingle((address,address,address,uint256,uint256,uint256,uint160))"
    order = (*way, trader, MAX, paid, 1, 0)
    transact(chain, trader, router(chain), encode_call(swap, order))
    got = balance(chain, way[1], trader) - before
    assert got == pytest.approx(wanted, rel=2e-4)


def router(chain: Replica) -> Address:
    return chain.manifest.contract("QuickSwap V3 SwapRouter")
