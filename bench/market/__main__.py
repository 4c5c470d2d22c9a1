"""`make bench-market`: what each figure means on standard error, all of them as JSON at the end."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

import numpy as np

from bench.chain_pools import stand
from bench.market.consumer import Consumer, Pace
from bench.market.stream import FrameStream, blocks
from bench.markets import SEED, Shocks, generate
from bench.markets import Market as BenchMarket
from keeper import memory
from keeper.chain import Address
from keeper.collector.bootstrap import Reader
from keeper.market.state import Market
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.warm import warm_market
from keeper.node import Node
from keeper.relay.pool_state import PoolState
from replica import launch

POOLS, TOKENS = 10_000, 2_000
BLOCKS, UPDATES = 400, 500
"""Blocks, and updates of each: several times what a block of Polygon brings."""


def say(line: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"{line}\n")


def bootstrapped(market: BenchMarket) -> tuple[list[Address], list[PoolState], float, int]:
    """Addresses in slot order, the states read from a chain, and the seconds and calls it took."""
    say(f"standing {POOLS} pools on a node")
    with launch() as replica:
        refs = stand(replica, market)
        say("reading them")
        states, seconds, calls = asyncio.run(_read(replica.url, refs))
    return [ref.address for ref in refs], states, seconds, calls


async def _read(url: str, refs: Sequence[object]) -> tuple[list[PoolState], float, int]:
    async with await Node.connect(url, expected_chain_id=137, timeout_s=60) as node:
        began = monotonic()
        reader = Reader(node, refs, _progress(len(refs)))  # type: ignore[arg-type]
        found = await reader.read(await node.block("latest"))
        states = [state for state in found if isinstance(state, PoolState)]
        return states, monotonic() - began, reader.lens.calls + 1


def _progress(total: int) -> Callable[[int], None]:
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        end = "\n" if done == total else "\r"
        sys.stderr.write(f"bootstrap: {done} of {total} pools{end}")

    return told


def followed(
    market: BenchMarket, pools: Sequence[Address], states: Sequence[PoolState]
) -> tuple[Market, Consumer]:
    """A market of the keeper's that took all frames from a socket."""
    stream, shocks = FrameStream(pools, 1_000), Shocks(market, SEED)
    keeper = Market(market.tokens[:1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshot, updates = folder / "snapshot", folder / "updates"
        snapshot.write_bytes(b"".join(stream.joined(states)))
        say(f"encoding {BLOCKS * UPDATES} updates")
        with updates.open("wb") as file:
            for block in blocks(shocks, BLOCKS, UPDATES):
                file.writelines(stream.block(block))
        where = folder / "defi.sock"
        command = [
            sys.executable,
            "-m",
            "bench.market.sender",
            *map(str, (where, snapshot, updates)),
        ]
        with subprocess.Popen(  # noqa: S603 - a module of ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as sender:
            assert sender.stdin is not None
            assert sender.stdout is not None
            sender.stdout.readline()
            go_on = sender.stdin

            def joined() -> None:
                memory.keep()
                go_on.write(b"\n")
                go_on.flush()

            consumer = Consumer(keeper, stream.number, joined)
            memory.settle()
            consumer.run(where)
    return keeper, consumer


def require_equal(keeper: Market, pools: Sequence[Address], market: BenchMarket) -> None:
    """Every exact state is what the last update of its pool said."""
    for pool, wanted in zip(pools, market.states, strict=True):
        held = keeper.pools.exact(pool)
        assert held is not None, pool.hex()
        if isinstance(wanted, V2State):
            assert (held.reserve0, held.reserve1, held.fee_pips) == wanted
        else:
            assert isinstance(wanted, V3State)
            found = (held.sqrt_price_x96, held.tick, held.liquidity)
            assert found == (wanted.sqrt_price_x96, wanted.tick, wanted.liquidity)
            assert held.ticks == dict(zip(wanted.ticks, wanted.nets, strict=True))


def per_update_us(pace: Pace) -> tuple[float, float]:
    """Median and 99th percentile of what an update cost, its share of its turn and blocks."""
    updates = np.array(pace.updates)
    each = np.array(pace.held_ns)[updates > 0] / updates[updates > 0] / 1e3
    order = np.argsort(each)
    share = np.cumsum(updates[updates > 0][order]) / updates.sum()
    median, high = (float(each[order][np.searchsorted(share, q)]) for q in (0.5, 0.99))
    return median, high


def resident_mb() -> int:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def main() -> None:
    """Bootstrap, join, follow, and compare every state in the end."""
    warm_market()
    market = generate(POOLS, TOKENS, SEED)
    pools, states, bootstrap_s, calls = bootstrapped(market)
    keeper, consumer = followed(market, pools, states)
    require_equal(keeper, pools, market)
    pace = consumer.following
    median, high = per_update_us(pace)
    seconds = (pace.ended_ns - pace.began_ns) / 1e9
    for name, part in (("joining", consumer.joining), ("following", pace)):
        held = np.array(part.turns_ns) / 1e6
        say(
            f"{name}: a turn holds the loop {np.percentile(held, 99):.2f} ms at p99, "
            f"{held.max():.2f} ms at most, {len(held)} turns"
        )
    say(f"the boundary that ends the join, in turns: {consumer.joining.blocks_ns[0] / 1e6:.2f} ms")
    block_ms = np.array(pace.blocks_ns) / 1e6
    say(
        f"closing a block with its view, in turns: p50 {np.median(block_ms):.2f} ms, "
        f"max {block_ms.max():.2f}"
    )
    say(f"updates in processor time: {sum(pace.updates) / (sum(pace.held_ns) / 1e9):,.0f}/s")
    say(f"exact state and arrays: {keeper.pools.memory_bytes() / 2**20:.1f} MB")
    figures = {
        "pools": len(states),
        "bootstrap_s": round(bootstrap_s, 2),
        "rpc_calls": calls,
        "rss_mb": resident_mb(),
        "apply_us_p50": round(median, 3),
        "apply_us_p99": round(high, 3),
        "updates_per_s": round(sum(pace.updates) / seconds),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
