"""Programs byte by byte, straight from contracts/program.toml: no encoder has a say in them."""

import tomllib
from collections.abc import Sequence

from keeper.chain import Address
from replica.paths import ROOT

TABLE = tomllib.loads((ROOT / "contracts" / "program.toml").read_text())
COMMANDS = {command["name"]: command for command in TABLE["command"]}
TARGETS = {entry["name"]: entry["value"] for entry in TABLE["recipient"]}
LEADS = {entry["name"]: entry["value"] for entry in TABLE["lead"]}
SELECTOR = bytes.fromhex(TABLE["selector"])
ALL_BUT = 1 << 127
STREAMS = ("nested", "cells")
"""Types that are the length of what follows a command."""
REST = 0
"""The nested length that stands for all that is left of a stream."""


def width(kind: str) -> int:
    """Bytes of a field of that type."""
    return {"address": 20, "nested": 2, "cells": 2, "amount": 16}.get(kind) or int(kind[1:]) // 8


def raw(value: int | bytes, size: int) -> bytes:
    """The value in so many bytes, big-endian."""
    return value.to_bytes(size, "big") if isinstance(value, int) else value.ljust(size, b"\0")


def header(
    tokens: Sequence[Address],
    *,
    lead: str = "none",
    min_profit: int = 0,
    deadline_block: int = 2**32 - 1,
    max_base_fee: int = 2**32 - 1,
) -> bytes:
    """Selector, header and declared addresses; limits that do not bind unless given.

    `min_profit` is rounded down to the three digits, of eight bits, that the header has.
    """
    shift = max(0, min_profit.bit_length() - 24)
    fields = {
        "deadline_block": deadline_block,
        "max_base_fee": max_base_fee,
        "min_profit": min_profit >> shift,
        "min_profit_shift": shift,
        "tokens": LEADS[lead] << TABLE["tokens"]["lead_shift"] | len(tokens),
    }
    parts = [raw(fields[each["name"]], width(each["type"])) for each in TABLE["header"]]
    return SELECTOR + b"".join(parts) + b"".join(tokens)


def bound(tokens: Sequence[Address], stream: bytes) -> bytes:
    """The data with which a pool must call back to run a stream of a program of these tokens."""
    return bytes([len(tokens)]) + b"".join(tokens) + stream


def command(
    name: str,
    *,
    to: str | Address = "self",
    zero_for_one: bool = False,
    nested: bytes = b"",
    rest: bool = False,
    **values: int | bytes,
) -> bytes:
    """One command; `nested` is the stream inside it, or a run's cells.

    It goes without a length of its own for `rest`.
    """
    entry, head = COMMANDS[name], TABLE["head"]
    target = TARGETS["address"] if isinstance(to, bytes) else TARGETS[to]
    flags = target << head["recipient_shift"] | zero_for_one << head["zero_for_one_shift"]
    given = dict(values)
    for field in entry["field"]:
        if field["type"] in STREAMS:
            given[field["name"]] = REST if rest else len(nested)
    parts = [raw(given.pop(field["name"]), width(field["type"])) for field in entry["field"]]
    assert not given, f"{name} has no field {given}"
    where = to if isinstance(to, bytes) else b""
    return bytes([entry["opcode"] | flags]) + b"".join(parts) + where + nested
