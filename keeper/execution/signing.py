"""Builds and signs the keeper's transactions (EIP-1559, type 2)."""

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from keeper.chain import Address


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction bids, in wei per unit of gas."""

    max_fee_wei: int
    tip_wei: int

    @classmethod
    def for_base_fee(cls, base_fee_wei: int, tip_wei: int, headroom_percent: int) -> "Fees":
        """Bid so that the transaction stays valid while the base fee rises by the headroom."""
        return cls(base_fee_wei * (100 + headroom_percent) // 100 + tip_wei, tip_wei)


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Bytes ready for a node, and the hash under which the chain will know them."""

    hash: bytes
    raw: bytes


class Signer:
    """Signs calls of one executor with one key; the key never leaves this object."""

    def __init__(self, account: LocalAccount, chain_id: int) -> None:
        self._account = account
        self._chain_id = chain_id
        self.address = Address(bytes.fromhex(account.address[2:]))

    def __repr__(self) -> str:
        return f"Signer(0x{self.address.hex()})"

    def sign_call(
        self, to: Address, data: bytes, *, nonce: int, gas_limit: int, fees: Fees
    ) -> SignedTransaction:
        """Sign a call without value."""
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._chain_id,
                "nonce": nonce,
                "to": to_checksum_address(to),
                "value": 0,
                "data": data,
                "gas": gas_limit,
                "maxFeePerGas": fees.max_fee_wei,
                "maxPriorityFeePerGas": fees.tip_wei,
            }
        )
        return SignedTransaction(bytes(signed.hash), bytes(signed.raw_transaction))
