"""What pools that ask leave of the first payment, and which of them do."""

import random
from itertools import pairwise

import pytest

from keeper.chain import Address, Protocol
from keeper.execution.asking import saved_raw
from keeper.execution.directory import NO_DIRECTORY, Directory
from keeper.execution.program import Funding, asking_legs
from keeper.execution.program_table import WPOL
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.venues.v3_tick_math import get_sqrt_ratio_at_tick
from keeper.strategies.opportunity import Leg

V2, V3 = Protocol.UNISWAP_V2, Protocol.UNISWAP_V3
TOKENS = (Address(WPOL), Address(b"\x50" * 20), Address(b"\x60" * 20), Address(b"\x70" * 20))
POOLS = [Address(bytes([n]) * 20) for n in range(1, 4)]
EDGE = 887_220


def state(tick: int, liquidity: int, fee_pips: int = 500) -> V3State:
    nets = (liquidity, -liquidity)
    price = get_sqrt_ratio_at_tick(tick)
    return V3State(price, tick, liquidity, fee_pips, 10, (-EDGE, EDGE), nets)


def chain(states: dict[Address, V3State], amount: int) -> tuple[Leg, ...]:
    """From each token to the next through all pools, with exact inputs."""
    legs = []
    for pool, (token, after) in zip(POOLS, pairwise(TOKENS), strict=True):
        quote = states[pool].quote(zero_for_one=True, amount=amount, exact_in=True)
        legs.append(Leg(pool, V3, True, token, after, amount, quote.amount_out))
        amount = quote.amount_out
    return tuple(legs)


def test_what_is_saved_buys_nothing() -> None:
    rng, saving = random.Random(2), 0
    for _ in range(20):
        states = {pool: state(rng.randint(-200_000, -1_000), 10**22) for pool in POOLS}
        legs = chain(states, rng.randrange(10**15, 10**19))
        saved = saved_raw(legs, states)
        assert saved >= 0
        saving += saved > 0
        least = chain(states, legs[0].amount_in_raw - saved)
        assert least[-1].amount_out_raw == legs[-1].amount_out_raw
    assert saving > 10


def test_nothing_is_saved_where_none_asks_or_a_state_is_not_known() -> None:
    states = {pool: state(-100_000, 10**22) for pool in POOLS}
    legs = chain(states, 10**18 + 1)
    assert saved_raw((), states) == 0
    assert saved_raw(legs, {POOLS[0]: states[POOLS[0]]}) == 0
    dry = states | {POOLS[0]: state(-100_000, 1)}
    assert saved_raw(legs, dry) == 0


def ways(text: str) -> tuple[Leg, ...]:
    """A cycle written as `D` for a pool down, from token0 to token1, `u` up, and `p` for a pair."""
    tokens = [TOKENS[0], *(Address(bytes([0x80 + n]) * 20) for n in range(1, len(text)))]
    legs = []
    for place, (kind, token) in enumerate(zip(text, tokens, strict=True)):
        after = tokens[(place + 1) % len(tokens)]
        protocol = V2 if kind == "p" else V3
        legs.append(
            Leg(Address(bytes([place + 1]) * 20), protocol, kind != "u", token, after, 9, 9)
        )
    return tuple(legs)


@pytest.mark.parametrize(
    ("text", "funding", "count"),
    [
        ("DDp", Funding.OWN_CAPITAL, 2),  # the last sells for an exact output
        ("Dup", Funding.OWN_CAPITAL, 1),  # the last buys with an exact input
        ("up", Funding.OWN_CAPITAL, 0),
        ("pDu", Funding.AAVE_V3, 0),  # what a pair takes is exact
        ("DDu", Funding.FLASH_SWAP, 2),
        ("DDp", Funding.FLASH_SWAP, 0),  # the pair lends: no run
        ("DDp", Funding.UNISWAP_V4, 0),
        ("DDu", Funding.EXACT_OUTPUT, 2),
    ],
)
def test_who_asks_in_a_run(text: str, funding: Funding, count: int) -> None:
    legs = ways(text)
    pools = [leg.pool for leg in legs if leg.protocol is V3]
    pairs = [leg.pool for leg in legs if leg.protocol is V2]
    directory = Directory.of(pools, pairs)
    assert len(asking_legs(legs, funding, None, directory)) == count
    assert not asking_legs(legs, Funding.OWN_CAPITAL, {}, directory)


def test_all_ask_in_an_exact_output_cycle_over_pools_that_are_not_listed() -> None:
    legs = ways("DDu")
    assert asking_legs(legs, Funding.EXACT_OUTPUT, None, NO_DIRECTORY) == legs
    assert not asking_legs(legs, Funding.OWN_CAPITAL, None, NO_DIRECTORY)
