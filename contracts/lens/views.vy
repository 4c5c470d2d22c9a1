# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Bounded Views, and the Records They Become
@license MIT
@dev No pool can spoil a batch: every view is a static call with
     bounded gas whose answer is bounded, and its length and each
     value's range are checked before they are packed.
"""


struct Budget:
    words: uint256 # of the whole answer, at most `MAX_WORDS`
    gas_per_word: uint256 # that each word of the answer costs later


MAX_POOLS: constant(uint256) = 1_024
MAX_WORDS: constant(uint256) = 2_048
MAX_TOKENS: constant(uint256) = 16


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


@internal
@view
def values_of(
    pool: address, sources: DynArray[bytes4, 6], bits: DynArray[uint256, 6]
) -> (uint256, DynArray[uint256, 6]):
    """
    @dev A failure, or one unsigned value of at most so many bits for
         each view.
    """
    if not pool.is_contract:
        return self.failed(NO_CODE, sources[0]), []
    values: DynArray[uint256, 6] = []
    for i: uint256 in range(len(sources), bound=6):
        failure: uint256 = 0
        words: DynArray[uint256, 8] = []
        failure, words = self.words_of(pool, concat(sources[i], b""), 1, VIEW_GAS)
        if failure != 0:
            return failure, []
        if bits[i] < 256 and words[0] >> bits[i] != 0:
            return self.failed(MALFORMED, sources[i]), []
        values.append(words[0])
    return 0, values


@internal
@view
def words_of(
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
        return self.failed(REVERTED, convert(slice(question, 0, 4), bytes4)), []
    if len(answer) != 32 * count:
        return self.failed(MALFORMED, convert(slice(question, 0, 4), bytes4)), []
    words: DynArray[uint256, 8] = []
    for i: uint256 in range(count, bound=8):
        words.append(extract32(answer, 32 * i, output_type=uint256))
    return 0, words


@internal
@view
def all_words_of(
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
        return self.failed(REVERTED, source), []
    words: DynArray[uint256, 5 + 2 * MAX_TOKENS] = []
    for i: uint256 in range(len(answer) // 32, bound=5 + 2 * MAX_TOKENS):
        words.append(extract32(answer, 32 * i, output_type=uint256))
    return 0, words


@internal
@view
def is_spent(budget: Budget, words: uint256) -> bool:
    """
    @dev Whether an answer of so many words would exceed the budget.
    """
    return words > budget.words or msg.gas < words * budget.gas_per_word + RESERVE


@internal
@pure
def head(count: uint256, next_word: int256, source: uint256) -> uint256:
    """
    @dev The head of a readable pool's record.
    """
    return count << 232 | self.cut(next_word, 16) << 216 | source


@internal
@pure
def failed(status: uint256, source: bytes4) -> uint256:
    """
    @dev The record of an unreadable pool; never 0.
    """
    return status << 248 | convert(source, uint256)


@internal
@pure
def unless_address(
    failure: uint256, words: DynArray[uint256, 8], source: bytes4
) -> uint256:
    """
    @dev The failure, or a new one where the word exceeds an address.
    """
    if failure == 0 and words[0] >> 160 != 0:
        return self.failed(MALFORMED, source)
    return failure


@internal
@pure
def cut(number: int256, bits: uint256) -> uint256:
    """
    @dev The lowest bits of a number's two's complement.
    """
    return convert(convert(number, bytes32), uint256) & ((1 << bits) - 1)


@internal
@pure
def fits_int(word: uint256, bits: uint256) -> bool:
    """
    @dev Whether a word is a sign-extended integer of so many bits.
    """
    top: int256 = convert(convert(word, bytes32), int256) >> (bits - 1)
    return top == 0 or top == -1
