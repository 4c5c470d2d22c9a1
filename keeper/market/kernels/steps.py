"""One step of a Uniswap V3 swap in limbs, in the rounding of `venues.v3_swap_math`.

Operands lie at PRICE, TARGET, LIQUID and REST; a step adds to PAID and GOT and takes from REST.
"""

import numpy as np

from keeper.market.kernels.compiler import inner
from keeper.market.kernels.limbs import (
    HALF,
    ZERO,
    Words,
    add,
    as_float,
    copy,
    divide,
    divide_up,
    increment,
    is_zero,
    less,
    mul,
    mul_word,
    sub,
)
from keeper.market.kernels.quotes import (
    AMOUNT_TOP,
    BOUGHT,
    GOT,
    LIQUID,
    MILLION,
    NEEDED,
    NEXT,
    PAID,
    PRICE,
    REST,
    T0,
    T1,
    T2,
    T3,
    TARGET,
    put_word,
)

FULL, PARTIAL, EXCEEDS = 0, 1, 2
_TWO_64, _TWO_96 = 2.0**64, 2.0**96
_CERTAIN = 1.0 - 1e-9
"""What floats of rounded operands are right to, by far."""


@inner
def _shift_96(w: Words, r: int, a: int) -> None:
    """R = a << 96, a of 2 limbs, r of 4."""
    w[r] = ZERO
    w[r + 1] = w[a] << HALF
    w[r + 2] = (w[a] >> HALF) | (w[a + 1] << HALF)
    w[r + 3] = w[a + 1] >> HALF


@inner
def amount0(w: Words, r: int, low: int, high: int, round_up: bool) -> None:
    """R = token0 between two square-root prices, 7 limbs."""
    _shift_96(w, T0, LIQUID)
    sub(w, T1, high, low, 3)
    mul(w, T2, T0, 4, T1, 3)
    if round_up:
        divide_up(w, T2, T2, 7, high, 3)
        divide_up(w, r, T2, 7, low, 3)
    else:
        divide(w, T2, T2, 7, high, 3)
        divide(w, r, T2, 7, low, 3)


@inner
def amount1(w: Words, r: int, low: int, high: int, round_up: bool) -> None:
    """R = token1 between two square-root prices, 7 limbs."""
    sub(w, T1, high, low, 3)
    mul(w, T2, LIQUID, 2, T1, 3)
    w[T2 + 5] = ZERO
    for i in range(4):
        w[r + i] = (w[T2 + 1 + i] >> HALF) | (w[T2 + 2 + i] << HALF)
    for i in range(4, 7):
        w[r + i] = ZERO
    if round_up and (w[T2] != ZERO or (w[T2 + 1] << HALF) != ZERO):
        increment(w, r, 4)


@inner
def _is_amount(w: Words, a: int) -> bool:
    return bool(is_zero(w, a + 2, 5) and w[a + 1] < AMOUNT_TOP)


@inner
def _needed(w: Words, direction: int, to: int) -> None:
    """NEEDED = the input, before its fee, that moves the price to `to`."""
    if direction == 0:
        amount0(w, NEEDED, to, PRICE, True)
    else:
        amount1(w, NEEDED, PRICE, to, True)


@inner
def _bought(w: Words, direction: int, to: int) -> None:
    """BOUGHT = the output of moving the price to `to`."""
    if direction == 0:
        amount1(w, BOUGHT, to, PRICE, False)
    else:
        amount0(w, BOUGHT, PRICE, to, False)


@inner
def _add_fee(w: Words, fee: int) -> bool:
    """NEEDED grows by its fee, rounded up; False when it is no amount any more."""
    mul_word(w, T0, NEEDED, 2, np.uint64(fee))
    divide_up(w, T0, T0, 3, put_word(w, MILLION - np.uint64(fee)), 1)
    w[NEEDED + 2] = add(w, NEEDED, NEEDED, T0, 2)
    return _is_amount(w, NEEDED)


@inner
def _falls_short(w: Words, amount: int, token0: bool) -> bool:
    """Whether floats show beyond doubt that `amount` of that token does not reach TARGET."""
    if less(w, PRICE, TARGET, 3):
        sub(w, T0, TARGET, PRICE, 3)
    else:
        sub(w, T0, PRICE, TARGET, 3)
    whole = as_float(w, LIQUID, 2) * as_float(w, T0, 3)
    if token0:
        whole *= _TWO_96 / (as_float(w, PRICE, 3) * as_float(w, TARGET, 3)) * _TWO_96
    return bool(as_float(w, amount, 2) * _TWO_96 < whole * _CERTAIN - _TWO_96)


@inner
def step_in(w: Words, direction: int, fee: int) -> int:
    """Spend at most REST towards TARGET."""
    mul_word(w, T3, REST, 2, MILLION - np.uint64(fee))
    divide(w, T3, T3, 3, put_word(w, MILLION), 1)
    short = _falls_short(w, T3, direction == 0)
    if not short:
        _needed(w, direction, TARGET)
    if not short and is_zero(w, NEEDED + 2, 5) and not less(w, T3, NEEDED, 2):
        _bought(w, direction, TARGET)
        if not (_is_amount(w, BOUGHT) and _is_amount(w, NEEDED) and _add_fee(w, fee)):
            return EXCEEDS
        return take_step(w, NEEDED, TARGET, FULL)
    fits = _price_after_token0(w, T3, True) if direction == 0 else _price_after_token1_in(w)
    if not fits:
        return EXCEEDS
    _bought(w, direction, NEXT)
    if not _is_amount(w, BOUGHT):
        return EXCEEDS
    add(w, PAID, PAID, REST, 2)
    w[REST], w[REST + 1] = ZERO, ZERO
    copy(w, PRICE, NEXT, 3)
    return _receive(w, PARTIAL)


@inner
def take_step(w: Words, given: int, to: int, outcome: int) -> int:
    """Trade NEEDED, its fee included, for BOUGHT: the price is at `to`, and `given` off REST."""
    sub(w, REST, REST, given, 2)
    copy(w, PRICE, to, 3)
    add(w, PAID, PAID, NEEDED, 2)
    return _receive(w, outcome)


@inner
def _receive(w: Words, outcome: int) -> int:
    """Add BOUGHT to GOT; returns the outcome, or that the sum is no amount any more."""
    add(w, GOT, GOT, BOUGHT, 2)
    fits = w[GOT + 1] < AMOUNT_TOP and w[PAID + 1] < AMOUNT_TOP
    return outcome if fits else EXCEEDS


@inner
def step_out(w: Words, direction: int, fee: int) -> int:
    """Buy at most REST towards TARGET."""
    short = _falls_short(w, REST, direction != 0)
    if not short:
        _bought(w, direction, TARGET)
    if not short and is_zero(w, BOUGHT + 2, 5) and not less(w, REST, BOUGHT, 2):
        _needed(w, direction, TARGET)
        copy(w, NEXT, TARGET, 3)
        outcome = FULL
    else:
        fits = _price_after_token1_out(w) if direction == 0 else _price_after_token0(w, REST, False)
        if not fits:
            return EXCEEDS
        _bought(w, direction, NEXT)
        _needed(w, direction, NEXT)
        if not is_zero(w, BOUGHT + 2, 5) or less(w, REST, BOUGHT, 2):
            copy(w, BOUGHT, REST, 2)
        outcome = PARTIAL
    if not (_is_amount(w, NEEDED) and _add_fee(w, fee)):
        return EXCEEDS
    return take_step(w, BOUGHT, NEXT, outcome)


@inner
def _price_after_token0(w: Words, amount: int, enters: bool) -> bool:
    """NEXT = the price after `amount` of token0 came or went; False where 256 bits do not do."""
    mul(w, T0, amount, 2, PRICE, 3)
    if w[T0 + 4] != ZERO:
        return False
    _shift_96(w, T1, LIQUID)
    over = add(w, T0, T1, T0, 4) if enters else sub(w, T0, T1, T0, 4)
    if over != ZERO or is_zero(w, T0, 4):
        return False
    mul(w, T2, T1, 4, PRICE, 3)
    divide_up(w, T2, T2, 7, T0, 4)
    copy(w, NEXT, T2, 3)
    return is_zero(w, T2 + 3, 4)


@inner
def _price_after_token1_in(w: Words) -> bool:
    _shift_96(w, T0, T3)
    divide(w, T0, T0, 4, LIQUID, 2)
    return bool(add(w, NEXT, PRICE, T0, 3) == ZERO and w[T0 + 3] == ZERO)


@inner
def _price_after_token1_out(w: Words) -> bool:
    _shift_96(w, T0, REST)
    divide_up(w, T0, T0, 4, LIQUID, 2)
    return bool(sub(w, NEXT, PRICE, T0, 3) == ZERO and w[T0 + 3] == ZERO)
