"""Generate the Vyper reference's numbers from `contracts/program.toml`.

Run as `python -m toolchain.gen_reference`; with `--check` it writes nothing and fails on drift.
"""

import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence

from toolchain.gen_program import (
    ROOT,
    STREAMS,
    TABLE,
    Table,
    cell_layout,
    cell_size,
    layout,
    opcodes,
    size_of,
)

OUTPUT = ROOT / "contracts" / "reference" / "table.vy"
OPCODES = 32
HEADER_AT = 4
Measure = Callable[[Table], int]


def text(table: Table) -> str:
    """Text of table.vy: places are byte offsets in a program or a command, widths are bits."""
    lines = [
        "# pragma version ~=0.4.3",
        '"""',
        "@title The program format's numbers",
        "@notice Generated from contracts/program.toml; edit that and",
        "        run `python -m toolchain.gen_reference`.",
        '"""',
        "",
        *(f"{name}: constant(uint256) = {value}" for name, value in numbers(table)),
        "",
        "# by opcode: bytes before the address and the nested stream, zero where no command is;",
        "# and the place of the nested stream's length, zero where the command has none",
        f"SIZES: constant(uint256[{OPCODES}]) = {by_opcode(table, size)}",
        f"NESTED_AT: constant(uint256[{OPCODES}]) = {by_opcode(table, nested_at)}",
    ]
    return "\n".join(lines) + "\n"


def numbers(table: Table) -> Iterator[tuple[str, int]]:
    """Every single number, with its name."""
    yield "MAX_TOKENS", table["max_tokens"]
    yield "TOKENS_AT", size_of(table["header"], HEADER_AT)
    for field, at, bits in layout(table["header"], HEADER_AT):
        yield f"HEADER_{field['name'].upper()}_AT", at
        yield f"HEADER_{field['name'].upper()}_BITS", bits
    for lead in table["lead"]:
        yield f"LEAD_{lead['name'].upper()}", lead["value"]
    yield "LEADS", sum(1 << lead["value"] for lead in table["lead"])
    yield "TOKEN_COUNT_BITS", table["tokens"]["count_bits"]
    yield "DIRECTORY_POOLS", table["directory"]["pools"]
    yield "DIRECTORY_PAIRS", table["directory"]["pairs"]
    for cell in table["cell"]:
        yield f"{cell['name'].upper()}_SIZE", cell_size(cell)
        for name, at, bits in cell_layout(cell):
            yield f"{cell['name'].upper()}_{name.upper()}_SHIFT", 8 * cell_size(cell) - at - bits
            yield f"{cell['name'].upper()}_{name.upper()}_BITS", bits
    yield "OPCODE_MASK", (1 << table["head"]["opcode_bits"]) - 1
    yield "RECIPIENT_SHIFT", table["head"]["recipient_shift"]
    yield "RECIPIENT_MASK", (1 << table["head"]["recipient_bits"]) - 1
    yield "ZERO_FOR_ONE_SHIFT", table["head"]["zero_for_one_shift"]
    for recipient in table["recipient"]:
        yield f"TO_{recipient['name'].upper()}", recipient["value"]
    yield "HAVE_RECIPIENT", opcodes(table, "recipients")
    yield "TAKE_DELIVERY", opcodes(table, "takes_delivery")
    yield "ARM", opcodes(table, "arms")
    for command in table["command"]:
        name = command["name"].upper()
        yield f"OP_{name}", command["opcode"]
        for field, at, bits in layout(command.get("field", []), 1):
            yield f"{name}_{field['name'].upper()}_AT", at
            yield f"{name}_{field['name'].upper()}_BITS", bits


def size(command: Table) -> int:
    """Bytes of the head and the fields."""
    return size_of(command.get("field", []), 1)


def nested_at(command: Table) -> int:
    """Where the nested stream's length stands; zero if there is none."""
    places = [
        at for field, at, _ in layout(command.get("field", []), 1) if field["type"] in STREAMS
    ]
    return places[0] if places else 0


def by_opcode(table: Table, what: Measure) -> list[int]:
    """A number for each opcode, zero where no command has it."""
    values = [0] * OPCODES
    for command in table["command"]:
        values[command["opcode"]] = what(command)
    return values


def main(arguments: Sequence[str]) -> int:
    """Write what drifted, or with `--check` only say so."""
    wanted = text(tomllib.loads(TABLE.read_text()))
    if OUTPUT.exists() and OUTPUT.read_text() == wanted:
        return 0
    if "--check" in arguments:
        sys.stderr.write(f"{OUTPUT.name} differs from {TABLE.name}; regenerate it\n")
        return 1
    OUTPUT.write_text(wanted)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
