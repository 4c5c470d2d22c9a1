"""Baskets of 5, 10 and 20 swaps with splits and merges, and their yardstick."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from bench.gas.floor import StraightLine
from bench.gas.market import ROUTE_USD, Route, World, other
from keeper.chain import Address, Protocol
from keeper.strategies.opportunity import Leg
from replica.manifest import Pool
from replica.markets import WPOL, raw_amount


class Swap(NamedTuple):
    """One swap of a plan: what it sells of the token that is left at that point."""

    sold: str
    bought: str
    venue: str
    fee_pips: int = 3000
    share: Fraction = Fraction(1)


HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)
UNI2, QUICK2, UNI3 = "uniswap-v2", "quickswap-v2", "uniswap-v3"

PLANS = {
    5: (
        Swap("WPOL", "WETH", UNI2),
        Swap("WETH", "USDC.e", QUICK2, share=HALF),
        Swap("WETH", "USDC.e", UNI3, 500),
        Swap("USDC.e", "WPOL", QUICK2, share=HALF),
        Swap("USDC.e", "WPOL", UNI3, 500),
    ),
    10: (
        Swap("WPOL", "WETH", UNI2, share=HALF),
        Swap("WPOL", "WETH", UNI3, 3000),
        Swap("WETH", "USDC.e", QUICK2, share=QUARTER),
        Swap("WETH", "USDC.e", UNI3, 500, THIRD),
        Swap("WETH", "USDT", QUICK2, share=HALF),
        Swap("USDT", "WPOL", UNI3, 500),
        Swap("WETH", "WBTC", QUICK2),
        Swap("WBTC", "WPOL", UNI2),
        Swap("USDC.e", "WPOL", QUICK2, share=HALF),
        Swap("USDC.e", "WPOL", UNI3, 500),
    ),
    20: (
        Swap("WPOL", "WETH", UNI2, share=HALF),
        Swap("WPOL", "WETH", UNI3, 3000, HALF),
        Swap("WPOL", "WETH", UNI3, 500),
        Swap("WETH", "USDC.e", QUICK2, share=Fraction(1, 9)),
        Swap("WETH", "USDC.e", UNI2, share=Fraction(1, 8)),
        Swap("WETH", "USDC.e", UNI3, 500, Fraction(1, 7)),
        Swap("WETH", "USDC.e", UNI3, 3000, Fraction(1, 6)),
        Swap("WETH", "USDT", QUICK2, share=Fraction(1, 5)),
        Swap("WETH", "USDT", UNI2, share=QUARTER),
        Swap("WETH", "WBTC", QUICK2, share=THIRD),
        Swap("WETH", "WBTC", UNI3, 500, HALF),
        Swap("WETH", "DAI", UNI2),
        Swap("DAI", "USDC.e", QUICK2),
        Swap("USDT", "USDC.e", UNI3, 100, HALF),
        Swap("USDT", "WPOL", UNI3, 500),
        Swap("WBTC", "WPOL", UNI2),
        Swap("USDC.e", "WPOL", QUICK2, share=QUARTER),
        Swap("USDC.e", "WPOL", UNI2, share=THIRD),
        Swap("USDC.e", "WPOL", UNI3, 500, HALF),
        Swap("USDC.e", "WPOL", UNI3, 3000),
    ),
}
"""By size; every plan's first swaps go through the pools that give too much."""


def basket(world: World, size: int) -> Route:
    """The plan's exact legs in topological order; every token but WPOL is sold to the last unit."""
    left = {WPOL.address: raw_amount(WPOL, ROUTE_USD * size)}
    pools, legs = [], []
    for swap in PLANS[size]:
        pool = _pool(world, swap)
        token = world.manifest.token(swap.sold).address
        amount = int(left[token] * swap.share)
        got, out = other(pool, token), world.quote(pool, token, amount)
        left[token] -= amount
        left[got] = left.get(got, 0) + out
        pools.append(pool)
        legs.append(Leg(pool.address, pool.protocol, token == pool.token0, token, got, amount, out))
    return Route(tuple(pools), tuple(legs))


def _pool(world: World, swap: Swap) -> Pool:
    pair = {world.manifest.token(symbol).address for symbol in (swap.sold, swap.bought)}
    (found,) = (
        pool
        for pool in world.pools
        if pool.venue == swap.venue
        and {pool.token0, pool.token1} == pair
        and pool.fee_pips == swap.fee_pips
    )
    return found


class BasketFloor(StraightLine):
    """A basket's yardstick from own capital.

    What one pair alone takes goes there at once, what one V3 pool alone takes from one swap goes
    there inside its callback; all other tokens pass through the contract at `where`.
    """

    def __init__(self, where: Address, legs: Sequence[Leg]) -> None:
        super().__init__()
        self._self = where
        self._legs = legs
        self._taker = {leg: self._only_taker(leg) for leg in legs}

    def run(self) -> None:
        """Write the calls of all swaps."""
        nested = {taker for leg, taker in self._taker.items() if self._nests(leg)}
        for leg in self._legs:
            if leg not in nested:
                self._swap(leg)

    def _makers(self, token: Address) -> list[Leg]:
        return [leg for leg in self._legs if leg.token_out == token]

    def _only_taker(self, leg: Leg) -> Leg | None:
        """The swap that takes all there is of the token that `leg` buys."""
        takers = [taker for taker in self._legs if taker.token_in == leg.token_out]
        held = sum(maker.amount_out_raw for maker in self._makers(leg.token_out))
        return takers[0] if len(takers) == 1 and takers[0].amount_in_raw == held else None

    def _nests(self, leg: Leg) -> bool:
        """Whether `leg` runs inside the callback of the V3 pool that takes its output."""
        taker = self._taker[leg]
        v3 = taker is not None and taker.protocol is Protocol.UNISWAP_V3
        return v3 and len(self._makers(leg.token_out)) == 1

    def _swap(self, leg: Leg) -> None:
        taker = self._taker[leg]
        if taker and self._nests(leg):
            self.swap_v3(taker, self._to(taker), lambda: self._take(leg, taker.pool))
        else:
            self._take(leg, self._to(leg))

    def _to(self, leg: Leg) -> Address:
        taker = self._taker[leg]
        return taker.pool if taker and taker.protocol is Protocol.UNISWAP_V2 else self._self

    def _take(self, leg: Leg, to: Address) -> None:
        """Swap a leg; its input comes from the contract unless another swap delivers it."""
        token, amount = leg.token_in, leg.amount_in_raw
        if leg.protocol is Protocol.UNISWAP_V3:
            self.swap_v3(leg, to, lambda: self.pay(token, leg.pool, amount))
            return
        if leg not in self._taker.values():
            self.pay(token, leg.pool, amount)
        self.swap_v2(leg, to)


def basket_floor_code(where: Address, legs: Sequence[Leg]) -> bytes:
    """Runtime code of the basket's yardstick at `where`."""
    floor = BasketFloor(where, legs)
    floor.dispatch()
    floor.code.frame()
    floor.run()
    return floor.finish()
