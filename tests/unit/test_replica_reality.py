"""The replica against one real day: its pool gives, to the wei, what Polygon's pool gave.

The state after each real swap is laid over the real pool bytecode, and the next real swap is asked
of QuoterV2. Where the liquidity was the same in between, amounts and price must come out equal.
"""

import ast
import csv
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from replica import Replica
from replica.abi import address, encode_call

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "v3_0x45dd_2021-12-22.csv"
POOL = address("0x45dda9cb7c25131df268515131f647d726f50608")
SWAP_TOPIC = "0x" + keccak(text="Swap(address,address,int256,int256,uint160,uint128,int24)").hex()
FEE_PIPS, TICK_SPACING = 500, 10
LIQUIDITY_SLOT, BITMAP_SLOT = 4, 6
UNLOCKED = 1 << 240
ONE_OBSERVATION = (1 << 200) | (1 << 216)

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"recorded swaps are absent: {DATA.name}")


@dataclass(frozen=True)
class Swap:
    """A Swap event: signed amounts from the pool's side, and the state it left."""

    amount0: int
    amount1: int
    sqrt_price_x96: int
    liquidity: int
    tick: int


def recorded_swaps() -> list[Swap]:
    with DATA.open() as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: (int(row["block_number"]), int(row["pool_log_index"])))
    swaps = [row for row in rows if ast.literal_eval(row["pool_topics"])[0] == SWAP_TOPIC]
    words = ["int256", "int256", "uint160", "uint128", "int24"]
    return [Swap(*decode(words, bytes.fromhex(row["pool_data"][2:]))) for row in swaps]


def word(value: int) -> str:
    return f"0x{value:064x}"


def overlay(state: Swap) -> dict[str, Any]:
    """The storage words that put the pool into `state`, with no initialised tick nearby."""
    tick = (state.tick % 2**24) << 160
    slots = {word(0): word(state.sqrt_price_x96 | tick | ONE_OBSERVATION | UNLOCKED)}
    slots[word(LIQUIDITY_SLOT)] = word(state.liquidity)
    here = state.tick // TICK_SPACING >> 8
    for place in range(here - 10, here + 11):
        slot = keccak(encode(["int16", "uint256"], [place, BITMAP_SLOT]))
        slots["0x" + slot.hex()] = word(0)
    return {"0x" + POOL.hex(): {"stateDiff": slots}}


def quoted(chain: Replica, state: Swap, swap: Swap, kind: str) -> tuple[int, int]:
    """Other side's amount and price after, for the swap taken as exact `Input` or `Output`."""
    usdc, weth = (chain.manifest.token(symbol).address for symbol in ("USDC.e", "WETH"))
    into, out = (usdc, weth) if swap.amount0 > 0 else (weth, usdc)
    paid, got = max(swap.amount0, swap.amount1), -min(swap.amount0, swap.amount1)
    order = (into, out, paid if kind == "Input" else got, FEE_PIPS, 0)
    data = encode_call(f"quoteExact{kind}Single((address,address,uint256,uint24,uint160))", order)
    call = {"to": chain.manifest.contract("QuoterV2"), "data": data}
    answer = chain.rpc("eth_call", [call, "latest", overlay(state)])
    amount, price, _, _ = decode(
        ["uint256", "uint160", "uint32", "uint256"], bytes.fromhex(answer[2:])
    )
    return amount, price


def happened(swap: Swap, kind: str) -> tuple[int, int]:
    paid, got = max(swap.amount0, swap.amount1), -min(swap.amount0, swap.amount1)
    return (got if kind == "Input" else paid), swap.sqrt_price_x96


def fill(chain: Replica) -> None:
    """Give the pool more of both tokens than any recorded swap took out."""
    trader = chain.rpc("eth_accounts")[2]
    for symbol in ("USDC.e", "WETH"):
        token = chain.manifest.token(symbol).address
        (rich,) = decode(["uint256"], bytes.fromhex(balance(chain, token, trader)[2:]))
        data = encode_call("transfer(address,uint256)", POOL, rich)
        chain.rpc("eth_sendTransaction", [{"from": trader, "to": token, "data": data}])


def balance(chain: Replica, token: bytes, holder: str) -> str:
    data = encode_call("balanceOf(address)", address(holder))
    answer: str = chain.rpc("eth_call", [{"to": token, "data": data}, "latest"])
    return answer


def test_recorded_swaps_come_out_to_the_wei(chain: Replica, figures: list[str]) -> None:
    fill(chain)
    swaps = recorded_swaps()
    pairs = [(a, b) for a, b in pairwise(swaps) if a.liquidity == b.liquidity]
    as_kind = {"Input": 0, "Output": 0}
    for state, swap in pairs:
        kind = next(
            (k for k in as_kind if quoted(chain, state, swap, k) == happened(swap, k)), None
        )
        assert kind is not None, f"neither way gives {swap} after {state}"
        as_kind[kind] += 1
    figures.append(f"{len(pairs)} of {len(pairs)} real swaps equal to the wei, exact as {as_kind}")
    assert len(pairs) >= 150
    assert as_kind["Input"] > as_kind["Output"]


def test_one_wei_more_is_noticed(chain: Replica) -> None:
    fill(chain)
    state, swap, *_ = recorded_swaps()
    wrong = Swap(swap.amount0 + 1, swap.amount1 - 10**9, swap.sqrt_price_x96, *(0, 0))
    assert quoted(chain, state, wrong, "Input") != happened(swap, "Input")
