"""One real day of the Uniswap V3 USDC.e/WETH 0.05 % pool, quoted to the wei."""

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from keeper.market.venues.uniswap_v3 import V3State, swap

DAY = Path(__file__).parents[3] / "shared/data/v3_0x45dd_2021-12-22.csv"
SWAP_TOPIC = "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67"
FEE_PIPS, TICK_SPACING = 500, 10


class Swap(NamedTuple):
    amount0: int
    amount1: int
    sqrt_price_x96: int
    liquidity: int
    tick: int


def swaps_of_the_day() -> list[Swap]:
    if not DAY.exists():
        pytest.skip(f"the recorded day is absent: {DAY.name} belongs in ../shared/data")
    with DAY.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if SWAP_TOPIC in row["pool_topics"]]
    rows.sort(key=lambda row: (int(row["block_number"]), int(row["pool_log_index"])))
    data = [bytes.fromhex(row["pool_data"][2:]) for row in rows]
    return [Swap(*(_word(words, place) for place in range(5))) for words in data]


def _word(data: bytes, place: int) -> int:
    return int.from_bytes(data[32 * place : 32 * place + 32], "big", signed=True)


def how_it_reproduces(before: Swap, event: Swap) -> str:
    if before.liquidity != event.liquidity:
        return "liquidity changed"
    state = V3State(
        before.sqrt_price_x96, before.tick, before.liquidity, FEE_PIPS, TICK_SPACING, (), ()
    )
    zero_for_one = event.amount0 > 0
    paid, received = sorted((event.amount0, event.amount1), reverse=True)
    for exact_in, amount in ((True, paid), (False, -received)):
        ours = swap(state, zero_for_one=zero_for_one, amount=amount, exact_in=exact_in)
        if ours[:4] == (paid, -received, event.sqrt_price_x96, event.tick):
            return "exact input" if exact_in else "exact output"
    return "differs"


def test_every_swap_whose_liquidity_did_not_change_is_equal_to_the_wei() -> None:
    swaps = swaps_of_the_day()
    kinds = Counter(how_it_reproduces(before, event) for before, event in pairwise(swaps))
    assert kinds["differs"] == 0
    assert kinds["exact input"] + kinds["exact output"] >= 179
    assert kinds["liquidity changed"] <= 19
