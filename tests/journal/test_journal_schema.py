"""The schema: the design's columns, a comment on each figure, migrations whole or not at all."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest

from keeper.journal import Journal, JournalError
from keeper.journal.database import Connection
from keeper.journal.schema import migrate

DOCS = Path(__file__).parents[2] / "docs" / "journal.md"
DESIGN = {
    "arbitrage_opportunities": [
        ("id", "uuid"),
        ("detected_at", "timestamp with time zone"),
        ("strategy_type", "text"),
        ("venue_a", "text"),
        ("venue_b", "text"),
        ("estimated_profit", "numeric"),
        ("confidence_score", "double precision"),
        ("metadata", "jsonb"),
    ],
    "execution_results": [
        ("id", "uuid"),
        ("opportunity_id", "uuid"),
        ("executed_at", "timestamp with time zone"),
        ("tx_hash", "text"),
        ("actual_profit", "numeric"),
        ("gas_used", "bigint"),
        ("gas_cost_usd", "numeric"),
        ("execution_time_ms", "integer"),
        ("success", "boolean"),
    ],
}
COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'journal_version'
"""
KEYS = """
    SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = 'execution_results'::regclass AND contype IN ('p', 'f')
"""
UNCOMMENTED = """
    SELECT relname, attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE relname = ANY($1) AND attnum > 0
        AND (col_description(c.oid, attnum) IS NULL OR obj_description(c.oid) IS NULL)
"""


@pytest.mark.parametrize("table", DESIGN)
async def test_design_table__has_exactly_the_designs_columns(db: Connection, table: str) -> None:
    assert [tuple(row) for row in await db.fetch(COLUMNS, table)] == DESIGN[table]


async def test_results__refer_to_opportunities(db: Connection) -> None:
    keys = {row[0] for row in await db.fetch(KEYS)}

    assert "PRIMARY KEY (id)" in keys
    assert "FOREIGN KEY (opportunity_id) REFERENCES arbitrage_opportunities(id)" in keys


async def test_every_column_and_table__states_its_meaning(db: Connection) -> None:
    tables = [row[0] for row in await db.fetch(TABLES)]

    assert set(DESIGN) < set(tables)
    assert await db.fetch(UNCOMMENTED, tables) == []


async def test_documentation__names_every_column_under_its_table(db: Connection) -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", DOCS.read_text(), re.M | re.S))

    for (table,) in await db.fetch(TABLES):
        names = set(re.findall(r"\w+", " ".join(re.findall(r"^\| ([^|]+)", sections[table], re.M))))
        columns = {row[0] for row in await db.fetch(COLUMNS, table)}
        assert columns - names == set()


@pytest.mark.parametrize(
    ("table", "column", "facts"),
    [
        ("arbitrage_opportunities", "estimated_profit", ["USD", "before gas", "from", "to"]),
        ("execution_results", "actual_profit", ["USD", "before gas", "from", "to"]),
        ("execution_results", "gas_cost_usd", ["USD", "executed_at"]),
        ("execution_results", "execution_time_ms", ["Milliseconds", "last frame", "receipt"]),
        ("outcome_amounts", "actual_profit_raw", ["Raw units", "before gas", "from", "to"]),
        ("intent_stamps", "at_ns", ["Unix nanoseconds"]),
    ],
)
async def test_figure__names_unit_and_instants(
    db: Connection, table: str, column: str, facts: list[str]
) -> None:
    comment = await db.fetchval(
        "SELECT col_description($1::text::regclass, attnum) FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attname = $2",
        table,
        column,
    )

    assert [fact for fact in facts if fact not in comment] == []


async def _tables(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return {row[0] for row in await connection.fetch(TABLES)}
    finally:
        await connection.close()


async def test_migrate__back_to_base_and_up_again(database: str) -> None:
    before = await _tables(database)

    await migrate(database, "the test database", "base")
    assert await _tables(database) == set()

    await migrate(database, "the test database")
    assert await _tables(database) == before


async def test_migrate__a_failing_revision__leaves_nothing(empty_database: str) -> None:
    connection = await asyncpg.connect(empty_database)
    await connection.execute("CREATE TABLE intent_events (other INT)")
    await connection.close()

    with pytest.raises(JournalError, match="intent_events") as caught:
        await migrate(empty_database, "the test database")

    assert "\n" not in str(caught.value)
    assert await _tables(empty_database) == {"intent_events"}


async def test_open__several_keepers_at_once_on_an_empty_database(
    empty_database: str, tmp_path: Path
) -> None:
    opened = await asyncio.gather(
        *(Journal.open(dsn=empty_database, data_dir=tmp_path) for _ in range(3))
    )

    assert set(DESIGN) < await _tables(empty_database)
    await asyncio.gather(*(journal.close() for journal in opened))
