# pragma version 0.4.3
"""
@title StableSwap of three coins: a stand-in for Curve's plain and next-generation pools
@notice Written to the published formula (Egorov, StableSwap, 2019) and to the pools' documented
        interface. It trades and charges fees as they do, but issues no LP token: whoever funds
        it makes a gift.
"""

from ethereum.ercs import IERC20


event TokenExchange:
    buyer: indexed(address)
    sold_id: int128
    tokens_sold: uint256
    bought_id: int128
    tokens_bought: uint256


N_COINS: public(constant(uint256)) = 3
A_PRECISION: constant(uint256) = 100
FEE_DENOMINATOR: constant(uint256) = 10**10
RATE_PRECISION: constant(uint256) = 10**18
ROUNDS: constant(uint256) = 255

coins: public(immutable(address[N_COINS]))
rates: immutable(uint256[N_COINS])
amplification: immutable(uint256)
fee: public(immutable(uint256))
admin_fee: public(immutable(uint256))

balances: public(uint256[N_COINS])
admin_balances: public(uint256[N_COINS])


@deploy
def __init__(
    _coins: address[N_COINS],
    _decimals: uint256[N_COINS],
    _a: uint256,
    _fee: uint256,
    _admin_fee: uint256,
):
    """
    @param _a Amplification A, unscaled
    @param _fee Of the bought coin, in 10**-10
    @param _admin_fee Share of the fee that leaves the pool's balances, in 10**-10
    """
    coins = _coins
    scales: uint256[N_COINS] = empty(uint256[N_COINS])
    for i: uint256 in range(N_COINS):
        scales[i] = 10 ** (36 - _decimals[i])
    rates = scales
    amplification = _a * A_PRECISION
    fee = _fee
    admin_fee = _admin_fee


@external
def fund(_amounts: uint256[N_COINS]):
    """
    @notice Give the pool coins; nothing is issued for them
    """
    for i: uint256 in range(N_COINS):
        self._take(i, _amounts[i])
        self.balances[i] += _amounts[i]


@external
@nonreentrant
def exchange(
    i: int128, j: int128, _dx: uint256, _min_dy: uint256, _receiver: address = msg.sender
) -> uint256:
    """
    @notice Sell `_dx` of coin `i`, pulled by allowance, for at least `_min_dy` of coin `j`
    @return The amount of coin `j` that the receiver got
    """
    self._take(convert(i, uint256), _dx)
    return self._exchange(i, j, _dx, _min_dy, _receiver)


@external
@nonreentrant
def exchange_received(
    i: int128, j: int128, _dx: uint256, _min_dy: uint256, _receiver: address = msg.sender
) -> uint256:
    """
    @notice As `exchange`, but sells all that was sent here before: at least `_dx`
    """
    sold: uint256 = convert(i, uint256)
    counted: uint256 = self.balances[sold] + self.admin_balances[sold]
    received: uint256 = staticcall IERC20(coins[sold]).balanceOf(self) - counted
    assert received >= _dx  # dev: not received
    return self._exchange(i, j, received, _min_dy, _receiver)


@view
@external
def get_dy(i: int128, j: int128, _dx: uint256) -> uint256:
    """
    @notice What `exchange` would give
    """
    dy: uint256 = self._dy(convert(i, uint256), convert(j, uint256), _dx)
    return (dy - dy * fee // FEE_DENOMINATOR) * RATE_PRECISION // rates[convert(j, uint256)]


@view
@external
def A() -> uint256:
    return amplification // A_PRECISION


@view
@external
def A_precise() -> uint256:
    return amplification


@view
@external
def stored_rates() -> uint256[N_COINS]:
    return rates


@view
@external
def get_balances() -> uint256[N_COINS]:
    return self.balances


@internal
def _take(i: uint256, _amount: uint256):
    done: bool = extcall IERC20(coins[i]).transferFrom(
        msg.sender, self, _amount, default_return_value=True
    )
    assert done  # dev: coin refused


@internal
def _exchange(
    i: int128, j: int128, _dx: uint256, _min_dy: uint256, _receiver: address
) -> uint256:
    sold: uint256 = convert(i, uint256)
    bought: uint256 = convert(j, uint256)
    dy: uint256 = self._dy(sold, bought, _dx)
    charged: uint256 = dy * fee // FEE_DENOMINATOR
    out: uint256 = (dy - charged) * RATE_PRECISION // rates[bought]
    assert out >= _min_dy, "Exchange resulted in fewer coins than expected"
    kept: uint256 = (charged * admin_fee // FEE_DENOMINATOR) * RATE_PRECISION // rates[bought]
    self.balances[sold] += _dx
    self.balances[bought] -= out + kept
    self.admin_balances[bought] += kept
    done: bool = extcall IERC20(coins[bought]).transfer(_receiver, out, default_return_value=True)
    assert done  # dev: coin refused
    log TokenExchange(
        buyer=msg.sender, sold_id=i, tokens_sold=_dx, bought_id=j, tokens_bought=out
    )
    return out


@view
@internal
def _dy(i: uint256, j: uint256, _dx: uint256) -> uint256:
    """
    @dev Scaled output before the fee; a wei less, so that rounding favours the pool
    """
    xp: uint256[N_COINS] = self._scaled()
    x: uint256 = xp[i] + _dx * rates[i] // RATE_PRECISION
    return xp[j] - self._y(i, j, x, xp) - 1


@view
@internal
def _scaled() -> uint256[N_COINS]:
    xp: uint256[N_COINS] = empty(uint256[N_COINS])
    for i: uint256 in range(N_COINS):
        xp[i] = self.balances[i] * rates[i] // RATE_PRECISION
    return xp


@view
@internal
def _invariant(xp: uint256[N_COINS]) -> uint256:
    total: uint256 = xp[0] + xp[1] + xp[2]
    if total == 0:
        return 0
    d: uint256 = total
    ann: uint256 = amplification * N_COINS
    for _: uint256 in range(ROUNDS):
        dp: uint256 = d
        for x: uint256 in xp:
            dp = dp * d // x
        dp //= N_COINS**N_COINS
        before: uint256 = d
        d = (
            (ann * total // A_PRECISION + dp * N_COINS) * d
            // ((ann - A_PRECISION) * d // A_PRECISION + (N_COINS + 1) * dp)
        )
        if max(d, before) - min(d, before) <= 1:
            return d
    raise "the invariant did not converge"


@view
@internal
def _y(i: uint256, j: uint256, x: uint256, xp: uint256[N_COINS]) -> uint256:
    assert i != j  # dev: same coin
    assert i < N_COINS and j < N_COINS  # dev: no such coin
    d: uint256 = self._invariant(xp)
    ann: uint256 = amplification * N_COINS
    c: uint256 = d
    others: uint256 = 0
    for k: uint256 in range(N_COINS):
        if k == j:
            continue
        held: uint256 = x if k == i else xp[k]
        others += held
        c = c * d // (held * N_COINS)
    c = c * d * A_PRECISION // (ann * N_COINS)
    b: uint256 = others + d * A_PRECISION // ann
    y: uint256 = d
    for _: uint256 in range(ROUNDS):
        before: uint256 = y
        y = (y * y + c) // (2 * y + b - d)
        if max(y, before) - min(y, before) <= 1:
            return y
    raise "the output did not converge"
