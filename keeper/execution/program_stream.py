"""Commands of a program as a tree, and the bytes that say it.

A nested stream that ends its enclosing one needs no length, so lengths are known only when the tree
is whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from keeper.execution import program_table as table

Target = int | bytes
"""A recipient: one of `TO_SELF`, `TO_CALLER`, `TO_NEXT`, or the 20 bytes of an address."""


class ProgramError(ValueError):
    """A route or limit that no program can express; the message names it."""


class CustodyError(ProgramError):
    """A source of capital, or a form, that these legs' pools do not bear."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command's bytes before and behind the place of its nested length, and what it nests.

    A run has `cells` in the place of nested commands.
    """

    before: bytes
    behind: bytes = b""
    nested: "tuple[Command, ...] | None" = None
    cells: bytes = b""


def serialize(stream: Iterable[Command]) -> bytes:
    """The bytes of a stream; length 0 stands for a nested stream that ends it."""
    commands, parts = list(stream), []
    for place, command in enumerate(commands, start=1):
        if command.nested is None and not command.cells:
            parts.append(command.before + command.behind)
            continue
        nested = command.cells or serialize(command.nested or ())
        length = 0 if place == len(commands) else len(nested)
        parts.append(command.before + packed((2,), (length,), "stream") + command.behind + nested)
    return b"".join(parts)


def packed(widths: tuple[int, ...], values: tuple[int | bytes, ...], name: str) -> bytes:
    """Big-endian fields of `widths` bytes; raises `ProgramError` for a value that does not fit."""
    parts = []
    for width, value in zip(widths, values, strict=True):
        number = int.from_bytes(value, "big") if isinstance(value, bytes) else value
        if not 0 <= number < 1 << 8 * width:
            raise ProgramError(f"{name}: {number} does not fit its {width} bytes")
        parts.append(number.to_bytes(width, "big"))
    return b"".join(parts)


def cell(bits: tuple[int, ...], values: tuple[int, ...]) -> bytes:
    """A run's cell of fields from the highest bit; `ProgramError` if one does not fit."""
    word = 0
    for width, value in zip(bits, values, strict=True):
        if not 0 <= value < 1 << width:
            raise ProgramError(f"cell: {value} does not fit its {width} bits")
        word = word << width | value
    return word.to_bytes(sum(bits) // 8)


def head(opcode: int, target: Target = table.TO_SELF, *, zero_for_one: bool = False) -> bytes:
    """A command's first byte."""
    recipient = table.TO_ADDRESS if isinstance(target, bytes) else target
    flags = zero_for_one << table.ZERO_FOR_ONE_SHIFT | recipient << table.RECIPIENT_SHIFT
    return bytes([opcode | flags])


def given(target: Target) -> bytes:
    """What follows a command's fields: the recipient's address, where it is one."""
    return target if isinstance(target, bytes) else b""
