"""`messages.toml` as typed rows: the one place where an id, a field or a width is defined."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from struct import calcsize

STRUCT_CODES = {
    "u8": "B",
    "u16": "H",
    "u32": "I",
    "u64": "Q",
    "i32": "i",
    "protocol": "B",
    "u128": "16s",
    "i128": "16s",
    "u160": "20s",
    "u256": "32s",
    "address": "20s",
    "hash": "32s",
}
WIDE_INTEGERS = {
    "u128": (16, False),
    "i128": (16, True),
    "u160": (20, False),
    "u256": (32, False),
}
"""Integers that `struct` lacks: their bytes and whether they are signed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a payload; `type` is a key of `STRUCT_CODES`."""

    name: str
    type: str
    about: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """A counted list of at most `most` `item`s at the end of a payload, its length a `count`."""

    name: str
    item: str
    most: int
    count: str
    about: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One message: prefix, origin and own fields follow each other without padding."""

    id: int
    name: str
    about: str
    fields: tuple[Field, ...]
    repeated: Repeated | None


@dataclass(frozen=True, slots=True)
class Table:
    """All layouts of one schema version."""

    schema_version: int
    prefix: tuple[Field, ...]
    origin: tuple[Field, ...]
    layouts: tuple[Layout, ...]


def struct_format(fields: tuple[Field, ...]) -> str:
    """`struct` codes of `fields`, without a byte order."""
    return "".join(STRUCT_CODES[field.type] for field in fields)


def width(field: Field) -> int:
    """Bytes of a field in a payload."""
    return calcsize("<" + STRUCT_CODES[field.type])


def offsets(table: Table, name: str) -> dict[str, int]:
    """Where each field of the message `name` begins in its payload; `end` is where they end."""
    (own,) = (layout.fields for layout in table.layouts if layout.name == name)
    found, at = {}, 0
    for field in (*table.prefix, *table.origin, *own):
        found[field.name] = at
        at += width(field)
    return found | {"end": at}


def load_table() -> Table:
    """Read the table that stands beside this file."""
    document = tomllib.loads(Path(__file__).with_name("messages.toml").read_text("utf-8"))
    return Table(
        schema_version=document["schema_version"],
        prefix=_fields(document["prefix"]),
        origin=_fields(document["origin"]),
        layouts=tuple(_layout(row) for row in document["message"]),
    )


def _fields(rows: list[dict[str, str]]) -> tuple[Field, ...]:
    return tuple(Field(**row) for row in rows)


def _layout(row: dict[str, object]) -> Layout:
    values = dict(row)
    repeated = values.pop("repeated", None)
    fields = values.pop("fields")
    return Layout(
        **values,  # type: ignore[arg-type]
        fields=_fields(fields),  # type: ignore[arg-type]
        repeated=None if repeated is None else _repeated(repeated),
    )


def _repeated(row: object) -> Repeated:
    assert isinstance(row, dict)
    values = dict(row)
    fields = _fields(values.pop("fields"))
    return Repeated(**values, fields=fields)


TABLE = load_table()
