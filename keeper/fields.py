"""Field types that settings and records share: hexadecimal in files, bytes inside."""

from typing import Annotated

from eth_utils.address import to_canonical_address, to_checksum_address
from pydantic import BeforeValidator, Field, PlainSerializer

from keeper.chain import Address


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return to_canonical_address(value)
    except ValueError as error:
        raise ValueError("must be a 20-byte hexadecimal address") from error


AddressField = Annotated[
    Address,
    BeforeValidator(_address),
    PlainSerializer(to_checksum_address, return_type=str),
    Field(min_length=20, max_length=20),
]


def _hash(value: object) -> object:
    if not isinstance(value, str):
        return value
    if len(value) != 66 or not value.startswith("0x"):
        raise ValueError("must be a 32-byte hexadecimal hash")
    return bytes.fromhex(value[2:])


def _hash_text(value: bytes) -> str:
    return "0x" + value.hex()


HashField = Annotated[
    bytes,
    BeforeValidator(_hash),
    PlainSerializer(_hash_text, return_type=str),
    Field(min_length=32, max_length=32),
]
