"""Pools that allow-listed factories have made of allow-listed tokens.

Enumerating a factory would bring every poisoned token that anyone ever paired; asking it for the
pools of chosen tokens needs no history from the node and brings none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from keeper.chain import Address, Protocol
from keeper.collector import abi
from keeper.collector.multicall import ViewCall, multicall
from keeper.node import BadAnswer, Node

NO_POOL = Address(bytes(20))
V3_FEE_TIERS_PIPS = (100, 500, 3_000, 10_000)


@dataclass(frozen=True, slots=True)
class Factory:
    """A factory whose pools are trusted to run its code.

    `fee_pips` is the fee of its Uniswap V2 pairs (a constant of their code that no call tells);
    pools of Uniswap V3 state their own, and it stays 0.
    """

    address: Address
    protocol: Protocol
    fee_pips: int = 0


@dataclass(frozen=True, slots=True)
class PoolRef:
    """A pool to follow, with the factory that vouches for it."""

    address: Address
    factory: Factory


async def discover(
    node: Node, factories: Sequence[Factory], tokens: Sequence[Address], block_hash: bytes
) -> list[PoolRef]:
    """Pools of each pair of `tokens` at each factory, as of `block_hash`."""
    asked = [
        (factory, ViewCall(factory.address, data))
        for factory in factories
        for pair in combinations(sorted(set(tokens)), 2)
        for data in _questions(factory, pair)
    ]
    answers = await multicall(node, [call for _, call in asked], block_hash)
    return [
        PoolRef(pool, factory)
        for (factory, _), answer in zip(asked, answers, strict=True)
        if (pool := _pool(node, factory, answer)) != NO_POOL
    ]


def _questions(factory: Factory, pair: tuple[Address, Address]) -> list[bytes]:
    arguments = b"".join(token.rjust(abi.WORD, b"\0") for token in pair)
    if factory.protocol is Protocol.UNISWAP_V2:
        return [abi.GET_PAIR + arguments]
    return [abi.GET_POOL + arguments + abi.word_of(fee) for fee in V3_FEE_TIERS_PIPS]


def _pool(node: Node, factory: Factory, answer: bytes | None) -> Address:
    try:
        return abi.address(abi.words(answer or b"", 1)[0])
    except abi.MalformedWordError:
        raise BadAnswer(
            f"{node.name} has no {factory.protocol.name} factory at 0x{factory.address.hex()}; "
            "correct the setting"
        ) from None
