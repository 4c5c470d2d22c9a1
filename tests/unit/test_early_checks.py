"""Early checks in front of the encoder's programs, on real pools: a moved state stops a run."""

from collections.abc import Sequence

import pytest
from eth_abi.abi import decode
from executor_world import STRANGER, RevertedError, World, new_world, root_cause

from bench.gas.early_checks import ReliedState, checked
from keeper.chain import Protocol
from keeper.execution.program import Funding
from keeper.strategies.opportunity import Leg
from replica.abi import encode_call
from replica.manifest import Pool

AMOUNT = 300 * 10**18
VENUES = [("quickswap-v2", "uniswap-v3"), ("uniswap-v3", "uniswap-v2")]


def state_of(world: World, pool: Pool) -> ReliedState:
    if pool.protocol is Protocol.UNISWAP_V2:
        call, types = "getReserves()", ["uint112", "uint112"]
    else:
        call, types = "slot0()", ["uint160"]
    words = decode(types, world.call(STRANGER, pool.address, encode_call(call)))
    return ReliedState(pool.address, pool.protocol, words)


def route(world: World, venues: Sequence[str]) -> tuple[tuple[Pool, ...], tuple[Leg, ...]]:
    pools = tuple(world.manifest.pool(venue, "WPOL", "USDC.e") for venue in venues)
    return pools, world.gap(world.manifest.token("WPOL").address, pools, AMOUNT)


@pytest.mark.parametrize("venues", VENUES)
def test_a_run_on_the_state_it_relies_on_earns_what_was_predicted(venues: Sequence[str]) -> None:
    world = new_world()
    pools, legs = route(world, venues)
    states = [state_of(world, pool) for pool in pools]
    program = world.program(legs, Funding.FLASH_SWAP, min_profit_raw=1)
    world.run(checked(program, states))
    assert world.balance(legs[0].token_in) == legs[-1].amount_out_raw - AMOUNT


@pytest.mark.parametrize("venues", VENUES)
def test_a_run_on_another_state_stops_before_it_trades(venues: Sequence[str]) -> None:
    world = new_world()
    pools, legs = route(world, venues)
    for pool in pools:
        was = state_of(world, pool)
        moved = ReliedState(was.pool, was.protocol, (was.words[0] + 1, *was.words[1:]))
        with pytest.raises(RevertedError) as caught:
            world.run(checked(world.program(legs, Funding.FLASH_SWAP), [moved]))
        assert root_cause(caught.value) == "StaleState"
