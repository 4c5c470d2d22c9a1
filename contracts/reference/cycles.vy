# pragma version ~=0.4.3
# pragma evm-version cancun
"""
@title Cycles of Listed Pools and Pairs
@license UNLICENSED
@notice Each pool of a cycle but the first has a word, which says what
        serves it with what it asks for: the pool before it in the
        route, and the pairs between the two, its section. A payment
        serves the first one, on terms of the same form.
"""

import callbacks
import protocols
import reading
import table

uses: callbacks


PLACES: constant(uint256) = 1 + table.DIRECTORY_POOLS + table.DIRECTORY_PAIRS
CALLBACK_SIZE: constant(uint256) = 132 # of a callback without data
PAIR_CELL: constant(uint256) = table.CYCLE_PAIR_SIZE
POOL_CELL: constant(uint256) = table.CYCLE_POOL_SIZE
AMOUNT_BITS: constant(uint256) = table.CYCLE_PAIR_AMOUNT_BITS
MOST: constant(uint256) = (1 << AMOUNT_BITS) - 1
FLAG_AT: constant(uint256) = 160 # bit of a word: zero for one of the pool; of terms, that USDC.e is paid
AMOUNT_AT: constant(uint256) = FLAG_AT + 1 # with a pair's cell above it, from the lowest bit that counts
LEFT: constant(uint256) = AMOUNT_AT - table.CYCLE_PAIR_AMOUNT_SHIFT # of a cell in a word
MORE_AT: constant(uint256) = table.CYCLE_PAIR_MORE_SHIFT + LEFT
PAIR_AT: constant(uint256) = table.CYCLE_PAIR_ZERO_FOR_ONE_SHIFT + LEFT # then the place
SECTION_AT: constant(uint256) = 255 # set where there are pairs: theirs are the higher places
SLOT: constant(uint256) = 1 << 160 # between the words of a section's pairs

directory: immutable(address[PLACES]) # by place; no place is zero, and free ones hold zero
words: transient(HashMap[uint256, uint256]) # of pools by address, of further pairs behind what feeds them


@deploy
def __init__(
    pools: DynArray[address, table.DIRECTORY_POOLS], pairs: DynArray[address, table.DIRECTORY_PAIRS]
):
    places: address[PLACES] = empty(address[PLACES])
    for i: uint256 in range(len(pools), bound=table.DIRECTORY_POOLS):
        places[1 + i] = pools[i]
    for i: uint256 in range(len(pairs), bound=table.DIRECTORY_PAIRS):
        places[1 + table.DIRECTORY_POOLS + i] = pairs[i]
    directory = places


@internal
def run(command: reading.Command, token: address):
    """
    @dev Reads the cells in the order of the route, and gives each pool
         but the first its word
    """
    assert token == reading.WPOL or token == reading.USDC_E, "BadToken"
    cells: Bytes[reading.MAX] = command.nested
    amount: uint256 = reading.field(command.own, table.CYCLE_RUN_AMOUNT_AT, 96)
    at: uint256 = 0
    terms: uint256 = 0
    terms, at = self._section(cells, 0, convert(self, uint256))
    if terms == 0:
        terms = (unsafe_sub(0, amount) & MOST) << AMOUNT_AT
    terms |= (1 if token == reading.USDC_E else 0) << FLAG_AT
    word: uint256 = self._pool(cells, at)
    terms |= self._address_bits(word)
    at += POOL_CELL
    for _: uint256 in range(reading.MAX):
        if at >= len(cells):
            break
        section: uint256 = 0
        section, at = self._section(cells, at, self._address_bits(word))
        word |= section
        if at < len(cells):
            served: uint256 = self._pool(cells, at)
            self.words[self._address_bits(served)] = word
            word = served
            at += POOL_CELL
    assert at == len(cells), "TruncatedProgram"
    callbacks.armed = convert(terms, bytes32)
    self._serve(word, -self._signed(amount), self)
    callbacks.spend() # what was not asked for by now is not paid


@internal
def answer(asked: int256):
    """
    @dev To whoever asks without data: by its word, as often as it
         likes, or once by the terms, if they name it
    """
    word: uint256 = self.words[convert(msg.sender, uint256)]
    if word != 0:
        self._serve(word, asked, msg.sender)
    else:
        terms: uint256 = convert(callbacks.armed, uint256)
        bound: bool = callbacks.has_terms() and reading.as_address(terms) == msg.sender
        assert bound, "UnexpectedCallback"
        callbacks.spend()
        token: address = reading.USDC_E if (terms >> FLAG_AT) & 1 == 1 else reading.WPOL
        if terms >> SECTION_AT == 0:
            most: uint256 = terms >> AMOUNT_AT
            assert asked > 0 and convert(asked, uint256) <= most, "WrongPayment"
            protocols.pay(token, msg.sender, convert(asked, uint256))
        else:
            protocols.pay(token, self._pair(terms), self._amount(terms))
            self._swap_pairs(terms, asked, msg.sender, self)


@internal
def _serve(word: uint256, asked: int256, to: address):
    """
    @dev The pool of a word gives what is asked to whoever asks, or
         takes or gives a section's first amount and feeds its pairs
    """
    pool: address = reading.as_address(word)
    zero_for_one: bool = (word >> FLAG_AT) & 1 == 1
    if word >> SECTION_AT == 0:
        protocols.v3_swap(pool, zero_for_one, -asked, to, b"")
    else:
        amount: int256 = self._signed(word >> AMOUNT_AT)
        protocols.v3_swap(pool, zero_for_one, amount, self._pair(word), b"")
        self._swap_pairs(word, asked, to, pool)


@internal
def _swap_pairs(first: uint256, asked: int256, to: address, feeder: address):
    """
    @dev Each pair gives the next one what that takes, the last one
         what is asked to whoever asks
    """
    word: uint256 = first
    slot: uint256 = convert(feeder, uint256)
    for _: uint256 in range(reading.MAX):
        pair: address = self._pair(word)
        zero_for_one: bool = (word >> PAIR_AT) & 1 == 1
        if (word >> MORE_AT) & 1 == 0:
            # less than nothing is more than any pair has
            out: uint256 = convert(convert(asked, bytes32), uint256)
            protocols.v2_swap(pair, zero_for_one, out, to, b"")
            break
        slot += SLOT
        word = self.words[slot]
        protocols.v2_swap(pair, zero_for_one, self._amount(word), self._pair(word), b"")


# ---------------------------------------------------------------- cells


@internal
def _section(cells: Bytes[reading.MAX], start: uint256, slot: uint256) -> (uint256, uint256):
    """
    @dev Gives each pair but the first a word of its own
    @return The first pair's word, zero if no pair's cell stands
            there, and where the section ends
    """
    first: uint256 = self._pair_word(cells, start)
    if first >> SECTION_AT == 0:
        return 0, start
    word: uint256 = first
    place: uint256 = slot
    at: uint256 = start + PAIR_CELL
    for _: uint256 in range(reading.MAX // PAIR_CELL + 1):
        if (word >> MORE_AT) & 1 == 0:
            break
        word = self._pair_word(cells, at)
        place += SLOT
        self.words[place] = word
        at += PAIR_CELL
    return first, at


@internal
@pure
def _pair_word(cells: Bytes[reading.MAX], at: uint256) -> uint256:
    """
    @return A pair's cell above the bits of a pool's: its last one has no meaning
    """
    cell: uint256 = reading.field(cells, at, 8 * PAIR_CELL) >> table.CYCLE_PAIR_AMOUNT_SHIFT
    return cell << AMOUNT_AT


@internal
@view
def _pool(cells: Bytes[reading.MAX], at: uint256) -> uint256:
    """
    @return The pool that a cell names and its direction, as the lowest 161 bits of a word
    """
    cell: uint256 = reading.field(cells, at, 8 * POOL_CELL)
    zero_for_one: uint256 = (cell >> table.CYCLE_POOL_ZERO_FOR_ONE_SHIFT) & 1
    place: uint256 = cell >> table.CYCLE_POOL_PLACE_SHIFT
    return (zero_for_one << FLAG_AT) | convert(directory[place], uint256)


@internal
@pure
def _address_bits(word: uint256) -> uint256:
    return convert(reading.as_address(word), uint256)


@internal
@view
def _pair(word: uint256) -> address:
    """
    @return The first pair of a word's section
    """
    return directory[word >> (PAIR_AT + 1)]


@internal
@pure
def _amount(word: uint256) -> uint256:
    """
    @return A pair's amount, without a sign
    """
    return (word >> AMOUNT_AT) & MOST


@internal
@pure
def _signed(number: uint256) -> int256:
    """
    @return What an amount's bits say where the highest is a sign
    """
    highest: bytes32 = convert(number << (256 - AMOUNT_BITS), bytes32)
    return convert(highest, int256) >> (256 - AMOUNT_BITS)
