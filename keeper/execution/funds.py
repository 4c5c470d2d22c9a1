"""What may fund a program now: lenders and own balances as they were not many blocks ago.

Read beside the loop, after each block and pinned to it. Whoever decides takes the last reading; one
that is too old, or was never made, is none: then only what a route's own pools give can be used.
"""

import asyncio
import logging

from keeper.chain import Address, BlockRef
from keeper.market import flash_sources
from keeper.market.flash_pools import DeepPools
from keeper.market.flash_sources import Lenders, Liquidity, Places
from keeper.market.view import MarketView
from keeper.node import Node, NodeError

logger = logging.getLogger(__name__)

MAX_AGE_BLOCKS = 3


class Funds:
    """Follows what lenders have of `tokens`, and what `borrower` holds of them and of `others`."""

    def __init__(
        self,
        node: Node,
        lenders: Lenders,
        borrower: Address,
        tokens: tuple[Address, ...],
        others: tuple[Address, ...] = (),
    ) -> None:
        self._node = node
        self._lenders = lenders
        self._borrower = borrower
        self._tokens = tokens
        self._others = others
        self._pools = DeepPools(tokens)
        self._places: Places | None = None
        self._read: tuple[int, Liquidity] | None = None
        self._reading = asyncio.Lock()
        self._is_known_to_fail = False

    def at(self, block: BlockRef) -> Liquidity | None:
        """The last reading, None where there is none of the block's last `MAX_AGE_BLOCKS`."""
        if self._read is None:
            return None
        number, liquidity = self._read
        return liquidity if 0 <= block.number - number <= MAX_AGE_BLOCKS else None

    @property
    def number(self) -> int:
        """Number of the block that was read last, -1 for none."""
        return -1 if self._read is None else self._read[0]

    async def refresh(self, view: MarketView) -> None:
        """Read the state at the view's block, unless a reading is under way.

        A node that fails is no error here: the last reading grows old, and is not used any more.
        """
        if self._reading.locked():
            return
        async with self._reading:
            try:
                await self._refresh(view)
                self._is_known_to_fail = False
            except NodeError as error:
                if not self._is_known_to_fail:
                    logger.warning("lenders are not known: %s", error)
                self._is_known_to_fail = True

    async def _refresh(self, view: MarketView) -> None:
        block_hash = view.block.hash
        if self._places is None:
            located = flash_sources.locate(self._node, self._lenders, self._tokens, block_hash)
            self._places = await located
        self._pools.look(view)
        liquidity = await flash_sources.read(
            self._node,
            self._places,
            self._tokens,
            block_hash,
            borrower=self._borrower,
            v3_pools=self._pools.pools,
            also_held=self._others,
        )
        self._read = view.block.number, liquidity
