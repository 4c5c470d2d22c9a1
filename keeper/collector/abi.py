"""Words of the ABI: 32 bytes each, refused where they do not hold their type."""

from eth_utils.crypto import keccak

from keeper.chain import Address

WORD = 32


class MalformedWordError(ValueError):
    """A 32-byte word, or their number, is not what the ABI promises."""


def selector(signature: str) -> bytes:
    """First four bytes of the function's hash."""
    return bytes(keccak(text=signature)[:4])


def topic(signature: str) -> bytes:
    """First topic of the event."""
    return bytes(keccak(text=signature))


def words(data: bytes, count: int) -> list[bytes]:
    """`data` as exactly `count` words."""
    if len(data) != count * WORD:
        raise MalformedWordError(f"{len(data)} bytes instead of {count} words")
    return [data[start : start + WORD] for start in range(0, len(data), WORD)]


def unsigned(word: bytes, bits: int) -> int:
    """A `uint<bits>`; dirty upper bits are refused."""
    number = int.from_bytes(word)
    if number >> bits:
        raise MalformedWordError(f"a uint{bits} exceeds its range")
    return number


def signed(word: bytes, bits: int) -> int:
    """An `int<bits>`; a wrong sign extension is refused."""
    number = int.from_bytes(word, signed=True)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise MalformedWordError(f"an int{bits} exceeds its range")
    return number


def address(word: bytes) -> Address:
    """An `address`; dirty upper bytes are refused."""
    if any(word[:12]):
        raise MalformedWordError("an address exceeds 20 bytes")
    return Address(word[12:])


def word_of(number: int) -> bytes:
    """An integer argument, sign-extended."""
    return number.to_bytes(WORD, signed=number < 0)
