"""What a chain of pools earns near an amount, in floats: its slope, and where rounding is kind.

Around exact amounts a pair, and the range in which a walk ended, is a map x -> p x / (1 + s x); of
a pool of several tokens the smooth curve is known. Whole units are lost where contracts round, each
place by its own fraction, so that of many inputs of like profit some spare a unit.
"""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, part
from keeper.market.kernels.concentrated import MARK_GOT, MARK_LIQUID, MARK_PAID, MARK_PRICE
from keeper.market.kernels.layout import CONCENTRATED, CURVE, FEE, FEE1, PAIR, FlatPools
from keeper.market.kernels.limbs import Words, as_float
from keeper.market.kernels.smooth import quote

Floats = NDArray[np.float64]
Edges = NDArray[np.int64]

BASE_IN, BASE_OUT, PRICE, SLOPE, KEPT, GROSS, FEE_SHARE = range(7)
LOCAL = 7
"""Columns of a hop: the amounts at which its map begins, the map without its fee, what share of
an input the fee leaves, one over that, and the fee's share of what is left."""

_MILLION = 1e6
_WHOLE = 2.0**53
_TWO_64, _TWO_96 = 2.0**64, 2.0**96


@part
def stand(local: Floats, pools: FlatPools, edges: Edges, marks: Words) -> None:
    """The hops' maps around the last exact amounts."""
    for hop in range(edges.shape[0]):
        slot, direction = edges[hop] >> 1, edges[hop] & 1
        kind = pools.kinds[slot]
        if kind == PAIR:
            sold, bought = pools.floats[slot, direction], pools.floats[slot, 1 - direction]
            _put(local, hop, 0.0, 0.0, bought / sold, 1.0 / sold)
            _put_fee(local, hop, pools.ints[slot, FEE])
        elif kind == CONCENTRATED:
            mark = marks[hop]
            price = as_float(mark, MARK_PRICE, 3) / _TWO_96
            liquidity = as_float(mark, MARK_LIQUID, 2)
            paid, got = as_float(mark, MARK_PAID, 2), as_float(mark, MARK_GOT, 2)
            if direction == 0:
                _put(local, hop, paid, got, price * price, price / liquidity)
            else:
                _put(local, hop, paid, got, 1.0 / (price * price), 1.0 / (price * liquidity))
            _put_fee(local, hop, pools.ints[slot, FEE if direction == 0 else FEE1])


@part
def _put(local: Floats, hop: int, paid: float, got: float, price: float, slope: float) -> None:
    local[hop, BASE_IN], local[hop, BASE_OUT] = paid, got
    local[hop, PRICE], local[hop, SLOPE] = price, slope


@part
def _put_fee(local: Floats, hop: int, fee: int) -> None:
    kept = _MILLION - fee
    local[hop, KEPT], local[hop, GROSS], local[hop, FEE_SHARE] = (
        kept / _MILLION,
        _MILLION / kept,
        fee / kept,
    )


@part
def earned(
    local: Floats, pools: FlatPools, edges: Edges, place: int, middle: float
) -> tuple[float, float, float]:
    """Profit, were nothing rounded, when `middle` flows at `place`; its two derivatives by that."""
    paid, first, bend = middle, 1.0, 0.0
    for hop in range(place - 1, -1, -1):
        gross = local[hop, GROSS]
        left = local[hop, PRICE] - local[hop, SLOPE] * (paid - local[hop, BASE_OUT])
        net = (paid - local[hop, BASE_OUT]) / left
        by = local[hop, PRICE] / (left * left) * gross
        twice = 2.0 * local[hop, SLOPE] * by / left
        paid = local[hop, BASE_IN] + net * gross
        first, bend = by * first, twice * first * first + by * bend
    got, slope, curving = middle, 1.0, 0.0
    for hop in range(place, edges.shape[0]):
        slot, direction = edges[hop] >> 1, edges[hop] & 1
        if pools.kinds[slot] >= CURVE:
            got, by, twice = quote(pools.smooth[slot, direction], got)
        else:
            gamma = local[hop, KEPT]
            net = (got - local[hop, BASE_IN]) * gamma
            scale = 1.0 + local[hop, SLOPE] * net
            by = gamma * local[hop, PRICE] / (scale * scale)
            twice = -2.0 * gamma * local[hop, SLOPE] * by / scale
            got = local[hop, BASE_OUT] + local[hop, PRICE] * net / scale
        slope, curving = by * slope, twice * slope * slope + by * curving
    return got - paid, slope - first, curving - bend


@inner
def _down(x: float) -> float:
    """The whole units of an amount, which is whole anyway where floats are."""
    return float(int(x)) if x < _WHOLE else x


@inner
def _up(x: float) -> float:
    whole = _down(x)
    return whole + 1.0 if whole < x else whole


@part
def rounded(local: Floats, pools: FlatPools, edges: Edges, place: int, middle: float) -> float:
    """Profit in whole units as pairs and ranges round it, as far as floats can tell."""
    paid = middle
    for hop in range(place - 1, -1, -1):
        wanted = paid - local[hop, BASE_OUT]
        net = wanted / (local[hop, PRICE] - local[hop, SLOPE] * wanted)
        if pools.kinds[edges[hop] >> 1] == PAIR:
            paid = _down(net * local[hop, GROSS]) + 1.0
        else:
            net = _up(net)
            paid = local[hop, BASE_IN] + net + _up(net * local[hop, FEE_SHARE])
    got = middle
    for hop in range(place, edges.shape[0]):
        net = (got - local[hop, BASE_IN]) * local[hop, KEPT]
        if pools.kinds[edges[hop] >> 1] == CONCENTRATED:
            net = _down(net)
        scale = 1.0 + local[hop, SLOPE] * net
        got = local[hop, BASE_OUT] + _down(local[hop, PRICE] * net / scale)
    return got - paid
