"""A replica that trades, a relay and a collector between them: what the collector's tests share."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector.bootstrap import Reader
from keeper.collector.collector import Collector, CollectorSettings
from keeper.collector.discovery import Discovery
from keeper.collector.origins import Factory, PoolRef, v4_ref
from keeper.collector.states import UNSTAMPED, State
from keeper.collector.ticks import V4Key
from keeper.node import Node
from keeper.relay.book import Book
from keeper.relay.client import Gap, Passed, RelayClient, Resync
from keeper.relay.messages import BlockBoundary, Message, PoolLiquidity
from keeper.relay.pool_state import PoolState
from keeper.relay.server import RelayServer
from replica import Replica
from replica.abi import encode_call
from replica.deploy import WHALE
from replica.manifest import Manifest, Pool
from replica.protocols import algebra, balancer_v2, uniswap_v4

FAR = 2**40
EXACT_INPUT = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
MINT = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
DECREASE = "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))"


class Traders:
    """Random swaps, mints and burns in real pools, several to a block."""

    def __init__(self, replica: Replica, seed: int) -> None:
        self._replica, self._rng = replica, random.Random(seed)
        self._manifest = replica.manifest
        self._gas = 3_000_000
        replica.rpc("anvil_impersonateAccount", [WHALE])
        replica.rpc("anvil_setBalance", [WHALE, hex(10**24)])
        replica.rpc("evm_setAutomine", [False])

    def block(self, trades: int) -> None:
        """Mine one block with `trades` random trades."""
        hashes = [self._trade() for _ in range(trades)]
        self._replica.rpc("evm_mine")
        for sent in hashes:
            assert self._replica.rpc("eth_getTransactionReceipt", [sent]) is not None

    def _trade(self) -> str:
        pool = self._rng.choice(self._manifest.pools)
        if pool.protocol is Protocol.UNISWAP_V2:
            return self._swap_v2(pool)
        kind = self._rng.choice((self._swap_v3, self._swap_v3, self._mint, self._burn))
        return kind(pool)

    def _amount(self, token: Address, usd: int) -> int:
        entry = next(t for t in self._manifest.tokens if t.address == token)
        return int(usd * 10**entry.decimals / float(entry.usd_price))

    def _way(self, pool: Pool) -> tuple[Address, Address]:
        pair = pool.token0, pool.token1
        return pair if self._rng.random() < 0.5 else pair[::-1]

    def _swap_v2(self, pool: Pool) -> str:
        way, name = self._way(pool), "QuickSwap" if pool.venue.startswith("quick") else "Uniswap"
        return self._send(
            self._manifest.contract(f"{name} V2 router"),
            "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
            *(self._amount(way[0], self._rng.randint(1, 5_000)), 0, list(way), WHALE, FAR),
        )

    def _swap_v3(self, pool: Pool) -> str:
        way = self._way(pool)
        amount = self._amount(way[0], self._rng.choice((10, 1_000, 100_000)))
        order = (*way, pool.fee_pips, WHALE, amount, 0, 0)
        return self._send(self._manifest.contract("SwapRouter02"), EXACT_INPUT, order)

    def _mint(self, pool: Pool) -> str:
        grid = pool.tick_spacing
        _, tick, *_ = self._replica_slot0(pool)
        lower = (tick // grid + self._rng.randint(-8, 4)) * grid
        upper = lower + self._rng.randint(1, 9) * grid
        amounts = self._amount(pool.token0, 5_000), self._amount(pool.token1, 5_000)
        key = (pool.token0, pool.token1, pool.fee_pips)
        order = (*key, lower, upper, *amounts, 0, 0, WHALE, FAR)
        return self._send(self._positions, MINT, order)

    def _burn(self, _: Pool) -> str:
        token_id = self._rng.randint(1, 98)
        answer = self._read(self._positions, "positions(uint256)", token_id)
        held = int(answer[2 + 7 * 64 : 2 + 8 * 64], 16)
        part = held // self._rng.choice((2, 3, 50)) or 1
        return self._send(self._positions, DECREASE, (token_id, part, 0, 0, FAR))

    @property
    def _positions(self) -> Address:
        return self._manifest.contract("NonfungiblePositionManager")

    def _replica_slot0(self, pool: Pool) -> tuple[int, int]:
        answer = self._read(pool.address, "slot0()")
        raw = bytes.fromhex(answer[2:])
        return int.from_bytes(raw[:32]), int.from_bytes(raw[32:64], signed=True)

    def _read(self, to: Address, signature: str, *args: object) -> str:
        call = {"to": to, "data": encode_call(signature, *args)}
        answer = self._replica.rpc("eth_call", [call, "latest"])
        assert isinstance(answer, str)
        return answer

    def _send(self, to: Address, signature: str, *args: object) -> str:
        self._gas += 1  # equal transactions lose their receipts after a reorganisation
        call = {
            "from": WHALE,
            "to": to,
            "data": encode_call(signature, *args),
            "gas": hex(self._gas),
            "gasPrice": hex(200 * 10**9),
        }
        sent = self._replica.rpc("eth_sendTransaction", [call])
        assert isinstance(sent, str)
        return sent


def factories(manifest: Manifest) -> tuple[Factory, ...]:
    """Those of Uniswap V2 and V3."""
    fees = {Protocol.UNISWAP_V2: 3_000, Protocol.UNISWAP_V3: 0}
    return tuple(Factory(f.address, f.protocol, fees[f.protocol]) for f in manifest.factories)


def all_factories(manifest: Manifest) -> tuple[Factory, ...]:
    """Of every venue that has any, each with the hash that its pools derive from if it is known."""
    derived = {f.address: f.init_code_hash for f in manifest.factories}
    known = (replace(f, init_code_hash=derived[f.address]) for f in factories(manifest))
    return (
        *known,
        Factory(
            algebra.FACTORY,
            Protocol.ALGEBRA_V1,
            init_code_hash=algebra.INIT_CODE_HASH,
            deployer=algebra.DEPLOYER,
        ),
        Factory(uniswap_v4.MANAGER, Protocol.UNISWAP_V4),
        Factory(balancer_v2.WEIGHTED_FACTORY, Protocol.BALANCER_V2_WEIGHTED),
        Factory(balancer_v2.STABLE_FACTORY, Protocol.BALANCER_V2_STABLE),
    )


def named_pools(manifest: Manifest) -> tuple[PoolRef, ...]:
    """Those that no factory lists, and those whose events went with the replica's history.

    The Curve stand-in rounds as pools of the next generation do.
    """
    makers = {factory.protocol: factory for factory in all_factories(manifest)}
    ng = Protocol.CURVE_STABLESWAP_NG
    curve = [PoolRef(p.address, Factory(p.address, ng)) for p in manifest.curve_pools]
    kinds = Protocol.BALANCER_V2_STABLE, Protocol.BALANCER_V2_WEIGHTED
    balancer = [
        PoolRef(p.address, makers[kinds[p.amplification == 0]]) for p in manifest.balancer_pools
    ]
    v4 = [v4_ref(makers[Protocol.UNISWAP_V4], V4Key(*pool.key)) for pool in manifest.v4_pools]
    return (*curve, *balancer, *v4)


def tokens(manifest: Manifest, symbols: str = "") -> tuple[Address, ...]:
    """Tokens of those `symbols`, all of the replica's without."""
    chosen = symbols.split() or [token.symbol for token in manifest.tokens]
    return tuple(manifest.token(symbol).address for symbol in chosen)


def settings(
    url: str, manifest: Manifest, folder: Path, symbols: str = "WPOL WETH USDC.e WBTC"
) -> CollectorSettings:
    """By default without the pools of tick spacing 1, whose bitmaps take long to read."""
    return CollectorSettings(
        node_urls=(url,),
        chain_id=137,
        producer_path=folder / "polygon.sock",
        factories=factories(manifest),
        tokens=tokens(manifest, symbols),
        poll_s=0.02,
    )


class Follower:
    """A consumer that keeps a book; `boundaries` are those it saw, in order."""

    def __init__(self, path: Path) -> None:
        self.book, self.client = Book(), RelayClient(path)
        self.boundaries: list[BlockBoundary] = []
        self.gaps: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.resyncs = 0

    async def run(self) -> None:
        async for event, _ in self.client:
            if isinstance(event, Gap):
                self.gaps.append(event.reason)
            elif isinstance(event, Resync):
                self.resyncs += 1
                self.book.reset()
            elif not isinstance(event, Passed):
                self.book.apply(event)
                self.kinds[_kind(event)] += 1
                if isinstance(event, BlockBoundary):
                    self.boundaries.append(event)

    def at(self, block_hash: bytes) -> bool:
        boundary = self.book.boundary
        return boundary is not None and boundary.origin.block_hash == block_hash


def _kind(message: Message) -> str:
    if isinstance(message, PoolLiquidity):
        return "mint" if message.liquidity_delta > 0 else "burn"
    return type(message).__name__


@contextlib.asynccontextmanager
async def following(
    config: CollectorSettings, folder: Path
) -> AsyncIterator[tuple[Collector, Follower]]:
    """Relay, collector and follower at work."""
    relay = RelayServer(folder / "polygon.sock", folder / "defi.sock")
    collector, follower = Collector(config), Follower(folder / "defi.sock")
    ready = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(ready))]
    await asyncio.wait_for(ready.wait(), 5)
    tasks += [asyncio.create_task(collector.run()), asyncio.create_task(follower.run())]
    try:
        yield collector, follower
        for task in tasks:
            assert not task.done(), task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool], within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- the thing observed has no event
            await asyncio.sleep(0.01)


def held(book: Book) -> dict[Address, State]:
    """A follower's pools of every kind, without numbering."""
    return bare([*book.pools.values(), *book.readings.values()])


async def fresh_read(config: CollectorSettings) -> tuple[BlockRef, dict[Address, State]]:
    """The chain's own word on every pool at its head."""
    async with await Node.connect(config.node_urls[0], expected_chain_id=137) as node:
        head = await node.block("latest")
        reader = Reader(node, config.pools, tokens=config.tokens)
        found = await Discovery(node, reader.lens, config.tokens).find(config.factories, head)
        reader.refs |= {ref.address: ref for ref in found}
        return head, bare(await reader.read(head))


def bare(states: Iterable[State]) -> dict[Address, State]:
    """States without the numbering that differs between channels."""
    return {
        state.pool: replace(state, epoch=0, sequence=0, block_number=0)
        if isinstance(state, PoolState)
        else replace(state, origin=UNSTAMPED)
        for state in states
    }
