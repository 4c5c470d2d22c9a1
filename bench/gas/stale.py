"""A run on a state that has moved on: what it costs to fail, with an early check and without."""

from dataclasses import replace

from bench.gas.cells import Figures, cheaper, measure
from bench.gas.early_checks import ReliedState, checked
from bench.gas.market import Route, World
from bench.gas.ours import program, programs
from keeper.execution.program import Funding


def stale(world: World) -> dict[str, Figures]:
    """Two V2 hops whose first pair gave a hundredth more when the program was made.

    `stale_revert` checks that pair's reserves first, `stale_unchecked` finds out when it trades;
    `checked` is a run with the check on the state that it relies on, `unchecked` one without.
    """
    route = world.route("v2", 2)
    first, second = route.legs
    better, gain = (leg.amount_out_raw * 101 // 100 for leg in (first, second))
    legs = (
        replace(first, amount_out_raw=better),
        replace(second, amount_in_raw=better, amount_out_raw=gain),
    )
    hoped = Route(route.pools, legs)
    reserves = world.rpc.read(first.pool, "getReserves()", ["uint112", "uint112"])
    state = ReliedState(first.pool, first.protocol, tuple(reserves))
    other = replace(state, words=(reserves[0], reserves[1] + 1))

    def failing(data: bytes) -> Figures:
        return measure(world, "stale run", world.executor, data, reverts=True)

    def earning(found: list[bytes]) -> Figures:
        return cheaper([measure(world, "run", world.executor, data) for data in found])

    own = Funding.OWN_CAPITAL
    return {
        "stale_revert": failing(checked(program(hoped, own), [other])),
        "stale_unchecked": failing(program(hoped, own)),
        "checked": earning([checked(program(route, own), [state])]),
        "unchecked": earning(programs(route)),
    }
