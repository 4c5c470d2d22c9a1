"""Pools that allow-listed factories have made.

Enumerating a factory brings every poisoned token that anyone ever paired; asking it for the pools
of chosen tokens brings none of them. So tokens are named where one can, and factories that cannot
be asked so are enumerated, by their own lists or by their events.
"""

from collections.abc import Sequence
from itertools import combinations

from eth_utils.crypto import keccak

from keeper.chain import FEE_DENOMINATOR_PIPS, Address, BlockRef, Protocol
from keeper.collector import abi, creations
from keeper.collector.lens import Lens, Unreadable
from keeper.collector.origins import Factory, PoolRef
from keeper.collector.pairs import read_addresses, read_listed
from keeper.node import BadAnswer, Node
from keeper.relay.tlv import BalancesHint, PoolNews, SwapHint

NO_POOL = Address(bytes(20))
V3_FEE_TIERS_PIPS = (100, 500, 3_000, 10_000)

ASKED: dict[Protocol, tuple[bytes, tuple[int, ...]]] = {
    Protocol.UNISWAP_V2: (abi.selector("getPair(address,address)"), (0,)),
    Protocol.UNISWAP_V3: (abi.selector("getPool(address,address,uint24)"), V3_FEE_TIERS_PIPS),
    Protocol.ALGEBRA_V1: (abi.selector("poolByPair(address,address)"), (0,)),
}
"""Views that give the pool of two tokens, and the fees it may have."""
_CURVE = (abi.selector("pool_count()"), abi.selector("pool_list(uint256)"))
LISTS: dict[Protocol, tuple[bytes, bytes]] = {
    Protocol.UNISWAP_V2: (abi.selector("allPairsLength()"), abi.selector("allPairs(uint256)")),
    Protocol.CURVE_STABLESWAP: _CURVE,
    Protocol.CURVE_STABLESWAP_NG: _CURVE,
}
"""Views that count and give all pools."""
IS_POOL = abi.selector("isPoolFromFactory(address)")
CURVE_COINS = abi.selector("get_n_coins(address)")
"""Of a Curve factory: 0 for what it did not make."""
IS_META = abi.selector("is_meta(address)")
"""Of a Curve factory, where it makes metapools: one of whose coins is a share in another pool."""
MAX_CURVE_COINS = 8
YES = Address((1).to_bytes(20))
"""How a view's true reads as an address."""
FEE = abi.selector("fee()")


class Discovery:
    """Finds pools through one node; without `tokens` every pool of a factory is followed."""

    def __init__(self, node: Node, lens: Lens, tokens: Sequence[Address]) -> None:
        self._node = node
        self._lens = lens
        self._tokens = sorted(set(tokens))

    async def find(
        self, factories: Sequence[Factory], block: BlockRef, since: int = 0
    ) -> list[PoolRef]:
        """Pools at each factory as of `block`; events are read from block `since` on.

        Raises `BadAnswer` where no such factory stands, or another one than configured.
        """
        found: list[PoolRef] = []
        for factory in factories:
            await self._check_code(factory, block.hash)
            found += await self._pools(factory, block, since)
        return found

    async def genuine(self, refs: Sequence[PoolRef], block_hash: bytes) -> list[PoolRef]:
        """Those of Balancer pools that their factory calls its own."""
        kept = []
        for factory in dict.fromkeys(ref.factory for ref in refs):
            own = [ref for ref in refs if ref.factory == factory]
            keys = [(ref.address, NO_POOL, 0) for ref in own]
            answers = await read_addresses(self._lens, factory.address, IS_POOL, keys, block_hash)
            kept += [ref for ref, said in zip(own, answers, strict=True) if said == YES]
        return kept

    async def _without_metapools(self, refs: Sequence[PoolRef], block_hash: bytes) -> list[PoolRef]:
        """Those of one Curve factory's pools whose rates no other pool's trades change.

        A metapool values a coin by another pool, of which none of its own logs tells.
        """
        keys = [(ref.address, NO_POOL, 0) for ref in refs]
        maker = refs[0].factory.address if refs else NO_POOL
        answers = await read_addresses(self._lens, maker, IS_META, keys, block_hash)
        return [ref for ref, said in zip(refs, answers, strict=True) if said != YES]

    async def _lists(self, ref: PoolRef, block_hash: bytes) -> bool:
        """Whether a Curve factory knows the pool, and as none that rests on another."""
        keys = [(ref.address, NO_POOL, 0)]
        maker = ref.factory.address
        (said,) = await read_addresses(self._lens, maker, CURVE_COINS, keys, block_hash)
        coins = 0 if isinstance(said, Unreadable) else int.from_bytes(said)
        if not 2 <= coins <= MAX_CURVE_COINS:
            return False
        return bool(await self._without_metapools([ref], block_hash))

    async def vouched(
        self, factories: Sequence[Factory], hint: PoolNews, block_hash: bytes
    ) -> PoolRef | None:
        """The pool that a hint names, if one of `factories` calls it its own.

        Nothing else of the hint is believed: a factory is asked which pool it made of these
        tokens, or whether it made the pool. A Uniswap V4 pool's id is more than a hint can carry.
        """
        pair = _pair_of(hint)
        if pair is not None and self._tokens and not {*pair} <= {*self._tokens}:
            return None
        for factory in factories:
            ref = PoolRef(hint.pool, factory)
            if creations.CREATIONS.get(factory.protocol) == creations.BALANCER_CREATED:
                if await self.genuine([ref], block_hash):
                    return ref
            elif LISTS.get(factory.protocol) == _CURVE:
                if await self._lists(ref, block_hash):
                    return ref
            elif pair is not None and factory.protocol in ASKED:
                fee = await self._fee(ref, block_hash)
                view, _ = ASKED[factory.protocol]
                key = (*pair, fee)
                asked = await read_addresses(self._lens, factory.address, view, [key], block_hash)
                if asked == [hint.pool]:
                    return ref
        return None

    async def _fee(self, ref: PoolRef, block_hash: bytes) -> int:
        """What a Uniswap V3 pool says its fee is, of which the factory may have any; else 0."""
        if ref.factory.protocol is not Protocol.UNISWAP_V3:
            return 0
        nothing = (NO_POOL, NO_POOL, 0)
        (said,) = await read_addresses(self._lens, ref.address, FEE, [nothing], block_hash)
        fee = 0 if isinstance(said, Unreadable) else int.from_bytes(said)
        return fee if fee < FEE_DENOMINATOR_PIPS else 0

    async def _pools(self, factory: Factory, block: BlockRef, since: int) -> list[PoolRef]:
        protocol = factory.protocol
        if protocol in ASKED and self._tokens:
            return await self._ask(factory, block.hash)
        if protocol in LISTS:
            views = LISTS[protocol]
            answers = await read_listed(self._lens, factory.address, *views, block.hash)
            refs = self._refs(factory, answers)
            if views != _CURVE:
                return refs
            return await self._without_metapools(refs, block.hash)
        refs = await creations.scan(self._node, factory, self._tokens, since, block.number)
        if creations.CREATIONS[protocol] != creations.BALANCER_CREATED:
            return refs
        return await self.genuine(refs, block.hash)

    async def _ask(self, factory: Factory, block_hash: bytes) -> list[PoolRef]:
        view, tiers = ASKED[factory.protocol]
        keys = [(*pair, tier) for pair in combinations(self._tokens, 2) for tier in tiers]
        answers = await read_addresses(self._lens, factory.address, view, keys, block_hash)
        return self._refs(factory, answers)

    async def _check_code(self, factory: Factory, block_hash: bytes) -> None:
        if factory.code_hash is None:
            return
        found = keccak(await self._node.code(factory.address, block_hash))
        if found != factory.code_hash:
            raise BadAnswer(
                f"{self._lens.name} has other code at 0x{factory.address.hex()} than the "
                f"configured factory's, its hash is 0x{found.hex()}; correct the setting"
            )

    def _refs(self, factory: Factory, answers: Sequence[Address | Unreadable]) -> list[PoolRef]:
        found = []
        for answer in answers:
            if isinstance(answer, Unreadable):
                raise BadAnswer(
                    f"{self._lens.name} has no {factory.protocol.name} factory at "
                    f"0x{factory.address.hex()}: {answer.reason}; correct the setting"
                )
            if answer != NO_POOL:
                found.append(PoolRef(answer, factory))
        return found


def _pair_of(hint: PoolNews) -> tuple[Address, Address] | None:
    if isinstance(hint, BalancesHint):
        return None
    if isinstance(hint, SwapHint):
        return hint.token_in, hint.token_out
    return hint.token0, hint.token1
