"""Straight-line EVM bytecode: frames of calls whose every word is a constant."""

from typing import TypeAlias

from keeper.chain import Address

Word: TypeAlias = "int | str"
"""A number, or the name of a frame: the place in the code where it begins."""

_LABEL_BYTES = 2
_SELECTOR_AT = 0x1C

STOP, ISZERO, CALLER, EQ = b"\x00", b"\x15", b"\x33", b"\x14"
CALLDATALOAD, POP, MSTORE, GAS = b"\x35", b"\x50", b"\x52", b"\x5a"
JUMP, JUMPI, JUMPDEST, PUSH0 = b"\x56", b"\x57", b"\x5b", b"\x5f"
PUSH1, PUSH2, DUP1, CALL, RETURN = b"\x60", b"\x61", b"\x80", b"\xf1", b"\xf3"


def push(value: int) -> bytes:
    """The shortest PUSH of a number."""
    if not value:
        return PUSH0
    size = (value.bit_length() + 7) // 8
    return bytes([PUSH0[0] + size]) + value.to_bytes(size)


class Assembler:
    """Code with forward references to the frames that are written behind them."""

    def __init__(self) -> None:
        self._code = bytearray()
        self._frames: dict[str, int] = {}
        self._references: list[tuple[int, str]] = []
        self._memory: dict[int, Word] = {}

    def raw(self, code: bytes) -> None:
        """Append code as it is."""
        self._code += code

    def push(self, word: Word) -> None:
        """Push a constant."""
        if isinstance(word, int):
            self._code += push(word)
            return
        self._code += PUSH2
        self._references.append((len(self._code), word))
        self._code += bytes(_LABEL_BYTES)

    def frame(self, name: str = "") -> None:
        """Begin a call frame, whose memory is empty; a named one is jumped to."""
        self._memory = {}
        if name:
            self._frames[name] = len(self._code)
            self._code += JUMPDEST

    def store(self, at: int, word: Word) -> None:
        """Set the memory word at `at`, unless it is known to hold that already."""
        if self._memory.get(at, 0) != word:
            self.push(word)
            self._code += push(at) + MSTORE
            self._memory[at] = word

    def call(self, target: Address, selector: int, *words: Word, tail: Word = 0) -> None:
        """Call with words from memory and `tail` further bytes behind them; success is not read."""
        self.store(0, selector)
        for place, word in enumerate(words, start=1):
            self.store(32 * place, word)
        size = 4 + 32 * len(words)
        self._code += PUSH0 + PUSH0
        if isinstance(tail, int):
            self._code += push(size + tail)
        else:
            self.push(tail)
            self._code += push(size) + b"\x01"
        self._code += push(_SELECTOR_AT) + PUSH0 + push(int.from_bytes(target)) + GAS + CALL + POP

    def stop(self) -> None:
        """End the frame."""
        self._code += STOP

    def assemble(self) -> bytes:
        """The code with every reference filled in."""
        code = bytearray(self._code)
        for at, name in self._references:
            code[at : at + _LABEL_BYTES] = self._frames[name].to_bytes(_LABEL_BYTES)
        return bytes(code)
