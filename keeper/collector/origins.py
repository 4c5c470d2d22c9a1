"""Who vouches for a pool: allow-listed factories, and the proof that one of them made it."""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from keeper.chain import Address, Protocol
from keeper.collector import abi
from keeper.collector.multi_token import BalancerPool, CurvePool
from keeper.collector.pairs import Pair
from keeper.collector.ticks import Concentrated, V4Key

Reading = Pair | Concentrated | CurvePool | BalancerPool
"""What a pool was found to be."""


class ForeignPool(Exception):  # noqa: N818 -- it states the fault
    """A contract is not the pool that its factory would have made of its tokens."""


class NotYet(ForeignPool):
    """A pool that an event may still make one to follow."""


@dataclass(frozen=True, slots=True)
class Factory:
    """A factory whose pools are trusted to run its code; of Uniswap V4, the pool manager.

    `fee_pips` is the fee of its Uniswap V2 pairs (a constant of their code that no call tells);
    other pools state their own, and it stays 0. With `init_code_hash` every pool's address is
    derived anew (EIP-1014), from `deployer` where that is another contract (Algebra); with
    `pair_code_hash` a pair's runtime code is compared. Where neither is given the pool's own word,
    `factory()`, must do; Curve and Balancer pools are the factory's where it says so. `code_hash`
    is that of the factory's own runtime code. `first_block` is where its events begin.
    """

    address: Address
    protocol: Protocol
    fee_pips: int = 0
    init_code_hash: bytes | None = None
    pair_code_hash: bytes | None = None
    code_hash: bytes | None = None
    deployer: Address | None = None
    first_block: int = 0


@dataclass(frozen=True, slots=True)
class PoolRef:
    """A pool to follow, with the factory that vouches for it; `key` is a Uniswap V4 pool's.

    Such a pool's `address` is the first 20 bytes of its id.
    """

    address: Address
    factory: Factory
    key: V4Key | None = None


def v4_ref(manager: Factory, key: V4Key) -> PoolRef:
    """The pool that `manager` keeps under `key`."""
    return PoolRef(Address(v4_id(key)[:20]), manager, key)


def v4_id(key: V4Key) -> bytes:
    """A pool's id: the hash of its key's words (`PoolId.sol`)."""
    members = (
        key.currency0.rjust(abi.WORD, b"\0"),
        key.currency1.rjust(abi.WORD, b"\0"),
        abi.word_of(key.fee_pips),
        abi.word_of(key.tick_spacing),
        key.hooks.rjust(abi.WORD, b"\0"),
    )
    return bytes(keccak(b"".join(members)))


def holder_of(ref: PoolRef, reading: Reading) -> Address:
    """Who holds the pool's tokens: a manager or vault for many, or the pool itself."""
    if isinstance(reading, BalancerPool):
        return reading.vault
    return ref.address if ref.key is None else ref.factory.address


def check_origin(ref: PoolRef, reading: Reading) -> None:
    """Raise `ForeignPool` unless the factory made the pool, as far as `Factory` lets one tell."""
    if isinstance(reading, CurvePool | BalancerPool):
        return  # the factory itself listed it
    factory = ref.factory
    if reading.factory != factory.address:
        raise ForeignPool(
            f"its factory is 0x{reading.factory.hex()}, not 0x{factory.address.hex()}"
        )
    if isinstance(reading, Pair) and factory.pair_code_hash not in {None, reading.code_hash}:
        raise ForeignPool(f"its code has the hash 0x{reading.code_hash.hex()}")
    if factory.init_code_hash is not None:
        derived = derived_address(factory, reading)
        if derived != ref.address:
            raise ForeignPool(f"its factory would have made it at 0x{derived.hex()}")


def derived_address(factory: Factory, reading: Pair | Concentrated) -> Address:
    """Where `factory` makes the pool of these tokens (EIP-1014).

    Salts: the packed tokens (`UniswapV2Factory.sol`), tokens and fee as words
    (`UniswapV3PoolDeployer.sol`), tokens as words (`AlgebraPoolDeployer.sol`).
    """
    key = reading.token0 + reading.token1
    if isinstance(reading, Concentrated):
        members = [reading.token0, reading.token1]
        if factory.protocol is Protocol.UNISWAP_V3:
            members.append(Address(reading.fee_pips.to_bytes(3)))
        key = b"".join(member.rjust(abi.WORD, b"\0") for member in members)
    maker, init_code_hash = factory.deployer or factory.address, factory.init_code_hash
    assert init_code_hash is not None
    return Address(keccak(b"\xff" + maker + keccak(key) + init_code_hash)[12:])
