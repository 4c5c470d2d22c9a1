"""Pools that allow-listed factories have made, and the proof that they did.

Enumerating a factory brings every poisoned token that anyone ever paired; asking it for the pools
of chosen tokens needs no history from the node and brings none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from eth_utils.crypto import keccak

from keeper.chain import Address, Protocol
from keeper.collector import abi
from keeper.collector.lens import Lens, Unreadable
from keeper.collector.readings import Concentrated, Pair, read_addresses, read_all_pairs
from keeper.node import BadAnswer

NO_POOL = Address(bytes(20))
V3_FEE_TIERS_PIPS = (100, 500, 3_000, 10_000)


class ForeignPool(Exception):  # noqa: N818 -- it states the fault
    """A contract is not the pool that its factory would have made of its tokens."""


@dataclass(frozen=True, slots=True)
class Factory:
    """A factory whose pools are trusted to run its code.

    `fee_pips` is the fee of its Uniswap V2 pairs (a constant of their code that no call tells);
    pools of Uniswap V3 state their own, and it stays 0. With `init_code_hash` every pool's address
    is derived anew (EIP-1014), with `code_hash` a pair's runtime code is compared; where both are
    None the pool's own word, `factory()`, must do.
    """

    address: Address
    protocol: Protocol
    fee_pips: int = 0
    init_code_hash: bytes | None = None
    code_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class PoolRef:
    """A pool to follow, with the factory that vouches for it."""

    address: Address
    factory: Factory


async def discover(
    lens: Lens, factories: Sequence[Factory], tokens: Sequence[Address], block_hash: bytes
) -> list[PoolRef]:
    """Pools of each pair of `tokens` at each factory, as of `block_hash`.

    Raises `BadAnswer` where no such factory stands.
    """
    pairs = list(combinations(sorted(set(tokens)), 2))
    found: list[PoolRef] = []
    for factory in factories:
        is_v2 = factory.protocol is Protocol.UNISWAP_V2
        view, tiers = (abi.GET_PAIR, (0,)) if is_v2 else (abi.GET_POOL, V3_FEE_TIERS_PIPS)
        keys = [(*pair, tier) for pair in pairs for tier in tiers]
        answers = await read_addresses(lens, factory.address, view, keys, block_hash)
        found += _refs(lens, factory, answers)
    return found


async def enumerate_pairs(lens: Lens, factory: Factory, block_hash: bytes) -> list[PoolRef]:
    """Every pair that a Uniswap V2 factory ever made, as of `block_hash`.

    Raises `BadAnswer` where no such factory stands.
    """
    answers = await read_all_pairs(lens, factory.address, block_hash)
    return _refs(lens, factory, answers)


def _refs(lens: Lens, factory: Factory, answers: Sequence[Address | Unreadable]) -> list[PoolRef]:
    found = []
    for answer in answers:
        if isinstance(answer, Unreadable):
            raise BadAnswer(
                f"{lens.name} has no {factory.protocol.name} factory at "
                f"0x{factory.address.hex()}: {answer.reason}; correct the setting"
            )
        if answer != NO_POOL:
            found.append(PoolRef(answer, factory))
    return found


def check_origin(ref: PoolRef, reading: Pair | Concentrated) -> None:
    """Raise `ForeignPool` unless the factory made the pool, as far as `Factory` lets one tell."""
    factory = ref.factory
    if reading.factory != factory.address:
        raise ForeignPool(
            f"its factory is 0x{reading.factory.hex()}, not 0x{factory.address.hex()}"
        )
    if isinstance(reading, Pair) and factory.code_hash not in {None, reading.code_hash}:
        raise ForeignPool(f"its code has the hash 0x{reading.code_hash.hex()}")
    if factory.init_code_hash is not None:
        derived = derived_address(factory.address, factory.init_code_hash, reading)
        if derived != ref.address:
            raise ForeignPool(f"its factory would have made it at 0x{derived.hex()}")


def derived_address(
    factory: Address, init_code_hash: bytes, reading: Pair | Concentrated
) -> Address:
    """Where `factory` makes the pool of these tokens (EIP-1014).

    Salts: the packed tokens (`UniswapV2Factory.sol`), tokens and fee as words
    (`UniswapV3PoolDeployer.sol`).
    """
    if isinstance(reading, Pair):
        key = reading.token0 + reading.token1
    else:
        words = (reading.token0, reading.token1, reading.fee_pips.to_bytes(3))
        key = b"".join(word.rjust(abi.WORD, b"\0") for word in words)
    return Address(keccak(b"\xff" + factory + keccak(key) + init_code_hash)[12:])
