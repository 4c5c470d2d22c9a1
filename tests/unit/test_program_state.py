"""Early checks, as the encoder writes them, on real pools: a moved state costs little."""

from collections.abc import Sequence

import pytest
from eth_abi.abi import decode
from executor_world import STRANGER, RevertedError, World, new_world, root_cause

from keeper.chain import Protocol
from keeper.execution.program import Funding, ProgramError, ReliedState
from keeper.execution.program_state import check
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
    world.run(world.program(legs, Funding.FLASH_SWAP, relies_on=states, min_profit_raw=1))
    assert world.balance(legs[0].token_in) == legs[-1].amount_out_raw - AMOUNT


@pytest.mark.parametrize("venues", VENUES)
def test_a_run_on_another_state_stops_before_it_trades(venues: Sequence[str]) -> None:
    world = new_world()
    pools, legs = route(world, venues)
    for pool in pools:
        was = state_of(world, pool)
        moved = ReliedState(was.pool, was.protocol, (was.words[0] + 1, *was.words[1:]))
        with pytest.raises(RevertedError) as caught:
            world.run(world.program(legs, Funding.FLASH_SWAP, relies_on=[moved]))
        assert root_cause(caught.value) == "StaleState"


@pytest.mark.parametrize(
    ("protocol", "words", "message"),
    [
        (Protocol.UNISWAP_V4, (1,), "no command checks the state of protocol"),
        (Protocol.UNISWAP_V2, (1,), "has 2 words"),
    ],
)
def test_what_no_command_checks_is_refused(
    protocol: Protocol, words: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ProgramError, match=message):
        check(ReliedState(STRANGER, protocol, words))
