"""Exact state of pools read from the chain, all of it as of one block."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector.lens import Lens, Unreadable
from keeper.collector.multi_token import BalancerPool, CurvePool, read_balancer, read_curve
from keeper.collector.origins import ForeignPool, NotYet, PoolRef, Reading, holder_of, v4_id
from keeper.collector.pairs import read_pairs, read_tokens
from keeper.collector.quarantine import Quarantine
from keeper.collector.records import Progress
from keeper.collector.states import State, state_of, tokens_of
from keeper.collector.symbols import read_symbols
from keeper.collector.ticks import ALGEBRA, read_concentrated, read_v4
from keeper.node import Node
from keeper.relay.pool_state import StateContradiction

NATIVE = Address(bytes(20))
NATIVE_DECIMALS = 18
FOR_EVER_S = 1 << 63
_BALANCER = frozenset({Protocol.BALANCER_V2_WEIGHTED, Protocol.BALANCER_V2_STABLE})
_CURVE = frozenset({Protocol.CURVE_STABLESWAP, Protocol.CURVE_STABLESWAP_NG})

log = logging.getLogger(__name__)


class Reader:
    """Reads pools through one node; tokens' decimals are asked once.

    Pools that do not answer like their protocol, or that another factory made, are left out with
    one line in the log for each reason; so are pools that have no price yet, and in silence those
    with fewer than two of `tokens`, where there are any. Pools of a token that `quarantine` holds,
    or that no pool holds any of to judge it by, are left out too. `progress` is told of each batch
    how many pools it finished.
    """

    def __init__(
        self,
        node: Node,
        refs: Iterable[PoolRef],
        progress: Progress | None = None,
        tokens: Iterable[Address] = (),
        quarantine: Quarantine | None = None,
    ) -> None:
        self.lens = Lens(node)
        self._quarantine = quarantine
        self.refs = {ref.address: ref for ref in refs}
        self.progress = progress
        self._tokens = frozenset(tokens)
        self._decimals: dict[Address, int | Unreadable] = {NATIVE: NATIVE_DECIMALS}
        self.hopeless: set[Address] = set()
        """Pools left out for what no event of theirs will change."""
        self._left_out: set[Address] = set()
        self._ramps_until_s: dict[Address, int] = {}

    def ramps(self, pool: Address, block: BlockRef) -> bool:
        """Whether the pool's amplification changed with the clock at `block`, when last read."""
        return self._ramps_until_s.get(pool, 0) > block.timestamp_s

    async def read(self, block: BlockRef, pools: Iterable[Address] | None = None) -> list[State]:
        """State of every readable pool, or of those named, as of the end of `block`."""
        chosen = [self.refs[pool] for pool in (self.refs if pools is None else pools)]
        found = await self._readings(chosen, block.hash)
        kept = {pool: reading for pool, reading in found.items() if self._is_wanted(reading)}
        await self._learn_decimals(kept, block.hash)
        self._ramps_until_s |= {pool: _ramps_until_s(found) for pool, found in kept.items()}
        await self._judge_tokens(kept, block.hash)
        reasons: dict[str, list[Address]] = defaultdict(list)
        states = []
        for pool, reading in kept.items():
            try:  # one pool that misbehaves costs that pool only
                states.append(self._state(pool, reading, block))
            except (ForeignPool, StateContradiction) as error:
                reasons[str(error)].append(pool)
                if not isinstance(error, NotYet):
                    self.hopeless.add(pool)
        self._tell(reasons)
        return states

    async def _readings(
        self, refs: list[PoolRef], block_hash: bytes
    ) -> dict[Address, Reading | Unreadable]:
        lens, told = self.lens, self.progress

        def of(*protocols: Protocol) -> list[Address]:
            return [ref.address for ref in refs if ref.factory.protocol in protocols]

        algebra = of(Protocol.ALGEBRA_V1)
        found: dict[Address, Reading | Unreadable] = {
            **await read_pairs(lens, of(Protocol.UNISWAP_V2), block_hash, told),
            **await read_concentrated(lens, of(Protocol.UNISWAP_V3), block_hash, told),
            **await read_concentrated(lens, algebra, block_hash, told, ALGEBRA),
            **await read_curve(lens, of(*_CURVE), block_hash, told),
            **await read_balancer(lens, of(*_BALANCER), block_hash, told),
        }
        for manager in {ref.factory.address for ref in refs if ref.key is not None}:
            keys = {
                v4_id(ref.key): ref.key
                for ref in refs
                if ref.key is not None and ref.factory.address == manager
            }
            found |= await read_v4(lens, manager, keys, block_hash, told)
        return found

    def _is_wanted(self, reading: Reading | Unreadable) -> bool:
        if isinstance(reading, Unreadable) or not self._tokens:
            return True
        return len(self._tokens.intersection(tokens_of(reading))) > 1

    async def _learn_decimals(
        self, found: Mapping[Address, Reading | Unreadable], block_hash: bytes
    ) -> None:
        met = {
            token
            for reading in found.values()
            if not isinstance(reading, Unreadable)
            for token in tokens_of(reading)
        }
        fresh = sorted(met - self._decimals.keys())
        self._decimals |= await read_tokens(self.lens, fresh, block_hash)

    async def _judge_tokens(
        self, found: Mapping[Address, Reading | Unreadable], block_hash: bytes
    ) -> None:
        if self._quarantine is None:
            return
        holders: dict[Address, list[Address]] = defaultdict(list)
        for pool, reading in found.items():
            if isinstance(reading, Unreadable):
                continue
            for token in tokens_of(reading):
                if token not in {NATIVE, pool} and not self._quarantine.is_judged(token):
                    holders[token].append(holder_of(self.refs[pool], reading))
        known = self._quarantine.reasons.keys() | set()
        distinct = {token: list(dict.fromkeys(some)) for token, some in holders.items()}
        await self._quarantine.judge(distinct, block_hash)
        fresh = sorted(self._quarantine.reasons.keys() - known)
        for token, symbol in (await read_symbols(self.lens, fresh, block_hash)).items():
            why = self._quarantine.reasons[token]
            log.warning("token %s (0x%s) is quarantined: %s", symbol, token.hex(), why)

    def _require_good(self, token: Address) -> None:
        quarantine = self._quarantine
        if quarantine is None or token == NATIVE:
            return
        if token in quarantine.reasons:
            raise ForeignPool(f"token 0x{token.hex()} is quarantined: {quarantine.reasons[token]}")
        if not quarantine.is_judged(token):
            raise NotYet(f"no pool holds any of token 0x{token.hex()} to judge it by")

    def _state(self, pool: Address, reading: Reading | Unreadable, block: BlockRef) -> State:
        if isinstance(reading, Unreadable):
            raise ForeignPool(reading.reason)
        decimals: dict[Address, int] = {}
        for token in tokens_of(reading):
            answer = self._decimals[token]
            if isinstance(answer, Unreadable):
                raise ForeignPool(f"token 0x{token.hex()}: {answer.reason}")
            decimals[token] = answer
            if token != pool:
                self._require_good(token)
        return state_of(self.refs[pool], reading, decimals, block)

    def _tell(self, reasons: Mapping[str, list[Address]]) -> None:
        """One line a reason, once a pool and not at each reading."""
        for reason, pools in reasons.items():
            fresh = [pool for pool in pools if pool not in self._left_out]
            if len(fresh) == 1:
                log.warning("pool 0x%s is left out: %s", fresh[0].hex(), reason)
            elif fresh:
                others = len(fresh) - 1
                log.warning(
                    "pool 0x%s and %d more are left out: %s", fresh[0].hex(), others, reason
                )
            self._left_out.update(fresh)


def _ramps_until_s(reading: Reading | Unreadable) -> int:
    if isinstance(reading, CurvePool):
        return reading.ramps_until_s
    return FOR_EVER_S if isinstance(reading, BalancerPool) and reading.ramps else 0
