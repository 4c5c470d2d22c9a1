"""What lenders are said to lend, at what premium, is what the real contracts lend and charge."""

from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random

import pyrevm
import pytest
from replica_calls import compiled, deployed, read, transact

from keeper.chain import Address
from keeper.market import flash_sources
from keeper.market.flash_sources import FlashPool, FlashSource, Lender, Lenders, Premium
from keeper.node import BadAnswer, Node
from replica import Replica
from replica.abi import encode_call
from replica.deploy import GOVERNANCE, WHALE
from replica.paths import NODE_MODULES, ROOT
from replica.protocols.aave_v3 import CONFIGURATOR
from replica.protocols.balancer_v2 import AUTHORIZER, FEES_COLLECTOR
from replica.rpc import RpcError

NOBODY = "0x" + "11" * 20
PERCENTAGES = "@aave-dao/aave-v3-origin/src/contracts/protocol/libraries/math/PercentageMath.sol"
CEILING = """
contract Ceiling {
    function ceiling(uint256 amount, uint256 share) external pure returns (uint256) {
        return PercentageMath.percentMulCeil(amount, share);
    }
}
"""
SYMBOLS = ("WPOL", "USDC.e", "WETH", "USDC")
SOURCE = (ROOT / "tests" / "contracts" / "Borrower.sol").read_text()


class CountingNode(Node):
    calls = 0

    async def call(self, *args: object, **kwargs: object) -> bytes:
        self.calls += 1
        return await super().call(*args, **kwargs)  # type: ignore[arg-type]


@pytest.fixture
async def node(chain: Replica) -> AsyncIterator[CountingNode]:
    async with await CountingNode.connect(chain.url, expected_chain_id=137, timeout_s=10) as node:
        yield node


@pytest.fixture
def borrower(chain: Replica) -> Address:
    for sender in (WHALE, GOVERNANCE):
        chain.rpc("anvil_impersonateAccount", [sender])
        chain.rpc("anvil_setBalance", [sender, hex(10**20)])
    return deployed(chain, WHALE, SOURCE, "Borrower")


def lenders_of(replica: Replica) -> Lenders:
    manifest = replica.manifest
    return Lenders(
        multicall=manifest.multicall3,
        uniswap_v4=manifest.contract("Uniswap V4 PoolManager"),
        morpho=manifest.contract("Morpho Blue"),
        balancer_vault=manifest.contract("Balancer Vault"),
        aave_pool=manifest.aave_pool,
    )


def pools_of(replica: Replica) -> tuple[FlashPool, ...]:
    pool = replica.manifest.pool("uniswap-v3", "WPOL", "USDC.e", 500)
    return (FlashPool(pool.address, pool.token0, pool.token1, pool.fee_pips),)


async def sources_now(replica: Replica, node: Node) -> list[FlashSource]:
    tokens = [replica.manifest.token(symbol).address for symbol in SYMBOLS]
    head = (await node.block("latest")).hash
    places = await flash_sources.locate(node, lenders_of(replica), tokens, head)
    found = await flash_sources.read(
        node, places, tokens, head, borrower=WHALE, v3_pools=pools_of(replica)
    )
    assert list(found.lent) == list(found.held) == tokens
    for token, held in found.held.items():
        assert (held,) == read(replica, token, "balanceOf(address)", ["uint256"], WHALE)
    return [source for listed in found.lent.values() for source in listed]


def borrow(replica: Replica, borrower: Address, source: FlashSource, amount: int) -> int:
    """The premium that the lender asks."""
    (before,) = read(replica, source.token, "balanceOf(address)", ["uint256"], borrower)
    give = encode_call("transfer(address,uint256)", borrower, source.premium.of(amount))
    transact(replica, WHALE, source.token, give)
    arguments: list[object] = [source.address, source.token, amount]
    signature = f"{source.lender}(address,address,uint256)"
    if source.lender is Lender.UNISWAP_V3:
        signature = f"{source.lender}(address,address,uint256,bool)"
        arguments.append(source.lends_token0)
    transact(replica, WHALE, borrower, encode_call(signature, *arguments))
    (asked,) = read(replica, borrower, "premium()", ["uint256"])
    (left,) = read(replica, source.token, "balanceOf(address)", ["uint256"], borrower)
    assert left == before
    return int(asked)


async def test_every_source_lends_all_that_it_is_said_to_and_no_more(
    chain: Replica, node: CountingNode, borrower: Address
) -> None:
    sources = await sources_now(chain, node)
    assert node.calls == 2
    assert {source.lender for source in sources} == set(Lender)
    for source in sources:
        asked = borrow(chain, borrower, source, source.available_raw)
        assert asked == source.premium.of(source.available_raw), source
        with pytest.raises((AssertionError, RpcError)):
            borrow(chain, borrower, source, source.available_raw + asked + 1)


async def test_premiums_are_exact_for_any_amount(
    chain: Replica, node: Node, borrower: Address
) -> None:
    set_fee = encode_call("setFlashLoanFeePercentage(uint256)", 12_345_678_901_234)
    chain.rpc("anvil_impersonateAccount", [FEES_COLLECTOR])
    role = read(chain, FEES_COLLECTOR, "getActionId(bytes4)", ["bytes32"], set_fee[:4])[0]
    grant = encode_call("grantRole(bytes32,address)", role, GOVERNANCE)
    transact(chain, GOVERNANCE, AUTHORIZER, grant)
    transact(chain, GOVERNANCE, FEES_COLLECTOR, set_fee)
    rng, compared = Random(1), 0
    for source in await sources_now(chain, node):
        if source.premium == Premium() or source.token == chain.manifest.token("USDC").address:
            continue
        for amount in (1, 999, 1000, 10_001, rng.randrange(source.available_raw // 100)):
            asked = borrow(chain, borrower, source, amount)
            assert asked == source.premium.of(amount), (source, amount)
            compared += 1
    assert compared >= 30


def test_the_premium_of_newer_aave_is_its_library_s() -> None:
    library = (NODE_MODULES / PERCENTAGES).read_text()
    evm, rng = pyrevm.EVM(), Random(2)
    evm.set_balance(NOBODY, 10**20)
    ceiling = str(evm.deploy(NOBODY, compiled(f"{library}\n{CEILING}", "Ceiling")))
    for _ in range(2_000):
        amount, share = rng.randrange(1 << rng.randrange(1, 120)), rng.choice((0, 5, 9, 10_000))
        call = encode_call("ceiling(uint256,uint256)", amount, share)
        asked = evm.message_call(NOBODY, ceiling, call)
        assert int.from_bytes(asked) == Premium(share, 10_000).of(amount)


@pytest.mark.usefixtures("borrower")
async def test_aave_is_left_out_where_it_does_not_lend(chain: Replica, node: Node) -> None:
    usdc, weth = (chain.manifest.token(symbol).address for symbol in ("USDC", "WETH"))
    off = encode_call("setReserveFlashLoaning(address,bool)", usdc, False)
    transact(chain, GOVERNANCE, CONFIGURATOR, off)
    paused = encode_call("setReservePause(address,bool)", weth, True)
    transact(chain, GOVERNANCE, CONFIGURATOR, paused)
    lent = {s.token for s in await sources_now(chain, node) if s.lender is Lender.AAVE_V3}
    assert lent == {chain.manifest.token(symbol).address for symbol in ("WPOL", "USDC.e")}


async def test_lenders_that_do_not_stand_there_are_left_out(chain: Replica, node: Node) -> None:
    nowhere = Address(b"\x42" * 20)
    tokens = [chain.manifest.token("WPOL").address, nowhere]
    lenders = replace(lenders_of(chain), morpho=nowhere, aave_pool=nowhere, uniswap_v4=None)
    head = (await node.block("latest")).hash
    places = await flash_sources.locate(node, lenders, tokens, head)
    found = await flash_sources.read(node, places, tokens, head, borrower=WHALE)
    assert [source.lender for source in found.lent[tokens[0]]] == [Lender.BALANCER_V2]
    assert found.lent[nowhere] == ()


@pytest.fixture
def answers() -> list[bytes]:
    one = [1, 64, 32, 7]
    words, values = [32, 2, 64, 192, *one, *one], (7, 11)
    right = b"".join(word.to_bytes(32) for word in words)
    cut = [right[:end] for end in (0, 31, 64, 96, 200, len(right) - 1)]
    wrong = [
        b"".join((word if place != at else 2**255).to_bytes(32) for place, word in enumerate(words))
        for at in range(len(words))
        if at not in values
    ]
    return [right, *cut, *wrong]


async def test_what_multicall_never_answers_is_refused(
    chain: Replica, node: Node, answers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    right, *others = answers
    lenders = Lenders(multicall=chain.manifest.multicall3, morpho=Address(b"\1" * 20))
    token = chain.manifest.token("WPOL").address
    places = flash_sources.Places(lenders, {}, None)

    async def ask(answer: bytes) -> object:
        async def call(*_: object) -> bytes:
            return answer

        monkeypatch.setattr(node, "call", call)
        return await flash_sources.read(node, places, [token], b"\0" * 32, borrower=WHALE)

    assert await ask(right)
    for other in others:
        with pytest.raises(BadAnswer):
            await ask(other)
