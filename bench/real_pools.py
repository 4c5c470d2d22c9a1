"""Real Polygon pools of 2024-08-05, read from `../shared/data` where that folder is present."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from pathlib import Path

import numpy as np

from keeper.chain import Address, Protocol
from keeper.market.prices import Valuation
from keeper.market.view import PoolKey, Topology
from keeper.turns import at_once

DATA = Path(__file__).parents[1].parent / "shared" / "data"
USD = Address(bytes.fromhex("2791bca1f2de4661ed88a30c99a7a9449aa84174"))
NATIVE = Address(bytes.fromhex("0d500b1d8e8ef31e21c99d1db9a6444d3adf1270"))
_FACTORY = Address(b"\xfa" * 20)
_LOG_TICK = log(1.0001)


@dataclass(frozen=True, slots=True)
class RealPool:
    """A pool's tokens, fee, price and liquidity (raw units), and what its tokens are worth."""

    address: Address
    protocol: Protocol
    fee_pips: int
    token0: Address
    token1: Address
    decimals0: int
    decimals1: int
    price: float
    liquidity: float
    usd0: float = 0.0
    usd1: float = 0.0

    def key(self) -> PoolKey:
        """What never changes about the pool."""
        return PoolKey(
            address=self.address,
            protocol=self.protocol,
            factory=_FACTORY,
            token0=self.token0,
            token1=self.token1,
            decimals0=self.decimals0,
            decimals1=self.decimals1,
            fee_pips=self.fee_pips,
        )


def real_pools() -> list[RealPool]:
    """All usable pools, valued from the dollar outwards; empty where the data is absent.

    The pools of the dollar and of the native token come first.
    """
    if not DATA.is_dir():
        return []
    pools = [pool for pool in (*_pairs(), *_concentrated()) if pool.liquidity > 0]
    values = _values(pools)
    valued = [
        replace(pool, usd0=values[pool.token0], usd1=values[pool.token1])
        for pool in pools
        if pool.token0 in values and pool.token1 in values
    ]
    valued.sort(key=lambda pool: {pool.token0, pool.token1} != {USD, NATIVE})
    return valued


def _values(pools: list[RealPool]) -> Mapping[Address, float]:
    gammas = np.array([1.0 - pool.fee_pips / 1e6 for pool in pools])
    prices = np.array([pool.price for pool in pools])
    liquidity = np.array([pool.liquidity for pool in pools])
    logs = np.stack([np.log(prices * gammas), np.log(gammas / prices)], axis=1)
    depths = np.stack([liquidity / np.sqrt(prices), liquidity * np.sqrt(prices)], axis=1)
    topology = Topology(1, tuple(pool.key() for pool in pools), {})
    return at_once(Valuation([USD]).usd_per_raw(topology, logs, 1.0 / depths))


def _pairs() -> list[RealPool]:
    found = []
    with (DATA / "v2_pairs.csv").open() as rows:
        for row in csv.DictReader(rows):
            reserve0, reserve1 = int(row["reserve0_raw"]), int(row["reserve1_raw"])
            if not (0 < reserve0 < 2**112 and 0 < reserve1 < 2**112):
                continue
            liquidity = sqrt(reserve0) * sqrt(reserve1)
            found.append(
                _pool(
                    row,
                    address=row["pair"],
                    protocol=Protocol.UNISWAP_V2,
                    fee_pips=3_000,
                    price=reserve1 / reserve0,
                    liquidity=liquidity,
                )
            )
    return found


def _concentrated() -> list[RealPool]:
    found = []
    with (DATA / "v3_pools.csv").open() as rows:
        for row in csv.DictReader(rows):
            fee = int(row["fee_pips"]) if row["fee_pips"] else 0
            if row["venue"] != "uniswap" or fee not in (100, 500, 3_000, 10_000):
                continue
            price = exp(int(row["tick"]) * _LOG_TICK)
            found.append(
                _pool(
                    row,
                    address=row["pool"],
                    protocol=Protocol.UNISWAP_V3,
                    fee_pips=fee,
                    price=price,
                    liquidity=float(row["liquidity"]),
                )
            )
    return found


def _pool(
    row: dict[str, str],
    *,
    address: str,
    protocol: Protocol,
    fee_pips: int,
    price: float,
    liquidity: float,
) -> RealPool:
    return RealPool(
        address=_address(address),
        protocol=protocol,
        fee_pips=fee_pips,
        token0=_address(row["token0"]),
        token1=_address(row["token1"]),
        decimals0=int(row["decimals0"]),
        decimals1=int(row["decimals1"]),
        price=price,
        liquidity=liquidity,
    )


def _address(text: str) -> Address:
    return Address(bytes.fromhex(text.removeprefix("0x")))
