# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Exact State of Many Pools in One Call
@license MIT
@notice These view functions read hundreds of pools in one
        `eth_call`: on a deployed lens, on its code put at an
        unused address by a state override, or on a lens that the
        call itself creates, which needs no support from the node.
        The functions answer words, one record a pool, in the order
        asked. A record is a head and the words of its body:

        | bits of the head | what                                  |
        |------------------|---------------------------------------|
        | 255..248         | `OK`, or why the pool is unreadable   |
        | 247..232         | number of body words that follow      |
        | 231..216         | concentrated pools: `int16`, the word |
        |                  | of the tick bitmap to go on from      |
        | 159..0           | factory, or vault, of a readable pool |
        | 31..0            | selector that an unreadable one fails |

        Fewer records than asked mean that the budget is spent: ask
        again from the first pool without one. A page of ticks ends
        early for the same reason, and its head says where.
@dev No pool can spoil a batch: every view is a static call with
     bounded gas whose answer is bounded, and its length and each
     value's range are checked before they are packed.
"""


struct Budget:
    words: uint256 # of the whole answer, at most `MAX_WORDS`
    gas_per_word: uint256 # that each word of the answer costs later


struct Key:
    token0: address
    token1: address
    fee: uint24 # only Uniswap V3 factories read it


struct Page:
    pool: address
    first_word: int16 # of the tick bitmap
    last_word: int16 # included


struct PageV4:
    id: bytes32
    tick_spacing: int24
    first_word: int16
    last_word: int16


# @dev How a concentrated pool names and packs what all of them have.
flag Family:
    UNISWAP_V3
    ALGEBRA
    UNISWAP_V4


MAX_POOLS: constant(uint256) = 1_024
MAX_WORDS: constant(uint256) = 2_048
MAX_COINS: constant(uint256) = 8
MAX_TOKENS: constant(uint256) = 16
MAX_TICK: constant(int256) = 887_272


# @dev Status of a record.
OK: constant(uint256) = 0
NO_CODE: constant(uint256) = 1
REVERTED: constant(uint256) = 2
MALFORMED: constant(uint256) = 3


# @dev Gas of one view of a pool, of one read of its ticks, coins or
# storage, and of one view of all tokens of a pool: about three times
# what the dearest honest one takes. What a pool takes whose every view
# takes all it may stays in reserve, so that no bound is cut short.
VIEW_GAS: constant(uint256) = 100_000
TICK_GAS: constant(uint256) = 30_000
LONG_GAS: constant(uint256) = 300_000
RESERVE: constant(uint256) = 2_000_000


# @dev Bytes of the longest answer with a fixed length, and one word
# more, so that a longer one is noticed; and of the longest other one.
ANSWER: constant(uint256) = 9 * 32
LONG_ANSWER: constant(uint256) = (5 + 2 * MAX_TOKENS) * 32


FACTORY: constant(bytes4) = method_id("factory()", output_type=bytes4)
TOKEN0: constant(bytes4) = method_id("token0()", output_type=bytes4)
TOKEN1: constant(bytes4) = method_id("token1()", output_type=bytes4)
SYMBOL: constant(bytes4) = method_id("symbol()", output_type=bytes4)
DECIMALS: constant(bytes4) = method_id("decimals()", output_type=bytes4)
GET_RESERVES: constant(bytes4) = method_id("getReserves()", output_type=bytes4)
FEE: constant(bytes4) = method_id("fee()", output_type=bytes4)
TICK_SPACING: constant(bytes4) = method_id("tickSpacing()", output_type=bytes4)
LIQUIDITY: constant(bytes4) = method_id("liquidity()", output_type=bytes4)
SLOT0: constant(bytes4) = method_id("slot0()", output_type=bytes4)
TICK_BITMAP: constant(bytes4) = method_id("tickBitmap(int16)", output_type=bytes4)
TICKS: constant(bytes4) = method_id("ticks(int24)", output_type=bytes4)
GLOBAL_STATE: constant(bytes4) = method_id("globalState()", output_type=bytes4)
TICK_TABLE: constant(bytes4) = method_id("tickTable(int16)", output_type=bytes4)
EXTSLOAD: constant(bytes4) = method_id("extsload(bytes32)", output_type=bytes4)
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
GET_POOL_TOKENS: constant(bytes4) = method_id("getPoolTokens(bytes32)", output_type=bytes4)


# @dev Places in the storage of Uniswap V4's `PoolManager` and of its
# `Pool.State` (`StateLibrary.sol`).
V4_POOLS: constant(uint256) = 6
V4_LIQUIDITY: constant(uint256) = 3
V4_TICKS: constant(uint256) = 4
V4_TICK_BITMAP: constant(uint256) = 5


@external
@view
def tokens(asked: DynArray[address, MAX_POOLS], budget: Budget) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Decimals of ERC-20 tokens.
    @dev Body: decimals.
    @param asked The tokens.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for token: address in asked:
        if self._is_spent(budget, len(out) + 2):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = self._values(token, [DECIMALS], [8])
        if failure != 0:
            out.append(failure)
            continue
        out.append(self._head(1, 0, 0))
        out.append(values[0])
    return out


@external
@view
def symbols(asked: DynArray[address, MAX_POOLS], budget: Budget) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Symbols of ERC-20 tokens, as they answer them.
    @dev Body: length of the answer in bytes, at most 160; its words,
         the last one filled up.
    @param asked The tokens.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for token: address in asked:
        if self._is_spent(budget, len(out) + 7):
            break
        success: bool = False
        answer: Bytes[160] = b""
        success, answer = raw_call(
            token,
            concat(SYMBOL, b""),
            max_outsize=160,
            gas=VIEW_GAS,
            is_static_call=True,
            revert_on_failure=False,
        )
        if not success:
            out.append(self._failure(REVERTED, SYMBOL))
            continue
        filled: Bytes[192] = concat(answer, empty(bytes32))
        count: uint256 = (len(answer) + 31) // 32
        out.append(self._head(1 + count, 0, 0))
        out.append(len(answer))
        for i: uint256 in range(count, bound=5):
            out.append(extract32(filled, 32 * i, output_type=uint256))
    return out


@external
@view
def pools(
    factory: address, source: bytes4, keys: DynArray[Key, MAX_POOLS], budget: Budget
) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Pools that a factory has for pairs of tokens.
    @dev Body: address of the pool, 0 where there is none.
    @param factory The factory.
    @param source Its view by token0, token1 and, if it reads it, fee:
           `getPair`, `getPool` or `poolByPair`; `isPoolFromFactory`
           answers 1 for a pool given as token0.
    @param keys The arguments.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for key: Key in keys:
        if self._is_spent(budget, len(out) + 2):
            break
        failure: uint256 = 0
        found: DynArray[uint256, 8] = []
        failure, found = self._words(factory, concat(source, abi_encode(key)), 1, VIEW_GAS)
        failure = self._failure_unless_address(failure, found, source)
        out.append(self._head(1, 0, 0) if failure == 0 else failure)
        if failure == 0:
            out.append(found[0])
    return out


@external
@view
def listed(
    factory: address, counted: bytes4, source: bytes4, first: uint256, budget: Budget
) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice All pools that a factory lists from the `first` on.
    @dev Body of the first record: number of the factory's pools; of
         the others: address of a pool.
    @param factory The factory.
    @param counted Its view of that number: `allPairsLength`,
           `pool_count`.
    @param source Its view of a pool by index: `allPairs`,
           `pool_list`.
    @param first Index of the first pool wanted.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    failure: uint256 = 0
    count: DynArray[uint256, 6] = []
    failure, count = self._values(factory, [counted], [64])
    if failure != 0:
        return [failure]
    out: DynArray[uint256, MAX_WORDS] = [self._head(1, 0, 0), count[0]]
    for step: uint256 in range(MAX_POOLS):
        i: uint256 = unsafe_add(first, step)
        if i >= count[0] or self._is_spent(budget, len(out) + 2):
            break
        found: DynArray[uint256, 8] = []
        failure, found = self._words(
            factory, concat(source, convert(i, bytes32)), 1, VIEW_GAS
        )
        failure = self._failure_unless_address(failure, found, source)
        out.append(self._head(1, 0, 0) if failure == 0 else failure)
        if failure == 0:
            out.append(found[0])
    return out


@external
@view
def uniswap_v2(
    pools: DynArray[address, MAX_POOLS], budget: Budget
) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Reserves of Uniswap V2 pairs and their forks.
    @dev Body: token0; token1; reserve0 (128 bits) and reserve1; hash
         of the code, which all pairs of a factory share.
    @param pools The pairs.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for pool: address in pools:
        if self._is_spent(budget, len(out) + 5):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = self._values(pool, [FACTORY, TOKEN0, TOKEN1], [160, 160, 160])
        reserves: DynArray[uint256, 8] = []
        if failure == 0:
            failure, reserves = self._words(pool, concat(GET_RESERVES, b""), 3, VIEW_GAS)
        if failure == 0 and (reserves[0] | reserves[1]) >> 112 != 0:
            failure = self._failure(MALFORMED, GET_RESERVES)
        if failure != 0:
            out.append(failure)
            continue
        out.append(self._head(4, 0, values[0]))
        out.append(values[1])
        out.append(values[2])
        out.append(reserves[0] << 128 | reserves[1])
        out.append(convert(pool.codehash, uint256))
    return out


@external
@view
def uniswap_v3(pages: DynArray[Page, MAX_POOLS], budget: Budget) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Price, liquidity and ticks of Uniswap V3 pools and forks.
    @dev Body: tick spacing, fee in pips (24 bits each) and token0;
         token1; tick (24 bits) and square root of the price (160);
         liquidity in range; then two words for each initialised
         tick: the tick, and its gross and net liquidity (128 bits
         each). Ticks and net liquidities are two's complement.
    @param pages The pools, each with a range of bitmap words.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    return self._pages(pages, budget, Family.UNISWAP_V3)


@external
@view
def algebra(pages: DynArray[Page, MAX_POOLS], budget: Budget) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Price, present fee, liquidity and ticks of Algebra pools.
    @dev Body: as that of `uniswap_v3`.
    @param pages The pools, each with a range of tick table words.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    return self._pages(pages, budget, Family.ALGEBRA)


@external
@view
def uniswap_v4(
    manager: address, pages: DynArray[PageV4, MAX_POOLS], budget: Budget
) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Price, fee, liquidity and ticks of Uniswap V4 pools.
    @dev Body: as that of `uniswap_v3`, except that the first word is
         tick spacing, swap fee and protocol fee (24 bits each), and
         that the second is 0: an id vouches for a pool's tokens. An
         id without a pool has price 0.
    @param manager The `PoolManager`.
    @param pages The pools, each with a range of bitmap words.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for page: PageV4 in pages:
        if self._is_spent(budget, len(out) + 6):
            break
        failure: uint256 = 0
        body: DynArray[uint256, 6] = []
        failure, body = self._v4_scalars(manager, page)
        if failure != 0:
            out.append(failure)
            continue
        record: DynArray[uint256, MAX_WORDS] = self._page(
            body,
            manager,
            Page(pool=manager, first_word=page.first_word, last_word=page.last_word),
            budget,
            len(out),
            convert(page.tick_spacing, int256),
            Family.UNISWAP_V4,
            self._v4_state(page.id),
        )
        for word: uint256 in record:
            out.append(word)
    return out


@external
@view
def curve(pools: DynArray[address, MAX_POOLS], budget: Budget) -> DynArray[uint256, MAX_WORDS]:
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
    out: DynArray[uint256, MAX_WORDS] = []
    for pool: address in pools:
        if self._is_spent(budget, len(out) + 7 + 3 * MAX_COINS):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = self._values(pool, [A, FEE, ADMIN_FEE], [256, 256, 256])
        coins: DynArray[uint256, 2 * MAX_COINS] = []
        if failure == 0:
            coins = self._coins(pool)
            if len(coins) < 4:
                failure = self._failure(MALFORMED, COINS)
        if failure != 0:
            out.append(failure)
            continue
        count: uint256 = len(coins) // 2
        rates: DynArray[uint256, MAX_TOKENS] = self._list(pool, STORED_RATES)
        out.append(self._head(6 + 3 * count, 0, 0))
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
    pools: DynArray[address, MAX_POOLS], budget: Budget
) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Balances, fee, and weights or amplification of Balancer V2
            pools; the vault stands in the head.
    @dev Body: pool id; swap fee (1e18 = 1); amplification; whether it
         changes (1 bit above 128) and its precision; then token,
         balance, weight and scaling factor in turn. What a kind of
         pool does not have is 0.
    @param pools The pools.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for pool: address in pools:
        if self._is_spent(budget, len(out) + 5 + 4 * MAX_TOKENS):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = self._values(
            pool, [GET_VAULT, GET_POOL_ID, GET_SWAP_FEE], [160, 256, 64]
        )
        held: DynArray[uint256, 2 * MAX_TOKENS] = []
        if failure == 0:
            failure, held = self._pool_tokens(convert(values[0], address), values[1])
        if failure != 0:
            out.append(failure)
            continue
        count: uint256 = len(held) // 2
        amplification: DynArray[uint256, 8] = []
        failure, amplification = self._words(
            pool, concat(GET_AMPLIFICATION, b""), 3, VIEW_GAS
        )
        weights: DynArray[uint256, MAX_TOKENS] = self._list(pool, GET_WEIGHTS)
        scaling: DynArray[uint256, MAX_TOKENS] = self._list(pool, GET_SCALING)
        out.append(self._head(4 + 4 * count, 0, values[0]))
        out.append(values[1])
        out.append(values[2])
        out.append(amplification[0] if failure == 0 else 0)
        out.append(self._precision(amplification) if failure == 0 else 0)
        for i: uint256 in range(count, bound=MAX_TOKENS):
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
def _pages(
    pages: DynArray[Page, MAX_POOLS], budget: Budget, family: Family
) -> DynArray[uint256, MAX_WORDS]:
    """
    @dev Records of Uniswap V3 or Algebra pools.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for page: Page in pages:
        if self._is_spent(budget, len(out) + 6):
            break
        failure: uint256 = 0
        body: DynArray[uint256, 6] = []
        failure, body = self._scalars(page.pool, family)
        if failure != 0:
            out.append(failure)
            continue
        record: DynArray[uint256, MAX_WORDS] = self._page(
            body,
            page.pool,
            page,
            budget,
            len(out),
            convert(body[1] >> 184, int256),
            family,
            0,
        )
        for word: uint256 in record:
            out.append(word)
    return out


@internal
@view
def _scalars(pool: address, family: Family) -> (uint256, DynArray[uint256, 6]):
    """
    @dev A failure, or the head and the body without ticks.
    """
    failure: uint256 = 0
    facts: DynArray[uint256, 6] = []
    price: DynArray[uint256, 8] = []
    failure, facts = self._values(
        pool, [FACTORY, TOKEN0, TOKEN1, TICK_SPACING, LIQUIDITY], [160, 160, 160, 23, 128]
    )
    if failure != 0:
        return failure, []
    source: bytes4 = SLOT0 if family == Family.UNISWAP_V3 else GLOBAL_STATE
    failure, price = self._words(pool, concat(source, b""), 7, VIEW_GAS)
    if failure != 0:
        return failure, []
    if price[0] >> 160 != 0 or not self._fits_int(price[1], 24) or facts[3] == 0:
        return self._failure(MALFORMED, source), []
    fee: uint256 = price[2]
    if family == Family.UNISWAP_V3:
        fees: DynArray[uint256, 6] = []
        failure, fees = self._values(pool, [FEE], [24])
        if failure != 0:
            return failure, []
        fee = fees[0]
    if fee >> 24 != 0:
        return self._failure(MALFORMED, source), []
    return 0, [
        facts[0],
        facts[3] << 184 | fee << 160 | facts[1],
        facts[2],
        (price[1] & (2**24 - 1)) << 160 | price[0],
        facts[4],
    ]


@internal
@view
def _v4_scalars(manager: address, page: PageV4) -> (uint256, DynArray[uint256, 6]):
    """
    @dev A failure, or the head and the body without ticks.
    """
    failure: uint256 = 0
    slot0: uint256 = 0
    liquidity: uint256 = 0
    state: uint256 = self._v4_state(page.id)
    failure, slot0 = self._slot(manager, state)
    if failure == 0:
        failure, liquidity = self._slot(manager, unsafe_add(state, V4_LIQUIDITY))
    if failure == 0 and page.tick_spacing <= 0:
        failure = self._failure(MALFORMED, TICK_SPACING)
    if failure != 0:
        return failure, []
    fees: uint256 = slot0 >> 184 # the protocol's in the lower 24 bits
    return 0, [
        convert(manager, uint256),
        convert(page.tick_spacing, uint256) << 184
        | (fees >> 24 & (2**24 - 1)) << 160
        | (fees & (2**24 - 1)) << 136,
        0,
        slot0 & (2**184 - 1),
        liquidity & (2**128 - 1),
    ]


@internal
@view
def _page(
    body: DynArray[uint256, 6],
    pool: address,
    page: Page,
    budget: Budget,
    used: uint256,
    tick_spacing: int256,
    family: Family,
    state: uint256,
) -> DynArray[uint256, MAX_WORDS]:
    """
    @dev The whole record: `body` has a head without counts, and the
         ticks of those bitmap words follow for which the budget lasts
         after the `used` words of earlier records.
    """
    out: DynArray[uint256, MAX_WORDS] = []
    for word: uint256 in body:
        out.append(word)
    edge: int256 = MAX_TICK // tick_spacing
    place: int256 = max(convert(page.first_word, int256), -edge >> 8)
    last: int256 = min(convert(page.last_word, int256), edge >> 8)
    for _: uint256 in range(65_536):
        if place > last or self._is_spent(budget, used + len(out)):
            break
        success: bool = False
        answer: Bytes[64] = b""
        success, answer = raw_call( # not through _words: there are thousands of these
            pool,
            self._bitmap_question(place, family, state),
            max_outsize=64,
            gas=TICK_GAS,
            is_static_call=True,
            revert_on_failure=False,
        )
        if not success or len(answer) != 32:
            return [self._failure(MALFORMED if success else REVERTED, TICK_BITMAP)]
        bitmap: uint256 = extract32(answer, 0, output_type=uint256)
        if bitmap != 0:
            failure: uint256 = 0
            whole: bool = False
            found: DynArray[uint256, 512] = []
            failure, whole, found = self._ticks(
                pool,
                place * 256 * tick_spacing,
                bitmap,
                tick_spacing,
                budget,
                used + len(out),
                family,
                state,
            )
            if failure != 0:
                return [failure]
            if not whole:
                break
            for entry: uint256 in found:
                out.append(entry)
        place += 1
    out[0] = self._head(len(out) - 1, place, out[0])
    return out


@internal
@view
def _bitmap_question(place: int256, family: Family, state: uint256) -> Bytes[36]:
    """
    @dev The call data that asks for one word of the tick bitmap.
    """
    if family == Family.UNISWAP_V3:
        return concat(TICK_BITMAP, convert(place, bytes32))
    if family == Family.ALGEBRA:
        return concat(TICK_TABLE, convert(place, bytes32))
    slot: uint256 = self._v4_entry(place, unsafe_add(state, V4_TICK_BITMAP))
    return concat(EXTSLOAD, convert(slot, bytes32))


@internal
@view
def _ticks(
    pool: address,
    first: int256,
    bitmap: uint256,
    tick_spacing: int256,
    budget: Budget,
    used: uint256,
    family: Family,
    state: uint256,
) -> (uint256, bool, DynArray[uint256, 512]):
    """
    @dev A failure, whether the budget lasted, and the ticks of a word
         of the bitmap that begins at tick `first`.
    """
    found: DynArray[uint256, 512] = []
    rest: uint256 = bitmap
    tick: int256 = first
    for _: uint256 in range(256):
        if rest == 0:
            break
        if rest & 1 != 0:
            if self._is_spent(budget, used + len(found) + 2):
                return 0, False, []
            failure: uint256 = 0
            liquidity: uint256 = 0
            failure, liquidity = self._tick(pool, tick, family, state)
            if failure != 0:
                return failure, False, []
            found.append(self._cut(tick, 24))
            found.append(liquidity)
        rest >>= 1
        tick += tick_spacing
    return 0, True, found


@internal
@view
def _tick(pool: address, tick: int256, family: Family, state: uint256) -> (uint256, uint256):
    """
    @dev A failure, or gross and net liquidity of a tick, 128 bits each.
    """
    failure: uint256 = 0
    if family == Family.UNISWAP_V4:
        held: uint256 = 0
        failure, held = self._slot(pool, self._v4_entry(tick, unsafe_add(state, V4_TICKS)))
        # Solidity packs the first member lowest: gross, then net
        return failure, held << 128 | held >> 128
    words: DynArray[uint256, 8] = []
    failure, words = self._words(pool, concat(TICKS, convert(tick, bytes32)), 8, TICK_GAS)
    if failure != 0:
        return failure, 0
    if words[0] >> 128 != 0 or not self._fits_int(words[1], 128):
        return self._failure(MALFORMED, TICKS), 0
    return 0, words[0] << 128 | words[1] & (2**128 - 1)


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
            failure, coin = self._words(
                pool, concat(source[0], convert(i, bytes32)), 1, TICK_GAS
            )
            if failure != 0 or coin[0] >> 160 != 0 or coin[0] == 0:
                continue
            failure, held = self._words(
                pool, concat(source[1], convert(i, bytes32)), 1, TICK_GAS
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
) -> (uint256, DynArray[uint256, 2 * MAX_TOKENS]):
    """
    @dev A failure, or all tokens and then all balances of a pool, from
         the vault's `(address[], uint256[], uint256)`.
    """
    failure: uint256 = 0
    words: DynArray[uint256, 5 + 2 * MAX_TOKENS] = []
    failure, words = self._long(
        vault, concat(GET_POOL_TOKENS, convert(id, bytes32)), GET_POOL_TOKENS
    )
    if failure != 0:
        return failure, []
    size: uint256 = len(words)
    count: uint256 = words[3] if size > 4 else 0
    fits: bool = 0 < count and count <= MAX_TOKENS and size == 5 + 2 * count
    if not fits or words[0] != 96 or words[1] != 128 + 32 * count or words[4 + count] != count:
        return self._failure(MALFORMED, GET_POOL_TOKENS), []
    found: DynArray[uint256, 2 * MAX_TOKENS] = []
    for i: uint256 in range(count, bound=MAX_TOKENS):
        if words[4 + i] >> 160 != 0:
            return self._failure(MALFORMED, GET_POOL_TOKENS), []
        found.append(words[4 + i])
    for i: uint256 in range(count, bound=MAX_TOKENS):
        found.append(words[5 + count + i])
    return 0, found


@internal
@view
def _list(pool: address, source: bytes4) -> DynArray[uint256, MAX_TOKENS]:
    """
    @dev The numbers that a view answers, as a `uint256[]` or one after
         the other; empty if it answers none.
    """
    failure: uint256 = 0
    words: DynArray[uint256, 5 + 2 * MAX_TOKENS] = []
    failure, words = self._long(pool, concat(source, b""), source)
    found: DynArray[uint256, MAX_TOKENS] = []
    size: uint256 = len(words)
    listed: bool = size > 1 and words[0] == 32 and words[1] == size - 2
    first: uint256 = 2 if listed else 0
    if size > first + MAX_TOKENS:
        return found
    for i: uint256 in range(first, size, bound=MAX_TOKENS):
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
    failure, words = self._words(pool, concat(source, b""), 1, VIEW_GAS)
    return words[0] if failure == 0 else 0


@internal
@view
def _values(
    pool: address, sources: DynArray[bytes4, 6], bits: DynArray[uint256, 6]
) -> (uint256, DynArray[uint256, 6]):
    """
    @dev A failure, or one unsigned value of at most so many bits for
         each view.
    """
    if not pool.is_contract:
        return self._failure(NO_CODE, sources[0]), []
    values: DynArray[uint256, 6] = []
    for i: uint256 in range(len(sources), bound=6):
        failure: uint256 = 0
        words: DynArray[uint256, 8] = []
        failure, words = self._words(pool, concat(sources[i], b""), 1, VIEW_GAS)
        if failure != 0:
            return failure, []
        if bits[i] < 256 and words[0] >> bits[i] != 0:
            return self._failure(MALFORMED, sources[i]), []
        values.append(words[0])
    return 0, values


@internal
@view
def _slot(manager: address, slot: uint256) -> (uint256, uint256):
    """
    @dev A failure, or a word of the manager's storage.
    """
    failure: uint256 = 0
    words: DynArray[uint256, 8] = []
    failure, words = self._words(
        manager, concat(EXTSLOAD, convert(slot, bytes32)), 1, TICK_GAS
    )
    return failure, words[0] if failure == 0 else 0


@internal
@view
def _words(
    target: address, question: Bytes[100], count: uint256, limit: uint256
) -> (uint256, DynArray[uint256, 8]):
    """
    @dev A failure, or an answer of exactly `count` words.
    """
    success: bool = False
    answer: Bytes[ANSWER] = b""
    success, answer = raw_call(
        target,
        question,
        max_outsize=ANSWER,
        gas=limit,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success:
        return self._failure(REVERTED, convert(slice(question, 0, 4), bytes4)), []
    if len(answer) != 32 * count:
        return self._failure(MALFORMED, convert(slice(question, 0, 4), bytes4)), []
    words: DynArray[uint256, 8] = []
    for i: uint256 in range(count, bound=8):
        words.append(extract32(answer, 32 * i, output_type=uint256))
    return 0, words


@internal
@view
def _long(
    target: address, question: Bytes[36], source: bytes4
) -> (uint256, DynArray[uint256, 5 + 2 * MAX_TOKENS]):
    """
    @dev A failure, or all words of an answer of any bounded length.
    """
    success: bool = False
    answer: Bytes[LONG_ANSWER] = b""
    success, answer = raw_call(
        target,
        question,
        max_outsize=LONG_ANSWER,
        gas=LONG_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success:
        return self._failure(REVERTED, source), []
    words: DynArray[uint256, 5 + 2 * MAX_TOKENS] = []
    for i: uint256 in range(len(answer) // 32, bound=5 + 2 * MAX_TOKENS):
        words.append(extract32(answer, 32 * i, output_type=uint256))
    return 0, words


@internal
@view
def _is_spent(budget: Budget, words: uint256) -> bool:
    """
    @dev Whether an answer of so many words would exceed the budget.
    """
    return words > budget.words or msg.gas < words * budget.gas_per_word + RESERVE


@internal
@pure
def _head(count: uint256, next_word: int256, source: uint256) -> uint256:
    """
    @dev The head of a readable pool's record.
    """
    return count << 232 | self._cut(next_word, 16) << 216 | source


@internal
@pure
def _failure(status: uint256, source: bytes4) -> uint256:
    """
    @dev The record of an unreadable pool; never 0.
    """
    return status << 248 | convert(source, uint256)


@internal
@pure
def _failure_unless_address(
    failure: uint256, words: DynArray[uint256, 8], source: bytes4
) -> uint256:
    """
    @dev The failure, or a new one where the word exceeds an address.
    """
    if failure == 0 and words[0] >> 160 != 0:
        return self._failure(MALFORMED, source)
    return failure


@internal
@pure
def _cut(number: int256, bits: uint256) -> uint256:
    """
    @dev The lowest bits of a number's two's complement.
    """
    return convert(convert(number, bytes32), uint256) & ((1 << bits) - 1)


@internal
@pure
def _fits_int(word: uint256, bits: uint256) -> bool:
    """
    @dev Whether a word is a sign-extended integer of so many bits.
    """
    top: int256 = convert(convert(word, bytes32), int256) >> (bits - 1)
    return top == 0 or top == -1


@internal
@pure
def _v4_state(id: bytes32) -> uint256:
    """
    @dev Slot of a pool's `Pool.State`.
    """
    return convert(keccak256(concat(id, convert(V4_POOLS, bytes32))), uint256)


@internal
@pure
def _v4_entry(key: int256, slot: uint256) -> uint256:
    """
    @dev Slot of a mapping's entry.
    """
    return convert(
        keccak256(concat(convert(key, bytes32), convert(slot, bytes32))), uint256
    )
