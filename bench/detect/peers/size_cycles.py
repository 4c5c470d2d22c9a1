"""Sizes cycles with degenbot 0.3.0: JSON cases in, profits and microseconds out.

Pools are made from the states given instead of a node's answers; what is timed is the library's
own `UniswapLpCycle.calculate`.
"""

import json
import sys
from contextlib import suppress
from fractions import Fraction
from threading import Lock
from time import thread_time_ns
from typing import Any

from degenbot.arbitrage.uniswap_lp_cycle import UniswapLpCycle  # type: ignore[import-not-found]
from degenbot.erc20_token import Erc20Token  # type: ignore[import-not-found]
from degenbot.exceptions import ArbitrageError  # type: ignore[import-not-found]
from degenbot.uniswap.types import (  # type: ignore[import-not-found]
    UniswapV2PoolState,
    UniswapV3LiquidityAtTick,
    UniswapV3PoolState,
)
from degenbot.uniswap.v2_liquidity_pool import UniswapV2Pool  # type: ignore[import-not-found]
from degenbot.uniswap.v3_liquidity_pool import UniswapV3Pool  # type: ignore[import-not-found]

REPEATS = 3


def token(address: str) -> Any:  # noqa: ANN401 -- the library's own type
    """A token that only its address tells apart."""
    made = object.__new__(Erc20Token)
    made.address = address
    made.symbol = address[:6]
    return made


def pair(case: dict[str, Any], tokens: tuple[Any, Any]) -> Any:  # noqa: ANN401
    """A V2 pair in the state given."""
    made = object.__new__(UniswapV2Pool)
    made.token0, made.token1 = tokens
    made.fee_token0 = made.fee_token1 = Fraction(case["fee_pips"], 10**6)
    made._state = UniswapV2PoolState(case["pool"], int(case["reserve0"]), int(case["reserve1"]))
    return made


def concentrated(case: dict[str, Any], tokens: tuple[Any, Any]) -> Any:  # noqa: ANN401
    """A V3 pool with its whole tick map, so that it needs no node."""
    made = object.__new__(UniswapV3Pool)
    made.token0, made.token1 = tokens
    made.fee, made.tick_spacing = case["fee_pips"], case["tick_spacing"]
    made.sparse_liquidity_map = False
    ticks = {at: UniswapV3LiquidityAtTick(int(net), abs(int(net))) for at, net in case["ticks"]}
    made._state = UniswapV3PoolState(
        pool=case["pool"],
        liquidity=int(case["liquidity"]),
        sqrt_price_x96=int(case["sqrt_price_x96"]),
        tick=case["tick"],
        tick_bitmap={0: None},
        tick_data=ticks,
    )
    return made


def cycle(case: dict[str, Any]) -> Any:  # noqa: ANN401
    """The cycle ready to calculate."""
    tokens: dict[str, Any] = {}
    pools = []
    for hop in case["hops"]:
        ends = tuple(
            tokens.setdefault(name, token(name)) for name in (hop["token0"], hop["token1"])
        )
        made = (pair if "reserve0" in hop else concentrated)(hop, ends)
        made.address = made.name = hop["pool"]
        made._state_lock, made._subscribers = Lock(), set()  # noqa: SLF001
        pools.append(made)
    return UniswapLpCycle(tokens[case["token_in"]], pools, "cycle", int(case["max_in"]))


def exact_profit(ready: Any, amount_in: int) -> int:  # noqa: ANN401
    """What its input earns in integers: the library itself states profit as a rounded float."""
    amount = amount_in
    for pool, way in zip(ready.swap_pools, ready._swap_vectors, strict=True):  # noqa: SLF001
        amount = pool.calculate_tokens_out_from_tokens_in(way.token_in, amount)
    return int(amount) - amount_in


def main() -> None:
    """Answer one line: input and profit (raw units, as text) and microseconds of each case."""
    answers = []
    for case in json.load(sys.stdin):
        ready, took, amount_in = cycle(case), [], 0
        for _ in range(REPEATS):
            began = thread_time_ns()
            with suppress(ArbitrageError):  # it refuses what earns it nothing
                amount_in = ready.calculate().input_amount
            took.append(thread_time_ns() - began)
        profit = exact_profit(ready, amount_in) if amount_in else 0
        amounts = {"amount_in": str(amount_in), "profit": str(profit)}
        answers.append({**amounts, "us": sorted(took)[REPEATS // 2] / 1e3})
    sys.stdout.write(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
