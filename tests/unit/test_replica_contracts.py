"""What stands on the replica: complete, at its canonical address, and doing what it does there."""

import csv
from pathlib import Path

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from replica_calls import balance, deployed, read, transact

from keeper.chain import Address, Protocol
from replica import Replica
from replica.abi import address, create2_address, create_address, encode_call
from replica.manifest import Pool, Realness, dump, load

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
MAX = 2**256 - 1
CANONICAL = {
    "QuickSwap V2 factory": "0x5757371414417b8c6caad45baef941abc7d3ab32",
    "QuickSwap V2 router": "0xa5e0829caced8ffdd4de3c43696c57f7d7a678ff",
    "Uniswap V2 factory": "0x9e5a52f57b3038f1b8eee45f28b3c1967e22799c",
    "Uniswap V2 router": "0xedf6066a2b290c185783862c7f4776a2c8077ad1",
    "Uniswap V3 factory": "0x1f98431c8ad98523631ae4a59f267346ea31f984",
    "SwapRouter02": "0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45",
    "QuoterV2": "0x61ffe014ba17989e743c5f6cb21bf9697530b21e",
    "Aave PoolAddressesProvider": "0xa97684ead0e402dc232d5a977953df7ecbab3cdb",
    "Aave Pool": "0x794a61358d6845594f94dc1db02a252b5b4814ad",
    "Multicall3": "0xca11bde05977b3631167028862be2a173976ca11",
}
DERIVED = {
    ("quickswap-v2", 3000): "0x6e7a5fafcec6bb1e78bae2a1f0b612012bf14827",
    ("uniswap-v3", 500): "0xa374094527e1673a86de625aa59517c5de346d32",
}


def test_every_listed_address_has_code(replica: Replica) -> None:
    manifest = replica.manifest
    places = [(entry.name, entry.address) for entry in manifest.contracts]
    places += [(f"{pool.venue} pool", pool.address) for pool in manifest.pools]
    places += [(token.symbol, token.address) for token in manifest.tokens]
    empty = [name for name, at in places if replica.rpc("eth_getCode", [at, "latest"]) == "0x"]
    assert empty == []
    assert len({entry.address for entry in manifest.contracts}) == len(manifest.contracts)


def test_manifest_states_source_and_realness_of_every_contract(replica: Replica) -> None:
    manifest = replica.manifest
    assert all(entry.package and entry.protocol for entry in manifest.contracts)
    stand_ins = {e.name for e in manifest.contracts if e.realness is Realness.STAND_IN}
    assert stand_ins == {"WPOL", "Aave oracle", "Curve StableSwap DAI/USDC.e/USDT"}
    assert all(entry.note for entry in manifest.contracts if entry.realness is not Realness.REAL)
    assert load(dump(manifest)) == manifest


def test_contracts_stand_at_their_canonical_addresses(replica: Replica) -> None:
    for name, wanted in CANONICAL.items():
        assert replica.manifest.contract(name) == address(wanted), name


def test_pools_derive_from_their_factories(replica: Replica) -> None:
    hashes = {factory.address: factory.init_code_hash for factory in replica.manifest.factories}
    for pool in replica.manifest.pools:
        if pool.protocol is Protocol.UNISWAP_V2:
            salt = keccak(pool.token0 + pool.token1)
        else:
            key = (pool.token0, pool.token1, pool.fee_pips)
            salt = keccak(encode(["address", "address", "uint24"], key))
        assert pool.token0 < pool.token1
        assert create2_address(pool.factory, salt, hashes[pool.factory]) == pool.address


def test_known_pools_come_out_where_polygon_has_them(replica: Replica) -> None:
    for (venue, fee), wanted in DERIVED.items():
        assert replica.manifest.pool(venue, "WPOL", "USDC.e", fee).address == address(wanted)


@pytest.mark.skipif(not DATA.exists(), reason="recorded pools are absent: ../shared/data")
def test_every_pool_that_polygon_recorded_has_its_address_there(replica: Replica) -> None:
    pairs = recorded("v2_pairs.csv", "pair") | recorded("v3_pools.csv", "pool")
    venues = {"quickswap-v2": "quickswap", "uniswap-v3": "uniswap"}
    compared = 0
    for pool in replica.manifest.pools:
        key = (venues.get(pool.venue, ""), pool.token0, pool.token1, pool.fee_pips)
        if key in pairs:
            assert pool.address == pairs[key]
            compared += 1
    assert compared == sum(pool.venue in venues for pool in replica.manifest.pools)


def recorded(name: str, column: str) -> dict[tuple[str, Address, Address, int], Address]:
    with (DATA / name).open() as file:
        return {
            (
                row["venue"],
                address(row["token0"]),
                address(row["token1"]),
                int(row.get("fee_pips", 3000)),
            ): address(row[column])
            for row in csv.DictReader(file)
        }


def test_aave_proxies_derive_from_the_provider(replica: Replica) -> None:
    provider = replica.manifest.contract("Aave PoolAddressesProvider")
    assert create_address(provider, 1) == replica.manifest.aave_pool
    assert create_address(provider, 2) == replica.manifest.contract("Aave PoolConfigurator")


def test_prices_agree_across_venues_within_every_fee(replica: Replica) -> None:
    usd = {
        token.address: float(token.usd_price) / 10**token.decimals
        for token in replica.manifest.tokens
    }
    for pool in replica.manifest.pools:
        fair = usd[pool.token0] / usd[pool.token1]
        assert price(replica, pool) == pytest.approx(fair, rel=1e-5), pool


def price(replica: Replica, pool: Pool) -> float:
    if pool.protocol is Protocol.UNISWAP_V3:
        sqrt_price = read(replica, pool.address, "slot0()", ["uint160"])[0]
        return float((sqrt_price / 2**96) ** 2)
    words = ["uint112", "uint112", "uint32"]
    reserve0, reserve1, _ = read(replica, pool.address, "getReserves()", words)
    return float(reserve1 / reserve0)


def test_v3_pools_have_crossed_ticks_near_and_initialised_ones_far(replica: Replica) -> None:
    for pool in replica.manifest.pools:
        if pool.protocol is not Protocol.UNISWAP_V3:
            continue
        tick = read(replica, pool.address, "slot0()", ["uint160", "int24"])[1]
        centre = tick // pool.tick_spacing * pool.tick_spacing
        for steps in (-15, -6, -3, 4, 7, 16):
            _, net, outside = tick_state(replica, pool, centre + steps * pool.tick_spacing)
            assert net != 0, (pool, steps)
            assert outside != 0, (pool, steps)
        for steps in (-150, 151):
            assert tick_state(replica, pool, centre + steps * pool.tick_spacing)[1] != 0


def tick_state(replica: Replica, pool: Pool, tick: int) -> tuple[int, int, int]:
    """Gross liquidity, net liquidity, and a mix of the accumulators that a crossing writes."""
    words = ["uint128", "int128", "uint256", "uint256"]
    gross, net, outside0, outside1 = read(replica, pool.address, "ticks(int24)", words, tick)
    return gross, net, outside0 | outside1


def test_traders_hold_every_token_and_the_keepers_keys_only_pol(replica: Replica) -> None:
    for number, account in enumerate(replica.rpc("eth_accounts")):
        assert int(replica.rpc("eth_getBalance", [account, "latest"]), 16) >= 10_000 * 10**18
        for token in replica.manifest.tokens:
            amount = balance(replica, token.address, address(account))
            assert (amount > 0) == (number >= 2), (number, token.symbol)


@pytest.mark.parametrize("venue", ["QuickSwap V2", "Uniswap V2"])
def test_v2_router_swaps_as_the_formula_says(chain: Replica, trader: Address, venue: str) -> None:
    router = chain.manifest.contract(f"{venue} router")
    pool = chain.manifest.pool(venue.lower().replace(" ", "-"), "WPOL", "USDC.e")
    words = ["uint112", "uint112", "uint32"]
    reserve0, reserve1, _ = read(chain, pool.address, "getReserves()", words)
    paid = 1_000 * 10**18
    wanted = paid * 997 * reserve1 // (reserve0 * 1000 + paid * 997)
    transact(chain, trader, pool.token0, encode_call("approve(address,uint256)", router, MAX))
    before = balance(chain, pool.token1, trader)
    swap = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
    path = [pool.token0, pool.token1]
    transact(chain, trader, router, encode_call(swap, paid, 1, path, trader, MAX))
    assert balance(chain, pool.token1, trader) - before == wanted


@pytest.mark.parametrize(("symbols", "fee"), [(("WPOL", "USDC.e"), 500), (("WBTC", "WETH"), 3000)])
@pytest.mark.parametrize("usd", [50, 20_000])
def test_v3_swap_gives_what_the_quoter_said(
    chain: Replica, trader: Address, symbols: tuple[str, str], fee: int, usd: int
) -> None:
    router, quoter = (chain.manifest.contract(name) for name in ("SwapRouter02", "QuoterV2"))
    into, out = (chain.manifest.token(symbol) for symbol in symbols)
    paid = int(usd * 10**into.decimals / float(into.usd_price))
    quote = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
    returns = ["uint256", "uint160", "uint32", "uint256"]
    order = (into.address, out.address, paid, fee, 0)
    wanted, price_after, crossed, _ = read(chain, quoter, quote, returns, order)
    assert (crossed > 0) == (usd > 50 and fee == 500)
    transact(chain, trader, into.address, encode_call("approve(address,uint256)", router, MAX))
    before = balance(chain, out.address, trader)
    swap = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
    exact = (into.address, out.address, fee, trader, paid, wanted, 0)
    transact(chain, trader, router, encode_call(swap, exact))
    assert balance(chain, out.address, trader) - before == wanted
    pool = chain.manifest.pool("uniswap-v3", *symbols, fee)
    assert read(chain, pool.address, "slot0()", ["uint160"])[0] == price_after


RECEIVER = """
interface IPool {
    function flashLoanSimple(address, address, uint256, bytes calldata, uint16) external;
}
interface IToken {
    function approve(address, uint256) external returns (bool);
}
contract Receiver {
    uint256 public premiumPaid;
    function borrow(address pool, address asset, uint256 amount) external {
        IPool(pool).flashLoanSimple(address(this), asset, amount, "", 0);
    }
    function executeOperation(
        address asset, uint256 amount, uint256 premium, address, bytes calldata
    )
        external returns (bool)
    {
        premiumPaid = premium;
        return IToken(asset).approve(msg.sender, amount + premium);
    }
}
"""


@pytest.mark.parametrize("symbol", ["USDC.e", "WPOL", "WETH", "USDC"])
def test_aave_lends_for_one_transaction_at_five_basis_points(
    chain: Replica, trader: Address, symbol: str
) -> None:
    token = chain.manifest.token(symbol)
    place = deployed(chain, trader, RECEIVER, "Receiver")
    amount = 10_000 * 10**token.decimals if symbol != "WETH" else 50 * 10**18
    premium = (amount * 5 + 5_000) // 10_000
    transfer = encode_call("transfer(address,uint256)", place, premium)
    transact(chain, trader, token.address, transfer)
    borrow = "borrow(address,address,uint256)"
    arguments = (chain.manifest.aave_pool, token.address, amount)
    transact(chain, trader, place, encode_call(borrow, *arguments))
    assert read(chain, place, "premiumPaid()", ["uint256"]) == (premium,)
    assert balance(chain, token.address, place) == 0


def test_multicall3_answers_for_many(replica: Replica) -> None:
    manifest = replica.manifest
    symbol = encode_call("symbol()")
    calls = [(token.address, False, symbol) for token in manifest.tokens]
    signature = "aggregate3((address,bool,bytes)[])"
    (answers,) = read(replica, manifest.multicall3, signature, ["(bool,bytes)[]"], calls)
    symbols = [decode(["string"], answer)[0] for _, answer in answers]
    assert symbols == [token.symbol for token in manifest.tokens]
