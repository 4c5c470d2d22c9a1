# pragma version 0.4.3
"""
@title StableSwap of two coins with the interface of Curve's first pools: a stand-in
@notice Written to the published formula (Egorov, StableSwap, 2019) and to the interface of 2020:
        coins and balances are counted in `int128`, A has no further precision, nothing states
        rates, `exchange` returns nothing and pulls what is sold. It lists itself, as the factory
        of its only pool.
"""

from ethereum.ercs import IERC20


event TokenExchange:
    buyer: indexed(address)
    sold_id: int128
    tokens_sold: uint256
    bought_id: int128
    tokens_bought: uint256


FEE_DENOMINATOR: constant(uint256) = 10**10
PRECISION: constant(uint256) = 10**18

tokens: uint256[2]
held: uint256[2]
rates: uint256[2]
is_meta: public(HashMap[address, bool])
A: public(uint256)
fee: public(uint256)
admin_fee: public(uint256)


@deploy
def __init__(coins: address[2], decimals: uint256[2], a: uint256, fee: uint256, admin_fee: uint256):
    for i: uint256 in range(2):
        self.tokens[i] = convert(coins[i], uint256)
        self.rates[i] = 10 ** (36 - decimals[i])
    self.A = a
    self.fee = fee
    self.admin_fee = admin_fee


@view
@external
def coins(i: int128) -> address:
    return convert(self.tokens[i], address)


@view
@external
def balances(i: int128) -> uint256:
    return self.held[i]


@external
def call_meta(pool: address):
    self.is_meta[pool] = True


@view
@external
def pool_count() -> uint256:
    return 1


@view
@external
def pool_list(i: uint256) -> address:
    assert i == 0
    return self


@view
@external
def get_n_coins(pool: address) -> uint256:
    return 2 if pool == self else 0


@external
def fund(amounts: uint256[2]):
    for i: uint256 in range(2):
        self._pull(i, amounts[i])
        self.held[i] += amounts[i]


@external
def exchange(i: int128, j: int128, dx: uint256, min_dy: uint256):
    sold: uint256 = convert(i, uint256)
    bought: uint256 = convert(j, uint256)
    xp: uint256[2] = [self._xp(0), self._xp(1)]
    x: uint256 = xp[sold] + dx * self.rates[sold] // PRECISION
    dy: uint256 = xp[bought] - self._y(xp, x) - 1
    paid_fee: uint256 = dy * self.fee // FEE_DENOMINATOR
    given: uint256 = (dy - paid_fee) * PRECISION // self.rates[bought]
    assert given >= min_dy
    kept: uint256 = paid_fee * self.admin_fee // FEE_DENOMINATOR * PRECISION // self.rates[bought]
    self.held[sold] += dx
    self.held[bought] -= given + kept
    self._pull(sold, dx)
    token: address = convert(self.tokens[bought], address)
    assert extcall IERC20(token).transfer(msg.sender, given, default_return_value=True)
    log TokenExchange(
        buyer=msg.sender, sold_id=i, tokens_sold=dx, bought_id=j, tokens_bought=given
    )


@internal
def _pull(i: uint256, amount: uint256):
    token: address = convert(self.tokens[i], address)
    assert extcall IERC20(token).transferFrom(
        msg.sender, self, amount, default_return_value=True
    )


@view
@internal
def _xp(i: uint256) -> uint256:
    return self.held[i] * self.rates[i] // PRECISION


@view
@internal
def _invariant(xp: uint256[2]) -> uint256:
    total: uint256 = xp[0] + xp[1]
    d: uint256 = total
    ann: uint256 = self.A * 2
    for _: uint256 in range(255):
        dp: uint256 = d
        for x: uint256 in xp:
            dp = dp * d // (x * 2)
        before: uint256 = d
        d = (ann * total + dp * 2) * d // ((ann - 1) * d + 3 * dp)
        if max(d, before) - min(d, before) <= 1:
            break
    return d


@view
@internal
def _y(xp: uint256[2], x: uint256) -> uint256:
    """
    @dev What the other of two coins must hold where one holds `x`.
    """
    ann: uint256 = self.A * 2
    d: uint256 = self._invariant(xp)
    c: uint256 = d * d // (x * 2) * d // (ann * 2)
    b: uint256 = x + d // ann
    y: uint256 = d
    for _: uint256 in range(255):
        before: uint256 = y
        y = (y * y + c) // (2 * y + b - d)
        if max(y, before) - min(y, before) <= 1:
            break
    return y
