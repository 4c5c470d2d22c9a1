"""A run on a state that has moved on: what it costs to fail."""

from dataclasses import replace

from bench.gas.cells import Figures, measure
from bench.gas.market import Route, World
from bench.gas.ours import program
from keeper.execution.program import Funding


def stale(world: World) -> Figures:
    """Two V2 hops whose first pool gave a hundredth more when the program was made."""
    route = world.route("v2", 2)
    first, second = route.legs
    better, gain = (leg.amount_out_raw * 101 // 100 for leg in (first, second))
    legs = (
        replace(first, amount_out_raw=better),
        replace(second, amount_in_raw=better, amount_out_raw=gain),
    )
    data = program(Route(route.pools, legs), Funding.FLASH_SWAP)
    return measure(world, "stale run", world.executor, data, reverts=True)
