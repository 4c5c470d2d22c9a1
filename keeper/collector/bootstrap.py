"""Exact state of pools read from the chain, all of it as of one block."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector.discovery import ForeignPool, PoolRef, check_origin
from keeper.collector.lens import Lens, Unreadable
from keeper.collector.readings import (
    Concentrated,
    Pair,
    Progress,
    read_concentrated,
    read_pairs,
    read_tokens,
)
from keeper.node import Node
from keeper.relay.pool_state import PoolState, StateContradiction

log = logging.getLogger(__name__)


class Reader:
    """Reads pools through one node; tokens' decimals are asked once.

    Pools that do not answer like their protocol, or that another factory made, are left out with
    one line in the log; so are Uniswap V3 pools that have no price yet. `progress` is told of each
    batch how many pools it finished.
    """

    def __init__(
        self, node: Node, refs: Iterable[PoolRef], progress: Progress | None = None
    ) -> None:
        self.lens = Lens(node)
        self._refs = {ref.address: ref for ref in refs}
        self._progress = progress
        self._decimals: dict[Address, int | Unreadable] = {}
        self._left_out: set[Address] = set()

    async def read(self, block: BlockRef) -> list[PoolState]:
        """State of every readable pool as of the end of `block`."""
        pairs, pools = (
            [pool for pool, ref in self._refs.items() if ref.factory.protocol is protocol]
            for protocol in (Protocol.UNISWAP_V2, Protocol.UNISWAP_V3)
        )
        found: dict[Address, Pair | Concentrated | Unreadable] = {
            **await read_pairs(self.lens, pairs, block.hash, self._progress),
            **await read_concentrated(self.lens, pools, block.hash, self._progress),
        }
        await self._learn_decimals(found, block.hash)
        states = (self._attempt(pool, reading, block) for pool, reading in found.items())
        return [state for state in states if state is not None]

    async def _learn_decimals(
        self, found: Mapping[Address, Pair | Concentrated | Unreadable], block_hash: bytes
    ) -> None:
        met = {
            token
            for reading in found.values()
            if not isinstance(reading, Unreadable)
            for token in (reading.token0, reading.token1)
        }
        fresh = sorted(met - self._decimals.keys())
        self._decimals |= await read_tokens(self.lens, fresh, block_hash)

    def _attempt(
        self, pool: Address, reading: Pair | Concentrated | Unreadable, block: BlockRef
    ) -> PoolState | None:
        """One pool that misbehaves costs that pool only."""
        try:
            return self._checked(self._refs[pool], reading, block)
        except (ForeignPool, StateContradiction) as error:
            if pool not in self._left_out:  # once, not at each resynchronisation
                log.warning("pool 0x%s is left out: %s", pool.hex(), error)
            self._left_out.add(pool)
            return None

    def _checked(
        self, ref: PoolRef, reading: Pair | Concentrated | Unreadable, block: BlockRef
    ) -> PoolState:
        if isinstance(reading, Unreadable):
            raise ForeignPool(reading.reason)
        check_origin(ref, reading)
        decimals: list[int] = []
        for token in (reading.token0, reading.token1):
            answer = self._decimals[token]
            if isinstance(answer, Unreadable):
                raise ForeignPool(f"token 0x{token.hex()}: {answer.reason}")
            decimals.append(answer)
        state = _state(ref, reading, decimals, block)
        state.check()
        return state


def _state(
    ref: PoolRef, reading: Pair | Concentrated, decimals: Sequence[int], block: BlockRef
) -> PoolState:
    make = partial(
        PoolState,
        pool=ref.address,
        protocol=ref.factory.protocol,
        factory=reading.factory,
        token0=reading.token0,
        token1=reading.token1,
        decimals0=decimals[0],
        decimals1=decimals[1],
        epoch=0,
        sequence=0,
        block_number=block.number,
    )
    if isinstance(reading, Pair):
        return make(
            fee_pips=ref.factory.fee_pips,
            tick_spacing=0,
            reserve0=reading.reserve0,
            reserve1=reading.reserve1,
            sqrt_price_x96=0,
            liquidity=0,
            tick=0,
        )
    return make(
        fee_pips=reading.fee_pips,
        tick_spacing=reading.tick_spacing,
        reserve0=0,
        reserve1=0,
        sqrt_price_x96=reading.sqrt_price_x96,
        liquidity=reading.liquidity,
        tick=reading.tick,
        ticks={tick: net for tick, _, net in reading.ticks},
        gross={tick: gross for tick, gross, _ in reading.ticks},
        tick_index=[tick for tick, _, _ in reading.ticks],
    )
