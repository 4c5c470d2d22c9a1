"""Uniswap V4 on the replica: pools under their keys' hashes, and swaps as its quoter says."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from replica_calls import balance, read, transact

from keeper.chain import Address
from replica import Replica
from replica.abi import address, create2_address, encode_call
from replica.protocols.permit2 import CREATE2_DEPLOYER, PERMIT2, SALT, SETTINGS
from replica.sources import compiled as compiled_source
from replica.venues import NATIVE, V4Pool

KEY = "(address,address,uint24,int24,address)"
MAX = 2**256 - 1
NUMBERS = range(5)


def test_the_manager_stands_where_polygon_has_it(replica: Replica) -> None:
    manager = address("0x67366782805870060151383f4bbff9dab53e5cd6")
    assert replica.manifest.contract("Uniswap V4 PoolManager") == manager
    positions = replica.manifest.contract("Uniswap V4 PositionManager")
    assert read(replica, positions, "poolManager()", ["address"]) == ("0x" + manager.hex(),)


def test_permit2_is_built_from_the_code_that_derives_its_address(replica: Replica) -> None:
    code = compiled_source("@uniswap/v4-periphery/lib/permit2/src/Permit2.sol", "Permit2", SETTINGS)
    derived = create2_address(CREATE2_DEPLOYER, SALT, keccak(code))
    assert derived == replica.manifest.contract("Permit2") == PERMIT2
    wanted = keccak(
        encode(
            ["bytes32", "bytes32", "uint256", "address"],
            [
                keccak(text="EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak(text="Permit2"),
                137,
                PERMIT2,
            ],
        )
    )
    assert read(replica, PERMIT2, "DOMAIN_SEPARATOR()", ["bytes32"]) == (wanted,)


def test_pools_are_known_by_the_hash_of_their_key(replica: Replica) -> None:
    view = replica.manifest.contract("Uniswap V4 StateView")
    assert len(replica.manifest.v4_pools) == len(NUMBERS)
    for pool in replica.manifest.v4_pools:
        assert keccak(encode([KEY], [pool.key])) == pool.pool_id
        assert pool.hooks == NATIVE
        assert pool.currency0 < pool.currency1
        state = read(replica, view, "getSlot0(bytes32)", ["uint160", "int24"], pool.pool_id)
        assert state[0] > 0
        assert read(replica, view, "getLiquidity(bytes32)", ["uint128"], pool.pool_id)[0] > 0


def test_prices_agree_with_the_manifest(replica: Replica) -> None:
    usd = {t.address: float(t.usd_price) / 10**t.decimals for t in replica.manifest.tokens}
    usd[NATIVE] = usd[replica.manifest.token("WPOL").address]
    view = replica.manifest.contract("Uniswap V4 StateView")
    for pool in replica.manifest.v4_pools:
        (root,) = read(replica, view, "getSlot0(bytes32)", ["uint160"], pool.pool_id)
        fair = usd[pool.currency0] / usd[pool.currency1]
        assert (root / 2**96) ** 2 == pytest.approx(fair, rel=1e-5), pool


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("zero_for_one", [True, False])
def test_a_swap_gives_what_the_quoter_said(
    chain: Replica, trader: Address, number: int, zero_for_one: bool
) -> None:
    pool = chain.manifest.v4_pools[number]
    paid, got = pool.currency0, pool.currency1
    if not zero_for_one:
        paid, got = got, paid
    amount = {6: 1_000 * 10**6, 18: 10**18}[decimals(chain, paid)]
    wanted = quoted(chain, pool, zero_for_one, amount)
    swapper = chain.manifest.contract("Uniswap V4 PoolSwapTest")
    if paid != NATIVE:
        transact(chain, trader, paid, encode_call("approve(address,uint256)", swapper, MAX))
    before = balance(chain, got, trader) if got != NATIVE else held(chain, pool.manager)
    order = (zero_for_one, -amount, 4295128740 if zero_for_one else 2**159)
    signature = f"swap({KEY},(bool,int256,uint160),(bool,bool),bytes)"
    data = encode_call(signature, pool.key, order, (False, False), b"")
    transact(chain, trader, swapper, data, value=amount if paid == NATIVE else 0)
    if got == NATIVE:  # the trader's own balance also paid for gas
        assert before - held(chain, pool.manager) == wanted
    else:
        assert balance(chain, got, trader) - before == wanted


def quoted(chain: Replica, pool: V4Pool, zero_for_one: bool, amount: int) -> int:
    quoter = chain.manifest.contract("Uniswap V4 V4Quoter")
    signature = f"quoteExactInputSingle(({KEY},bool,uint128,bytes))"
    order = (pool.key, zero_for_one, amount, b"")
    out: int = read(chain, quoter, signature, ["uint256", "uint256"], order)[0]
    return out


def held(chain: Replica, holder: Address) -> int:
    return int(chain.rpc("eth_getBalance", [holder, "latest"]), 16)


def decimals(chain: Replica, token: Address) -> int:
    known = {entry.address: entry.decimals for entry in chain.manifest.tokens}
    return known.get(token, 18)
