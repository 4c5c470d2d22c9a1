"""Safe 1.4.1 on the replica: a Safe of two owners moves tokens with two signatures only."""

import pytest
from eth_abi.abi import encode
from eth_account import Account
from replica_calls import balance, read, transact

from keeper.chain import Address
from replica import Replica
from replica.abi import address, encode_call
from replica.rpc import RpcError

CANONICAL = {
    "SafeL2": "0x29fcb43b46531bca003ddc8fcb67ffe91900c762",
    "SafeProxyFactory": "0x4e1dcf7ad4e460cfd30791ccc4f9c8a4f820ec67",
    "MultiSendCallOnly": "0x9641d764fc13c8b624c04430c7356c1c7c8102e2",
    "CompatibilityFallbackHandler": "0xfd0732dc9e303f09fcef3a7388ad10a83459ec99",
}
KEYS = (bytes(31) + b"\x0a", bytes(31) + b"\x0b")
NOBODY = Address(bytes(20))
DELEGATE = 1
FUNDED = 10 * 10**6
TERMS = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"


@pytest.fixture
def safe(chain: Replica, trader: Address) -> Address:
    """A new Safe of both keys' owners, two of two, that holds `FUNDED` of USDC.e."""
    named = chain.manifest.contract
    owners = sorted(owner(key) for key in KEYS)
    setup = encode_call(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        *(owners, 2, NOBODY, b"", named("CompatibilityFallbackHandler"), NOBODY, 0, NOBODY),
    )
    create = encode_call("createProxyWithNonce(address,bytes,uint256)", named("SafeL2"), setup, 137)
    receipt = transact(chain, trader, named("SafeProxyFactory"), create)
    where = address(receipt["logs"][-1]["topics"][1][-40:])
    token = chain.manifest.token("USDC.e").address
    transact(chain, trader, token, encode_call("transfer(address,uint256)", where, FUNDED))
    return where


def owner(key: bytes) -> Address:
    return address(Account.from_key(key).address)


def signed(chain: Replica, safe: Address, terms: tuple[object, ...], *keys: bytes) -> bytes:
    """Calldata of execTransaction, signed by `keys` in their owners' order."""
    (nonce,) = read(chain, safe, "nonce()", ["uint256"])
    signature = f"getTransactionHash({TERMS},uint256)"
    (digest,) = read(chain, safe, signature, ["bytes32"], *terms, nonce)
    signatures = b"".join(
        bytes(Account.unsafe_sign_hash(digest, key).signature) for key in sorted(keys, key=owner)
    )
    return encode_call(f"execTransaction({TERMS},bytes)", *terms, signatures)


def batch(chain: Replica, *transfers: tuple[Address, int]) -> tuple[object, ...]:
    """Terms of one delegated MultiSendCallOnly call that makes all `transfers` of USDC.e."""
    token = chain.manifest.token("USDC.e").address
    packed = b""
    for receiver, amount in transfers:
        data = encode_call("transfer(address,uint256)", receiver, amount)
        packed += b"\0" + token + bytes(32) + encode(["uint256"], [len(data)]) + data
    sender = chain.manifest.contract("MultiSendCallOnly")
    data = encode_call("multiSend(bytes)", packed)
    return sender, 0, data, DELEGATE, 0, 0, 0, NOBODY, NOBODY


def test_contracts_stand_where_polygon_has_them(replica: Replica) -> None:
    for name, wanted in CANONICAL.items():
        assert replica.manifest.contract(name) == address(wanted), name


def test_two_signatures_move_a_batch(chain: Replica, trader: Address, safe: Address) -> None:
    token = chain.manifest.token("USDC.e").address
    first, second = Address(b"\x01" * 20), Address(b"\x02" * 20)
    terms = batch(chain, (first, 4 * 10**6), (second, 6 * 10**6))
    transact(chain, trader, safe, signed(chain, safe, terms, *KEYS))
    held = [balance(chain, token, holder) for holder in (first, second, safe)]
    assert held == [4 * 10**6, 6 * 10**6, 0]


def test_one_signature_or_a_stranger_moves_nothing(
    chain: Replica, trader: Address, safe: Address
) -> None:
    terms = batch(chain, (trader, FUNDED))
    stranger = bytes(31) + b"\x0c"
    for keys, fault in (((KEYS[0],), "GS020"), ((KEYS[0], stranger), "GS026")):
        call = {"from": trader, "to": safe, "data": signed(chain, safe, terms, *keys)}
        with pytest.raises(RpcError, match=fault):
            chain.rpc("eth_call", [call, "latest"])
