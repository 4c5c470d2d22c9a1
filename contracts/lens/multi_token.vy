# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Pools of Several Tokens: Curve StableSwap and Balancer V2
@license MIT
"""

import views


MAX_COINS: constant(uint256) = 8
FEE: constant(bytes4) = method_id("fee()", output_type=bytes4)
A: constant(bytes4) = method_id("A()", output_type=bytes4)
A_PRECISE: constant(bytes4) = method_id("A_precise()", output_type=bytes4)
ADMIN_FEE: constant(bytes4) = method_id("admin_fee()", output_type=bytes4)
STORED_RATES: constant(bytes4) = method_id("stored_rates()", output_type=bytes4)
FUTURE_A_TIME: constant(bytes4) = method_id("future_A_time()", output_type=bytes4)
OFFPEG: constant(bytes4) = method_id("offpeg_fee_multiplier()", output_type=bytes4)
COINS: constant(bytes4) = method_id("coins(uint256)", output_type=bytes4)
COINS_OLD: constant(bytes4) = method_id("coins(int128)", output_type=bytes4)
BALANCES: constant(bytes4) = method_id("balances(uint256)", output_type=bytes4)
BALANCES_OLD: constant(bytes4) = method_id("balances(int128)", output_type=bytes4)
GET_POOL_ID: constant(bytes4) = method_id("getPoolId()", output_type=bytes4)
GET_VAULT: constant(bytes4) = method_id("getVault()", output_type=bytes4)
GET_SWAP_FEE: constant(bytes4) = method_id("getSwapFeePercentage()", output_type=bytes4)
GET_AMPLIFICATION: constant(bytes4) = method_id("getAmplificationParameter()", output_type=bytes4)
GET_WEIGHTS: constant(bytes4) = method_id("getNormalizedWeights()", output_type=bytes4)
GET_SCALING: constant(bytes4) = method_id("getScalingFactors()", output_type=bytes4)
IN_RECOVERY: constant(bytes4) = method_id("inRecoveryMode()", output_type=bytes4)
GET_POOL_TOKENS: constant(bytes4) = method_id("getPoolTokens(bytes32)", output_type=bytes4)


@external
@view
def curve(
    pools: DynArray[address, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @notice Amplification, fees, balances and rates of Curve StableSwap
            pools.
    @dev Body: A; A_precise; fee; admin fee; off-peg fee multiplier;
         when a change of A ends; then coin, balance and rate in turn.
         What a pool's age does not have is 0.
    @param pools The pools.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for pool: address in pools:
        if views.is_spent(budget, len(out) + 7 + 3 * MAX_COINS):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = views.values_of(pool, [A, FEE, ADMIN_FEE], [256, 256, 256])
        coins: DynArray[uint256, 2 * MAX_COINS] = []
        if failure == 0:
            coins = self._coins(pool)
            if len(coins) < 4:
                failure = views.failed(views.MALFORMED, COINS)
        if failure != 0:
            out.append(failure)
            continue
        count: uint256 = len(coins) // 2
        rates: DynArray[uint256, views.MAX_TOKENS] = self._list(pool, STORED_RATES)
        out.append(views.head(6 + 3 * count, 0, 0))
        out.append(values[0])
        out.append(self._optional(pool, A_PRECISE))
        out.append(values[1])
        out.append(values[2])
        out.append(self._optional(pool, OFFPEG))
        out.append(self._optional(pool, FUTURE_A_TIME))
        for i: uint256 in range(count, bound=MAX_COINS):
            out.append(coins[2 * i])
            out.append(coins[2 * i + 1])
            out.append(rates[i] if len(rates) == count else 0)
    return out


@external
@view
def balancer_v2(
    pools: DynArray[address, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @notice Balances, fee, and weights or amplification of Balancer V2
            pools; the vault stands in the head.
    @dev Body: pool id; swap fee (1e18 = 1); amplification; whether the
         pool is of 2022 or later, and so has a recovery mode (bit
         129), whether its amplification changes (bit 128), and its
         precision; then token, balance, weight and scaling factor in
         turn. What a kind of pool does not have is 0.
    @param pools The pools.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for pool: address in pools:
        if views.is_spent(budget, len(out) + 5 + 4 * views.MAX_TOKENS):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = views.values_of(
            pool, [GET_VAULT, GET_POOL_ID, GET_SWAP_FEE], [160, 256, 64]
        )
        held: DynArray[uint256, 2 * views.MAX_TOKENS] = []
        if failure == 0:
            failure, held = self._pool_tokens(convert(values[0], address), values[1])
        if failure != 0:
            out.append(failure)
            continue
        count: uint256 = len(held) // 2
        amplification: DynArray[uint256, 8] = []
        failure, amplification = views.words_of(
            pool, concat(GET_AMPLIFICATION, b""), 3, views.VIEW_GAS
        )
        weights: DynArray[uint256, views.MAX_TOKENS] = self._list(pool, GET_WEIGHTS)
        scaling: DynArray[uint256, views.MAX_TOKENS] = self._list(pool, GET_SCALING)
        out.append(views.head(4 + 4 * count, 0, values[0]))
        out.append(values[1])
        out.append(values[2])
        out.append(amplification[0] if failure == 0 else 0)
        precision: uint256 = self._precision(amplification) if failure == 0 else 0
        recovery: DynArray[uint256, 8] = []
        failure, recovery = views.words_of(pool, concat(IN_RECOVERY, b""), 1, views.VIEW_GAS)
        out.append(precision | (1 << 129 if failure == 0 else 0))
        for i: uint256 in range(count, bound=views.MAX_TOKENS):
            out.append(held[i])
            out.append(held[count + i])
            out.append(weights[i] if len(weights) == count else 0)
            out.append(scaling[i] if len(scaling) == count else 0)
    return out


@internal
@pure
def _precision(amplification: DynArray[uint256, 8]) -> uint256:
    """
    @dev The precision, at most 128 bits, and above it whether the
         amplification changes.
    """
    changes: uint256 = 1 if amplification[1] != 0 else 0
    return changes << 128 | min(amplification[2], 2**128 - 1)


@internal
@view
def _coins(pool: address) -> DynArray[uint256, 2 * MAX_COINS]:
    """
    @dev Coins and balances in turn, as far as the pool answers both;
         older pools count them in `int128`.
    """
    found: DynArray[uint256, 2 * MAX_COINS] = []
    for i: uint256 in range(MAX_COINS):
        for source: bytes4[2] in [[COINS, BALANCES], [COINS_OLD, BALANCES_OLD]]:
            failure: uint256 = 0
            coin: DynArray[uint256, 8] = []
            held: DynArray[uint256, 8] = []
            failure, coin = views.words_of(
                pool, concat(source[0], convert(i, bytes32)), 1, views.TICK_GAS
            )
            if failure != 0 or coin[0] >> 160 != 0 or coin[0] == 0:
                continue
            failure, held = views.words_of(
                pool, concat(source[1], convert(i, bytes32)), 1, views.TICK_GAS
            )
            if failure == 0:
                found.append(coin[0])
                found.append(held[0])
                break
        if len(found) != 2 * (i + 1):
            break
    return found


@internal
@view
def _pool_tokens(
    vault: address, id: uint256
) -> (uint256, DynArray[uint256, 2 * views.MAX_TOKENS]):
    """
    @dev A failure, or all tokens and then all balances of a pool, from
         the vault's `(address[], uint256[], uint256)`.
    """
    failure: uint256 = 0
    words: DynArray[uint256, 5 + 2 * views.MAX_TOKENS] = []
    failure, words = views.all_words_of(
        vault, concat(GET_POOL_TOKENS, convert(id, bytes32)), GET_POOL_TOKENS
    )
    if failure != 0:
        return failure, []
    size: uint256 = len(words)
    count: uint256 = words[3] if size > 4 else 0
    fits: bool = 0 < count and count <= views.MAX_TOKENS and size == 5 + 2 * count
    if not fits or words[0] != 96 or words[1] != 128 + 32 * count or words[4 + count] != count:
        return views.failed(views.MALFORMED, GET_POOL_TOKENS), []
    found: DynArray[uint256, 2 * views.MAX_TOKENS] = []
    for i: uint256 in range(count, bound=views.MAX_TOKENS):
        if words[4 + i] >> 160 != 0:
            return views.failed(views.MALFORMED, GET_POOL_TOKENS), []
        found.append(words[4 + i])
    for i: uint256 in range(count, bound=views.MAX_TOKENS):
        found.append(words[5 + count + i])
    return 0, found


@internal
@view
def _list(pool: address, source: bytes4) -> DynArray[uint256, views.MAX_TOKENS]:
    """
    @dev The numbers that a view answers, as a `uint256[]` or one after
         the other; empty if it answers none.
    """
    failure: uint256 = 0
    words: DynArray[uint256, 5 + 2 * views.MAX_TOKENS] = []
    failure, words = views.all_words_of(pool, concat(source, b""), source)
    found: DynArray[uint256, views.MAX_TOKENS] = []
    size: uint256 = len(words)
    listed: bool = size > 1 and words[0] == 32 and words[1] == size - 2
    first: uint256 = 2 if listed else 0
    if size > first + views.MAX_TOKENS:
        return found
    for i: uint256 in range(first, size, bound=views.MAX_TOKENS):
        found.append(words[i])
    return found


@internal
@view
def _optional(pool: address, source: bytes4) -> uint256:
    """
    @dev A single word, 0 where the pool does not have the view.
    """
    failure: uint256 = 0
    words: DynArray[uint256, 8] = []
    failure, words = views.words_of(pool, concat(source, b""), 1, views.VIEW_GAS)
    return words[0] if failure == 0 else 0
