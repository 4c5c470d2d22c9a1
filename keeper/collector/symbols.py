"""Tokens' symbols, which are strangers' text: read as they are answered, shown tamed."""

import unicodedata
from collections.abc import Sequence

from keeper.chain import Address
from keeper.collector import abi
from keeper.collector.lens import Lens, Record, Unreadable
from keeper.collector.records import foreign, padded

SYMBOLS = abi.selector("symbols(address[],(uint256,uint256))")
MAX_LENGTH = 16
_MAX_BYTES = 160
_TAME = ("L", "N", "P", "S")
"""Unicode categories that print something and turn nothing around: no controls, no marks."""


async def read_symbols(
    lens: Lens, tokens: Sequence[Address], block_hash: bytes
) -> dict[Address, str]:
    """A printable symbol for each token; its address where it answers none."""
    items = [padded(token) for token in tokens]
    answers = await lens.ask_all(SYMBOLS, (), items, block_hash)
    raw = (b"" if isinstance(a, Unreadable) else _answered(lens, a) for a in answers)
    return {
        token: tamed(text_of(answer)) or f"0x{token.hex()}"
        for token, answer in zip(tokens, raw, strict=True)
    }


def text_of(answer: bytes) -> str:
    """The text in an answer of `symbol()`: a string, or 32 bytes as the oldest tokens give it.

    What is no UTF-8 is no text.
    """
    raw = answer[:32].rstrip(b"\0")
    if len(answer) >= 2 * abi.WORD and int.from_bytes(answer[:32]) == abi.WORD:
        size = int.from_bytes(answer[32:64])
        raw = answer[64 : 64 + min(size, _MAX_BYTES)]
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        return raw[: error.start].decode()


def tamed(text: str) -> str:
    """At most 16 characters of it that can neither hide nor turn what stands beside them."""
    kept = (c for c in text if unicodedata.category(c)[0] in _TAME and c.isprintable())
    return "".join(c for _, c in zip(range(MAX_LENGTH), kept, strict=False))


def _answered(lens: Lens, record: Record) -> bytes:
    length, *words = record.body or (0,)
    if length > _MAX_BYTES or len(words) != -(-length // abi.WORD):
        raise foreign(lens)
    return b"".join(word.to_bytes(abi.WORD) for word in words)[:length]
