"""Chains of legs, drawn at random: each takes what the one before it gives."""

from collections.abc import Sequence

from hypothesis import strategies as st

from keeper.chain import Address, Protocol
from keeper.execution.program_table import MAX_HOPS
from keeper.strategies.opportunity import Leg


@st.composite
def chains(
    draw: st.DrawFn,
    starts: Sequence[Address],
    tokens: Sequence[Address],
    protocols: Sequence[Protocol],
    most_raw: int,
) -> tuple[Leg, ...]:
    """From one of the `starts` over `tokens` and back; no two pools or tokens are the same."""
    hops = draw(st.integers(2, MAX_HOPS))
    start = draw(st.sampled_from(starts))
    others = draw(st.permutations([token for token in tokens if token != start]))
    way = [start, *others[: hops - 1], start]
    amount = st.integers(1, most_raw)
    amounts = draw(st.lists(amount, min_size=hops + 1, max_size=hops + 1))
    kinds = draw(st.lists(st.sampled_from(protocols), min_size=hops, max_size=hops))
    return tuple(
        Leg(
            Address(bytes([0xF0, n]) * 10),
            kinds[n],
            way[n] < way[n + 1],
            way[n],
            way[n + 1],
            amounts[n],
            amounts[n + 1],
        )
        for n in range(hops)
    )
