"""Laws of the book: it equals a pool that knows every position, or it says that it does not."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relay_samples import POOL_V2, POOL_V3, boundary, origin, v2_snapshot, v3_snapshot

from keeper.relay.book import Book, StateContradiction
from keeper.relay.messages import PoolLiquidity, PoolSnapshot, PoolSwap, PoolSync
from keeper.relay.pool_state import TICKS_PER_PART

LOW, HIGH = -200, 200
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
    assert book.apply(PoolSync(origin(7), POOL_V2, 1, 2)) is book.pools[POOL_V2]
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
