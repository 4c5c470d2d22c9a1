"""What the lens' records say of pools of several tokens: Curve and Balancer V2."""

from collections.abc import Sequence
from dataclasses import dataclass

from keeper.chain import Address
from keeper.collector import abi
from keeper.collector.lens import Lens, Record, Unreadable
from keeper.collector.records import Progress, address, foreign, read_each

CURVE = abi.selector("curve(address[],(uint256,uint256))")
BALANCER_V2 = abi.selector("balancer_v2(address[],(uint256,uint256))")


@dataclass(frozen=True, slots=True)
class Holding:
    """A token of a pool in raw units; `rate` is 0 where the pool states none, `weight` as well."""

    token: Address
    balance: int
    rate: int
    weight: int = 0


@dataclass(frozen=True, slots=True)
class CurvePool:
    """A StableSwap pool's views; what its generation does not have is 0. Fees are in 10^-10.

    Until `ramps_until_s` its amplification changes with the blocks' timestamps.
    """

    amp: int
    amp_precise: int
    fee_e10: int
    admin_fee_e10: int
    offpeg_e10: int
    ramps_until_s: int
    tokens: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class BalancerPool:
    """A Balancer V2 pool as its vault and itself tell it, in the vault's order of tokens.

    The first generation are those of 2021.
    """

    vault: Address
    pool_id: bytes
    fee_e18: int
    amp: int
    precision: int
    ramps: bool
    first_generation: bool
    tokens: tuple[Holding, ...]


async def read_curve(
    lens: Lens, pools: Sequence[Address], block_hash: bytes, progress: Progress | None = None
) -> dict[Address, CurvePool | Unreadable]:
    """State of each Curve StableSwap pool."""
    return await read_each(
        lens, CURVE, pools, block_hash=block_hash, progress=progress, parse=_curve
    )


async def read_balancer(
    lens: Lens, pools: Sequence[Address], block_hash: bytes, progress: Progress | None = None
) -> dict[Address, BalancerPool | Unreadable]:
    """State of each Balancer V2 pool."""
    return await read_each(
        lens, BALANCER_V2, pools, block_hash=block_hash, progress=progress, parse=_balancer
    )


def _curve(lens: Lens, record: Record) -> CurvePool:
    scalars, rest = record.body[:6], record.body[6:]
    if not rest or len(rest) % 3:
        raise foreign(lens)
    amp, amp_precise, fee, admin_fee, offpeg, ramps_until_s = scalars
    return CurvePool(
        amp=amp,
        amp_precise=amp_precise,
        fee_e10=fee,
        admin_fee_e10=admin_fee,
        offpeg_e10=offpeg,
        ramps_until_s=ramps_until_s,
        tokens=tuple(
            Holding(address(lens, rest[at]), rest[at + 1], rest[at + 2])
            for at in range(0, len(rest), 3)
        ),
    )


def _balancer(lens: Lens, record: Record) -> BalancerPool:
    scalars, rest = record.body[:4], record.body[4:]
    if not rest or len(rest) % 4:
        raise foreign(lens)
    pool_id, fee, amp, precision = scalars
    if precision >> 130:
        raise foreign(lens)
    return BalancerPool(
        vault=Address(record.source),
        pool_id=pool_id.to_bytes(abi.WORD),
        fee_e18=fee,
        amp=amp,
        precision=precision & (1 << 128) - 1,
        ramps=precision >> 128 & 1 == 1,
        first_generation=not precision >> 129,
        tokens=tuple(
            Holding(address(lens, rest[at]), rest[at + 1], rest[at + 3], rest[at + 2])
            for at in range(0, len(rest), 4)
        ),
    )
