"""The blocks sent last, and which of them a new head continues."""

from keeper.chain import BlockRef
from keeper.node import BlockMissing, Node
from keeper.relay.history import KEPT_BLOCKS


class Sent:
    """The last block sent and as many before it as can be taken back."""

    def __init__(self, first: BlockRef) -> None:
        self._blocks = {first.number: first}
        self.last = first

    def add(self, block: BlockRef) -> None:
        """`block`, a child of the last one, was sent."""
        self._blocks[block.number] = self.last = block
        self._blocks.pop(block.number - KEPT_BLOCKS - 1, None)

    def back_to(self, block: BlockRef) -> None:
        """What came after `block` was taken back."""
        self._blocks = {n: sent for n, sent in self._blocks.items() if n <= block.number}
        self.last = block

    def __contains__(self, block: BlockRef) -> bool:
        sent = self._blocks.get(block.number)
        return sent is not None and sent.hash == block.hash

    async def continued_by(self, head: BlockRef, node: Node) -> BlockRef | None:
        """The last block sent that `head` descends from; None where it is too far back to tell."""
        if head.parent_hash == self.last.hash:
            return self.last
        for number in sorted(self._blocks, reverse=True):
            if number < head.number and await self._stands(number, node):
                return self._blocks[number]
        return None

    async def _stands(self, number: int, node: Node) -> bool:
        try:
            return await node.block(number) in self
        except BlockMissing:
            return False
