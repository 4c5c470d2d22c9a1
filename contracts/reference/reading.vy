# pragma version ~=0.4.3
# pragma evm-version cancun
"""
@title How a Program Reads
@license UNLICENSED
@notice Bytes to fields, commands and declared tokens; nothing here
        calls anyone. Bytes beyond an end read as zero.
"""

import table


struct Command:
    opcode: uint256
    own: Bytes[LONGEST] # its first byte, its fields, and what follows
    zero_for_one: bool
    target: uint256 # whom it serves: `TO_SELF`, `TO_CALLER`, `TO_NEXT`, `TO_ADDRESS`
    to: address # the address behind its fields, for `TO_ADDRESS`
    nested: Bytes[MAX]
    after: uint256 # where in its stream the next one begins


MAX: constant(uint256) = 8192 # longest program that is read here
IDENTITY: constant(address) = 0x0000000000000000000000000000000000000004 # answers what it is sent
ADDRESS: constant(uint256) = 20
LONGEST: constant(uint256) = 96 # more than any command's fields have
NESTED_BITS: constant(uint256) = 16
ALL_BUT: constant(uint256) = 1 << 127
WPOL: constant(address) = 0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270
USDC_E: constant(address) = 0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174


@internal
@pure
def field(data: Bytes[MAX], at: uint256, bits: uint256) -> uint256:
    """
    @return The big-endian integer of so many bits at a byte
    """
    if at >= len(data):
        return 0
    padded: Bytes[MAX + 32] = concat(data, empty(bytes32))
    return convert(extract32(padded, at), uint256) >> (256 - bits)


@internal
@pure
def address_at(data: Bytes[MAX], at: uint256) -> address:
    """
    @return The 20 bytes at a byte
    """
    return self.as_address(self.field(data, at, 160))


@internal
@pure
def as_address(word: uint256) -> address:
    """
    @return The lowest 160 bits
    """
    return convert(convert(word & ((1 << 160) - 1), uint160), address)


@internal
@pure
def declaration(data: Bytes[MAX], at: uint256) -> Bytes[MAX]:
    """
    @return The tokens byte at `at` and the addresses behind it
    """
    byte: uint256 = self.field(data, at, 8)
    count: uint256 = byte & ((1 << table.TOKEN_COUNT_BITS) - 1)
    lead: uint256 = byte >> table.TOKEN_COUNT_BITS
    assert self.has(table.LEADS, lead) and byte != 0, "BadTokens"
    size: uint256 = 1 + ADDRESS * count
    assert at + size <= len(data), "TruncatedProgram"
    return slice(data, at, size)


@internal
@pure
def tokens(declared: Bytes[MAX]) -> DynArray[address, table.MAX_TOKENS]:
    """
    @return The tokens of a declaration: a well-known one first, if
            the highest bits name one, then the addresses
    """
    found: DynArray[address, table.MAX_TOKENS] = []
    lead: uint256 = self.field(declared, 0, 8) >> table.TOKEN_COUNT_BITS
    if lead == table.LEAD_WPOL:
        found.append(WPOL)
    elif lead == table.LEAD_USDC_E:
        found.append(USDC_E)
    for i: uint256 in range(len(declared) // ADDRESS, bound=table.MAX_TOKENS - 1):
        found.append(self.address_at(declared, 1 + ADDRESS * i))
    return found


@internal
@pure
def command(stream: Bytes[MAX], at: uint256) -> Command:
    """
    @return The command at a byte of its stream, which must hold it whole
    """
    head: uint256 = self.field(stream, at, 8)
    opcode: uint256 = head & table.OPCODE_MASK
    target: uint256 = (head >> table.RECIPIENT_SHIFT) & table.RECIPIENT_MASK
    assert table.SIZES[opcode] != 0, "UnknownCommand"
    after: uint256 = at + table.SIZES[opcode]
    to: address = empty(address)
    if target == table.TO_ADDRESS and self.has(table.HAVE_RECIPIENT, opcode):
        to = self.address_at(stream, after)
        after += ADDRESS
    length: uint256 = 0
    if table.NESTED_AT[opcode] != 0 and after <= len(stream):
        length = self.field(stream, at + table.NESTED_AT[opcode], NESTED_BITS)
        if length == 0:
            length = len(stream) - after # all that is left
    assert after + length <= len(stream), "TruncatedProgram"
    padded: Bytes[MAX + LONGEST] = concat(
        stream, empty(bytes32), empty(bytes32), empty(bytes32)
    )
    return Command(
        opcode=opcode,
        own=slice(padded, at, LONGEST),
        zero_for_one=head >> table.ZERO_FOR_ONE_SHIFT == 1,
        target=target,
        to=to,
        nested=slice(stream, after, length),
        after=after + length,
    )


@internal
@pure
def takes_delivery(stream: Bytes[MAX], at: uint256) -> bool:
    """
    @return Whether a command begins at a byte that accepts input delivered beforehand
    """
    opcode: uint256 = self.field(stream, at, 8) & table.OPCODE_MASK
    return at < len(stream) and self.has(table.TAKE_DELIVERY, opcode)


@internal
@pure
def require_cells(length: uint256, size: uint256):
    """
    @dev A run has whole cells of a size, one at least
    """
    assert length != 0 and length % size == 0, "TruncatedProgram"


@internal
@view
def fitted(data: Bytes[3 * MAX]) -> Bytes[MAX]:
    """
    @return The same bytes, of a type that holds no more than a program's
    """
    assert len(data) <= MAX
    return raw_call(IDENTITY, data, max_outsize=MAX, is_static_call=True)


@internal
@pure
def has(mask: uint256, opcode: uint256) -> bool:
    return (mask >> opcode) & 1 == 1
