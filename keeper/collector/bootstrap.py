"""Exact state of pools read from the chain, all of it as of one block."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector import abi
from keeper.collector.discovery import PoolRef
from keeper.collector.multicall import ViewCall, multicall
from keeper.node import Node
from keeper.relay.pool_state import MAX_TICK, MIN_TICK, PoolState, StateContradiction

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """What never changes in a pool's life."""

    ref: PoolRef
    token0: Address
    token1: Address
    decimals0: int
    decimals1: int
    fee_pips: int
    tick_spacing: int


class Reader:
    """Reads pools through one node; unchanging facts are asked once.

    Pools that do not answer like their protocol, or that another factory made, are left out with
    one line in the log; so are Uniswap V3 pools that have no price yet.
    """

    def __init__(self, node: Node, refs: Iterable[PoolRef]) -> None:
        self._node = node
        self._refs = {ref.address: ref for ref in refs}
        self._facts: dict[Address, PoolFacts] | None = None

    async def read(self, block: BlockRef) -> list[PoolState]:
        """State of every readable pool as of the end of `block`."""
        if self._facts is None:
            self._facts = await self._read_facts(block.hash)
        facts = list(self._facts.values())
        pairs = [f for f in facts if f.ref.factory.protocol is Protocol.UNISWAP_V2]
        pools = [f for f in facts if f.ref.factory.protocol is Protocol.UNISWAP_V3]
        return await self._read_pairs(pairs, block) + await self._read_pools(pools, block)

    async def _ask(self, calls: Sequence[ViewCall], block_hash: bytes) -> list[bytes | None]:
        return await multicall(self._node, calls, block_hash)

    async def _read_facts(self, block_hash: bytes) -> dict[Address, PoolFacts]:
        questions = (abi.FACTORY, abi.TOKEN0, abi.TOKEN1, abi.FEE, abi.TICK_SPACING)
        calls = [ViewCall(pool, data) for pool in self._refs for data in questions]
        answers = await self._ask(calls, block_hash)
        found: dict[Address, PoolFacts] = {}
        for ref, row in zip(self._refs.values(), _rows(answers, len(questions)), strict=True):
            try:
                found[ref.address] = _facts(ref, row)
            except abi.MalformedWordError as error:
                log.warning("pool 0x%s is left out: %s", ref.address.hex(), error)
        return await self._with_decimals(found, block_hash)

    async def _with_decimals(
        self, facts: dict[Address, PoolFacts], block_hash: bytes
    ) -> dict[Address, PoolFacts]:
        tokens = sorted({token for f in facts.values() for token in (f.token0, f.token1)})
        answers = await self._ask([ViewCall(token, abi.DECIMALS) for token in tokens], block_hash)
        decimals: dict[Address, int] = {}
        for token, answer in zip(tokens, answers, strict=True):
            try:
                decimals[token] = abi.unsigned(_word(answer, "decimals"), 8)
            except abi.MalformedWordError as error:
                log.warning("token 0x%s is left out: %s", token.hex(), error)
        return {
            pool: replace(f, decimals0=decimals[f.token0], decimals1=decimals[f.token1])
            for pool, f in facts.items()
            if f.token0 in decimals and f.token1 in decimals
        }

    async def _read_pairs(self, pairs: list[PoolFacts], block: BlockRef) -> list[PoolState]:
        calls = [ViewCall(f.ref.address, abi.GET_RESERVES) for f in pairs]
        answers = await self._ask(calls, block.hash)
        states: list[PoolState] = []
        for facts, answer in zip(pairs, answers, strict=True):
            with _leaving_out(facts):
                reserves = abi.words(answer or b"", 3)[:2]
                reserve0, reserve1 = (abi.unsigned(word, 112) for word in reserves)
                states.append(_checked(_state(facts, block, reserve0=reserve0, reserve1=reserve1)))
        return states

    async def _read_pools(self, pools: list[PoolFacts], block: BlockRef) -> list[PoolState]:
        questions = (abi.SLOT0, abi.LIQUIDITY)
        calls = [ViewCall(f.ref.address, data) for f in pools for data in questions]
        answers = await self._ask(calls, block.hash)
        states: list[PoolState] = []
        for facts, (slot0, liquidity) in zip(pools, _rows(answers, 2), strict=True):
            with _leaving_out(facts):
                price, tick = abi.words(slot0 or b"", 7)[:2]
                state = _state(
                    facts,
                    block,
                    sqrt_price_x96=abi.unsigned(price, 160),
                    liquidity=abi.unsigned(_word(liquidity, "liquidity"), 128),
                    tick=abi.signed(tick, 24),
                )
                await self._read_ticks(state, block.hash)
                states.append(_checked(state))
        return states

    async def _read_ticks(self, state: PoolState, block_hash: bytes) -> None:
        places = await self._initialised_ticks(state, block_hash)
        calls = [ViewCall(state.pool, abi.TICKS + abi.word_of(tick)) for tick in places]
        answers = await self._ask(calls, block_hash)
        for tick, answer in zip(places, answers, strict=True):
            gross, net = abi.words(answer or b"", 8)[:2]
            state.ticks[tick] = abi.signed(net, 128)
            state.gross[tick] = abi.unsigned(gross, 128)
            state.tick_index.append(tick)

    async def _initialised_ticks(self, state: PoolState, block_hash: bytes) -> list[int]:
        spacing = state.tick_spacing
        numbers = range(MIN_TICK // spacing >> 8, (MAX_TICK // spacing >> 8) + 1)
        calls = [ViewCall(state.pool, abi.TICK_BITMAP + abi.word_of(n)) for n in numbers]
        answers = await self._ask(calls, block_hash)
        bitmaps = (int.from_bytes(_word(answer, "tickBitmap")) for answer in answers)
        return [
            ((number << 8) + bit) * spacing
            for number, bitmap in zip(numbers, bitmaps, strict=True)
            if bitmap
            for bit in range(256)
            if bitmap >> bit & 1
        ]


@contextmanager
def _leaving_out(facts: PoolFacts) -> Iterator[None]:
    """One pool that misbehaves costs that pool only."""
    try:
        yield
    except (abi.MalformedWordError, StateContradiction) as error:
        log.warning("pool 0x%s is left out: %s", facts.ref.address.hex(), error)


def _rows(answers: list[bytes | None], width: int) -> list[list[bytes | None]]:
    return [answers[start : start + width] for start in range(0, len(answers), width)]


def _word(answer: bytes | None, what: str) -> bytes:
    if answer is None or len(answer) != abi.WORD:
        raise abi.MalformedWordError(f"it does not answer {what}()")
    return answer


def _facts(ref: PoolRef, row: list[bytes | None]) -> PoolFacts:
    factory, token0, token1 = (abi.address(_word(answer, "factory, token")) for answer in row[:3])
    if factory != ref.factory.address:
        raise abi.MalformedWordError(
            f"its factory is 0x{factory.hex()}, not 0x{ref.factory.address.hex()}"
        )
    concentrated = ref.factory.protocol is Protocol.UNISWAP_V3
    fee, spacing = ref.factory.fee_pips, 0
    if concentrated:
        fee = abi.unsigned(_word(row[3], "fee"), 24)
        spacing = abi.signed(_word(row[4], "tickSpacing"), 24)
    if concentrated and spacing <= 0:
        raise abi.MalformedWordError("its tick spacing is not positive")
    return PoolFacts(ref, token0, token1, 0, 0, fee, spacing)


def _state(
    facts: PoolFacts,
    block: BlockRef,
    *,
    reserve0: int = 0,
    reserve1: int = 0,
    sqrt_price_x96: int = 0,
    liquidity: int = 0,
    tick: int = 0,
) -> PoolState:
    return PoolState(
        pool=facts.ref.address,
        protocol=facts.ref.factory.protocol,
        factory=facts.ref.factory.address,
        token0=facts.token0,
        token1=facts.token1,
        decimals0=facts.decimals0,
        decimals1=facts.decimals1,
        fee_pips=facts.fee_pips,
        tick_spacing=facts.tick_spacing,
        reserve0=reserve0,
        reserve1=reserve1,
        sqrt_price_x96=sqrt_price_x96,
        liquidity=liquidity,
        tick=tick,
        epoch=0,
        sequence=0,
        block_number=block.number,
    )


def _checked(state: PoolState) -> PoolState:
    state.check()
    return state
