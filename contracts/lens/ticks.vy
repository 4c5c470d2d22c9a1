# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Pools with Ticks: Uniswap V3, Algebra and Uniswap V4
@license MIT
"""

import views


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


MAX_TICK: constant(int256) = 887_272
FACTORY: constant(bytes4) = method_id("factory()", output_type=bytes4)
TOKEN0: constant(bytes4) = method_id("token0()", output_type=bytes4)
TOKEN1: constant(bytes4) = method_id("token1()", output_type=bytes4)
FEE: constant(bytes4) = method_id("fee()", output_type=bytes4)
TICK_SPACING: constant(bytes4) = method_id("tickSpacing()", output_type=bytes4)
LIQUIDITY: constant(bytes4) = method_id("liquidity()", output_type=bytes4)
SLOT0: constant(bytes4) = method_id("slot0()", output_type=bytes4)
TICK_BITMAP: constant(bytes4) = method_id("tickBitmap(int16)", output_type=bytes4)
TICKS: constant(bytes4) = method_id("ticks(int24)", output_type=bytes4)
GLOBAL_STATE: constant(bytes4) = method_id("globalState()", output_type=bytes4)
TICK_TABLE: constant(bytes4) = method_id("tickTable(int16)", output_type=bytes4)
EXTSLOAD: constant(bytes4) = method_id("extsload(bytes32)", output_type=bytes4)


# @dev Places in the storage of Uniswap V4's `PoolManager` and of its
# `Pool.State` (`StateLibrary.sol`).
V4_POOLS: constant(uint256) = 6
V4_LIQUIDITY: constant(uint256) = 3
V4_TICKS: constant(uint256) = 4
V4_TICK_BITMAP: constant(uint256) = 5


@external
@view
def uniswap_v3(
    pages: DynArray[Page, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
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
def algebra(
    pages: DynArray[Page, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
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
    manager: address, pages: DynArray[PageV4, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
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
    out: DynArray[uint256, views.MAX_WORDS] = []
    for page: PageV4 in pages:
        if views.is_spent(budget, len(out) + 6):
            break
        failure: uint256 = 0
        body: DynArray[uint256, 6] = []
        failure, body = self._v4_scalars(manager, page)
        if failure != 0:
            out.append(failure)
            continue
        record: DynArray[uint256, views.MAX_WORDS] = self._page(
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


@internal
@view
def _pages(
    pages: DynArray[Page, views.MAX_POOLS], budget: views.Budget, family: Family
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @dev Records of Uniswap V3 or Algebra pools.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for page: Page in pages:
        if views.is_spent(budget, len(out) + 6):
            break
        failure: uint256 = 0
        body: DynArray[uint256, 6] = []
        failure, body = self._scalars(page.pool, family)
        if failure != 0:
            out.append(failure)
            continue
        record: DynArray[uint256, views.MAX_WORDS] = self._page(
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
    failure, facts = views.values_of(
        pool, [FACTORY, TOKEN0, TOKEN1, TICK_SPACING, LIQUIDITY], [160, 160, 160, 23, 128]
    )
    if failure != 0:
        return failure, []
    source: bytes4 = SLOT0 if family == Family.UNISWAP_V3 else GLOBAL_STATE
    failure, price = views.words_of(pool, concat(source, b""), 7, views.VIEW_GAS)
    if failure != 0:
        return failure, []
    if price[0] >> 160 != 0 or not views.fits_int(price[1], 24) or facts[3] == 0:
        return views.failed(views.MALFORMED, source), []
    fee: uint256 = price[2]
    if family == Family.UNISWAP_V3:
        fees: DynArray[uint256, 6] = []
        failure, fees = views.values_of(pool, [FEE], [24])
        if failure != 0:
            return failure, []
        fee = fees[0]
    if fee >> 24 != 0:
        return views.failed(views.MALFORMED, source), []
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
        failure = views.failed(views.MALFORMED, TICK_SPACING)
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
    budget: views.Budget,
    used: uint256,
    tick_spacing: int256,
    family: Family,
    state: uint256,
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @dev The whole record: `body` has a head without counts, and the
         ticks of those bitmap words follow for which the budget lasts
         after the `used` words of earlier records.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for word: uint256 in body:
        out.append(word)
    edge: int256 = MAX_TICK // tick_spacing
    place: int256 = max(convert(page.first_word, int256), -edge >> 8)
    last: int256 = min(convert(page.last_word, int256), edge >> 8)
    for _: uint256 in range(65_536):
        if place > last or views.is_spent(budget, used + len(out)):
            break
        success: bool = False
        answer: Bytes[64] = b""
        success, answer = raw_call( # not through _words: there are thousands of these
            pool,
            self._bitmap_question(place, family, state),
            max_outsize=64,
            gas=views.TICK_GAS,
            is_static_call=True,
            revert_on_failure=False,
        )
        if not success or len(answer) != 32:
            return [views.failed(views.MALFORMED if success else views.REVERTED, TICK_BITMAP)]
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
    out[0] = views.head(len(out) - 1, place, out[0])
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
    budget: views.Budget,
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
            if views.is_spent(budget, used + len(found) + 2):
                return 0, False, []
            failure: uint256 = 0
            liquidity: uint256 = 0
            failure, liquidity = self._tick(pool, tick, family, state)
            if failure != 0:
                return failure, False, []
            found.append(views.cut(tick, 24))
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
    failure, words = views.words_of(pool, concat(TICKS, convert(tick, bytes32)), 8, views.TICK_GAS)
    if failure != 0:
        return failure, 0
    if words[0] >> 128 != 0 or not views.fits_int(words[1], 128):
        return views.failed(views.MALFORMED, TICKS), 0
    return 0, words[0] << 128 | words[1] & (2**128 - 1)


@internal
@view
def _slot(manager: address, slot: uint256) -> (uint256, uint256):
    """
    @dev A failure, or a word of the manager's storage.
    """
    failure: uint256 = 0
    words: DynArray[uint256, 8] = []
    failure, words = views.words_of(
        manager, concat(EXTSLOAD, convert(slot, bytes32)), 1, views.TICK_GAS
    )
    return failure, words[0] if failure == 0 else 0


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
