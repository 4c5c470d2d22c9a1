"""The StableSwap stand-in: it keeps the published invariant and says what it does."""

from decimal import Decimal, localcontext

import pytest
from replica_calls import balance, read, transact

from keeper.chain import Address
from replica import Replica
from replica.abi import encode_call
from replica.rpc import RpcError
from replica.venues import CurvePool

MAX = 2**256 - 1
WAYS = [(0, 1), (1, 0), (1, 2), (2, 0)]
EXCHANGE = "(int128,int128,uint256,uint256)"


@pytest.fixture(scope="module")
def pool(replica: Replica) -> CurvePool:
    (only,) = replica.manifest.curve_pools
    return only


def held(chain: Replica, pool: CurvePool) -> list[int]:
    return list(read(chain, pool.address, "get_balances()", ["uint256[3]"])[0])


def scales(chain: Replica, pool: CurvePool) -> list[int]:
    decimals = {token.address: token.decimals for token in chain.manifest.tokens}
    return [10 ** (18 - decimals[coin]) for coin in pool.coins]


def solved(amplification: int, reserves: list[int], sold: int, bought: int, paid: int) -> Decimal:
    """Output before the fee by the paper's equation, by bisection instead of Newton's rule.

    A n^n S + D = A D n^n + D^(n+1) / (n^n P); Curve's own A stands for the paper's A n^(n-1).
    """
    with localcontext(prec=80):
        leverage = Decimal(amplification * 3)

        def excess(total: Decimal, balances: list[Decimal]) -> Decimal:
            product = balances[0] * balances[1] * balances[2]
            constant = leverage * (sum(balances) - total) + total
            return constant - total**4 / (27 * product)

        start = [Decimal(value) for value in reserves]
        low, high = Decimal(0), sum(start) * 2
        for _ in range(260):
            total = (low + high) / 2
            low, high = (total, high) if excess(total, start) > 0 else (low, total)
        after = list(start)
        after[sold] += paid
        low, high = Decimal(0), start[bought]
        for _ in range(260):
            after[bought] = (low + high) / 2
            short = excess(total, after) < 0
            low, high = (after[bought], high) if short else (low, after[bought])
        return start[bought] - after[bought]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("usd", [1, 10_000, 900_000])
def test_an_exchange_follows_the_invariant(
    chain: Replica, trader: Address, pool: CurvePool, way: tuple[int, int], usd: int
) -> None:
    sold, bought = way
    scale = scales(chain, pool)
    paid = usd * 10**18 // scale[sold]
    reserves = [value * by for value, by in zip(held(chain, pool), scale, strict=True)]
    gross = solved(pool.amplification, reserves, sold, bought, paid * scale[sold])
    net = int(gross * (10**10 - pool.fee_e10) / 10**10) // scale[bought]
    (wanted,) = read(
        *(chain, pool.address, "get_dy(int128,int128,uint256)", ["uint256"], sold, bought, paid)
    )
    # Newton's rule in integers ends a few units of the eighteenth decimal from the root
    assert abs(net - wanted) <= max(1, 4 // scale[bought])
    coin, out = pool.coins[sold], pool.coins[bought]
    transact(chain, trader, coin, encode_call("approve(address,uint256)", pool.address, MAX))
    before = balance(chain, out, trader)
    call = encode_call(f"exchange{EXCHANGE}", sold, bought, paid, wanted)
    transact(chain, trader, pool.address, call)
    assert balance(chain, out, trader) - before == wanted


def test_what_was_sent_before_is_exchanged(
    chain: Replica, trader: Address, pool: CurvePool
) -> None:
    coin, out = pool.coins[1], pool.coins[2]
    paid = 5_000 * 10**6
    (wanted,) = read(chain, pool.address, "get_dy(int128,int128,uint256)", ["uint256"], 1, 2, paid)
    transact(chain, trader, coin, encode_call("transfer(address,uint256)", pool.address, paid))
    more = encode_call(f"exchange_received{EXCHANGE}", 1, 2, paid + 1, 1)
    with pytest.raises(RpcError, match="revert"):
        chain.rpc("eth_call", [{"from": trader, "to": pool.address, "data": more}, "latest"])
    before = balance(chain, out, trader)
    exact = encode_call(f"exchange_received{EXCHANGE}", 1, 2, paid, wanted)
    transact(chain, trader, pool.address, exact)
    assert balance(chain, out, trader) - before == wanted
    call = {"from": trader, "to": pool.address, "data": exact}
    with pytest.raises(RpcError, match="revert"):  # the same coins do not pay twice
        chain.rpc("eth_call", [call, "latest"])


def test_wrong_coins_revert(replica: Replica, pool: CurvePool) -> None:
    quote = "get_dy(int128,int128,uint256)"
    for sold, bought in ((0, 0), (0, 3), (3, 0), (-1, 0)):
        with pytest.raises(RpcError, match="revert"):
            read(replica, pool.address, quote, ["uint256"], sold, bought, 1)


def test_it_holds_what_it_counts(replica: Replica, pool: CurvePool) -> None:
    for number, (coin, counted) in enumerate(zip(pool.coins, held(replica, pool), strict=True)):
        (kept,) = read(replica, pool.address, "admin_balances(uint256)", ["uint256"], number)
        assert kept > 0  # half of the fees of the swaps that aged the pool
        assert balance(replica, coin, pool.address) == counted + kept
