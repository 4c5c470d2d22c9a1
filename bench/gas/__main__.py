"""Command line of the gas bench: `python -m bench.gas`; the last line is the result as JSON."""

import json
from pathlib import Path
from statistics import median
from typing import Any

import click

from bench.gas import table
from bench.gas.baskets import PLANS, basket, basket_floor_code
from bench.gas.cells import Cell, Figures, cell, floor, loan, measure, named, ours
from bench.gas.market import FAMILIES, HOPS, YARDSTICK, World, open_world
from bench.gas.model import model
from bench.gas.ours import arriving_program, basket_program, program
from bench.gas.stale import stale
from keeper.execution.program import Funding
from replica.markets import USDC_E, WPOL

SNAPSHOT = Path(__file__).with_name("snapshot.json")
LENDERS = {"flash_swap": "flash_swap", "uniswap_v4": "uniswap_v4", "morpho": "morpho"}
LENDERS |= {"balancer_v2": "balancer", "aave_v3": "aave", "uniswap_v3": "uniswap_v3"}
"""Flash sources by name, each with the plain receiver that borrows there."""


def paths(world: World) -> dict[str, Any]:
    """Every family and length in one profit token, printed as it comes."""
    found: dict[str, dict[str, Cell]] = {}
    for family in FAMILIES:
        routes = {str(hops): world.route(family, hops) for hops in HOPS}
        found[family] = {hops: cell(world, route) for hops, route in routes.items()}
        for line in table.rows(family, world.profit.symbol, found[family]):
            click.echo(line)
    return found


def sources(world: World) -> dict[str, Any]:
    """Two V2 hops from each source of flash liquidity, and the same loan with an empty receiver."""
    route = world.route("v2", 2)
    yardstick = floor(world, route)
    flash, detail = {}, {}
    for source, lender in LENDERS.items():
        mine = ours(world, [program(route, Funding(source))])
        empty = loan(world, lender, route, empty=True)
        flash[source] = mine.plain
        detail[source] = named("ours", mine) | named("empty", empty) | named("floor", yardstick)
        _say_source(world, source, mine, yardstick, empty)
    return {"flash": flash, "flash_detail": detail}


def _say_source(
    world: World, source: str, mine: Figures, yardstick: Figures, empty: Figures
) -> None:
    limit = table.loan_bound(world.profit.symbol, 2, empty.plain)
    over = mine.plain - yardstick.plain
    verdict = "pass" if over <= limit else "FAIL"
    click.echo(f"flash {source}: over the floor {over}, bound {limit}: {verdict}")


def arrived(world: World) -> dict[str, int]:
    """What a hop adds, on each schedule, where it takes whatever has arrived: the median's."""
    more = []
    for family in FAMILIES:
        for hops in HOPS:
            route = world.route(family, hops)
            held = {leg.token_in: world.balance(leg.token_in, world.executor) for leg in route.legs}
            if len({leg.token_in for leg in route.legs}) < hops:
                continue  # a token comes twice, perhaps the capital's
            whole = ours(world, [arriving_program(route, held)])
            exact = ours(world, [program(route, Funding.OWN_CAPITAL)])
            more.append([(a - b) / hops for a, b in zip(whole, exact, strict=True)])
    plain, _, polygon, _ = (round(median(column)) for column in zip(*more, strict=True))
    click.echo(f"what has arrived: {plain} a hop, Polygon {polygon}")
    return {"ours": plain, "ours_polygon": polygon}


def baskets(world: World) -> dict[str, Cell]:
    """Sets of swaps with splits and merges, from own capital."""
    found = {}
    for size in PLANS:
        route = basket(world, size)
        code = basket_floor_code(YARDSTICK, route.legs)
        yardstick = measure(world, "basket's floor", world.stand(code), b"")
        mine = ours(world, [basket_program(route)])
        found[str(size)] = named("ours", mine) | named("floor", yardstick)
        over, limit = mine.plain - yardstick.plain, table.bound(world.profit.symbol, size)
        click.echo(f"basket of {size}: over the floor {over}, at a path's bound of {limit}")
    return found


def run() -> dict[str, Any]:
    """The whole result."""
    with open_world(WPOL) as world:
        result = paths(world) | sources(world)
        result["basket"] = baskets(world)
        result["arrived_hop"] = arrived(world)
        for name, figures in stale(world).items():
            result |= named(name, figures)
            click.echo(f"{name}: {figures.plain}, Polygon {figures.polygon}")
    with open_world(USDC_E) as world:
        result["usdc"] = paths(world)
    result["model"] = model()
    click.echo(f"model: {json.dumps(result['model'])}")
    return result


@click.command(help=__doc__)
@click.option("--record", is_flag=True, help="Write the result to the committed snapshot.")
def main(*, record: bool) -> None:
    """Run everything."""
    result = run()
    if record:
        SNAPSHOT.write_text(json.dumps(result, indent=1) + "\n")
    click.echo(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main(prog_name="python -m bench.gas")
