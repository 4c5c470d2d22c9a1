"""Laws of the book: it equals a pool that knows every position, or it says that it does not."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relay_samples import (
    POOL_V2,
    POOL_V3,
    boundary,
    origin,
    reading,
    v2_snapshot,
    v3_snapshot,
)

from keeper.chain import Address, Protocol
from keeper.relay.book import Book, StateContradiction
from keeper.relay.messages import (
    BlockBoundary,
    Origin,
    PoolFee,
    PoolLiquidity,
    PoolSnapshot,
    PoolSwap,
    PoolSync,
    Reorganisation,
)
from keeper.relay.pool_state import TICKS_PER_PART

LOW, HIGH = -200, 200
POOL_V4 = Address(b"\x04" * 20)
places = st.integers(LOW // 10, HIGH // 10).map(lambda n: 10 * n)


class Positions:
    """Liquidity as the sum of positions: the definition, without ticks or nets."""

    def __init__(self) -> None:
        self.held: list[tuple[int, int, int]] = [(LOW, HIGH, 10**9)]
        self.tick = 0

    def at(self, tick: int) -> int:
        return sum(amount for low, high, amount in self.held if low <= tick < high)

    def ends(self) -> Counter[int]:
        """Liquidity of all positions that begin or end at a tick, where there is any."""
        ends: Counter[int] = Counter()
        for low, high, amount in self.held:
            ends.update({low: amount, high: amount})
        return +ends


def fresh_book(nets: dict[int, int] | None = None) -> Book:
    book = Book()
    book.apply(v3_snapshot(origin(0), nets or {LOW: 10**9, HIGH: -(10**9)}))
    return book


steps = st.one_of(
    st.tuples(st.just("mint"), places, places, st.integers(1, 10**12)),
    st.tuples(st.just("burn"), st.integers(0, 50), st.integers(1, 10**9), st.just(0)),
    st.tuples(st.just("swap"), st.integers(LOW - 5, HIGH + 5), st.just(0), st.just(0)),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(steps, max_size=40))
def test_the_book_equals_the_sum_of_positions(history: list[tuple[str, int, int, int]]) -> None:
    model, book = Positions(), fresh_book()
    for sequence, (kind, a, b, amount) in enumerate(history, 1):
        at = origin(sequence)
        if kind == "swap":
            model.tick = a
            book.apply(PoolSwap(at, POOL_V3, 2**96, model.at(a), a))
        elif kind == "mint" and a != b:
            model.held.append((min(a, b), max(a, b), amount))
            book.apply(PoolLiquidity(at, POOL_V3, min(a, b), max(a, b), amount))
        elif kind == "burn":
            low, high, held = model.held.pop(a % len(model.held))
            burnt = min(b, held)
            model.held.append((low, high, held - burnt))
            book.apply(PoolLiquidity(at, POOL_V3, low, high, -burnt))
        state = book.pools[POOL_V3]
        state.check()
        assert state.tick_index == sorted(state.ticks)
        assert state.liquidity == model.at(model.tick)
        assert state.gross == model.ends()
        for tick in range(LOW - 10, HIGH + 10, 5):
            assert sum(n for place, n in state.ticks.items() if place <= tick) == model.at(tick)


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=20), st.integers(1, 10**6))
def test_a_swap_that_denies_its_ticks_takes_the_pool_out(
    history: list[tuple[str, int, int, int]], error: int
) -> None:
    model, book = Positions(), fresh_book()
    for sequence, (kind, a, b, amount) in enumerate(history, 1):
        if kind == "mint" and a != b:
            model.held.append((min(a, b), max(a, b), amount))
            book.apply(PoolLiquidity(origin(sequence), POOL_V3, min(a, b), max(a, b), amount))
    with pytest.raises(StateContradiction, match="denies its ticks"):
        book.apply(PoolSwap(origin(99), POOL_V3, 2**96, model.at(50) + error, 50))
    assert POOL_V3 not in book.pools
    assert book.apply(PoolSwap(origin(100), POOL_V3, 2**96, model.at(50), 50)) is None
    assert book.unknown == 1


@given(places, places, st.integers(1, 10**12))
def test_burning_more_than_was_minted_is_a_contradiction(a: int, b: int, extra: int) -> None:
    low, high = min(a, b), max(a, b) + 10
    book = fresh_book()
    with pytest.raises(StateContradiction):
        book.apply(PoolLiquidity(origin(1), POOL_V3, low, high, -(10**9) - extra))
    assert POOL_V3 not in book.pools


@given(st.sets(st.integers(-80_000, 80_000), min_size=2, max_size=40))
def test_a_snapshot_of_a_state_is_that_state(chosen: set[int]) -> None:
    ticks = sorted(chosen)[: len(chosen) // 2 * 2]
    nets = {10 * t: (7 if i % 2 == 0 else -7) for i, t in enumerate(ticks)}
    state = fresh_book(nets).pools[POOL_V3]
    copy = Book()
    for part in state.snapshot(origin(0)):
        copy.apply(part)
    assert copy.pools[POOL_V3] == state


def test_a_snapshot_of_many_ticks_comes_in_parts_that_must_join() -> None:
    nets = {10 * n: (5 if n % 2 == 0 else -5) for n in range(2 * TICKS_PER_PART + 100)}
    state = fresh_book(nets).pools[POOL_V3]
    parts = list(state.snapshot(origin(3)))
    assert [len(part.ticks) for part in parts] == [TICKS_PER_PART, TICKS_PER_PART, 100]
    book = Book()
    assert [book.apply(part) is not None for part in parts] == [False, False, True]
    assert book.pools[POOL_V3].ticks == nets
    for broken in (parts[1:], parts[:1] + parts[2:], [parts[0], parts[0]]):
        torn = Book()
        with pytest.raises(StateContradiction, match="do not join"):
            _apply_all(torn, broken)
        assert not torn.pools
    torn = Book()
    torn.apply(parts[0])
    with pytest.raises(StateContradiction, match="do not join"):
        torn.apply(boundary(origin(4)))


def _apply_all(book: Book, parts: list[PoolSnapshot]) -> None:
    for part in parts:
        book.apply(part)


def test_deltas_inside_the_snapshot_and_of_unknown_pools_change_nothing() -> None:
    book = Book()
    book.apply(v2_snapshot(origin(5)))
    assert book.apply(PoolSync(origin(5), POOL_V2, 1, 1)) is None
    assert book.apply(PoolSync(origin(4), POOL_V2, 1, 1)) is None
    assert book.apply(PoolSync(origin(6), POOL_V3, 1, 1)) is None
    assert (book.repeated, book.unknown) == (2, 1)
    assert book.pools[POOL_V2].reserve0 == 10**18
    assert book.apply(PoolSync(origin(7), POOL_V2, 1, 2)) == POOL_V2
    assert (book.pools[POOL_V2].reserve0, book.pools[POOL_V2].reserve1) == (1, 2)


@pytest.mark.parametrize(
    "message",
    [
        PoolSync(origin(1), POOL_V3, 1, 1),
        PoolSync(origin(1), POOL_V2, 2**112, 1),
        PoolSync(origin(1, epoch=2), POOL_V2, 1, 1),
        PoolSwap(origin(1), POOL_V2, 2**96, 0, 0),
        PoolSwap(origin(1), POOL_V3, 0, 10**9, 0),
        PoolSwap(origin(1), POOL_V3, 2**96, 10**9, 900_000),
        PoolLiquidity(origin(1), POOL_V3, 10, 10, 1),
        PoolLiquidity(origin(1), POOL_V3, 20, 10, 1),
        PoolLiquidity(origin(1), POOL_V3, 5, 10, 1),
        PoolLiquidity(origin(1), POOL_V3, 0, 887_280, 1),
        PoolLiquidity(origin(1), POOL_V3, 0, 10, 2**128),
    ],
)
def test_impossible_deltas_are_contradictions(
    message: PoolSync | PoolSwap | PoolLiquidity,
) -> None:
    book = fresh_book()
    book.apply(v2_snapshot(origin(0)))
    with pytest.raises(StateContradiction, match="wait for its next snapshot"):
        book.apply(message)
    assert message.pool not in book.pools


@pytest.mark.parametrize(
    "nets", [{0: 5}, {0: 5, 10: -4}, {-10: -5, 10: 5}, {5: 1, 10: -1}, {-887_280: 1, 0: -1}]
)
def test_impossible_snapshots_are_contradictions(nets: dict[int, int]) -> None:
    with pytest.raises(StateContradiction):
        fresh_book(nets)


class Chain:
    """Blocks with a random delta or two each, and the state after every one of them."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.book = rng, Book()
        self.sequence, self.branches = 0, 0
        self.boundaries: list[BlockBoundary] = []
        self.states: list[tuple[object, ...]] = []
        for state in (v2_snapshot(self.at(1)), v3_snapshot(self.at(1), NETS), reading(self.at(1))):
            self.book.apply(state)
        self.close(1)

    def at(self, number: int) -> Origin:
        self.sequence += 1
        name = f"{self.branches}:{number}".encode().ljust(32)
        return origin(self.sequence, block=number)._replace(block_hash=name)

    def close(self, number: int) -> None:
        end = self.at(number)
        parent = self.boundaries[-1].origin.block_hash if self.boundaries else bytes(32)
        self.boundaries.append(BlockBoundary(end, parent, 2 * number, 1))
        self.book.apply(self.boundaries[-1])
        self.states.append(self.present())

    def change(self, number: int) -> None:
        at, low = self.at(number), 10 * self.rng.randint(-30, 29)
        change = self.rng.choice(
            (
                PoolSync(at, POOL_V2, self.rng.randrange(1, 10**20), 5),
                PoolLiquidity(at, POOL_V3, low, low + 10, self.rng.randrange(1, 10**12)),
                reading(at, balance=self.rng.randrange(1, 10**30)),
                v2_snapshot(at, reserve=self.rng.randrange(1, 10**20)),
            )
        )
        self.book.apply(change)

    def block(self) -> None:
        number = self.boundaries[-1].origin.block_number + 1
        for _ in range(self.rng.randrange(3)):
            self.change(number)
        self.close(number)

    def reorganise(self, depth: int) -> None:
        """Take back `depth` blocks, with half a block open on top of them."""
        replaced = self.boundaries[-1].origin
        self.change(replaced.block_number + 1)
        del self.boundaries[len(self.boundaries) - depth :], self.states[len(self.states) - depth :]
        self.branches += 1
        target = self.boundaries[-1].origin._replace(sequence=self.at(0).sequence)
        self.book.apply(Reorganisation(target, replaced.block_hash))

    def present(self) -> tuple[object, ...]:
        """All states without the numbering of messages."""
        pools = {
            pool: replace(state.copy(), sequence=0, block_number=0)
            for pool, state in self.book.pools.items()
        }
        readings = {pool: read.tokens for pool, read in self.book.readings.items()}
        return pools, readings


NETS = {LOW: 10**9, HIGH: -(10**9)}


@pytest.mark.parametrize("depth", [1, 2, 5, 16, 64])
def test_a_reorganisation_leads_back_to_the_state_of_its_block(depth: int) -> None:
    for seed in range(10):
        chain = Chain(Random(seed))
        for _ in range(depth + 3):
            chain.block()
        for _ in range(2):
            chain.reorganise(depth)
            assert chain.present() == chain.states[-1]
            boundary = chain.book.boundary
            assert boundary is not None
            assert boundary.origin.block_hash == chain.boundaries[-1].origin.block_hash
            for _ in range(depth):
                chain.block()


def test_a_reorganisation_beyond_what_is_kept_leaves_nothing() -> None:
    chain = Chain(Random(1))
    for _ in range(70):
        chain.block()
    with pytest.raises(StateContradiction, match="not kept any more"):
        chain.reorganise(65)
    assert not chain.book.pools
    assert not chain.book.readings
    chain = Chain(Random(1))
    with pytest.raises(StateContradiction, match="not known"):
        chain.book.apply(Reorganisation(chain.at(1), b"elsewhere".ljust(32)))


def test_a_contradicted_pool_is_not_returned_to() -> None:
    chain = Chain(Random(2))
    chain.block()
    with pytest.raises(StateContradiction):
        chain.book.apply(PoolSync(chain.at(3), POOL_V2, 2**112, 1))
    chain.close(3)
    chain.reorganise(2)
    assert POOL_V2 not in chain.book.pools
    assert POOL_V3 in chain.book.pools


def test_fees_change_only_where_a_protocol_lets_them() -> None:
    book = Book()
    for pool, protocol in ((POOL_V3, Protocol.ALGEBRA_V1), (POOL_V4, Protocol.UNISWAP_V4)):
        book.apply(replace(v3_snapshot(origin(0), NETS, pool=pool), protocol=protocol))
    book.apply(PoolFee(origin(1), POOL_V3, 900, 0))
    book.apply(PoolFee(origin(2), POOL_V4, 3_000, 5 << 12 | 7))
    assert (book.pools[POOL_V3].fee_pips, book.pools[POOL_V4].protocol_fee) == (900, 5 << 12 | 7)
    for change in (PoolFee(origin(3), POOL_V3, 900, 1), PoolFee(origin(3), POOL_V4, 900, 0)):
        with pytest.raises(StateContradiction):
            book.apply(change)
    plain = fresh_book()
    with pytest.raises(StateContradiction, match="never change"):
        plain.apply(PoolFee(origin(1), POOL_V3, 900, 0))


@pytest.mark.parametrize(
    "changes",
    [
        {"protocol": Protocol.UNISWAP_V2},
        {"tokens": ()},
        {"tokens": reading(origin(0)).tokens[:1] * 2},
        {"rounding": 3},
        {"push": 2},
    ],
)
def test_impossible_readings_are_contradictions(changes: dict[str, object]) -> None:
    book = Book()
    book.apply(reading(origin(0)))
    with pytest.raises(StateContradiction, match="wait for its next reading"):
        book.apply(replace(reading(origin(1)), **changes))  # type: ignore[arg-type]
    assert not book.readings
