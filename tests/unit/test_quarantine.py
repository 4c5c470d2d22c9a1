"""Tokens' round trips on the replica: the zoo is caught, and what is good is never held."""

import re
from pathlib import Path

import pytest
from collector_world import all_factories, tokens
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from keeper.chain import Address, Protocol
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Discovery
from keeper.collector.lens import Lens
from keeper.collector.quarantine import Quarantine
from keeper.collector.symbols import MAX_LENGTH, read_symbols, tamed, text_of
from keeper.node import Node
from replica import Replica
from replica.abi import encode_call
from replica.contracts import compile_contract
from replica.deploy import WHALE
from replica.paths import ROOT
from toolchain.gen_lens import drifted

ZOO = Path("tests/contracts/HostileTokens.sol")
FRIENDLY = "KeepsNineTenths"
"""To those it was armed with; it delivers a tenth to all others."""
KINDS = re.findall(r"^contract (\w+) is", (ROOT / ZOO).read_text(), re.MULTILINE)
CAUGHT = {
    FRIENDLY: "buying it loses",
    "FeeOnTransfer": "buying it loses",
    "TakesMoreThanSent": "buying it loses",
    "RebasesDown": "loses",
    "RebasesUp": "loses",
    "ReturnsFalse": "cannot send it",
    "MovesAndReturnsFalse": "cannot send it",
    "ReturnsGarbage": "cannot send it",
    "ReturnsOneByte": "cannot send it",
    "Blacklists": "cannot send it",
    "Pauses": "cannot send it",
    "ReportsNoBalance": "answers no balance",
}
HARMLESS = {
    *("ReturnsNothing", "RevertsOnZero", "Hooks", "TakesOnApproval", "ReturnsABomb"),
    "ReportsTooMuch",
}
"""In a plain transfer: what arrives is what was sent, whatever the token says beside it."""
UNJUDGED = {"ReportsTooLittle"}
"""It denies that the pool holds any, so nothing can be tried; such a pool is left out as well."""
GOOD = 1_000


def send(replica: Replica, to: Address | None, data: bytes) -> str:
    order = {"from": WHALE, "data": data, "gas": hex(5_000_000)} | ({"to": to} if to else {})
    receipt = replica.receipt(replica.rpc("eth_sendTransaction", [order]))
    assert receipt["status"] == "0x1"
    return str(receipt["contractAddress"])


def armed(replica: Replica, kind: str, victim: Address) -> Address:
    """A token of that kind, some of which the victim holds."""
    code = compile_contract(f"{ZOO}:{kind}").creation_code
    token = Address(bytes.fromhex(send(replica, None, code)[2:]))
    send(replica, token, encode_call("mint(address,uint256)", victim, 10**24))
    friend = WHALE if kind == FRIENDLY else victim
    send(replica, token, encode_call("arm(address)", friend))
    return token


@pytest.fixture(scope="module", autouse=True)
def rich(replica: Replica) -> None:
    replica.rpc("anvil_impersonateAccount", [WHALE])
    replica.rpc("anvil_setBalance", [WHALE, hex(10**24)])


def test_the_carried_code_is_that_of_the_sources() -> None:
    assert drifted() == []


@pytest.mark.parametrize("kind", KINDS)
async def test_every_odd_token_is_told_from_a_good_one(replica: Replica, kind: str) -> None:
    pool = replica.manifest.pools[0].address
    token = armed(replica, kind, pool)
    async with await Node.connect(replica.url, expected_chain_id=137) as node:
        quarantine = Quarantine(node)
        await quarantine.judge({token: [pool]}, (await node.block("latest")).hash)
    if kind in HARMLESS | UNJUDGED:
        assert quarantine.reasons == {}
    else:
        assert CAUGHT[kind] in quarantine.reasons[token]
    assert quarantine.is_judged(token) == (kind not in UNJUDGED)


async def test_a_thousand_good_tokens_are_good(replica: Replica, figures: list[str]) -> None:
    """All of the replica's in each of its pools, and a thousand plain ones of random balances."""
    code = replica.rpc("eth_getCode", [armed(replica, "ReturnsNothing", WHALE), "latest"])
    pool = replica.manifest.pools[0].address
    plain = [Address(b"\x70" * 16 + number.to_bytes(4)) for number in range(GOOD)]
    for half in (plain[: GOOD // 2], plain[GOOD // 2 :]):  # a request holds two megabytes
        replica.batch("anvil_setCode", [[token, code] for token in half])
    slot = _held_slot(pool)
    balances = [[t, slot, f"0x{(n + 1) ** 7:064x}"] for n, t in enumerate(plain)]
    replica.batch("anvil_setStorageAt", balances)
    replica.rpc("evm_mine")
    holders = {token: [pool] for token in plain}
    for entry in replica.manifest.pools:
        for token in (entry.token0, entry.token1):
            holders.setdefault(token, []).append(entry.address)
    async with await Node.connect(replica.url, expected_chain_id=137, timeout_s=20) as node:
        quarantine = Quarantine(node)
        await quarantine.judge(holders, (await node.block("latest")).hash)
    assert all(map(quarantine.is_judged, holders))
    figures.append(
        f"{len(holders)} good tokens: {len(quarantine.reasons)} held, {quarantine.calls} calls"
    )
    assert quarantine.reasons == {}


def _held_slot(who: Address) -> str:
    return "0x" + keccak(who.rjust(32, b"\0") + bytes(32)).hex()


async def test_pools_of_a_held_token_are_left_out(
    replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = replica.manifest
    factory = next(f for f in all_factories(manifest) if f.protocol is Protocol.UNISWAP_V2)
    pair = manifest.token("USDC.e").address
    code = compile_contract("tests/contracts/TaxedToken.sol:TaxedToken").creation_code
    taxed = Address(bytes.fromhex(send(replica, None, code)[2:]))
    send(replica, factory.address, encode_call("createPair(address,address)", pair, taxed))
    asked = (*tokens(manifest, "WPOL USDC.e WETH"), taxed)
    async with await Node.connect(replica.url, expected_chain_id=137) as node:
        quarantine = Quarantine(node)
        reader = Reader(node, (), tokens=asked, quarantine=quarantine)
        head = await node.block("latest")
        found = await Discovery(node, reader.lens, asked).find([factory], head)
        reader.refs |= {ref.address: ref for ref in found}
        states = await reader.read(head)
        (hostile,) = [ref.address for ref in found if ref.address not in {s.pool for s in states}]
        assert "to judge it by" in caplog.text
        send(replica, taxed, encode_call("mint(address,uint256)", hostile, 10**12))
        send(replica, taxed, encode_call("arm(address)", hostile))
        again = await reader.read(await node.block("latest"))
    assert len(found) == len(states) + 1 == len(again) + 1
    assert quarantine.reasons.keys() == {taxed}
    assert f"token XAT (0x{taxed.hex()}) is quarantined: buying it loses" in caplog.text
    assert "\u202e" not in caplog.text


async def test_symbols_are_read_in_both_forms(replica: Replica) -> None:
    manifest = replica.manifest
    old = Address(b"\x71" * 20)
    word = b"MKR\0".ljust(32, b"\0")
    answer = "7f" + word.hex() + "5f5260205ff3"  # PUSH32 PUSH0 MSTORE PUSH1 PUSH0 RETURN
    replica.rpc("anvil_setCode", [old, "0x" + answer])
    asked = [token.address for token in manifest.tokens] + [old, WHALE]
    async with await Node.connect(replica.url, expected_chain_id=137) as node:
        found = await read_symbols(Lens(node), asked, (await node.block("latest")).hash)
    assert found[old] == "MKR"
    assert found[WHALE] == f"0x{WHALE.hex()}"
    assert found[manifest.token("WETH").address] == "WETH"


@given(st.text(max_size=300))
def test_a_tamed_symbol_is_short_and_prints_as_it_stands(text: str) -> None:
    shown = tamed(text)
    assert len(shown) <= MAX_LENGTH
    assert shown.isprintable()
    assert not set(shown) & set("\0\n\r\t\x1b\u200b\u202a\u202e\u2066\u2069\ufeff")
    assert set(shown) <= set(text)
    assert tamed(shown) == shown


@given(st.binary(max_size=160))
def test_any_answer_is_some_text(answer: bytes) -> None:
    assert len(tamed(text_of(answer))) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("USDC.e", "USDC.e"),
        ("US\0DC", "USDC"),
        ("\u202eCDSU", "CDSU"),
        ("<script>", "<script>"),
        ("A" * 10_000, "A" * MAX_LENGTH),
        ("\n\r\x1b[31m", "[31m"),
        ("\u200b", ""),
    ],
)
def test_hostile_symbols(text: str, shown: str) -> None:
    assert tamed(text) == shown
