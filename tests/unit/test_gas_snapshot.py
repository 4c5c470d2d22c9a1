"""Our gas against the committed snapshot, and traces against mined transactions."""

import itertools
import json
import time
from collections.abc import Iterator

import pytest

from bench.gas.__main__ import SNAPSHOT
from bench.gas.baskets import PLANS, basket, basket_floor_code
from bench.gas.floor import Form, floor_code
from bench.gas.market import FAMILIES, HOPS, TRADER, YARDSTICK, Route, World, open_world
from bench.gas.ours import basket_program, program, programs
from bench.gas.repricer import best_access_list, recount
from bench.gas.schedules import ETHEREUM, POLYGON
from bench.gas.trace import AccessList, gas_used, trace_call
from keeper.chain import Address
from keeper.execution.program import Funding
from replica.markets import USDC_E, WPOL
from replica.trial import taken_back

GROWTH = 0.01
GAS_LIMITS = itertools.count(5_000_000)
"""No transaction is sent twice: a repeated one has no receipt after a revert."""


@pytest.fixture(scope="module")
def wpol() -> Iterator[World]:
    with open_world(WPOL) as world:
        yield world


@pytest.fixture
def put_back(wpol: World) -> Iterator[World]:
    with taken_back(wpol.rpc):
        yield wpol


@pytest.fixture(scope="module")
def usdc() -> Iterator[World]:
    with open_world(USDC_E) as world:
        yield world


@pytest.fixture(scope="module")
def snapshot() -> dict[str, dict[str, dict[str, int]]]:
    return json.loads(SNAPSHOT.read_text())


def ours(world: World, route: Route) -> int:
    found = programs(route)
    return min(gas_used(world.rpc, TRADER, world.executor, data) for data in found)


def mined(world: World, to: Address, data: bytes, listed: AccessList = ()) -> dict[str, str]:
    entries = [
        {"address": where, "storageKeys": [slot.to_bytes(32) for slot in slots]}
        for where, slots in listed
    ]
    order = {"from": TRADER, "to": to, "data": data, "gas": hex(next(GAS_LIMITS))}
    order |= {"gasPrice": "0x0", "accessList": entries}
    tx_hash = world.rpc("eth_sendTransaction", [order])
    while (receipt := world.rpc("eth_getTransactionReceipt", [tx_hash])) is None:
        time.sleep(0.005)
    assert receipt["status"] == "0x1"
    return receipt


@pytest.mark.parametrize("family", FAMILIES)
def test_no_route_from_wpol_grew(wpol: World, family: str, snapshot: dict) -> None:
    grown = {}
    for hops in HOPS:
        recorded = snapshot[family][str(hops)]["ours"]
        gas = ours(wpol, wpol.route(family, hops))
        if gas > recorded * (1 + GROWTH):
            grown[hops] = (recorded, gas)
    assert not grown, "record the snapshot anew if the growth is worth it: make bench-gas"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("hops", [2, 6])
def test_no_route_from_usdc_grew(usdc: World, family: str, hops: int, snapshot: dict) -> None:
    recorded = snapshot["usdc"][family][str(hops)]["ours"]
    assert ours(usdc, usdc.route(family, hops)) <= recorded * (1 + GROWTH)


def test_no_loan_and_no_basket_grew(wpol: World, snapshot: dict) -> None:
    route = wpol.route("v2", 2)
    runs = {(s, "flash"): program(route, Funding(s)) for s in snapshot["flash"]}
    runs |= {(str(n), "basket"): basket_program(basket(wpol, n)) for n in PLANS}
    for (name, kind), data in runs.items():
        kept = snapshot[kind][name]
        gas = gas_used(wpol.rpc, TRADER, wpol.executor, data)
        assert gas <= (kept["ours"] if kind == "basket" else kept) * (1 + GROWTH), (kind, name)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_floor_earns_what_the_route_earns(put_back: World, family: str, form: Form) -> None:
    route = put_back.route(family, 3)
    held = put_back.balance(route.legs[0].token_in, YARDSTICK)
    mined(put_back, put_back.stand(floor_code(YARDSTICK, route.legs, form)), b"")
    assert put_back.balance(route.legs[0].token_in, YARDSTICK) - held == route.profit_raw


def test_the_floor_of_a_basket_earns_what_the_basket_earns(put_back: World) -> None:
    route = basket(put_back, max(PLANS))
    held = put_back.balance(route.legs[0].token_in, YARDSTICK)
    mined(put_back, put_back.stand(basket_floor_code(YARDSTICK, route.legs)), b"")
    assert put_back.balance(route.legs[0].token_in, YARDSTICK) - held == route.profit_raw


@pytest.mark.parametrize("listed", [False, True])
def test_a_mined_run_costs_what_the_recount_says(put_back: World, listed: bool) -> None:
    data = program(put_back.route("mixed", 4), Funding.FLASH_SWAP)
    trace = trace_call(put_back.rpc, TRADER, put_back.executor, data)
    entries = best_access_list(trace, POLYGON) if listed else ()
    receipt = mined(put_back, put_back.executor, data, entries)
    assert int(receipt["gasUsed"], 16) == recount(trace, ETHEREUM, entries).used
