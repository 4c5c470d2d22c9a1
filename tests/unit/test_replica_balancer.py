"""Balancer V2 on the replica: joined pools, swaps as its queries say, loans without a fee."""

from fractions import Fraction

import pytest
from replica_calls import balance, deployed, read, transact

from keeper.chain import Address
from replica import Replica
from replica.abi import address, encode_call
from replica.venues import BalancerPool

MAX = 2**256 - 1
NUMBERS = range(3)
CANONICAL = {
    "Balancer Vault": "0xba12222222228d8ba445958a75a0704d566bf2c8",
    "Balancer ProtocolFeesCollector": "0xce88686553686da562ce7cea497ce749da109f9f",
    "Balancer WeightedPoolFactory": "0x82e4cfaef85b1b6299935340c964c942280327f4",
    "Balancer ComposableStablePoolFactory": "0x7bc6c0e73edaa66ef3f6e2f27b0ee8661834c6c9",
}
STEP = "(bytes32,uint8,address,address,uint256,bytes)"
FUNDS = "(address,bool,address,bool)"


def test_contracts_stand_where_polygon_has_them(replica: Replica) -> None:
    for name, wanted in CANONICAL.items():
        assert replica.manifest.contract(name) == address(wanted), name


def reserves(chain: Replica, pool: BalancerPool) -> dict[Address, int]:
    words = ["address[]", "uint256[]", "uint256"]
    signature = "getPoolTokens(bytes32)"
    tokens, amounts, _ = read(chain, pool.vault, signature, words, pool.pool_id)
    assert tuple(map(address, tokens)) == pool.tokens
    return {
        address(t): a for t, a in zip(tokens, amounts, strict=True) if address(t) != pool.address
    }


def test_pools_are_registered_as_the_manifest_says(replica: Replica) -> None:
    assert len(replica.manifest.balancer_pools) == len(NUMBERS)
    for pool in replica.manifest.balancer_pools:
        kept = read(replica, pool.vault, "getPool(bytes32)", ["address", "uint8"], pool.pool_id)
        assert address(kept[0]) == pool.address
        assert all(amount > 0 for amount in reserves(replica, pool).values())
        fee = read(replica, pool.address, "getSwapFeePercentage()", ["uint256"])
        assert fee == (pool.fee_e18,)
        if pool.venue == "balancer-v2-weighted":
            weights = read(replica, pool.address, "getNormalizedWeights()", ["uint256[]"])[0]
            assert weights == pool.weights_e18
        else:
            words = ["uint256", "bool", "uint256"]
            found = read(replica, pool.address, "getAmplificationParameter()", words)
            assert found == (pool.amplification, False, 1000)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_swap_gives_what_the_queries_said(chain: Replica, trader: Address, number: int) -> None:
    pool = chain.manifest.balancer_pools[number]
    paid, got = [token for token in pool.tokens if token != pool.address][:2]
    held = reserves(chain, pool)
    amount = held[paid] // 1_000
    funds = (trader, False, trader, False)
    step = (pool.pool_id, 0, paid, got, amount, b"")
    queries = chain.manifest.contract("Balancer BalancerQueries")
    query = f"querySwap({STEP},{FUNDS})"
    (wanted,) = read(chain, queries, query, ["uint256"], step, funds)
    transact(chain, trader, paid, encode_call("approve(address,uint256)", pool.vault, MAX))
    before = balance(chain, got, trader)
    signature = f"swap({STEP},{FUNDS},uint256,uint256)"
    transact(chain, trader, pool.vault, encode_call(signature, step, funds, wanted, MAX))
    assert balance(chain, got, trader) - before == wanted
    if pool.weights_e18:
        # the pool rounds its power up, against the trader
        exact = by_weights(pool, held, paid, got, amount)
        assert exact * (1 - 1e-7) < wanted <= exact


def by_weights(
    pool: BalancerPool, held: dict[Address, int], paid: Address, got: Address, amount: int
) -> float:
    """The white paper's formula: out = balance * (1 - (in balance / after)^(weight ratio))."""
    weights = dict(zip(pool.tokens, pool.weights_e18, strict=True))
    into = amount * (1 - Fraction(pool.fee_e18, 10**18))
    ratio = float(held[paid] / (held[paid] + into))
    return float(held[got]) * (1 - ratio ** (weights[paid] / weights[got]))


BORROWER = """
interface IVault {
    function flashLoan(address, address[] memory, uint256[] memory, bytes memory) external;
}
interface IToken {
    function transfer(address, uint256) external returns (bool);
    function balanceOf(address) external view returns (uint256);
}
contract Borrower {
    uint256 public held;
    uint256 public charged;
    function borrow(address vault, address token, uint256 amount) external {
        address[] memory tokens = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (tokens[0], amounts[0]) = (token, amount);
        IVault(vault).flashLoan(address(this), tokens, amounts, "");
    }
    function receiveFlashLoan(
        address[] memory tokens, uint256[] memory amounts, uint256[] memory fees, bytes memory
    ) external {
        held = IToken(tokens[0]).balanceOf(address(this));
        charged = fees[0];
        IToken(tokens[0]).transfer(msg.sender, amounts[0] + fees[0]);
    }
}
"""


@pytest.mark.parametrize("symbol", ["WPOL", "USDC.e", "WETH"])
def test_the_vault_lends_for_nothing(chain: Replica, trader: Address, symbol: str) -> None:
    vault = chain.manifest.contract("Balancer Vault")
    token = chain.manifest.token(symbol).address
    borrower = deployed(chain, trader, BORROWER, "Borrower")
    before = balance(chain, token, vault)
    signature = "borrow(address,address,uint256)"
    transact(chain, trader, borrower, encode_call(signature, vault, token, before))
    assert read(chain, borrower, "held()", ["uint256"]) == (before,)
    assert read(chain, borrower, "charged()", ["uint256"]) == (0,)
    assert balance(chain, token, vault) == before
