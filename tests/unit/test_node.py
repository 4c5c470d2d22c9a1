"""The node's client: right answers from a real node, and a typed error for every wrong one."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from eth_account import Account
from eth_account.signers.local import LocalAccount

from keeper.chain import Address
from keeper.node import (
    BadAnswer,
    BlockMissing,
    CallReverted,
    Node,
    NodeError,
    NodeTimeout,
    NodeUnavailable,
    Receipt,
    Rejection,
    RequestRefused,
    TransactionRejected,
    WrongChain,
)
from replica import Replica
from replica.trial import mined_by_hand

KEY = "0x" + "42" * 32
NOBODY = Address(b"\x99" * 20)
REVERTS = "600a600c600039600a6000f3602a60005260206000fd"
LOOPS = "6004600c60003960046000f35b600056"


@pytest.fixture
def account(chain: Replica) -> LocalAccount:
    signer: LocalAccount = Account.from_key(KEY)
    chain.rpc("anvil_setBalance", [signer.address, hex(10**21)])
    return signer


def signed(account: LocalAccount, nonce: int, **values: object) -> bytes:
    fields = {
        "chainId": 137,
        "nonce": nonce,
        "to": "0x" + "99" * 20,
        "value": 1,
        "gas": 300_000,
        "maxFeePerGas": 200 * 10**9,
        "maxPriorityFeePerGas": 30 * 10**9,
    }
    present = {key: value for key, value in (fields | values).items() if value is not None}
    return bytes(account.sign_transaction(present).raw_transaction)


async def mined(node: Node, raw: bytes) -> Receipt:
    """The receipt; automining answers the broadcast before the block is there."""
    tx_hash = await node.send_raw_transaction(raw)
    async with asyncio.timeout(5):
        while (receipt := await node.receipt(tx_hash)) is None:  # noqa: ASYNC110 -- it has no event
            await asyncio.sleep(0.01)
    return receipt


async def deploy(node: Node, account: LocalAccount, nonce: int, code: str) -> Address:
    raw = signed(account, nonce, to=None, value=0, data=bytes.fromhex(code))
    receipt = await mined(node, raw)
    assert receipt.contract_address is not None
    return receipt.contract_address


async def test_blocks_and_the_chain_instance(node: Node, chain: Replica) -> None:
    head = await node.block("latest")
    assert head == await node.block(head.number) == await node.block(head.hash)
    assert await node.block_number() == head.number
    parent = await node.block(head.number - 1)
    assert parent.hash == head.parent_hash
    instance = await node.chain_instance()
    assert instance.genesis_hash == (await node.block(0)).hash
    assert "0x" + instance.run == chain.rpc("anvil_metadata")["instanceId"]
    with pytest.raises(BlockMissing, match="has no block 0x"):
        await node.block(head.number + 1)
    with pytest.raises(BlockMissing):
        await node.block(bytes(32))
    with pytest.raises(RequestRefused):
        await node.logs(bytes(32))


async def test_a_transaction_from_broadcast_to_receipt(node: Node, account: LocalAccount) -> None:
    sender = Address(bytes.fromhex(account.address[2:]))
    before = await node.balance(NOBODY)
    nonce = await node.transaction_count(sender)
    receipt = await mined(node, signed(account, nonce, value=5))
    assert (receipt.status, receipt.sender, receipt.to) == (1, sender, NOBODY)
    assert receipt.effective_gas_price_wei > 0
    found = await node.transaction(receipt.transaction_hash)
    assert found is not None
    assert (found.block_hash, found.value_wei, found.nonce) == (receipt.block_hash, 5, nonce)
    assert await node.balance(NOBODY) == before + 5
    assert await node.balance(NOBODY, receipt.block_number - 1) == before
    assert await node.transaction_count(sender) == nonce + 1
    assert await node.receipt(bytes(32)) is None
    assert await node.transaction(bytes(32)) is None


async def test_refused_transactions_tell_their_reason(
    node: Node, account: LocalAccount, chain: Replica
) -> None:
    await mined(node, signed(account, 0))
    with mined_by_hand(chain.rpc):
        pending = signed(account, 1)
        await node.send_raw_transaction(pending)
        for raw, reason in (
            (pending, Rejection.ALREADY_KNOWN),
            (signed(account, 0, value=2), Rejection.NONCE_TOO_LOW),
            (signed(account, 2, maxFeePerGas=1, maxPriorityFeePerGas=1), Rejection.UNDERPRICED),
            (signed(account, 2, value=10**30), Rejection.INSUFFICIENT_FUNDS),
            (b"\x01", Rejection.OTHER),
        ):
            with pytest.raises(TransactionRejected) as refused:
                await node.send_raw_transaction(raw)
            assert refused.value.reason is reason


async def test_reverts_carry_their_data(node: Node, account: LocalAccount) -> None:
    reverting = await deploy(node, account, 0, REVERTS)
    looping = await deploy(node, account, 1, LOOPS)
    assert await node.code(looping) == bytes.fromhex("5b600056")
    word = (42).to_bytes(32)
    with pytest.raises(CallReverted) as call:
        await node.call(reverting, b"", (await node.block("latest")).hash)
    with pytest.raises(CallReverted) as estimate:
        await node.estimate_gas(reverting, b"")
    assert call.value.data == estimate.value.data == word
    with pytest.raises(CallReverted) as exhausted:
        await node.call(looping, b"", gas_limit=50_000)
    assert exhausted.value.data == b""
    assert await node.estimate_gas(NOBODY, b"", value_wei=0) >= 21_000


@pytest.mark.parametrize(
    ("url", "chain_id", "error", "text"),
    [
        ("http://127.0.0.1:1/v2/secret", 137, NodeUnavailable, "start it or fix its URL"),
        ("ftp://localhost", 137, NodeUnavailable, "not http"),
        ("ws://127.0.0.1:1/secret", 137, NodeUnavailable, "start it or fix its URL"),
        ("ipc:///secret/node.ipc", 137, NodeUnavailable, "start it or fix its URL"),
        ("http://", 137, NodeUnavailable, "not http"),
        ("http://[", 137, NodeUnavailable, "not http"),
    ],
)
async def test_unusable_urls_are_one_line_without_secrets(
    url: str, chain_id: int, error: type[NodeError], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        await Node.connect(url, expected_chain_id=chain_id)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_another_chain_is_refused(chain: Replica) -> None:
    with pytest.raises(WrongChain, match="serves chain 137, expected 80002"):
        await Node.connect(chain.url, expected_chain_id=80002)


Answer = Callable[[dict[str, Any]], Awaitable[web.StreamResponse] | web.StreamResponse]


class LyingNode:
    """An HTTP server that is honest about its chain id and lies about everything else."""

    def __init__(self) -> None:
        self.answer: Answer = result("0x0")
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if asked["method"] == "eth_chainId":
            return result("0x89")(asked)  # type: ignore[return-value]
        answer = self.answer(asked)
        return answer if isinstance(answer, web.StreamResponse) else await answer

    async def moved(self, request: web.Request) -> web.StreamResponse:
        return result("0x1")(await request.json())  # type: ignore[return-value]


def redirect(_: dict[str, Any]) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": "/moved"})


def padded(asked: dict[str, Any]) -> web.StreamResponse:
    body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "0x1"})
    return web.Response(text=body + " " * 200_000)


def result(value: object) -> Answer:
    return lambda asked: web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": value})


def status(code: int) -> Answer:
    return lambda _: web.Response(status=code, text="no")


def text(body: str) -> Answer:
    return lambda _: web.Response(text=body)


async def hang(_: dict[str, Any]) -> web.StreamResponse:
    await asyncio.sleep(3)
    return web.Response()


async def cut(asked: dict[str, Any]) -> web.StreamResponse:
    raise ConnectionResetError(asked["method"])


@pytest.fixture
async def liar() -> AsyncIterator[LyingNode]:
    lying, app = LyingNode(), web.Application()
    app.router.add_post("/", lying.handle)
    app.router.add_post("/moved", lying.moved)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    lying.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield lying
    await runner.cleanup()


HEADER = {
    "number": "0x1",
    "hash": "0x" + "11" * 32,
    "parentHash": "0x" + "22" * 32,
    "timestamp": "0x5",
    "baseFeePerGas": "0x7",
}
BAD_BLOCKS: list[object] = [
    *({key: value for key, value in HEADER.items() if key != missing} for missing in HEADER),
    HEADER | {"hash": "0x11"},
    HEADER | {"number": 1},
    HEADER | {"number": "1"},
    HEADER | {"number": "0x"},
    HEADER | {"number": "0x2"},
    HEADER | {"timestamp": "0x1" + "0" * 16},
    HEADER | {"hash": "0x" + " 11" * 32},
    HEADER | {"hash": "0x" + "zz" * 32},
    [],
    "0x1",
    7,
    True,
]


@pytest.mark.parametrize("lie", BAD_BLOCKS)
async def test_malformed_blocks_are_bad_answers(liar: LyingNode, lie: object) -> None:
    liar.answer = result(lie)
    async with await Node.connect(liar.url, expected_chain_id=137) as node:
        with pytest.raises(BadAnswer, match="use another node"):
            await node.block(1)


LOG: dict[str, object] = {
    "address": "0x" + "33" * 20,
    "topics": ["0x" + "44" * 32],
    "data": "0x",
    "blockNumber": "0x1",
    "blockHash": "0x" + "11" * 32,
    "transactionIndex": "0x0",
    "logIndex": "0x0",
    "transactionHash": "0x" + "55" * 32,
    "removed": False,
}
BAD_LOGS: list[object] = [
    None,
    {},
    [None],
    *(
        [{key: value for key, value in LOG.items() if key != missing}]
        for missing in LOG
        if missing != "removed"
    ),
    [LOG | {"topics": ["0x" + "44" * 32] * 5}],
    [LOG | {"topics": ["0x44"]}],
    [LOG | {"data": "0x1"}],
    [LOG | {"removed": True}],
    [LOG | {"removed": "no"}],
    [LOG | {"blockHash": "0x" + "12" * 32}],
    [LOG | {"address": "0x" + "34" * 20}],
    [LOG, LOG],
    [LOG | {"logIndex": "0x1"}, LOG],
]


@pytest.mark.parametrize("lie", BAD_LOGS)
async def test_malformed_or_foreign_logs_are_bad_answers(liar: LyingNode, lie: object) -> None:
    liar.answer = result(lie)
    async with await Node.connect(liar.url, expected_chain_id=137) as node:
        with pytest.raises(BadAnswer, match="use another node"):
            await node.logs(b"\x11" * 32, [Address(b"\x33" * 20)])


async def test_another_transactions_receipt_is_a_bad_answer(liar: LyingNode) -> None:
    liar.answer = result(
        {
            "transactionHash": "0x" + "11" * 32,
            "status": "0x1",
            "blockNumber": "0x1",
            "blockHash": "0x" + "22" * 32,
            "transactionIndex": "0x0",
            "from": "0x" + "33" * 20,
            "to": None,
            "contractAddress": None,
            "gasUsed": "0x5208",
            "effectiveGasPrice": "0x1",
            "logs": [],
        }
    )
    async with await Node.connect(liar.url, expected_chain_id=137) as node:
        receipt = await node.receipt(b"\x11" * 32)
        assert receipt is not None
        assert receipt.gas_used == 21_000
        with pytest.raises(BadAnswer, match="another transaction's receipt"):
            await node.receipt(b"\x12" * 32)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(429), NodeUnavailable),
        (status(500), NodeUnavailable),
        (status(302), NodeUnavailable),
        (status(404), NodeUnavailable),
        (text(""), BadAnswer),
        (text("<html>"), BadAnswer),
        (text("[" * 100_000), BadAnswer),
        (text('{"jsonrpc":"2.0","id":99999,"result":"0x1"}'), BadAnswer),
        (text("null"), BadAnswer),
        (padded, BadAnswer),
        (redirect, NodeUnavailable),
        (lambda a: web.json_response({"id": a["id"]}), BadAnswer),
        (lambda a: web.json_response({"id": a["id"], "error": "x"}), RequestRefused),
        (lambda a: web.json_response({"id": a["id"], "error": {"code": "?"}}), RequestRefused),
        (result(None), BadAnswer),
        (result("0x" + "f" * 17), BadAnswer),
        (hang, NodeTimeout),
        (cut, NodeUnavailable),
    ],
)
async def test_every_broken_answer_has_its_type(
    liar: LyingNode, answer: Answer, error: type[NodeError]
) -> None:
    liar.answer = answer
    async with await Node.connect(
        liar.url, expected_chain_id=137, timeout_s=0.3, max_answer_bytes=150_000
    ) as node:
        with pytest.raises(error) as caught:
            await node.block_number()
        assert "\n" not in str(caught.value)
        liar.answer = result("0x5")
        assert await node.block_number() == 5, "the client recovers"


async def test_an_error_text_cannot_break_the_line_or_flood(liar: LyingNode) -> None:
    hostile = {"code": -1, "message": "a\n\x00\x1b[31m" + "b" * 10_000}
    liar.answer = lambda a: web.json_response({"id": a["id"], "error": hostile})
    async with await Node.connect(liar.url, expected_chain_id=137) as node:
        with pytest.raises(RequestRefused) as caught:
            await node.block_number()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    assert json.dumps(caught.value.detail)
