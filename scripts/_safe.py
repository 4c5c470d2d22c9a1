"""The Safe that owns the executor: what its keys sign, and its transaction once enough have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ape
from ape.api import AccountAPI
from ape.contracts import ContractInstance
from eth_account.messages import SignableMessage
from eth_utils.crypto import keccak

NOBODY = "0x" + "00" * 20
TERMS = (
    *(("to", "address"), ("value", "uint256"), ("data", "bytes"), ("operation", "uint8")),
    *(("safeTxGas", "uint256"), ("baseGas", "uint256"), ("gasPrice", "uint256")),
    *(("gasToken", "address"), ("refundReceiver", "address")),
)


class SafeError(RuntimeError):
    """A signer is not one of the Safe's; the message names it."""


def _function(name: str, inputs: Sequence[tuple[str, str]], *outputs: str) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "stateMutability": "view" if outputs else "nonpayable",
        "inputs": [{"name": each, "type": kind} for each, kind in inputs],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
    }


ABI = [
    _function("nonce", (), "uint256"),
    _function("getThreshold", (), "uint256"),
    _function("getOwners", (), "address[]"),
    _function("encodeTransactionData", (*TERMS, ("_nonce", "uint256")), "bytes"),
    _function("execTransaction", (*TERMS, ("signatures", "bytes"))),
]
"""Of Safe 1.3 and 1.4, as far as it is used here."""


@dataclass(frozen=True)
class Proposal:
    """One call that a Safe may make next."""

    safe: ContractInstance
    to: str
    data: bytes
    nonce: int

    @classmethod
    def next_of(cls, safe: str, to: str, data: bytes) -> "Proposal":
        """The call under the Safe's next number."""
        contract = ape.Contract(safe, abi=ABI)
        return cls(contract, to, data, int(contract.call_view_method("nonce")))

    @property
    def threshold(self) -> int:
        """How many owners must sign."""
        return int(self.safe.getThreshold())

    @property
    def signed_bytes(self) -> bytes:
        """EIP-712: 0x1901, domain separator, struct hash; owners sign the hash of these."""
        return bytes(self.safe.encodeTransactionData(*self._terms, self.nonce))

    @property
    def digest(self) -> bytes:
        """What a wallet shows to whoever signs."""
        return keccak(self.signed_bytes)

    @property
    def _terms(self) -> tuple[object, ...]:
        return (self.to, 0, self.data, 0, 0, 0, 0, NOBODY, NOBODY)

    def execute(self, signers: Sequence[AccountAPI]) -> None:
        """Sign as each of the signers and send it as the first of them.

        Raises:
            SafeError: One of them is no owner of the Safe, or does not sign.
        """
        owners = set(self.safe.getOwners())
        whole = self.signed_bytes
        message = SignableMessage(version=whole[1:2], header=whole[2:34], body=whole[34:])
        signatures = b""
        for signer in sorted(signers, key=lambda each: int(each.address, 16)):
            if signer.address not in owners:
                raise SafeError(f"{signer.address} is no owner of the Safe {self.safe.address}")
            signature = signer.sign_message(message)
            if signature is None:
                raise SafeError(f"{signer.address} did not sign")
            signatures += signature.encode_rsv()
        self.safe.execTransaction(*self._terms, signatures, sender=signers[0])
