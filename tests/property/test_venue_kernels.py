"""Kernels quote what venues' own files quote, to the wei, and refuse what those refuse."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest
from venue_fuzz import CASES, cases
from venue_states import random_v3_state
from venue_states_balancer import random_balances, random_stable, random_weighted
from venue_states_curve import random_curve_pool

from keeper.market.arrays import PoolArrays
from keeper.market.kernels.chain import begin_chain, chain_space, quote
from keeper.market.kernels.layout import EMPTY
from keeper.market.kernels.quotes import BEYOND, FILLED, GOT, PAID, REFUSED
from keeper.market.venues.balancer_stable import StableState
from keeper.market.venues.balancer_weighted import WeightedState
from keeper.market.venues.base import PoolExcluded, VenueState
from keeper.market.venues.curve import CurveState, state_of
from keeper.market.venues.curve_math import Rounding
from keeper.market.venues.pairs import PairState, TokenPool
from keeper.market.venues.uniswap_v4 import V4State

MOST = 1 << 126
"""Amounts from here on are beyond what kernels hold."""
LIMB = (1 << 64) - 1
TRADES = 4


def curve(rng: Random) -> tuple[TokenPool, int]:
    state = random_curve_pool(rng, rng.choice(list(Rounding)))
    return state, len(state.balances)


def weighted(rng: Random) -> tuple[TokenPool, int]:
    state = random_weighted(rng, shortcuts=rng.random() < 0.5)
    return state.holds(random_balances(rng, state)), len(state.weights)


def stable(rng: Random) -> tuple[TokenPool, int]:
    state, decimals, _ = random_stable(rng)
    return state.holds(random_balances(rng, state)), len(decimals)


class Kernel:
    """One pool at a time in arrays of its own."""

    def __init__(self) -> None:
        self.space = chain_space()
        self.arrays = PoolArrays()
        self.arrays.append()

    def hold(self, state: VenueState) -> bool:
        """Whether it can be offered: not where its contract finds no curve for it as it is."""
        self.arrays.update(0, state)
        return bool(self.arrays.flat.kinds[0] != EMPTY)

    def exact_in(self, amount: int, *, zero_for_one: bool) -> tuple[int, int]:
        """Status and output."""
        begin_chain(self.space)
        return self.goes_on(amount, zero_for_one=zero_for_one, exact_in=True)

    def goes_on(self, amount: int, *, zero_for_one: bool, exact_in: bool) -> tuple[int, int]:
        """Status and the other amount, with what quotes of the same direction have left behind."""
        given, told = (PAID, GOT) if exact_in else (GOT, PAID)
        self.space.w[given : given + 2] = amount & LIMB, amount >> 64
        status = quote(self.space, self.arrays.flat, 0 if zero_for_one else 1, 0, exact_in)
        low, high = self.space.w[told : told + 2].tolist()
        return status, low | high << 64


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return Kernel()


def huge(rng: Random) -> tuple[TokenPool, int]:
    """A Curve pool whose balances fill all words, so that any step of the contract may overflow."""
    while True:
        coins, top = rng.randrange(2, 5), rng.randrange(100, 200)
        try:
            state = state_of(
                balances=[rng.randrange(1 << top - 2, 1 << top) for _ in range(coins)],
                rates=[10 ** rng.randrange(15, 30) for _ in range(coins)],
                amp=rng.randrange(1, 10**6) * 100,
                fee_e10=rng.choice((0, 4 * 10**6, 5 * 10**9)),
                admin_fee_e10=0,
                rounding=rng.choice(list(Rounding)),
                offpeg_e10=rng.choice((0, 2 * 10**10 - 1)),
            )
        except PoolExcluded:
            continue
        if state.invariant:
            return state, coins


POOLS: dict[str, Callable[[Random], tuple[TokenPool, int]]] = {
    "curve": curve,
    "weighted": weighted,
    "stable": stable,
    "huge": huge,
}
SHARES = {"curve": 0.5, "weighted": 0.5, "stable": 0.5, "huge": 0.2}
"""Of the cases."""


def trades(kind: str, share: float) -> Iterator[tuple[str, PairState, int]]:
    """Two tokens of random pools, and amounts of every size."""
    for name, rng in cases(f"kernel of {kind}", share / TRADES):
        pool, tokens = POOLS[kind](rng)
        state = PairState(pool, *rng.sample(range(tokens), 2))
        for _ in range(TRADES):
            yield name, state, random_amount(rng, state)


def random_amount(rng: Random, state: PairState) -> int:
    pool = state.pool
    assert isinstance(pool, CurveState | WeightedState | StableState)
    held = (pool if isinstance(pool, CurveState) else pool.holding).balances
    chance = rng.random()
    if chance < 0.1:
        return rng.randrange(0, 1000)
    if chance < 0.15:
        return MOST - 1 - rng.randrange(1000)
    if chance < 0.2:
        return rng.randrange(1 << rng.randrange(1, 127))
    return min(max(int(held[state.token0] * 10 ** rng.uniform(-9.0, 1.5)), 1), MOST - 1)


@pytest.mark.parametrize("kind", POOLS)
def test_pools_of_several_tokens(kind: str, kernel: Kernel) -> None:
    counted, held, offered = Counter[str](), None, False
    for name, state, amount in trades(kind, SHARES[kind]):
        if state is not held:
            held, offered = state, kernel.hold(state)
        if not offered:
            continue
        way = amount % 2 == 0
        exact = state.quote(zero_for_one=way, amount=amount, exact_in=True)
        status, got = kernel.exact_in(amount, zero_for_one=way)
        case = (name, state, way, amount, exact, status, got)
        counted[str(exact.refusal)] += 1
        if exact.refusal is not None:
            assert status == REFUSED, case
        elif exact.amount_out >= MOST:
            assert status == BEYOND, case
        else:
            assert (status, got) == (FILLED, exact.amount_out), case
    total = SHARES[kind] * CASES
    assert counted["None"] > 0.3 * total, counted
    assert counted.total() - counted["None"] > 0.02 * total, counted


def test_concentrated_pools_of_two_fees(kernel: Kernel) -> None:
    """Uniswap V4 may take another protocol fee of each direction."""
    filled = 0
    for name, rng in cases("kernel of v4", 0.1):
        curve_state = random_v3_state(rng)
        fees = curve_state.fee_pips, min(curve_state.fee_pips + rng.randrange(1, 2_000), 999_999)
        state, way = V4State(curve_state, *fees), rng.random() < 0.5
        amount = rng.randrange(1, 1 << rng.randrange(1, 110))
        kernel.hold(state)
        exact = state.quote(zero_for_one=way, amount=amount, exact_in=True)
        status, got = kernel.exact_in(amount, zero_for_one=way)
        if exact.refusal is not None:
            assert status != FILLED, (name, state, way, amount)
        elif status != BEYOND:
            assert (status, got) == (FILLED, exact.amount_out), (name, state, way, amount)
            filled += 1
    assert filled > 0.03 * CASES


def test_quotes_that_go_on_from_others(kernel: Kernel) -> None:
    """Inputs and outputs in any order: what one walk has left behind spoils no other."""
    filled = 0
    for name, rng in cases("kernel of walks", 0.02):
        state, way = random_v3_state(rng), rng.random() < 0.5
        kernel.hold(state)
        begin_chain(kernel.space)
        seen = [rng.randrange(1, 1 << rng.randrange(1, 110))]
        for _ in range(12):
            exact_in = rng.random() < 0.5
            amount = max(rng.choice(seen) * rng.randrange(1, 5) // 2 + rng.randrange(-1, 2), 1)
            exact = state.quote(zero_for_one=way, amount=amount, exact_in=exact_in)
            status, told = kernel.goes_on(amount, zero_for_one=way, exact_in=exact_in)
            case = (name, state, way, amount, exact_in)
            if exact.refusal is not None:
                assert status != FILLED, case
            elif status != BEYOND:
                other = exact.amount_out if exact_in else exact.amount_in
                assert (status, told) == (FILLED, other), case
                seen += [amount, max(other, 1)]
                filled += 1
    assert filled > 0.1 * CASES
