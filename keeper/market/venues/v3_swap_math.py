"""One step of a Uniswap V3 swap (`SwapMath.sol`, `SqrtPriceMath.sol`), in the contract's rounding.

All integers are unsigned and bounded by the contract's types; the caller keeps them so.
"""

_Q96 = 96
_UINT256 = 1 << 256
_MILLION = 1_000_000


def amount0_delta(low_x96: int, high_x96: int, liquidity: int, *, round_up: bool) -> int:
    """Token0 between two square-root prices, `low_x96` <= `high_x96`."""
    product = (liquidity << _Q96) * (high_x96 - low_x96)
    if round_up:
        over_high = -(-product // high_x96)
        return -(-over_high // low_x96)
    return product // high_x96 // low_x96


def amount1_delta(low_x96: int, high_x96: int, liquidity: int, *, round_up: bool) -> int:
    """Token1 between two square-root prices, `low_x96` <= `high_x96`."""
    product = liquidity * (high_x96 - low_x96)
    return -(-product >> _Q96) if round_up else product >> _Q96


def _price_after_token0_in(sqrt_x96: int, liquidity: int, amount: int) -> int:
    numerator = liquidity << _Q96
    product = amount * sqrt_x96
    if product < _UINT256 and numerator + product < _UINT256:
        return -(-numerator * sqrt_x96 // (numerator + product))
    # The contract's fallback when the exact product does not fit 256 bits.
    return -(-numerator // (numerator // sqrt_x96 + amount))


def _price_after_token0_out(sqrt_x96: int, liquidity: int, amount: int) -> int:
    numerator = liquidity << _Q96
    return -(-numerator * sqrt_x96 // (numerator - amount * sqrt_x96))


def _price_after_token1_out(sqrt_x96: int, liquidity: int, amount: int) -> int:
    return sqrt_x96 + (-(amount << _Q96) // liquidity)


def _price_after_token1_in(sqrt_x96: int, liquidity: int, amount: int) -> int:
    return sqrt_x96 + (amount << _Q96) // liquidity


def step_exact_in(
    sqrt_x96: int, target_x96: int, liquidity: int, remaining: int, fee_pips: int
) -> tuple[int, int, int]:
    """Spend at most `remaining` towards `target_x96`.

    Short of the target the rest of the input is the fee, so all of it is spent.

    Returns:
        The new square-root price, the input spent with its fee, and the output.
    """
    after_fee = remaining * (_MILLION - fee_pips) // _MILLION
    if target_x96 <= sqrt_x96:
        needed = amount0_delta(target_x96, sqrt_x96, liquidity, round_up=True)
        if after_fee < needed:
            price = _price_after_token0_in(sqrt_x96, liquidity, after_fee)
            return price, remaining, amount1_delta(price, sqrt_x96, liquidity, round_up=False)
        amount_out = amount1_delta(target_x96, sqrt_x96, liquidity, round_up=False)
    else:
        needed = amount1_delta(sqrt_x96, target_x96, liquidity, round_up=True)
        if after_fee < needed:
            price = _price_after_token1_in(sqrt_x96, liquidity, after_fee)
            return price, remaining, amount0_delta(sqrt_x96, price, liquidity, round_up=False)
        amount_out = amount0_delta(sqrt_x96, target_x96, liquidity, round_up=False)
    return target_x96, needed - (-needed * fee_pips // (_MILLION - fee_pips)), amount_out


def step_exact_out(
    sqrt_x96: int, target_x96: int, liquidity: int, remaining: int, fee_pips: int
) -> tuple[int, int, int]:
    """Buy at most `remaining` towards `target_x96`.

    Returns:
        The new square-root price, the input spent with its fee, and the output.
    """
    price = target_x96
    if target_x96 <= sqrt_x96:
        amount_out = amount1_delta(target_x96, sqrt_x96, liquidity, round_up=False)
        if remaining < amount_out:
            price = _price_after_token1_out(sqrt_x96, liquidity, remaining)
            amount_out = amount1_delta(price, sqrt_x96, liquidity, round_up=False)
        amount_in = amount0_delta(price, sqrt_x96, liquidity, round_up=True)
    else:
        amount_out = amount0_delta(sqrt_x96, target_x96, liquidity, round_up=False)
        if remaining < amount_out:
            price = _price_after_token0_out(sqrt_x96, liquidity, remaining)
            amount_out = amount0_delta(sqrt_x96, price, liquidity, round_up=False)
        amount_in = amount1_delta(sqrt_x96, price, liquidity, round_up=True)
    fee = -(-amount_in * fee_pips // (_MILLION - fee_pips))
    return price, amount_in + fee, min(amount_out, remaining)
