"""What discovery found, kept between runs, and believed only on the chain and settings it is of."""

import json
import logging
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from keeper.chain import Address, BlockRef
from keeper.collector.origins import Factory, PoolRef, v4_ref
from keeper.collector.ticks import V4Key
from keeper.node import BlockMissing, Node

VERSION = 1

log = logging.getLogger(__name__)


class PoolCache:
    """A file of pools as of one block; what it says of each is checked again when it is read.

    Only the pools' names are kept: their states, origins and tokens are asked of the chain.
    """

    def __init__(self, path: Path, factories: Sequence[Factory], tokens: Sequence[Address]) -> None:
        self._path = path
        self._factories = {(f.address, f.protocol.value): f for f in factories}
        self._settings = sha256(repr((tuple(factories), sorted(tokens))).encode()).hexdigest()

    async def load(self, node: Node) -> tuple[list[PoolRef], int]:
        """The pools, and the first block that they do not cover; none and 0 if unusable."""
        try:
            kept = json.loads(self._path.read_text())
            same = (kept["version"], kept["settings"]) == (VERSION, self._settings)
            number, block_hash = int(kept["number"]), bytes.fromhex(kept["hash"])
            refs = [self._ref(entry) for entry in kept["pools"]] if same else []
        except FileNotFoundError:
            return [], 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s is not used (%s): pools are searched anew", self._path, error)
            return [], 0
        if same and await _holds(node, number, block_hash):
            return refs, number + 1
        log.info("%s is of another chain or other settings: pools are searched anew", self._path)
        return [], 0

    def save(self, refs: Sequence[PoolRef], block: BlockRef) -> None:
        """Replace the file as a whole; a fault costs only the search at the next start."""
        kept = {
            "version": VERSION,
            "settings": self._settings,
            "number": block.number,
            "hash": block.hash.hex(),
            "pools": [_entry(ref) for ref in refs],
        }
        beside = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(kept))
            beside.replace(self._path)
        except OSError as error:
            log.warning("pools are not kept for the next start: %s", error)

    def _ref(self, entry: list[Any]) -> PoolRef:
        where, maker, protocol, key = entry
        factory = self._factories[Address(bytes.fromhex(maker)), protocol]
        if key is None:
            return PoolRef(Address(bytes.fromhex(where)), factory)
        currency0, currency1, hooks = (Address(bytes.fromhex(text)) for text in key[:3])
        return v4_ref(factory, V4Key(currency0, currency1, int(key[3]), int(key[4]), hooks))


def _entry(ref: PoolRef) -> list[object]:
    key = ref.key and (
        ref.key.currency0.hex(),
        ref.key.currency1.hex(),
        ref.key.hooks.hex(),
        ref.key.fee_pips,
        ref.key.tick_spacing,
    )
    return [ref.address.hex(), ref.factory.address.hex(), ref.factory.protocol.value, key]


async def _holds(node: Node, number: int, block_hash: bytes) -> bool:
    try:
        return (await node.block(number)).hash == block_hash
    except BlockMissing:
        return False
