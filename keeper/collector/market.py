"""The pools that are followed, as facts of a channel: all of them at first, then block by block."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from keeper.chain import Address, BlockRef
from keeper.collector.bootstrap import Reader
from keeper.collector.cache import PoolCache
from keeper.collector.creations import BALANCER_CREATED, CREATIONS
from keeper.collector.discovery import Discovery
from keeper.collector.logs import Findings, Interpreter
from keeper.collector.origins import Factory, PoolRef
from keeper.collector.past import Past
from keeper.collector.progress import bar
from keeper.collector.quarantine import Quarantine
from keeper.collector.states import GUARDED, UNSTAMPED, State
from keeper.node import Log, Node
from keeper.relay.messages import Message, Origin, PoolReading, PoolSnapshot
from keeper.relay.pool_state import PoolState
from keeper.relay.publisher import Fact
from keeper.relay.tlv import PoolNews

MAX_ASKED = 8
"""Unknown pools that factories are asked about in one block; others wait for their next hint."""
MAX_REFUSED = 10_000

log = logging.getLogger(__name__)


class PoolLost(Exception):  # noqa: N818 -- it states what happened
    """A followed pool cannot be read any more: an epoch without it must follow."""


class Followed:
    """Pools of `factories` between `tokens`, and `pools` besides, all of whose tokens are good."""

    def __init__(
        self,
        node: Node,
        factories: Sequence[Factory],
        tokens: Sequence[Address],
        pools: Sequence[PoolRef],
        cache: PoolCache | None = None,
    ) -> None:
        self._node = node
        self._cache = cache
        self._reader = Reader(node, pools, tokens=tokens, quarantine=Quarantine(node))
        self._discovery = Discovery(node, self._reader.lens, tokens)
        self._factories = factories
        self._interpreter = Interpreter(factories, tokens)
        self._known_since: dict[Address, int] = {}
        self._followed_since: dict[Address, int] = {}
        self._restless: dict[Address, PoolReading] = {}
        self._past = Past()
        self._refused: set[Address] = set()

    async def discover(self, head: BlockRef) -> None:
        """Ask the factories for their pools, of those that list none only for new ones."""
        known, since = ([], 0) if self._cache is None else await self._cache.load(self._node)
        fresh = await self._discovery.find(self._factories, head, since)
        found = {ref.address: ref for ref in (*known, *fresh)}
        if self._cache is not None:
            self._cache.save(list(found.values()), head)
        for pool, ref in found.items():
            self._reader.refs.setdefault(pool, ref)
        log.info("%d pools are known, %d of them from before", len(found), len(known))

    async def snapshot(self, block: BlockRef) -> list[Fact]:
        """The state of every pool at the end of `block`."""
        for pool in list(self._followed_since):
            self._leave(pool)
        with bar("reading pools", len(self._reader.refs)) as self._reader.progress:
            states = await self._reader.read(block)
        self._reader.progress = None
        for state in states:
            self._follow(state, block)
        known = self._reader.refs.keys() - self._reader.hopeless
        self._interpreter.waiting = known - self._followed_since.keys()
        return [fact for state in states for fact in _facts(state)]

    async def advance(
        self, block: BlockRef, logs: Iterable[Log], hints: Sequence[PoolNews] = ()
    ) -> tuple[list[Fact], int]:
        """What `block` changed, in log order, then the pools that had to be read at its end.

        Of `hints` only what to read is taken. Gives the number of ignored logs too. Raises
        `PoolLost`.
        """
        found = self._interpreter.read(logs)
        await self._admit(found, block)
        self._past.note(found.facts)
        found.touched |= self._restless.keys() | await self._doubtful(hints, block)
        facts = found.facts
        if found.touched:
            facts = facts + await self._read_anew(found.touched, block)
        return facts, found.ignored

    def back_to(self, block: BlockRef) -> None:
        """Blocks after `block` never were: forget the pools that they brought."""
        for pool, since in list(self._followed_since.items()):
            if since > block.number:
                self._leave(pool)
                self._interpreter.waiting.add(pool)
        for pool, since in list(self._known_since.items()):
            if since > block.number:
                del self._known_since[pool], self._reader.refs[pool]
                self._interpreter.waiting.discard(pool)

    async def _admit(self, found: Findings, block: BlockRef) -> None:
        fresh = [ref for ref in found.created if ref.address not in self._reader.refs]
        balancer = [r for r in fresh if CREATIONS[r.factory.protocol] == BALANCER_CREATED]
        genuine = await self._discovery.genuine(balancer, block.hash) if balancer else []
        for ref in fresh:
            if ref in balancer and ref not in genuine:
                continue
            self._know(ref, block)
            found.touched.add(ref.address)

    def _know(self, ref: PoolRef, block: BlockRef) -> None:
        self._reader.refs[ref.address] = ref
        self._known_since[ref.address] = block.number
        self._interpreter.waiting.add(ref.address)

    async def _doubtful(self, hints: Sequence[PoolNews], block: BlockRef) -> set[Address]:
        """Pools that hints give a reason to read: new ones of ours, and contradicted ones."""
        found, unknown = set(), dict[Address, PoolNews]()
        for hint in hints:
            if hint.pool in self._interpreter:
                if self._past.contradicts(hint):
                    found.add(hint.pool)
            elif hint.pool in self._interpreter.waiting:
                found.add(hint.pool)
            elif hint.pool not in self._reader.refs.keys() | self._refused:
                unknown.setdefault(hint.pool, hint)
        for hint in list(unknown.values())[:MAX_ASKED]:
            ref = await self._discovery.vouched(self._factories, hint, block.hash)
            if ref is not None:
                self._know(ref, block)
                found.add(hint.pool)
            elif len(self._refused) < MAX_REFUSED:
                self._refused.add(hint.pool)
        return found

    async def _read_anew(self, pools: set[Address], block: BlockRef) -> list[Fact]:
        states = {state.pool: state for state in await self._reader.read(block, sorted(pools))}
        for pool in sorted(pools - states.keys()):
            if pool in self._interpreter:
                self._reader.refs.pop(pool)
                raise PoolLost(f"pool 0x{pool.hex()} cannot be read any more")
        self._interpreter.waiting -= self._reader.hopeless
        facts = []
        for pool, state in states.items():
            if self._restless.get(pool) != state:
                facts += _facts(state)
            self._follow(state, block)
        return facts

    def _follow(self, state: State, block: BlockRef) -> None:
        self._interpreter.follow(state)
        self._past.follow(state)
        self._followed_since.setdefault(state.pool, block.number)
        if isinstance(state, PoolReading) and self._is_restless(state, block):
            self._restless[state.pool] = state
        else:
            self._restless.pop(state.pool, None)

    def _leave(self, pool: Address) -> None:
        self._interpreter.leave(pool)
        self._restless.pop(pool, None)
        del self._followed_since[pool]

    def _is_restless(self, state: PoolReading, block: BlockRef) -> bool:
        """Whether it changes without a log: by interest, by others' rates or by the clock."""
        plain = all(held.rate == 10 ** (36 - held.decimals) for held in state.tokens)
        return state.rounding == GUARDED or not plain or self._reader.ramps(state.pool, block)


def _facts(state: State) -> list[Fact]:
    if isinstance(state, PoolState):
        return [Fact(partial(_stamp, part)) for part in state.snapshot(UNSTAMPED)]
    return [Fact(partial(_stamp, state))]


def _stamp(message: PoolSnapshot | PoolReading, origin: Origin) -> Message:
    return replace(message, origin=origin)
