"""Small random markets with edges in them, as messages, and the brute force that judges them."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from market_frames import Frames, flat_v3, pool_address

from bench.chains import Hop
from keeper.chain import Address
from keeper.market.state import Market
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.venues.v3_tick_math import get_tick_at_sqrt_ratio
from keeper.market.view import MarketView
from keeper.relay.messages import PoolSnapshot

TOKENS = tuple(Address(bytes([0x10 * (index + 1)]) * 20) for index in range(7))
DECIMALS = (6, 18, 18, 8, 6, 18, 2)
USD_PRICES = (1.0, 0.5, 2_500.0, 60_000.0, 1.0, 12.0, 1.1)


def random_snapshots(
    rng: Random,
    pools: int,
    tokens: int,
    *,
    spread: float = 0.01,
    extremes: Sequence[tuple[int, int, int, int]] = (),
) -> list[PoolSnapshot]:
    """Pools between the first `tokens` tokens, off their fair price by about `spread`.

    `extremes` adds pairs of any reserves: (reserve0, reserve1, first token, decimals of token1).
    """
    frames = Frames()
    found = [_random_pool(rng, frames, number, tokens, spread) for number in range(1, pools + 1)]
    for place, (reserve0, reserve1, token, decimals) in enumerate(extremes):
        address, pair = pool_address(1_000 + place), (TOKENS[token], TOKENS[token + 1])
        reserves = (reserve0, reserve1)
        found.append(frames.v2(address, *pair, reserves, decimals=(DECIMALS[token], decimals)))
    return found


def permuted(snapshots: Sequence[PoolSnapshot], rng: Random) -> list[PoolSnapshot]:
    """The same pools under other addresses, in another order."""
    names = rng.sample(range(2_000, 9_000), len(snapshots))
    renamed = [
        replace(snapshot, pool=pool_address(name))
        for snapshot, name in zip(snapshots, names, strict=True)
    ]
    rng.shuffle(renamed)
    return renamed


def renamed(snapshots: Sequence[PoolSnapshot], rng: Random) -> list[PoolSnapshot]:
    """The same pools between tokens of other names, the first token keeping its own.

    Where two tokens' order changes the pool is turned round, as its factory would have made it.
    """
    free = [
        name for number in range(1, 255) if (name := Address(bytes([number]) * 20)) != TOKENS[0]
    ]
    new = dict(zip(TOKENS, [TOKENS[0], *rng.sample(free, len(TOKENS) - 1)], strict=True))
    found = []
    for snapshot in snapshots:
        tokens = new[snapshot.token0], new[snapshot.token1]
        same = replace(snapshot, token0=tokens[0], token1=tokens[1])
        found.append(same if tokens[0] < tokens[1] else _turned(same))
    return found


def _turned(pool: PoolSnapshot) -> PoolSnapshot:
    root = 2**192 // pool.sqrt_price_x96 if pool.sqrt_price_x96 else 0
    return replace(
        pool,
        token0=pool.token1,
        token1=pool.token0,
        decimals0=pool.decimals1,
        decimals1=pool.decimals0,
        reserve0=pool.reserve1,
        reserve1=pool.reserve0,
        sqrt_price_x96=root,
        tick=get_tick_at_sqrt_ratio(root) if root else 0,
        ticks=tuple(
            each._replace(tick=-each.tick, liquidity_net=-each.liquidity_net)
            for each in reversed(pool.ticks)
        ),
    )


def without(snapshots: Sequence[PoolSnapshot], missing: int) -> list[PoolSnapshot]:
    return [snapshot for place, snapshot in enumerate(snapshots) if place != missing]


def _random_pool(
    rng: Random, frames: Frames, number: int, tokens: int, spread: float
) -> PoolSnapshot:
    first, second = sorted(rng.sample(range(tokens), 2))
    decimals = DECIMALS[first], DECIMALS[second]
    depth_usd = 10 ** rng.uniform(3.5, 7)
    fair = USD_PRICES[first] / USD_PRICES[second] * rng.lognormvariate(0, spread)
    reserve0 = int(depth_usd / USD_PRICES[first] * 10 ** decimals[0])
    reserve1 = int(depth_usd / USD_PRICES[first] * fair * 10 ** decimals[1])
    tokens_of = TOKENS[first], TOKENS[second]
    if rng.random() < 0.5:
        return frames.v2(pool_address(number), *tokens_of, (reserve0, reserve1), decimals=decimals)
    state = _concentrated(rng, reserve0, reserve1)
    return frames.v3(pool_address(number), *tokens_of, state, decimals=decimals)


def _concentrated(rng: Random, reserve0: int, reserve1: int) -> V3State:
    """Several positions around the price that the virtual reserves state."""
    price_x96 = int((reserve1 / reserve0) ** 0.5 * 2**96)
    tick = get_tick_at_sqrt_ratio(price_x96)
    fee, spacing = rng.choice(((500, 10), (3000, 60), (100, 1)))
    wide = flat_v3(tick, max(int((reserve0 * reserve1) ** 0.5), 1), fee, spacing)
    nets = dict(zip(wide.ticks, wide.nets, strict=True))
    for _ in range(rng.randrange(6)):
        lower = (tick // spacing + rng.randrange(-20, 20)) * spacing
        upper = lower + rng.randrange(1, 30) * spacing
        added = int(wide.liquidity * rng.uniform(0.1, 5)) + 1
        nets[lower] = nets.get(lower, 0) + added
        nets[upper] = nets.get(upper, 0) - added
    ticks = sorted(at for at, net in nets.items() if net)
    active = sum(nets[at] for at in ticks if at <= tick)
    return V3State(price_x96, tick, active, fee, spacing, ticks, [nets[at] for at in ticks])


def market_view(snapshots: Sequence[PoolSnapshot]) -> MarketView:
    """The view of one block in which all the snapshots arrived."""
    frames = Frames()
    market = Market([TOKENS[0]])
    for snapshot in snapshots:
        market.apply(replace(snapshot, origin=frames.origin()))
    view = market.apply(frames.boundary())
    assert view is not None
    return view


def random_view(
    seed: int,
    pools: int = 14,
    tokens: int = 6,
    *,
    extremes: Sequence[tuple[int, int, int, int]] = (),
) -> MarketView:
    """The view of random pools between so many tokens, and of `extremes`."""
    return market_view(random_snapshots(Random(seed), pools, tokens, extremes=extremes))


def exact_profit(hops: tuple[Hop, ...], amount_in: int) -> int:
    amount = amount_in
    for hop in hops:
        quote = hop.state.quote(zero_for_one=hop.zero_for_one, amount=amount, exact_in=True)
        if quote.refusal is not None:
            return -amount_in
        amount = quote.amount_out
    return amount - amount_in


def brute_force(hops: tuple[Hop, ...], limit: int) -> tuple[int, int]:
    """Best input up to `limit` and its profit, by a dense grid that closes in on its best cell."""
    low, high = 1, limit
    best = (0, 0)
    while True:
        step = max((high - low) // 200, 1)
        inputs = range(low, high + 1, step)
        amount = max(inputs, key=lambda value: exact_profit(hops, value))
        best = max(best, (exact_profit(hops, amount), amount))
        if step == 1:
            return best[1], best[0]
        low, high = max(amount - 2 * step, 1), min(amount + 2 * step, limit)
