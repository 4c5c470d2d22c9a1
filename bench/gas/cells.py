"""One route, every contender: its gas under both schedules, without and with its best list."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from bench.gas.floor import Form, floor_code
from bench.gas.loans import LOANS, Terms, loan_code
from bench.gas.market import TRADER, YARDSTICK, Route, World
from bench.gas.ours import least_profit, programs
from bench.gas.repricer import best_access_list, recount
from bench.gas.routers import swap_router, universal_router, v2_router
from bench.gas.schedules import ETHEREUM, POLYGON
from bench.gas.trace import Exit, gas_used, trace_call
from keeper.chain import Address

Cell: TypeAlias = dict[str, int | None]
"""Figures by name: a contender's, and with `_al`, `_polygon` and `_polygon_al` its variants."""

ROUTERS = {
    "router02": ("Uniswap V2 router", v2_router),
    "swaprouter02": ("SwapRouter02", swap_router),
    "universal": ("UniversalRouter", universal_router),
}


class RunFailedError(RuntimeError):
    """A contender that should have earned reverted; the message names it."""


class Figures(NamedTuple):
    """Whole-transaction gas of one run, four times."""

    plain: int
    listed: int
    polygon: int
    polygon_listed: int


def measure(world: World, what: str, to: Address, data: bytes, *, reverts: bool = False) -> Figures:
    """Figures of one run on the world's state; raises `RunFailedError` if it does not earn."""
    trace = trace_call(world.rpc, TRADER, to, data)
    # a yardstick does not look whether its calls succeed
    failed = trace.failed or any(isinstance(event, Exit) and event.failed for event in trace.events)
    if failed is not reverts:
        raise RunFailedError(f"{what}: {'succeeded' if reverts else 'a call reverted'}")
    figures = []
    for schedule in (ETHEREUM, POLYGON):
        best = best_access_list(trace, schedule)
        figures += [recount(trace, schedule).used, recount(trace, schedule, best).used]
    return Figures(*figures)


def cheaper(figures: Sequence[Figures]) -> Figures:
    """The cheapest of several forms, variant by variant."""
    return Figures(*map(min, zip(*figures, strict=True)))


def floor(world: World, route: Route) -> Figures:
    """The cheaper of the yardstick's two forms."""
    codes = dict.fromkeys(floor_code(YARDSTICK, route.legs, form) for form in Form)
    return cheaper([measure(world, "floor", world.stand(code), b"") for code in codes])


def ours(world: World, found: Sequence[bytes]) -> Figures:
    """The cheapest of the executor's programs for one route."""
    return cheaper([measure(world, "ours", world.executor, data) for data in found])


def reference(world: World, found: Sequence[bytes]) -> int:
    """The cheapest of the programs on the Vyper reference: Ethereum's schedule, no list."""
    return min(gas_used(world.rpc, TRADER, world.reference, data) for data in found)


def loan(world: World, name: str, route: Route, *, empty: bool = False) -> Figures:
    """A plain loan receiver around the route's yardstick, or around nothing."""
    code = loan_code(name, _terms(world, name, route), () if empty else route.legs)
    return measure(world, f"{name} loan", world.stand(code), b"")


def _terms(world: World, name: str, route: Route) -> Terms:
    """The loan of the route's capital; a flash swap is that of its last pool, a pair."""
    token, amount = route.legs[0].token_in, route.capital_raw
    lender, pool = LOANS[name].lender, route.pools[-1]
    if lender is not None:
        return Terms(world.manifest.contract(lender), YARDSTICK, token, amount)
    if name == "flash_swap":
        owed = amount * 1_000 // 997 + 1
        return Terms(pool.address, YARDSTICK, token, amount, owed, token == pool.token0)
    if route.lender is None:
        raise LookupError(f"no pool outside the route lends {world.profit.symbol}")
    lending = route.lender
    owed = amount + lending.fee_raw(amount)
    return Terms(lending.pool, YARDSTICK, token, amount, owed, lending.lends_token0)


def cell(world: World, route: Route) -> Cell:
    """Every contender on one route; what cannot run it is None."""
    found = programs(route)
    figures: dict[str, Figures | None] = {
        "ours": ours(world, found),
        "floor": floor(world, route),
    }
    minimum = route.legs[0].amount_in_raw + least_profit(route)
    for name, (contract, calldata) in ROUTERS.items():
        data, to = calldata(route, minimum), world.manifest.contract(contract)
        figures[name] = measure(world, name, to, data) if data else None
    figures |= {name: loan(world, name, route) for name in ("aave", "balancer", "morpho")}
    priced = {key: gas for name, of in figures.items() for key, gas in named(name, of).items()}
    return priced | {"reference": reference(world, found)}


def named(name: str, figures: Figures | None) -> Cell:
    """A contender's figures under the names that they have in the result."""
    keys = (name, f"{name}_al", f"{name}_polygon", f"{name}_polygon_al")
    return dict(zip(keys, figures or (None,) * len(keys), strict=True))
