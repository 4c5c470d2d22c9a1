"""Generate the program format's constants and documentation from `contracts/program.toml`.

Run as `python -m toolchain.gen_program`; with `--check` it writes nothing and fails on drift.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "contracts" / "program.toml"
SOLIDITY = ROOT / "contracts" / "libraries" / "Program.sol"
PYTHON = ROOT / "keeper" / "execution" / "program_table.py"
DOCS = ROOT / "docs" / "program.md"
MARKS = ("<!-- table: generated from contracts/program.toml -->", "<!-- end of table -->")
NAMED_BITS = {"address": 160, "amount": 128, "nested": 16, "cells": 16}
STREAMS = ("nested", "cells")
"""Types that are the length of what follows a command."""
SELECTOR_BYTES = 4
COLUMNS = 100
"""Of a line of Solidity, after which the formatter breaks it."""

Table = dict[str, Any]


def bits_of(kind: str) -> int:
    """Width in bits of a field type: `u<n>` or one of the named types."""
    if kind in NAMED_BITS:
        return NAMED_BITS[kind]
    bits = int(kind.removeprefix("u"))
    if bits % 8 or not 8 <= bits <= 256:
        raise ValueError(f"{TABLE.name}: type {kind} is not a whole number of bytes")
    return bits


def table_hash(table: Table) -> bytes:
    """Keccak-256 of the table without its prose: what `programVersion()` answers."""

    def bare(node: object) -> object:
        if isinstance(node, dict):
            return {key: bare(value) for key, value in node.items() if key != "doc"}
        return [bare(item) for item in node] if isinstance(node, list) else node

    return keccak(json.dumps(bare(table), sort_keys=True, separators=(",", ":")).encode())


def layout(fields: list[Table], start: int) -> Iterator[tuple[Table, int, int]]:
    """Yield each field with its byte offset and its width in bits."""
    for field in fields:
        bits = bits_of(field["type"])
        yield field, start, bits
        start += bits // 8


def size_of(fields: list[Table], start: int) -> int:
    """Bytes of a header or command whose fields begin at `start`."""
    return start + sum(bits_of(field["type"]) for field in fields) // 8


def constants(table: Table) -> Iterator[tuple[str, int, str]]:
    """Every number of the format as (NAME, value, comment), in the table's order."""
    head, tokens = table["head"], table["tokens"]
    yield "FORMAT_VERSION", table["version"], "of the table"
    yield "MAX_HOPS", table["max_hops"], "longest chain the encoder emits"
    yield "MAX_SWAPS", table["max_swaps"], "most swaps of a basket"
    yield "MAX_TOKENS", table["max_tokens"], "most tokens a header declares"
    yield "PROGRAM_SELECTOR", int(table["selector"], 16), "first four bytes of a program"
    yield "HEADER_SIZE", size_of(table["header"], 0), "bytes before the declared addresses"
    yield "HEADER_AT", SELECTOR_BYTES, "in calldata"
    yield "TOKENS_AT", size_of(table["header"], SELECTOR_BYTES) - 1, "the tokens byte, in calldata"
    yield "TOKEN_SIZE", bits_of("address") // 8, "bytes of an address"
    yield "TOKEN_COUNT_MASK", (1 << tokens["count_bits"]) - 1, "of the tokens byte"
    yield "TOKEN_LEAD_SHIFT", tokens["lead_shift"], "of the tokens byte"
    yield "DIRECTORY_POOLS", table["directory"]["pools"], "places 1 and on"
    yield "DIRECTORY_PAIRS", table["directory"]["pairs"], "places behind them"
    for cell in table["cell"]:
        yield from cell_constants(cell)
    for lead in table["lead"]:
        yield f"LEAD_{lead['name'].upper()}", lead["value"], "well-known token"
        only = lead["value"] << tokens["lead_shift"]
        yield f"ONLY_{lead['name'].upper()}", only, "tokens byte without addresses"
    yield "LEADS", sum(1 << lead["value"] for lead in table["lead"]), "bit set of the leads"
    yield "ALL_BUT", 1 << bits_of("amount") - 1, "bit of an amount"
    for field, at, bits in layout(table["header"], 0):
        name = f"HEADER_{field['name'].upper()}"
        yield f"{name}_SHIFT", 256 - 8 * at - bits, "from the header's word"
        yield f"{name}_MASK", (1 << bits) - 1, field["type"]
    yield "OPCODE_MASK", (1 << head["opcode_bits"]) - 1, "of a command's first byte"
    yield "RECIPIENT_SHIFT", head["recipient_shift"], "of a command's first byte"
    yield "RECIPIENT_MASK", (1 << head["recipient_bits"]) - 1, "after the shift"
    yield "ZERO_FOR_ONE_SHIFT", head["zero_for_one_shift"], "of a command's first byte"
    for recipient in table["recipient"]:
        yield f"TO_{recipient['name'].upper()}", recipient["value"], "recipient"
    yield "TAKES_DELIVERY", opcodes(table, "takes_delivery"), "bit set: `next` may name these"
    yield "ARMS", opcodes(table, "arms"), "bit set of the opcodes whose call calls back"
    yield "NAMES_RECIPIENT", opcodes(table, "recipients"), "bit set of the opcodes that have one"
    yield "NESTS", nesting(table), "bit set of the opcodes that have a nested stream"
    yield "NESTS_FIRST", nesting(table, 0), "of these, the ones whose first field is its length"
    yield "SIZES", sizes(table), "bytes before `address` and nested stream, by opcode: byte n"
    for command in table["command"]:
        yield from command_constants(command)


def cell_layout(cell: Table) -> Iterator[tuple[str, int, int]]:
    """Each field of a cell with its bit, counted from the highest, and its width in bits."""
    at = 0
    for field in cell["field"]:
        yield field["name"], at, field["bits"]
        at += field["bits"]


def cell_size(cell: Table) -> int:
    """Bytes of a cell."""
    size, rest = divmod(sum(bits for _, _, bits in cell_layout(cell)), 8)
    if rest:
        raise ValueError(f"{TABLE.name}: {cell['name']} is not a whole number of bytes")
    return size


def cell_constants(cell: Table) -> Iterator[tuple[str, int, str]]:
    """Size of a cell, and where its fields lie in a word that begins with it."""
    name = cell["name"].upper()
    yield f"{name}_SIZE", cell_size(cell), "bytes"
    for field, at, bits in cell_layout(cell):
        place = f"{name}_{field.upper()}"
        yield f"{place}_SHIFT", 256 - at - bits, "right, of a word that begins with the cell"
        if at > 0 and bits == 1:
            yield f"{place}_FLAG", 1 << 255 - at, "of such a word"
        elif at > 0 and field != "pool":
            yield f"{place}_MASK", (1 << bits) - 1, "after the shift"
            yield f"{place}_TOP_SHIFT", 256 - bits, "right, of a word that begins with the field"


def opcodes(table: Table, trait: str) -> int:
    """Opcodes of the commands that have a trait, one bit each."""
    return sum(1 << c["opcode"] for c in table["command"] if c.get(trait))


def nesting(table: Table, place: int | None = None) -> int:
    """Opcodes that have a nested stream, one bit each; `place` is that of the length's field."""
    found = 0
    for command in table["command"]:
        places = [n for n, field in enumerate(command["field"]) if field["type"] in STREAMS]
        found |= bool(places and place in (None, *places)) << command["opcode"]
    return found


def sizes(table: Table) -> int:
    """The sizes of all commands in one word, by opcode from its highest byte; 0 is no command."""
    each = {c["opcode"]: size_of(c["field"], 1) for c in table["command"]}
    return int.from_bytes(bytes(each.get(opcode, 0) for opcode in range(32)), "big")


def command_constants(command: Table) -> Iterator[tuple[str, int, str]]:
    """Opcode, size, and the offset and shift of each field of one command."""
    name = command["name"].upper()
    yield f"OP_{name}", command["opcode"], "opcode"
    yield f"{name}_SIZE", size_of(command["field"], 1), "bytes before any nested stream"
    for field, at, bits in layout(command["field"], 1):
        yield f"{name}_{field['name'].upper()}_AT", at, field["type"]
        yield f"{name}_{field['name'].upper()}_SHIFT", 256 - bits, "right, of the word there"


def solidity(table: Table) -> str:
    """Text of Program.sol."""
    lines = [
        "// SPDX-License-Identifier: UNLICENSED",
        "// Generated from contracts/program.toml; edit that and run `python -m"
        " toolchain.gen_program`.",
        "pragma solidity 0.8.30;",
        "",
        "/// @dev Keccak-256 of the table without its prose.",
        f"bytes32 constant PROGRAM_VERSION =\n    0x{table_hash(table).hex()};",
        "",
    ]
    for name, value, comment in constants(table):
        # whole bytes: a number of 40 digits or thereabouts would be taken for an address
        number = str(value) if value < 1 << 32 else f"0x{bytes_of(value).hex()}"
        broken = len(f"uint256 constant {name} = {number};") > COLUMNS
        space = "\n    " if broken else " "
        lines.append(f"uint256 constant {name} ={space}{number}; // {comment}")
    lines += [
        f"address constant {account['name'].upper()} = {account['address']};"
        for account in table["account"]
    ]
    return "\n".join(lines) + "\n"


def bytes_of(number: int) -> bytes:
    """As few bytes as hold it."""
    return number.to_bytes((number.bit_length() + 7) // 8)


def python(table: Table) -> str:
    """Text of program_table.py."""
    lines = [
        '"""The program format\'s numbers; generated from contracts/program.toml, do not edit."""',
        "",
        f'PROGRAM_VERSION = bytes.fromhex("{table_hash(table).hex()}")',
        '"""Keccak-256 of the table without its prose; the executor\'s `programVersion()`."""',
        "",
    ]
    for name, value, _ in constants(table):
        place = name.endswith(("_SHIFT", "_AT", "_MASK", "_FLAG", "_SIZE"))
        if not (place or name in LOOPS or name.startswith("ONLY_")) or name in PYTHON_KEEPS:
            lines.append(f"{name} = {value}")
    lines += [
        f'{account["name"].upper()} = bytes.fromhex("{account["address"][2:].lower()}")'
        for account in table["account"]
    ]
    lines += ["", "# Field widths in bytes, in the order in which they are written."]
    lines.append(f"HEADER = {widths(table['header'])}")
    lines += [f"{c['name'].upper()} = {widths(c['field'])}" for c in table["command"]]
    lines += ["", "# The same of cells, in bits."]
    lines += [
        f"{cell['name'].upper()} = {tuple(bits for _, _, bits in cell_layout(cell))}"
        for cell in table["cell"]
    ]
    return "\n".join(lines) + "\n"


LOOPS = {"NAMES_RECIPIENT", "NESTS", "NESTS_FIRST", "SIZES"}
"""What only a contract's loop over commands needs."""

PYTHON_KEEPS = {
    *("HEADER_SIZE", "RECIPIENT_SHIFT", "RECIPIENT_MASK", "ZERO_FOR_ONE_SHIFT", "OPCODE_MASK"),
    *("TOKEN_COUNT_MASK", "TOKEN_LEAD_SHIFT"),
}


def widths(fields: list[Table]) -> str:
    """A Python tuple of the fields' widths in bytes."""
    return repr(tuple(bits_of(field["type"]) // 8 for field in fields))


def documentation(table: Table) -> str:
    """The generated part of docs/program.md, marks included."""
    lines = [
        MARKS[0],
        "",
        f"Format {table['version']}, table hash `0x{table_hash(table).hex()}`.",
        "",
    ]
    lines += ["### Header", "", *field_rows(table["header"], 0), ""]
    lines += ["### Lead of the tokens byte", "", "| value | name | meaning |", "|---|---|---|"]
    lines += [f"| {x['value']} | `{x['name']}` | {x['doc']} |" for x in table["lead"]] + [""]
    lines += ["### Accounts", "", "| name | address | meaning |", "|---|---|---|"]
    lines += [f"| `{x['name']}` | `{x['address']}` | {x['doc']} |" for x in table["account"]]
    lines += ["", "### First byte of a command", "", *head_rows(table), ""]
    for cell in table["cell"]:
        size = cell_size(cell)
        lines += [f"### Cell `{cell['name']}` ({size} byte{'s' * (size > 1)})", "", cell["doc"], ""]
        lines += [*cell_rows(cell), ""]
    for command in table["command"]:
        targets = ", ".join(command["recipients"]) or "none"
        lines += [
            f"### `{command['name']}` (opcode {command['opcode']}; recipients: {targets})",
            "",
            command["doc"] + traits(command),
            "",
            *field_rows(command["field"], 1),
            "",
        ]
    return "\n".join([*lines, MARKS[1]])


def traits(command: Table) -> str:
    """What a command is, in words."""
    words = {"takes_delivery": " May be `next`.", "arms": " Arms a callback."}
    return "".join(text for trait, text in words.items() if command.get(trait))


def field_rows(fields: list[Table], start: int) -> list[str]:
    """Markdown rows of offset, field, type and meaning."""
    rows = ["| offset | field | type | meaning |", "|---|---|---|---|"]
    for field, at, _ in layout(fields, start):
        rows.append(f"| {at} | `{field['name']}` | {field['type']} | {field['doc']} |")
    return rows


def cell_rows(cell: Table) -> list[str]:
    """Markdown rows of bits, counted from the lowest of the cell, field and meaning."""
    rows = ["| bits | field | meaning |", "|---|---|---|"]
    whole = 8 * cell_size(cell)
    for (name, at, bits), field in zip(cell_layout(cell), cell["field"], strict=True):
        high, low = whole - at - 1, whole - at - bits
        place = f"{high} to {low}" if bits > 1 else str(low)
        rows.append(f"| {place} | `{name}` | {field['doc']} |")
    return rows


def head_rows(table: Table) -> list[str]:
    """Markdown rows of the head byte's bits."""
    head = table["head"]
    shift, bits = head["recipient_shift"], head["recipient_bits"]
    targets = ", ".join(f"{r['value']} `{r['name']}`: {r['doc']}" for r in table["recipient"])
    return [
        "| bits | meaning |",
        "|---|---|",
        f"| 0 to {head['opcode_bits'] - 1} | opcode |",
        f"| {shift} to {shift + bits - 1} | recipient: {targets} |",
        f"| {head['zero_for_one_shift']} | zero for one: token0 in, token1 out |",
    ]


def outputs() -> dict[Path, str]:
    """What each generated file must contain."""
    table = tomllib.loads(TABLE.read_text())
    prose = DOCS.read_text()
    before, rest = prose.split(MARKS[0], 1)
    after = rest.split(MARKS[1], 1)[1]
    return {
        SOLIDITY: solidity(table),
        PYTHON: python(table),
        DOCS: before + documentation(table) + after,
    }


def drifted() -> list[Path]:
    """Generated files that differ from the table."""
    return [
        path for path, text in outputs().items() if not path.exists() or path.read_text() != text
    ]


def main() -> int:
    """Write what drifted, or with `--check` only name it."""
    if "--check" in sys.argv[1:]:
        for path in drifted():
            sys.stderr.write(f"{path.relative_to(ROOT)} differs from {TABLE.name}; regenerate it\n")
        return bool(drifted())
    for path in drifted():
        path.write_text(outputs()[path])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
