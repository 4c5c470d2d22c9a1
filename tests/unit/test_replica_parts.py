"""The replica's parts: ABI and addresses by their standards, and errors that say the fix."""

import json
from collections.abc import Iterator

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from node_front import answering

from replica import Replica, artifacts
from replica.abi import address, create2_address, create_address, encode_call, split_types
from replica.deploy import WHALE, BuildError, Site
from replica.manifest import Contract, Realness
from replica.paths import MissingToolError, tool
from replica.rpc import Rpc, RpcError

SENDER = address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")


@pytest.mark.parametrize(
    ("nonce", "child"),
    [
        (0, "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"),
        (1, "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8"),
        (2, "0xf778b86fa74e846c4f0a1fbd1335fe81c00a0c91"),
    ],
)
def test_create_addresses(nonce: int, child: str) -> None:
    assert create_address(SENDER, nonce) == address(child)


@pytest.mark.parametrize(
    ("creator", "child"),
    [
        ("00" * 20, "0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"),
        ("deadbeef" + "00" * 16, "0xb928f69bb1d91cd65274e3c79d8986362984fda3"),
    ],
)
def test_create2_addresses_of_the_standards_examples(creator: str, child: str) -> None:
    found = create2_address(address(creator), bytes(32), keccak(b"\0"))
    assert found == address(child)


TYPES = st.recursive(
    st.sampled_from(["uint256", "address", "bytes"]),
    lambda inner: st.lists(inner, min_size=1, max_size=4).map(lambda t: f"({','.join(t)})[]"),
)


@given(st.lists(TYPES, max_size=6))
def test_types_split_at_their_outermost_commas(types: list[str]) -> None:
    assert split_types(",".join(types)) == types


def test_calldata_is_selector_and_arguments() -> None:
    data = encode_call("transfer(address,uint256)", SENDER, 7)
    assert data == bytes.fromhex("a9059cbb") + encode(["address", "uint256"], [SENDER, 7])


@pytest.mark.parametrize("text", ["0x", "0x1234", "zz" * 20, "00" * 21])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the type is the contract
        address(text)


@pytest.fixture
def babbling_node() -> Iterator[str]:
    """Answers every call with the words that the path of its URL cannot change."""
    words = iter([b"<html>", b"[]", b"{}", b'{"error": "no"}', b'{"error": {"message": "x"}}'])
    with answering(lambda _: next(words)) as url:
        yield url


def test_hostile_answers_are_one_clear_error_each(babbling_node: str) -> None:
    for wanted in ("no JSON: b'<html>'", "no JSON object", "neither a result", ": no", ": x"):
        with pytest.raises(RpcError, match=wanted):
            Rpc(babbling_node)("eth_chainId")


def test_an_absent_node_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError, match="no answer"):
        Rpc("http://127.0.0.1:9")("eth_chainId")


def test_missing_tools_and_packages_name_the_fix() -> None:
    with pytest.raises(MissingToolError, match="anvil-of-nowhere is not installed: run `make"):
        tool("anvil-of-nowhere")
    with pytest.raises(MissingToolError, match=r"node_modules/nowhere\.json is missing: run `make"):
        artifacts.creation_code("nowhere.json")


def test_an_unlinked_library_is_named() -> None:
    pool = "@aave/core-v3/artifacts/contracts/protocol/pool/Pool.sol/Pool.json"
    with pytest.raises(artifacts.ArtifactError, match="wants library BorrowLogic"):
        artifacts.creation_code(pool, {})


def test_a_wrong_constant_or_contract_is_named() -> None:
    with pytest.raises(artifacts.ArtifactError, match="no constant multicall9"):
        artifacts.constant("viem/_cjs/constants/contracts.js", "multicall9")


def test_a_failing_step_stops_the_build_with_its_reason(chain: Replica) -> None:
    site = Site(Rpc(chain.url))
    chain.rpc("anvil_impersonateAccount", [WHALE])
    chain.rpc("anvil_setNextBlockBaseFeePerGas", ["0x0"])
    wpol = chain.manifest.token("WPOL").address
    with pytest.raises(BuildError, match=r"withdraw\(uint256\) at 0x0d500b.* failed: .*revert"):
        site.send(WHALE, wpol, "withdraw(uint256)", 2**255)


def test_derived_addresses_are_held_to_the_canonical_ones(chain: Replica) -> None:
    site = Site(Rpc(chain.url))
    pool = chain.manifest.aave_pool
    site.expect("the pool", pool, pool)
    with pytest.raises(BuildError, match="the pool came out at 0x"):
        site.expect("the pool", pool, SENDER)
    with pytest.raises(BuildError, match="no code at 0x6ac7"):
        site.expect("nothing", SENDER, SENDER)


def test_a_contract_is_listed_once(chain: Replica) -> None:
    site = Site(Rpc(chain.url))
    entry = Contract("one", SENDER, "tokens", "a package", Realness.REAL)
    site.enter(entry)
    with pytest.raises(BuildError, match="one is listed twice"):
        site.enter(entry)


def test_token_transfers_cost_what_the_real_proxies_cost(chain: Replica) -> None:
    sender, holder = chain.rpc("eth_accounts")[2:4]
    data = encode_call("transfer(address,uint256)", address(holder), 10**5)
    spent = {}
    for gas_limit, token in enumerate(chain.manifest.tokens, 1_100_000):
        order = {"from": sender, "to": token.address, "data": data, "gas": hex(gas_limit)}
        receipt = chain.receipt(chain.rpc("eth_sendTransaction", [order]))
        spent[token.symbol] = int(receipt["gasUsed"], 16)
    assert 34_000 < spent["WPOL"] < 36_000, json.dumps(spent)
    assert 39_000 < spent["USDC.e"] < 42_000, json.dumps(spent)
    assert 43_000 < spent["USDC"] < 46_000, json.dumps(spent)
