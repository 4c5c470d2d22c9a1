"""The gas tables against what the gas bench has measured, and which chain charges by which."""

import json
from typing import Any

import pytest

from bench.gas.__main__ import SNAPSHOT
from bench.gas.market import FAMILIES
from keeper.chain import LIVE_RUN, ChainInstance
from keeper.execution.program import Funding
from keeper.gas_table import ETHEREUM, POLYGON, GasTable, table_of

SCHEDULES = {"ethereum": (ETHEREUM, "ours"), "polygon": (POLYGON, "ours_polygon")}
DRIFT = 0.03
TOLERATED_GAS = 1_500
"""A hundredth of the bench's whole transaction, which a test lets grow by as much."""
OTHER_ROUTES = 0.2
"""Of whole routes that the terms were not fitted to: tokens differ in what a transfer costs."""
WITHOUT_GAS = {Funding.OWN_CAPITAL, Funding.EXACT_OUTPUT}


@pytest.fixture(scope="module")
def snapshot() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SNAPSHOT.read_text())
    return found


@pytest.mark.parametrize("name", SCHEDULES)
def test_terms__are_the_measured_ones(name: str, snapshot: dict[str, Any]) -> None:
    table, measured = SCHEDULES[name][0], snapshot["model"][name]
    terms = {"base": table.base, "tick": table.tick}
    terms |= {protocol.name.lower(): gas for protocol, gas in table.hops.items()}
    for term, gas in terms.items():
        assert gas == pytest.approx(measured[term], rel=DRIFT), term
    assert table.other_hop >= max(table.hops.values())


@pytest.mark.parametrize("name", SCHEDULES)
def test_sources__add_what_was_measured(name: str, snapshot: dict[str, Any]) -> None:
    table, variant = SCHEDULES[name]
    own = snapshot["unchecked" + variant.removeprefix("ours")]
    cells = snapshot["flash_detail"]
    assert table.sources.keys() == cells.keys() == {f.value for f in {*Funding} - WITHOUT_GAS}
    for source, cell in cells.items():
        added = cell[variant] - own
        assert table.sources[source] == pytest.approx(added, abs=TOLERATED_GAS), source


@pytest.mark.parametrize("name", SCHEDULES)
def test_taking_what_arrived__adds_what_was_measured(name: str, snapshot: dict[str, Any]) -> None:
    table, variant = SCHEDULES[name]
    assert table.arrived_hop == pytest.approx(snapshot["arrived_hop"][variant], abs=TOLERATED_GAS)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("family", FAMILIES)
def test_whole_routes__cost_what_their_terms_add_up_to(
    name: str, family: str, snapshot: dict[str, Any], figures: list[str]
) -> None:
    table, variant = SCHEDULES[name]
    cells = [*snapshot[family].items(), *snapshot["usdc"][family].items()]
    errors = [_units(table, family, int(hops)) / cell[variant] - 1 for hops, cell in cells]
    figures.append(
        f"gas model on {family} routes, {name}: {min(errors):+.1%} to {max(errors):+.1%}"
    )
    assert all(abs(error) <= OTHER_ROUTES for error in errors)


def _units(table: GasTable, family: str, hops: int) -> int:
    return table.units(FAMILIES[family][place % 2] for place in range(hops))


@pytest.mark.parametrize(
    ("chain_id", "run", "table"),
    [(137, LIVE_RUN, POLYGON), (137, "0x12ab", ETHEREUM), (1, LIVE_RUN, ETHEREUM)],
)
def test_schedule__is_the_chain_s(chain_id: int, run: str, table: GasTable) -> None:
    assert table_of(ChainInstance(chain_id, bytes(32), run)) is table
