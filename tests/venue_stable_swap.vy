# pragma version 0.4.3
"""
@title StableSwap's `exchange` over any pool given in calldata, as Curve's contracts compute it
@notice An oracle for tests, written apart from the keeper's: checked uint256 throughout. `style`
        is 0 for plain pools, 1 for those of aTokens, 2 for NG.
"""

MAX_COINS: constant(uint256) = 8
FEE_DENOMINATOR: constant(uint256) = 10**10
RATE_PRECISION: constant(uint256) = 10**18


struct Pool:
    balances: DynArray[uint256, MAX_COINS]
    rates: DynArray[uint256, MAX_COINS]
    amp: uint256
    a_precision: uint256
    fee: uint256
    offpeg: uint256
    admin_fee: uint256
    style: uint256


@external
@pure
def invariant(pool: Pool) -> uint256:
    return self._d(self._scaled(pool), pool)


@external
@pure
def exchange(pool: Pool, i: uint256, j: uint256, dx: uint256) -> (uint256, uint256):
    """
    @return What the trader gets and by how much the balance of coin `j` falls
    """
    xp: DynArray[uint256, MAX_COINS] = self._scaled(pool)
    x: uint256 = xp[i] + dx * pool.rates[i] // RATE_PRECISION
    y: uint256 = self._y(i, j, x, xp, self._d(xp, pool), pool)
    dy: uint256 = xp[j] - y - 1
    rate: uint256 = self._fee_rate((xp[i] + x) // 2, (xp[j] + y) // 2, pool)
    fee: uint256 = dy * rate // FEE_DENOMINATOR
    paid: uint256 = (dy - fee) * RATE_PRECISION // pool.rates[j]
    admin: uint256 = fee * pool.admin_fee // FEE_DENOMINATOR * RATE_PRECISION // pool.rates[j]
    return paid, paid + admin


@internal
@pure
def _scaled(pool: Pool) -> DynArray[uint256, MAX_COINS]:
    xp: DynArray[uint256, MAX_COINS] = []
    for k: uint256 in range(MAX_COINS):
        if k == len(pool.balances):
            break
        xp.append(pool.balances[k] * pool.rates[k] // RATE_PRECISION)
    return xp


@internal
@pure
def _fee_rate(xpi: uint256, xpj: uint256, pool: Pool) -> uint256:
    if pool.offpeg <= FEE_DENOMINATOR:
        return pool.fee
    square: uint256 = (xpi + xpj) ** 2
    ratio: uint256 = (pool.offpeg - FEE_DENOMINATOR) * 4 * xpi * xpj // square
    return pool.offpeg * pool.fee // (ratio + FEE_DENOMINATOR)


@internal
@pure
def _d(xp: DynArray[uint256, MAX_COINS], pool: Pool) -> uint256:
    n: uint256 = len(xp)
    total: uint256 = 0
    for x: uint256 in xp:
        total += x
    ann: uint256 = pool.amp * n
    d: uint256 = total
    for _: uint256 in range(255):
        product: uint256 = d
        for x: uint256 in xp:
            if pool.style == 0:
                product = product * d // (x * n)
            elif pool.style == 1:
                product = product * d // (x * n + 1)
            else:
                product = product * d // x
        if pool.style == 2:
            product = product // pow_mod256(n, n)
        last: uint256 = d
        top: uint256 = (ann * total // pool.a_precision + product * n) * d
        d = top // ((ann - pool.a_precision) * d // pool.a_precision + (n + 1) * product)
        if max(d, last) - min(d, last) <= 1:
            return d
    raise "no invariant"


@internal
@pure
def _y(
    i: uint256,
    j: uint256,
    x: uint256,
    xp: DynArray[uint256, MAX_COINS],
    d: uint256,
    pool: Pool,
) -> uint256:
    n: uint256 = len(xp)
    ann: uint256 = pool.amp * n
    c: uint256 = d
    total: uint256 = 0
    for k: uint256 in range(MAX_COINS):
        if k == n:
            break
        if k == j:
            continue
        held: uint256 = x if k == i else xp[k]
        total += held
        c = c * d // (held * n)
    c = c * d * pool.a_precision // (ann * n)
    b: uint256 = total + d * pool.a_precision // ann
    y: uint256 = d
    for _: uint256 in range(255):
        last: uint256 = y
        y = (y * y + c) // (2 * y + b - d)
        if max(y, last) - min(y, last) <= 1:
            return y
    raise "no balance"
