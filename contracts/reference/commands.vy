# pragma version ~=0.4.3
# pragma evm-version cancun
"""
@title The Commands That Nobody Calls Back
@license UNLICENSED
@notice Payments, swaps whose input is here already, and checks; and
        what every command means by a token and an amount.
"""

import protocols
import reading
import table


PAIR_CELL: constant(uint256) = table.V2_CELL_SIZE
MOST_OUT: constant(uint256) = (1 << table.V2_CELL_AMOUNT_OUT_BITS) - 1


@internal
def pay(command: reading.Command, tokens: DynArray[address, table.MAX_TOKENS]):
    token: address = self.token_of(tokens, command.own, table.PAY_TOKEN_AT)
    amount: uint256 = self.amount_of(command.own, table.PAY_AMOUNT_AT, token)
    protocols.transfer(token, command.to, amount)


@internal
def pay_owed(
    own: Bytes[reading.LONGEST],
    tokens: DynArray[address, table.MAX_TOKENS],
    asked: int256,
):
    token: address = self.token_of(tokens, own, table.PAY_OWED_TOKEN_AT)
    most: uint256 = reading.field(own, table.PAY_OWED_MAX_AMOUNT_AT, 128)
    self.pay_asked(token, asked, most)


@internal
def pay_asked(token: address, asked: int256, most: uint256):
    assert asked > 0 and convert(asked, uint256) <= most, "WrongPayment"
    protocols.transfer(token, msg.sender, convert(asked, uint256))


@internal
def v2(command: reading.Command):
    pair: address = reading.address_at(command.own, table.V2_POOL_AT)
    out: uint256 = reading.field(command.own, table.V2_AMOUNT_OUT_AT, 112)
    protocols.v2_swap(pair, command.zero_for_one, out, command.to, b"")


@internal
def v2_run(command: reading.Command, tokens: DynArray[address, table.MAX_TOKENS]):
    """
    @dev A payment to the first pair, then a swap for each cell:
         direction, exact output and pair
    """
    cells: Bytes[reading.MAX] = command.nested
    reading.require_cells(len(cells), PAIR_CELL)
    token: address = self.token_of(tokens, command.own, table.V2_RUN_TOKEN_AT)
    cell: uint256 = reading.field(cells, 0, 256)
    amount: uint256 = reading.field(command.own, table.V2_RUN_AMOUNT_IN_AT, 96)
    protocols.transfer(token, reading.as_address(cell), amount)
    count: uint256 = len(cells) // PAIR_CELL
    for i: uint256 in range(1, count + 1, bound=reading.MAX // PAIR_CELL):
        behind: uint256 = reading.field(cells, i * PAIR_CELL, 256)
        to: address = reading.as_address(behind) if i < count else command.to
        zero_for_one: bool = cell >> table.V2_CELL_ZERO_FOR_ONE_SHIFT == 1
        out: uint256 = (cell >> table.V2_CELL_AMOUNT_OUT_SHIFT) & MOST_OUT
        protocols.v2_swap(reading.as_address(cell), zero_for_one, out, to, b"")
        cell = behind


@internal
def v2_arrived(command: reading.Command, tokens: DynArray[address, table.MAX_TOKENS]):
    """
    @dev The pair's own formula, for the input that it holds already
    """
    pair: address = reading.address_at(command.own, table.V2_ARRIVED_POOL_AT)
    reserve_in: uint256 = 0
    reserve_out: uint256 = 0
    reserve_in, reserve_out = protocols.v2_reserves(pair, command.zero_for_one)
    token: address = self.token_of(tokens, command.own, table.V2_ARRIVED_TOKEN_AT)
    held: uint256 = protocols.balance_of(token, pair)
    fee: uint256 = reading.field(command.own, table.V2_ARRIVED_FEE_AT, 16)
    assert fee <= 10_000, "BadAmount"
    assert held >= reserve_in and held - reserve_in < 1 << 112, "BadAmount"
    net: uint256 = (held - reserve_in) * (10_000 - fee)
    into: uint256 = reserve_in * 10_000 + net
    out: uint256 = net * reserve_out // into if into != 0 else 0
    protocols.v2_swap(pair, command.zero_for_one, out, command.to, b"")


@internal
def v4_swap(command: reading.Command):
    own: Bytes[reading.LONGEST] = command.own
    protocols.v4_swap(
        reading.address_at(own, table.V4_SWAP_CURRENCY0_AT),
        reading.address_at(own, table.V4_SWAP_CURRENCY1_AT),
        reading.field(own, table.V4_SWAP_FEE_AT, 24),
        reading.field(own, table.V4_SWAP_TICK_SPACING_AT, 16),
        command.zero_for_one,
        reading.field(own, table.V4_SWAP_AMOUNT_IN_AT, 128),
    )


@internal
def v4_take(command: reading.Command):
    currency: address = reading.address_at(command.own, table.V4_TAKE_CURRENCY_AT)
    amount: uint256 = reading.field(command.own, table.V4_TAKE_AMOUNT_AT, 128)
    protocols.v4_take(currency, command.to, amount)


@internal
def balancer(command: reading.Command, tokens: DynArray[address, table.MAX_TOKENS]):
    pool_id: uint256 = reading.field(command.own, table.BALANCER_POOL_ID_AT, 256)
    token: address = self.token_of(tokens, command.own, table.BALANCER_TOKEN_AT)
    amount: uint256 = self.amount_of(command.own, table.BALANCER_AMOUNT_IN_AT, token)
    bought: address = reading.address_at(command.own, table.BALANCER_TOKEN_OUT_AT)
    protocols.approve(token, protocols.VAULT, amount)
    protocols.balancer_swap(convert(pool_id, bytes32), token, bought, amount, command.to)
    assert protocols.allowance(token, protocols.VAULT) == 0, "AllowanceLeft"


@internal
def curve(command: reading.Command, tokens: DynArray[address, table.MAX_TOKENS]):
    pool: address = reading.address_at(command.own, table.CURVE_POOL_AT)
    indices: uint256 = reading.field(command.own, table.CURVE_INDICES_AT, 8)
    token: address = self.token_of(tokens, command.own, table.CURVE_TOKEN_AT)
    amount: uint256 = self.amount_of(command.own, table.CURVE_AMOUNT_IN_AT, token)
    protocols.approve(token, pool, amount)
    protocols.curve_exchange(pool, indices, amount)
    assert protocols.allowance(token, pool) == 0, "AllowanceLeft"


@internal
def curve_ng(command: reading.Command):
    pool: address = reading.address_at(command.own, table.CURVE_NG_POOL_AT)
    indices: uint256 = reading.field(command.own, table.CURVE_NG_INDICES_AT, 8)
    least: uint256 = reading.field(command.own, table.CURVE_NG_AMOUNT_IN_AT, 128)
    protocols.curve_exchange_received(pool, indices, least, command.to)


@internal
@view
def check(command: reading.Command):
    """
    @dev A pool whose state is another than the program relies on
         ends the run early
    """
    pool: address = reading.address_at(command.own, table.CHECK_V2_POOL_AT)
    wanted: uint256 = reading.field(command.own, table.CHECK_V2_DIGEST_AT, 32)
    question: Bytes[4] = method_id("getReserves()")
    size: uint256 = 64
    if command.opcode == table.OP_CHECK_V3:
        question = method_id("slot0()")
        size = 32
    elif command.opcode == table.OP_CHECK_ALGEBRA:
        question = method_id("globalState()")
        size = 32
    answer: Bytes[64] = protocols.asked(pool, question)
    assert len(answer) >= size, "StaleState"
    digest: bytes32 = keccak256(slice(answer, 0, size))
    assert convert(digest, uint256) >> 224 == wanted, "StaleState"


@internal
@pure
def token_of(
    tokens: DynArray[address, table.MAX_TOKENS], own: Bytes[reading.LONGEST], at: uint256
) -> address:
    """
    @dev The declared token whose index stands at a byte
    """
    index: uint256 = reading.field(own, at, 8)
    assert index < len(tokens), "BadToken"
    return tokens[index]


@internal
@view
def amount_of(own: Bytes[reading.LONGEST], at: uint256, token: address) -> uint256:
    """
    @dev As it stands, or all that we hold but so much
    """
    written: uint256 = reading.field(own, at, 128)
    if written < reading.ALL_BUT:
        return written
    held: uint256 = protocols.balance_of(token, self)
    kept: uint256 = written - reading.ALL_BUT
    assert held >= kept and held - kept < reading.ALL_BUT, "BadAmount"
    return held - kept
