"""Signed bytes are judged by a node and by the signature itself."""

from eth_account import Account
from eth_utils.crypto import keccak
from execution_world import GWEI, POOL, Lab
from hypothesis import given
from hypothesis import strategies as st

from keeper.chain import Address
from keeper.execution.signing import Fees, Signer
from replica.anvil import CHAIN_ID

WEI = st.integers(0, 10**15)


async def test_node_reads_what_was_signed(lab: Lab) -> None:
    data = bytes(range(200))
    fees = Fees(max_fee_wei=500 * GWEI, tip_wei=31 * GWEI)
    signed = lab.signer.sign_call(POOL, data, nonce=0, gas_limit=123_456, fees=fees)
    assert signed.hash == keccak(signed.raw)
    assert await lab.node.send_raw_transaction(signed.raw) == signed.hash
    seen = await lab.node.transaction(signed.hash)
    assert seen is not None
    assert (seen.sender, seen.to, seen.data) == (lab.signer.address, POOL, data)
    assert (seen.nonce, seen.gas_limit, seen.value_wei) == (0, 123_456, 0)
    raw = lab.anvil.rpc("eth_getTransactionByHash", [signed.hash])
    assert int(raw["type"], 16) == 2
    assert int(raw["chainId"], 16) == CHAIN_ID
    assert int(raw["maxFeePerGas"], 16) == fees.max_fee_wei
    assert int(raw["maxPriorityFeePerGas"], 16) == fees.tip_wei


def test_signing_twice__same_bytes() -> None:
    signer = Signer(Account.create(), CHAIN_ID)
    fees = Fees(2 * GWEI, GWEI)
    one, two = (signer.sign_call(POOL, b"", nonce=3, gas_limit=21_000, fees=fees) for _ in "ab")
    assert one == two


def test_signer__shows_its_address_and_not_its_key() -> None:
    account = Account.create()
    signer = Signer(account, CHAIN_ID)
    assert signer.address == Address(bytes.fromhex(account.address[2:]))
    shown = repr(signer).lower()
    assert signer.address.hex() in shown
    assert bytes(account.key).hex() not in shown


@given(base_fee=WEI, tip=WEI, headroom=st.integers(0, 1_000), rise=st.integers(0, 1_000))
def test_fees__pay_the_tip_while_the_base_fee_rises_within_the_headroom(
    base_fee: int, tip: int, headroom: int, rise: int
) -> None:
    fees = Fees.for_base_fee(base_fee, tip, headroom)
    assert fees.tip_wei == tip <= fees.max_fee_wei
    risen = base_fee * (100 + rise) // 100
    assert (fees.max_fee_wei >= risen + tip) or rise > headroom
