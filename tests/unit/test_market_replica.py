"""The market fed from a traded replica: its quotes are what the chain's own contracts answer."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from collector_world import Traders, factories
from eth_abi.abi import decode

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector.bootstrap import Reader
from keeper.collector.origins import PoolRef
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.node import Node
from keeper.relay.messages import BlockBoundary, Origin
from keeper.relay.pool_state import PoolState
from replica import Replica, launch
from replica.abi import encode_call
from replica.manifest import Pool

QUOTE_IN = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
QUOTE_OUT = "quoteExactOutputSingle((address,address,uint256,uint24,uint160))"


@dataclass
class World:
    replica: Replica
    view: MarketView

    def ask(self, to: Address, signature: str, types: list[str], *args: object) -> tuple[int, ...]:
        call = {"to": to, "data": encode_call(signature, *args)}
        answer = self.replica.rpc("eth_call", [call, "latest"])
        return tuple(decode(types, bytes.fromhex(answer[2:])))

    def on_chain(self, pool: Pool, zero_for_one: bool, amount: int, exact_in: bool) -> int:
        """What the pool's router or quoter answers for `amount`."""
        way = [pool.token0, pool.token1][:: 1 if zero_for_one else -1]
        if pool.protocol is Protocol.UNISWAP_V3:
            quoter = self.replica.manifest.contract("QuoterV2")
            signature = QUOTE_IN if exact_in else QUOTE_OUT
            types = ["uint256", "uint160", "uint32", "uint256"]
            return self.ask(quoter, signature, types, (*way, amount, pool.fee_pips, 0))[0]
        name = "QuickSwap" if pool.venue.startswith("quick") else "Uniswap"
        router = self.replica.manifest.contract(f"{name} V2 router")
        signature = f"getAmounts{'Out' if exact_in else 'In'}(uint256,address[])"
        (amounts,) = self.ask(router, signature, ["uint256[]"], amount, way)
        return amounts[-1 if exact_in else 0]  # type: ignore[index,no-any-return]


async def _read(replica: Replica) -> tuple[BlockRef, list[PoolState]]:
    manifest = replica.manifest
    venues = {factory.address: factory for factory in factories(manifest)}
    # A bitmap of tick spacing 1 takes thousands of calls to read.
    chosen = [pool for pool in manifest.pools if pool.tick_spacing != 1]
    refs = [PoolRef(pool.address, venues[pool.factory]) for pool in chosen]
    async with await Node.connect(replica.url, expected_chain_id=137, timeout_s=10) as node:
        head = await node.block("latest")
        return head, await Reader(node, refs).read(head)


def _view(replica: Replica) -> MarketView:
    head, states = asyncio.run(_read(replica))
    usd = [replica.manifest.token(symbol).address for symbol in ("USDC", "USDC.e")]
    market = Market(usd)
    origin = Origin(1, 1, 137, head.number, head.hash, 0, 0, 1, 1)
    for state in states:
        for part in state.snapshot(origin):
            market.apply(part)
    boundary = BlockBoundary(origin, head.parent_hash, head.timestamp_s, head.base_fee_wei)
    view = market.apply(boundary)
    assert view is not None
    return view


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with launch() as replica:
        traders = Traders(replica, seed=11)
        for _ in range(6):
            traders.block(5)
        yield World(replica, _view(replica))


def test_every_pool_quotes_what_the_chain_answers(world: World) -> None:
    rng = random.Random(4)
    compared = 0
    for pool in world.replica.manifest.pools:
        state = world.view.states.get(pool.address)
        if state is None:
            continue
        for zero_for_one in (True, False):
            for share in (1e-9, 1e-4, 0.02):
                first = next(state.segments(zero_for_one=zero_for_one))
                amount = max(int(share * rng.uniform(0.5, 2) / first.slope), 1)
                ours = state.quote(zero_for_one=zero_for_one, amount=amount, exact_in=True)
                assert ours.refusal is None
                theirs = world.on_chain(pool, zero_for_one, amount, exact_in=True)
                assert ours.amount_out == theirs, (pool, zero_for_one, amount)
                wanted = max(ours.amount_out, 1)
                asked = state.quote(zero_for_one=zero_for_one, amount=wanted, exact_in=False)
                assert asked.amount_in == world.on_chain(pool, zero_for_one, wanted, exact_in=False)
                compared += 2
    assert compared >= 200


def test_tokens_are_worth_what_the_pools_were_built_with(world: World) -> None:
    for token in world.replica.manifest.tokens:
        value = world.view.usd_per_raw.get(token.address)
        if value is not None:
            assert value * 10**token.decimals == pytest.approx(float(token.usd_price), rel=0.1)
    assert len(world.view.usd_per_raw) >= 5
