"""Pools whose terms differ from those of the Uniswap V2 and V3 families, each in its own words."""

from dataclasses import dataclass

from keeper.chain import Address

NATIVE = Address(bytes(20))
"""POL itself, as Uniswap V4 names it."""


@dataclass(frozen=True, slots=True)
class V4Pool:
    """A Uniswap V4 pool without hooks: its PoolKey, and `pool_id`, the key's hash."""

    venue: str
    manager: Address
    pool_id: bytes
    currency0: Address
    currency1: Address
    fee_pips: int
    tick_spacing: int
    hooks: Address = NATIVE

    @property
    def key(self) -> tuple[Address, Address, int, int, Address]:
        """The PoolKey as `(address,address,uint24,int24,address)`."""
        return self.currency0, self.currency1, self.fee_pips, self.tick_spacing, self.hooks


@dataclass(frozen=True, slots=True)
class BalancerPool:
    """A Balancer V2 pool; `tokens` in the vault's order, the pool's own token (BPT) included.

    `weights_e18` is empty for stable pools, `amplification` (times 1000) is 0 for weighted ones.
    """

    venue: str
    vault: Address
    address: Address
    pool_id: bytes
    tokens: tuple[Address, ...]
    fee_e18: int
    weights_e18: tuple[int, ...] = ()
    amplification: int = 0


@dataclass(frozen=True, slots=True)
class AlgebraPool:
    """An Algebra 1.x pool; its fee moves, so only `globalState()` tells it."""

    venue: str
    address: Address
    factory: Address
    deployer: Address
    token0: Address
    token1: Address
    tick_spacing: int


@dataclass(frozen=True, slots=True)
class CurvePool:
    """A StableSwap pool; `coins` in index order, `fee_e10` of 10**10, `amplification` unscaled."""

    venue: str
    address: Address
    coins: tuple[Address, ...]
    fee_e10: int
    amplification: int


@dataclass(frozen=True, slots=True)
class MorphoMarket:
    """A Morpho Blue market that holds supply; flash loans need only the contract's balance."""

    morpho: Address
    market_id: bytes
    loan_token: Address
    collateral_token: Address
    oracle: Address
    irm: Address
    lltv_e18: int
