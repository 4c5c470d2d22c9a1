"""What the daemons are told to follow on the replica: every venue that stands there."""

from typing import Any

from keeper.chain import Address, Protocol
from replica.manifest import Manifest
from replica.protocols.balancer_v2 import STABLE_FACTORY, WEIGHTED_FACTORY
from replica.venues import NATIVE, BalancerPool

PROFIT_TOKENS = ("WPOL", "USDC.e", "WETH", "USDC")
USD_TOKENS = ("USDC.e", "USDC", "USDT", "DAI")


def market_settings(manifest: Manifest) -> dict[str, Any]:
    """The `market` section of the settings, but for the cache's place."""
    token = {entry.symbol: hexed(entry.address) for entry in manifest.tokens}
    return {
        "factories": _factories(manifest),
        "pools": _pools(manifest),
        "tokens": list(token.values()),
        "profit_tokens": [token[symbol] for symbol in PROFIT_TOKENS],
        "usd_tokens": [token[symbol] for symbol in USD_TOKENS],
        "wrapped_native": token["WPOL"],
    }


def hexed(raw: bytes) -> str:
    """Bytes as the settings have them."""
    return "0x" + raw.hex()


def _factories(manifest: Manifest) -> list[dict[str, str]]:
    """All that make pools, so that those made meanwhile join; Curve's stand-in has none."""
    made = {(factory.address, factory.protocol) for factory in manifest.factories}
    made |= {(pool.factory, Protocol.ALGEBRA_V1) for pool in manifest.algebra_pools}
    made |= {(pool.manager, Protocol.UNISWAP_V4) for pool in manifest.v4_pools}
    made |= {_maker(pool) for pool in manifest.balancer_pools}
    return [
        {"address": hexed(maker), "protocol": protocol.name.lower()}
        for maker, protocol in sorted(made)
    ]


def _pools(manifest: Manifest) -> list[dict[str, Any]]:
    """Curve's, and those whose makers told of them in blocks of which the replica keeps no logs.

    Uniswap V4's pools of the native coin are left out: what is followed are ERC-20 tokens.
    """
    curve, v4 = Protocol.CURVE_STABLESWAP_NG.name.lower(), Protocol.UNISWAP_V4.name.lower()
    named: list[dict[str, Any]] = [
        {"address": hexed(pool.address), "protocol": curve} for pool in manifest.curve_pools
    ]
    for shared in manifest.balancer_pools:
        maker, protocol = _maker(shared)
        entry = {"address": hexed(shared.address), "protocol": protocol.name.lower()}
        named.append(entry | {"factory": hexed(maker)})
    named += [
        {
            "protocol": v4,
            "factory": hexed(pool.manager),
            "currencies": [hexed(pool.currency0), hexed(pool.currency1)],
            "fee_pips": pool.fee_pips,
            "tick_spacing": pool.tick_spacing,
        }
        for pool in manifest.v4_pools
        if pool.currency0 != NATIVE
    ]
    return named


def _maker(pool: BalancerPool) -> tuple[Address, Protocol]:
    if pool.amplification:
        return STABLE_FACTORY, Protocol.BALANCER_V2_STABLE
    return WEIGHTED_FACTORY, Protocol.BALANCER_V2_WEIGHTED
