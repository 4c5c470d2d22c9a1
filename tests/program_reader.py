"""A program's commands, read as docs/program.md states them; `executor_model` runs them."""

from dataclasses import dataclass
from typing import Any

from model_pools import require
from program_assembler import STREAMS, TABLE, TARGETS, width

from keeper.chain import Address

NOBODY = Address(bytes(20))
OPCODES = {entry["opcode"]: entry for entry in TABLE["command"]}
HEAD = TABLE["head"]
OPCODE_MASK = (1 << HEAD["opcode_bits"]) - 1


@dataclass(frozen=True)
class Command:
    """One command: fields, direction, recipient, nested stream, and where it ends."""

    entry: dict[str, Any]
    values: dict[str, int]
    zero_for_one: bool
    target: int
    to: Address
    nested: bytes
    end: int

    def address(self, name: str) -> Address:
        return as_address(self.values[name])


def as_address(value: int) -> Address:
    """An address from its number."""
    return Address(value.to_bytes(20, "big"))


def number(data: bytes, at: int, size: int) -> int:
    """A big-endian field; bytes beyond the end read as zero."""
    return int.from_bytes(data[at : at + size].ljust(size, b"\0"), "big")


def read_command(stream: bytes, at: int) -> Command:
    """The command at `at`; its own bytes and its nested ones must lie within the stream."""
    head = stream[at]
    entry = OPCODES.get(head & OPCODE_MASK)
    require(entry is not None, "UnknownCommand")
    assert entry is not None
    place, values, length = at + 1, {}, 0
    for each in entry["field"]:
        size = width(each["type"])
        values[each["name"]] = number(stream, place, size)
        place += size
    target = head >> HEAD["recipient_shift"] & ((1 << HEAD["recipient_bits"]) - 1)
    to = NOBODY
    if entry["recipients"] and target == TARGETS["address"]:
        to = as_address(number(stream, place, 20))
        place += 20
    for each in entry["field"]:
        if each["type"] in STREAMS:
            length = values[each["name"]] or max(0, len(stream) - place)
    require(place + length <= len(stream), "TruncatedProgram")
    nested = stream[place : place + length]
    way = bool(head >> HEAD["zero_for_one_shift"])
    return Command(entry, values, way, target, to, nested, place + length)


def cells_of(command: Command, size: int) -> list[bytes]:
    """A run's cells, of which there must be one whole one or more."""
    cells = command.nested
    require(len(cells) > 0 and len(cells) % size == 0, "TruncatedProgram")
    return [cells[at : at + size] for at in range(0, len(cells), size)]
