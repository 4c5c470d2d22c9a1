"""Large markets made from a seed: real pools where their data is at hand, synthetic ones beyond.

At rest every pool's price lies inside its own fee's band around fair prices, so no cycle pays.
The shock law then moves pools: half of the trades jump by a Laplace-distributed log price and are
traded back by a later update, the others wander inside the band.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import exp, log, sqrt
from random import Random

import numpy as np
from numpy.typing import NDArray

from bench import smooth
from bench.real_pools import NATIVE, USD, RealPool, real_pools
from keeper.chain import FEE_DENOMINATOR_PIPS, Address, Protocol
from keeper.market.venues.base import VenueState
from keeper.market.venues.pairs import PairState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.venues.v3_tick_math import MAX_TICK, get_tick_at_sqrt_ratio
from keeper.market.view import PoolKey

SEED = 20_240_805
GAS_PRICE_WEI = 50 * 10**9
NATIVE_USD = 0.4

BY_LOGS = {Protocol.UNISWAP_V2: 0.7, Protocol.UNISWAP_V3: 0.3}
"""Shares of venues in a market that logs alone can follow."""
ALL_VENUES = {
    Protocol.UNISWAP_V2: 0.6,
    Protocol.UNISWAP_V3: 0.25,
    Protocol.CURVE_STABLESWAP_NG: 0.075,
    Protocol.BALANCER_V2_WEIGHTED: 0.075,
}
"""Shares of venues in a whole market; Curve and Balancer pools are of two tokens each."""
SMOOTH = (Protocol.CURVE_STABLESWAP_NG, Protocol.BALANCER_V2_WEIGHTED)

JUMP_SHARE = 0.5
JUMP_SCALE = 0.01
JUMP_LIFE = 64
"""Updates that a jump lives before it is traded back."""

FACTORY = Address(b"\xfa" * 20)
SPACINGS = {100: 1, 500: 10, 3_000: 60, 10_000: 200}
FEES = {
    Protocol.UNISWAP_V2: (2_500, 3_000, 3_000, 3_000),
    Protocol.UNISWAP_V3: tuple(SPACINGS),
}
HUBS = 8
_HUB_WEIGHTS = (40, 25, 15, 8, 5, 3, 2, 2)


@dataclass(slots=True)
class Market:
    """A market's pools in slot order; `states` is the present, which shocks replace.

    `token0` and `token1` index `tokens`; `usd_per_raw` are the fair prices around which all moves.
    Token 0 is worth about one dollar a whole unit, `native` is the wrapped native token.
    """

    tokens: tuple[Address, ...]
    decimals: tuple[int, ...]
    usd_per_raw: NDArray[np.float64]
    pools: tuple[PoolKey, ...]
    states: list[VenueState]
    token0: NDArray[np.int32]
    token1: NDArray[np.int32]
    depth_usd: NDArray[np.float64]
    native: Address


@dataclass(frozen=True, slots=True)
class Update:
    """One pool's new state after a trade."""

    slot: int
    state: VenueState


class Shocks:
    """The shock law: an endless, seeded stream of updates, which also enter `market.states`."""

    def __init__(self, market: Market, seed: int) -> None:
        self._market = market
        self._rng = Random(seed)  # noqa: S311 -- a law, not a secret
        weights = np.sqrt(market.depth_usd)
        self._cumulative: list[float] = np.cumsum(weights).tolist()
        self._jumped: deque[tuple[int, int]] = deque()
        self._made = 0

    def next(self) -> Update:
        """The next trade: a jump that has lived its life back to the band, or a new one."""
        self._made += 1
        rng = self._rng
        if self._jumped and self._jumped[0][0] <= self._made:
            slot, jump = self._jumped.popleft()[1], 0.0
        else:
            slot = rng.choices(range(len(self._cumulative)), cum_weights=self._cumulative)[0]
            jump = 0.0
            if rng.random() < JUMP_SHARE:
                jump = rng.choice((-1, 1)) * rng.expovariate(1 / JUMP_SCALE)
                self._jumped.append((self._made + JUMP_LIFE, slot))
        fee_pips = _fee_pips(self._market.pools[slot], self._market.states[slot])
        state = _moved(self._market, slot, _band(rng, fee_pips) + jump)
        self._market.states[slot] = state
        return Update(slot, state)

    def block(self, pools: int) -> list[Update]:
        """The updates of one block in which `pools` different pools change."""
        updates: dict[int, Update] = {}
        while len(updates) < pools:
            update = self.next()
            updates[update.slot] = update
        return list(updates.values())


def generate(
    pools: int, tokens: int, seed: int = SEED, shares: Mapping[Protocol, float] = BY_LOGS
) -> Market:
    """A market at rest; the same arguments (and the same real data) give the same market.

    Real pools count in their venues' `shares`; venues without a share are left out.
    """
    rng = Random(seed)  # noqa: S311 -- a law, not a secret
    real = [pool for pool in real_pools() if pool.protocol in shares][:pools]
    names, decimals, prices = _tokens(rng, real, tokens)
    places = {name: place for place, name in enumerate(names)}
    found = [pool for pool in real if pool.token0 in places and pool.token1 in places]
    keys: list[PoolKey] = []
    states: list[VenueState] = []
    depths: list[float] = []
    for pool in found:
        keys.append(pool.key())
        depths.append(
            pool.liquidity * sqrt(prices[places[pool.token0]] * prices[places[pool.token1]])
        )
    lacking = _lacking(rng, pools, shares, Counter(pool.protocol for pool in found))
    for number, protocol in enumerate(lacking):
        key, depth = _synthetic(rng, number, names, decimals, protocol)
        keys.append(key)
        depths.append(depth)
    market = Market(
        tokens=names,
        decimals=decimals,
        usd_per_raw=np.array(prices),
        pools=tuple(keys),
        states=[],
        token0=np.array([places[key.token0] for key in keys], dtype=np.int32),
        token1=np.array([places[key.token1] for key in keys], dtype=np.int32),
        depth_usd=np.array(depths),
        native=names[1],
    )
    for slot, key in enumerate(keys):
        states.append(_at_rest(rng, market, slot, key))
    market.states = states
    return market


def _tokens(
    rng: Random, real: Sequence[RealPool], count: int
) -> tuple[tuple[Address, ...], tuple[int, ...], list[float]]:
    """Real tokens first, those of most pools foremost; the dollar and the native token lead."""
    known: dict[Address, tuple[int, float]] = {}
    if real:
        values = {pool.token0: (pool.decimals0, pool.usd0) for pool in real}
        values |= {pool.token1: (pool.decimals1, pool.usd1) for pool in real}
        known = {token: values[token] for token in (USD, NATIVE)}
    for pool in real:
        known.setdefault(pool.token0, (pool.decimals0, pool.usd0))
        known.setdefault(pool.token1, (pool.decimals1, pool.usd1))
    if not known:
        known[_name("token", 0)] = (6, 1e-6)
        known[_name("token", 1)] = (18, NATIVE_USD / 1e18)
    for number in range(count):
        decimals = rng.choices((18, 6, 8, 9), (80, 10, 5, 5))[0]
        whole = exp(min(max(rng.gauss(0, 2.5), -8.0), 8.0))
        known.setdefault(_name("token", number), (decimals, whole * 10.0**-decimals))
    names = tuple(known)[:count]
    return names, tuple(known[name][0] for name in names), [known[name][1] for name in names]


def _lacking(
    rng: Random, pools: int, shares: Mapping[Protocol, float], present: Counter[Protocol]
) -> list[Protocol]:
    """The venues of the pools still to make, shuffled; what is over is of the first."""
    found = []
    for protocol, share in shares.items():
        found += [protocol] * max(round(pools * share) - present[protocol], 0)
    over = pools - present.total() - len(found)
    found = found[: len(found) + min(over, 0)] + [next(iter(shares))] * max(over, 0)
    rng.shuffle(found)
    return found


def _synthetic(
    rng: Random,
    number: int,
    names: Sequence[Address],
    decimals: Sequence[int],
    protocol: Protocol,
) -> tuple[PoolKey, float]:
    hubs = min(HUBS, len(names))
    if number < len(names) - 1 and number + 1 >= hubs:
        first, second = number + 1, _hub(rng, hubs)
    elif rng.random() < 0.6:
        first, second = _popular(rng, len(names)), _hub(rng, hubs)
    else:
        first, second = _popular(rng, len(names)), _popular(rng, len(names))
    if first == second:
        second = (first + 1) % len(names)
    low, high = sorted((first, second), key=lambda place: names[place])
    fee = rng.choice(FEES.get(protocol, (0,)))
    popularity = 1.0 / (1.0 + min(first, second)) ** 0.5 / (1.0 + max(first, second)) ** 0.25
    depth = exp(rng.gauss(log(400_000.0), 1.3)) * popularity
    key = PoolKey(
        address=_name("pool", number),
        protocol=protocol,
        factory=FACTORY,
        token0=names[low],
        token1=names[high],
        decimals0=decimals[low],
        decimals1=decimals[high],
        fee_pips=fee,
        place1=1 if protocol in SMOOTH else 0,
    )
    return key, depth


def _hub(rng: Random, hubs: int) -> int:
    return rng.choices(range(hubs), _HUB_WEIGHTS[:hubs])[0]


def _popular(rng: Random, tokens: int) -> int:
    """A token by a power law: early ones are in many pools."""
    return min(int(tokens * rng.random() ** 2.5), tokens - 1)


def _name(kind: str, number: int) -> Address:
    return Address(sha256(f"{kind} {number}".encode()).digest()[:20])


def _band(rng: Random, fee_pips: int) -> float:
    """A log price that nobody can profit from: less than the pool's fee off."""
    return rng.uniform(-0.95, 0.95) * fee_pips / FEE_DENOMINATOR_PIPS


def _fair(market: Market, slot: int) -> float:
    """Raw units of token1 that one raw unit of token0 is worth."""
    usd = market.usd_per_raw
    return float(usd[market.token0[slot]] / usd[market.token1[slot]])


def _at_rest(rng: Random, market: Market, slot: int, key: PoolKey) -> VenueState:
    fair = _fair(market, slot)
    usd0 = float(market.usd_per_raw[market.token0[slot]])
    reserve0 = market.depth_usd[slot] / usd0
    liquidity = max(int(reserve0 * sqrt(fair)), 1)
    if key.protocol in SMOOTH:
        return _smooth(rng, market, slot, key)
    off = _band(rng, key.fee_pips)
    if key.protocol is Protocol.UNISWAP_V2:
        return _pair(liquidity, fair * exp(off), key.fee_pips)
    return _concentrated(rng, key.fee_pips, liquidity, fair * exp(off))


def _smooth(rng: Random, market: Market, slot: int, key: PoolKey) -> VenueState:
    places = market.token0[slot], market.token1[slot]
    usd = float(market.usd_per_raw[places[0]]), float(market.usd_per_raw[places[1]])
    depth = market.depth_usd[slot]
    if key.protocol is Protocol.CURVE_STABLESWAP_NG:
        state = smooth.stable_pool(rng, usd, depth)
    else:
        state = smooth.weighted_pool(rng, usd, (key.decimals0, key.decimals1), depth)
    off = _band(rng, smooth.fee_pips(state))
    return smooth.moved(state, usd[0] / usd[1], off)


def _fee_pips(key: PoolKey, state: VenueState) -> int:
    return smooth.fee_pips(state) if isinstance(state, PairState) else key.fee_pips


def _pair(liquidity: int, price: float, fee_pips: int) -> V2State:
    root = sqrt(price)
    cap = 2**112 - 1
    return V2State(min(int(liquidity / root), cap), min(int(liquidity * root), cap), fee_pips)


def _concentrated(rng: Random, fee_pips: int, liquidity: int, price: float) -> V3State:
    """A wide position and a log-normal number of narrow ones, some of them far from the price."""
    spacing = SPACINGS[fee_pips]
    bound = MAX_TICK // spacing
    sqrt_x96 = int(sqrt(price) * 2**96)
    centre = get_tick_at_sqrt_ratio(sqrt_x96) // spacing
    nets = {-bound * spacing: liquidity, bound * spacing: -liquidity}
    for _ in range(min(int(rng.lognormvariate(3.0, 1.0)), 250)):
        width = 1 + int(rng.expovariate(1 / 20))
        lower = min(max(centre - width // 2 + int(rng.gauss(0, 15)), 1 - bound), bound - width - 1)
        added = int(liquidity * rng.uniform(0.2, 3.0)) + 1
        nets[lower * spacing] = nets.get(lower * spacing, 0) + added
        upper = (lower + width) * spacing
        nets[upper] = nets.get(upper, 0) - added
    ticks = tuple(sorted(nets))
    empty = V3State(sqrt_x96, 0, 0, fee_pips, spacing, ticks, tuple(nets[t] for t in ticks))
    return _v3_at(empty, price)


def _v3_at(state: V3State, price: float) -> V3State:
    sqrt_x96 = int(sqrt(price) * 2**96)
    tick = get_tick_at_sqrt_ratio(sqrt_x96)
    pairs = zip(state.ticks, state.nets, strict=True)
    active = sum(net for at, net in pairs if at <= tick)
    return state._replace(sqrt_price_x96=sqrt_x96, tick=tick, liquidity=active)


def _moved(market: Market, slot: int, off: float) -> VenueState:
    """The pool with its price at `off` in logarithms from the fair one."""
    state, price = market.states[slot], _fair(market, slot) * exp(off)
    if isinstance(state, V2State):
        return _pair(int(sqrt(state.reserve0) * sqrt(state.reserve1)), price, state.fee_pips)
    if isinstance(state, V3State):
        return _v3_at(state, price)
    if isinstance(state, PairState):
        return smooth.moved(state, _fair(market, slot), off)
    raise TypeError(f"no law moves a {type(state).__name__}")
