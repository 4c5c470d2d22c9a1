"""Solidity ABI calls from written signatures, and the two ways an address derives."""

from functools import lru_cache

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from keeper.chain import Address

WORD = 32


def address(text: str) -> Address:
    """The 20 bytes of an 0x-hexadecimal address."""
    raw = bytes.fromhex(text.removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError(f"{text!r} is no address: 20 bytes are wanted, {len(raw)} came")
    return Address(raw)


def split_types(inner: str) -> list[str]:
    """Split `uint256,(address,bytes)[],bool` at its outermost commas."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(inner):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    return [*parts, inner[start:]] if inner else []


@lru_cache(maxsize=512)
def _parsed(signature: str) -> tuple[bytes, tuple[str, ...]]:
    inner = signature[signature.index("(") + 1 : -1]
    return keccak(text=signature)[:4], tuple(split_types(inner))


def encode_call(signature: str, *args: object) -> bytes:
    """Calldata of `signature`, e.g. `transfer(address,uint256)`; addresses are 20 bytes."""
    selector, types = _parsed(signature)
    return selector + encode(types, args)


def create_address(creator: Address, nonce: int) -> Address:
    """Address of a CREATE child (yellow paper, section 7), for nonces below 2**16."""
    if nonce == 0:
        tail = b"\x80"
    elif nonce < 0x80:
        tail = bytes([nonce])
    else:
        raw = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
        tail = bytes([0x80 + len(raw)]) + raw
    body = b"\x94" + creator + tail
    return Address(keccak(bytes([0xC0 + len(body)]) + body)[12:])


def create2_address(creator: Address, salt: bytes, init_code_hash: bytes) -> Address:
    """Address of a CREATE2 child (EIP-1014)."""
    return Address(keccak(b"\xff" + creator + salt + init_code_hash)[12:])
