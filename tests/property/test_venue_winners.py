"""What floats choose, exact integers confirm: of any venue hardly a winner is refused."""

from random import Random

from market_frames import FACTORY, Frames, pool_address
from random_markets import DECIMALS, TOKENS, USD_PRICES, market_view, random_snapshots
from venue_fuzz import CASES, cases

from keeper.chain import Protocol
from keeper.gas_table import ETHEREUM
from keeper.relay.messages import PoolReading, PoolSnapshot, TokenHolding
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategySettings
from keeper.strategies.reasons import Reason

GAS = GasQuote(30 * 10**9, 0.5e-18, ETHEREUM)
SETTINGS = StrategySettings(profit_tokens=(TOKENS[0], TOKENS[2], TOKENS[1]))
STABLES = (0, 4, 6)
"""Tokens of like price, which stable pools hold."""


def random_reading(rng: Random, number: int) -> PoolReading:
    """A Curve or Balancer pool, off its fair price by about 1 %."""
    protocol = rng.choice(
        (
            Protocol.CURVE_STABLESWAP,
            Protocol.CURVE_STABLESWAP_NG,
            Protocol.BALANCER_V2_STABLE,
            Protocol.BALANCER_V2_WEIGHTED,
        )
    )
    weighted = protocol is Protocol.BALANCER_V2_WEIGHTED
    places = sorted(rng.sample(range(5), 3)) if weighted else list(STABLES)
    weights = (5 * 10**17, 3 * 10**17, 2 * 10**17)
    depth_usd, curve = 10 ** rng.uniform(4.0, 7.0), protocol < Protocol.BALANCER_V2_WEIGHTED
    return PoolReading(
        origin=Frames().origin(),
        pool=pool_address(5_000 + number),
        protocol=protocol,
        factory=FACTORY,
        pool_id=bytes(32) if curve else number.to_bytes(32),
        fee=4 * 10**6 if curve else 5 * 10**14,
        admin_fee_e10=5 * 10**9 if curve else 0,
        offpeg_e10=2 * 10**10 if protocol is Protocol.CURVE_STABLESWAP_NG else 0,
        amplification=0 if weighted else rng.choice((50, 200, 1000)) * (100 if curve else 1000),
        precision=0 if weighted else 100 if curve else 1000,
        rounding=2 if protocol is Protocol.CURVE_STABLESWAP_NG else 0,
        push=0,
        tokens=tuple(
            _holding(rng, place, depth_usd, weights[index] if weighted else 0, fair=weighted)
            for index, place in enumerate(places)
        ),
    )


def _holding(rng: Random, place: int, depth_usd: float, weight: int, *, fair: bool) -> TokenHolding:
    share = 3 * weight / 10**18 if fair else 1.0
    spread = 0.005 if fair else 0.3
    worth = depth_usd * share * rng.lognormvariate(0, spread) / USD_PRICES[place]
    rate = int(10 ** (36 - DECIMALS[place]))
    balance = int(worth * 10 ** DECIMALS[place])
    return TokenHolding(TOKENS[place], DECIMALS[place], balance, rate, weight)


def test_exact_validation_refuses_hardly_a_winner(figures: list[str]) -> None:
    winners, refused, smooth = 0, 0, 0
    for _, rng in cases("winners", 0.01):
        snapshots: list[PoolSnapshot | PoolReading] = [*random_snapshots(rng, 8, 7)]
        snapshots += [random_reading(rng, number) for number in range(4)]
        view = market_view(snapshots)
        for strategy in registry.create(("simple", "triangular"), SETTINGS):
            found = strategy.evaluate(view, GAS)
            winners += len(found.opportunities)
            refused += found.rejections[Reason.NO_EXACT_PROFIT]
            smooth += sum(
                any(leg.protocol >= Protocol.CURVE_STABLESWAP for leg in item.legs)
                for item in found.opportunities
            )
    figures.append(f"winners that exact integers refused: {refused} of {winners + refused}")
    assert winners > 0.01 * CASES
    assert smooth > 0.25 * winners
    assert refused <= 0.01 * (winners + refused)
