# pragma version ~=0.4.3
# pragma evm-version cancun
"""
@title The Executor, Written to Be Read
@license UNLICENSED
@notice What `ArbitrageExecutor.sol` does with a program's bytes,
        command by command, without a thought for gas. It is the
        oracle of the executor's tests and is never deployed:
        both must move the same tokens and refuse the same
        programs, for the same reason. docs/program.md has the
        format; its numbers come from contracts/program.toml.
@dev A stream runs in a frame: the entry's, or that of a callback
     which a command has armed.
"""

import callbacks
import commands
import cycles
import limits
import protocols
import reading
import table


struct Frame:
    stream: Bytes[reading.MAX]
    declared: Bytes[reading.MAX] # the header's tokens, as they stand there
    tokens: DynArray[address, table.MAX_TOKENS]
    counterparty: address # whom `caller` names; zero where it names nobody
    asked: int256 # by the pool that called back; zero elsewhere


LEAF_SIZE: constant(uint256) = 64 # of the data that asks for one payment
ALGEBRA: constant(uint256) = (
    (1 << table.OP_ALGEBRA) | (1 << table.OP_ALGEBRA_PAY) | (1 << table.OP_ALGEBRA_OUT)
    | (1 << table.OP_ALGEBRA_OWED)
)
STREAMED_V3: constant(uint256) = (
    (1 << table.OP_V3) | (1 << table.OP_V3_OUT) | (1 << table.OP_V3_OWED)
    | (1 << table.OP_ALGEBRA) | (1 << table.OP_ALGEBRA_OUT) | (1 << table.OP_ALGEBRA_OWED)
)

owner: immutable(address)
aave_pool: immutable(address)
executors: HashMap[address, bool]
listed: HashMap[address, bool]
running: transient(bool)

initializes: callbacks
initializes: cycles[callbacks := callbacks] # the last immutables: the directory is the code's end


@deploy
def __init__(
    _owner: address,
    _guardian: address,
    _treasury: address,
    _aave_pool: address,
    pools: DynArray[address, table.DIRECTORY_POOLS],
    pairs: DynArray[address, table.DIRECTORY_PAIRS],
):
    """
    @dev As the executor is created; guardian and treasury have no say here
    """
    owner = _owner
    aave_pool = _aave_pool
    cycles.__init__(pools, pairs)


@external
def setExecutor(executor: address, allowed: bool):
    assert msg.sender == owner, "NotOwner"
    self.executors[executor] = allowed


@external
def setListedPool(pool: address, allowed: bool):
    assert msg.sender == owner, "NotOwner"
    self.listed[pool] = allowed


# ---------------------------------------------------------------- entry


@external
@payable
def __default__():
    """
    @notice Run a program, whose first four bytes are zero; or,
            without calldata, receive the native coin
    """
    if len(msg.data) != 0:
        assert len(msg.data) <= reading.MAX
        program: Bytes[reading.MAX] = raw_call(
            reading.IDENTITY, msg.data, max_outsize=reading.MAX, is_static_call=True
        )
        self._execute(program)


@internal
def _execute(program: Bytes[reading.MAX]):
    assert reading.field(program, 0, 32) == 0 # no function of ours has another selector
    assert self.executors[msg.sender], "Unauthorized"
    limits.check(program)
    assert not self.running, "NestedRun"
    self.running = True
    native: uint256 = self.balance
    declared: Bytes[reading.MAX] = reading.declaration(program, table.HEADER_TOKENS_AT)
    tokens: DynArray[address, table.MAX_TOKENS] = reading.tokens(declared)
    before: DynArray[uint256, table.MAX_TOKENS] = []
    for token: address in tokens:
        before.append(protocols.balance_of(token, self))

    start: uint256 = table.HEADER_TOKENS_AT + len(declared)
    self._run(
        Frame(
            stream=slice(program, start, len(program) - start),
            declared=declared,
            tokens=tokens,
            counterparty=empty(address),
            asked=0,
        )
    )

    for i: uint256 in range(len(tokens), bound=table.MAX_TOKENS):
        held: uint256 = protocols.balance_of(tokens[i], self)
        assert held >= before[i], "BalanceFell"
        assert i != 0 or held - before[i] >= limits.least_profit(program), "Unprofitable"
    assert self.balance >= native, "BalanceFell"
    self.running = False


# ------------------------------------------------------------ callbacks


@external
def uniswapV2Call(sender: address, amount0: uint256, amount1: uint256, data: Bytes[reading.MAX]):
    assert sender == self, "UnexpectedCallback"
    callbacks.consume(data)
    self._run(self._frame(data, msg.sender, 0))


@external
def uniswapV3SwapCallback(amount0: int256, amount1: int256, data: Bytes[reading.MAX]):
    asked: int256 = max(amount0, amount1)
    if len(msg.data) == cycles.CALLBACK_SIZE:
        cycles.answer(asked)
    else:
        self._swap_callback(asked, data)


@external
def algebraSwapCallback(amount0: int256, amount1: int256, data: Bytes[reading.MAX]):
    self._swap_callback(max(amount0, amount1), data)


@external
def uniswapV3FlashCallback(fee0: uint256, fee1: uint256, data: Bytes[reading.MAX]):
    callbacks.consume(data)
    self._run(self._frame(data, msg.sender, 0))


@external
def unlockCallback(data: Bytes[reading.MAX]) -> Bytes[32]:
    callbacks.consume(data)
    self._run(self._frame(data, msg.sender, 0))
    return b""


@external
def executeOperation(
    asset: address,
    amount: uint256,
    premium: uint256,
    initiator: address,
    data: Bytes[reading.MAX],
) -> bool:
    assert initiator == self, "UnexpectedCallback"
    callbacks.consume(data)
    self._run_on_loan(table.OP_AAVE, asset, amount, premium, data)
    protocols.approve(asset, msg.sender, amount + premium)
    return True


@external
def receiveFlashLoan(
    assets: DynArray[address, 4],
    amounts: DynArray[uint256, 4],
    premiums: DynArray[uint256, 4],
    data: Bytes[reading.MAX],
):
    callbacks.consume(data)
    assert len(assets) == 1 and len(amounts) == 1 and len(premiums) == 1, "WrongLoan"
    self._run_on_loan(table.OP_BALANCER_FLASH, assets[0], amounts[0], premiums[0], data)
    protocols.transfer(assets[0], msg.sender, amounts[0] + premiums[0])


@external
def onMorphoFlashLoan(amount: uint256, data: Bytes[reading.MAX]):
    callbacks.consume(data)
    token: address = self._run_on_loan(table.OP_MORPHO, empty(address), amount, 0, data)
    protocols.approve(token, msg.sender, amount)


@internal
def _swap_callback(asked: int256, data: Bytes[reading.MAX]):
    """
    @dev The data are a stream, or a token and the most to pay of
         it: no declaration begins with a zero byte
    """
    callbacks.consume(data)
    if len(data) != LEAF_SIZE or reading.field(data, 0, 8) != 0:
        self._run(self._frame(data, msg.sender, asked))
    else:
        most: uint256 = reading.field(data, 32, 256)
        commands.pay_asked(reading.address_at(data, 12), asked, most)


@internal
def _run_on_loan(
    opcode: uint256, asset: address, amount: uint256, premium: uint256, data: Bytes[reading.MAX]
) -> address:
    """
    @dev The data's stream begins with the terms that the command
         had: token, amount and, save for Morpho, highest premium.
         Morpho's callback does not name the token.
    @return The token that was lent
    """
    frame: Frame = self._frame(data, empty(address), 0)
    size: uint256 = 1 + 16
    most: uint256 = 0
    if opcode != table.OP_MORPHO:
        most = reading.field(frame.stream, size, 128)
        size += 16
    token: address = frame.tokens[reading.field(frame.stream, 0, 8)]
    agreed: uint256 = reading.field(frame.stream, 1, 128)
    named: bool = asset == token or opcode == table.OP_MORPHO
    assert named and amount == agreed and premium <= most, "WrongLoan"
    frame.stream = slice(frame.stream, size, len(frame.stream) - size)
    self._run(frame)
    return token


@internal
@pure
def _frame(data: Bytes[reading.MAX], counterparty: address, asked: int256) -> Frame:
    """
    @dev What a callback's data say: the declared tokens, then its stream
    """
    declared: Bytes[reading.MAX] = reading.declaration(data, 0)
    return Frame(
        stream=slice(data, len(declared), len(data) - len(declared)),
        declared=declared,
        tokens=reading.tokens(declared),
        counterparty=counterparty,
        asked=asked,
    )


# ------------------------------------------------------------- commands


@internal
def _run(frame: Frame):
    """
    @dev Run the commands of a stream, one after another
    """
    at: uint256 = 0
    for _: uint256 in range(reading.MAX):
        if at >= len(frame.stream):
            break
        command: reading.Command = reading.command(frame.stream, at)
        at = command.after
        if reading.has(table.HAVE_RECIPIENT, command.opcode):
            command.to = self._recipient(frame.stream, command, frame.counterparty)
        self._run_one(command, frame.declared, frame.tokens, frame.asked)
        # the last command of a pool's callback leaves this to the command around it, which sees
        # the same word
        last: bool = at == len(frame.stream) and frame.counterparty != empty(address)
        if reading.has(table.ARM, command.opcode) and not last:
            callbacks.require_spent()


@internal
def _run_one(
    command: reading.Command,
    declared: Bytes[reading.MAX],
    tokens: DynArray[address, table.MAX_TOKENS],
    asked: int256,
):
    opcode: uint256 = command.opcode
    if opcode == table.OP_PAY:
        commands.pay(command, tokens)
    elif opcode == table.OP_PAY_OWED:
        commands.pay_owed(command.own, tokens, asked)
    elif opcode == table.OP_V2:
        commands.v2(command)
    elif opcode == table.OP_V2_RUN:
        commands.v2_run(command, tokens)
    elif opcode == table.OP_CYCLE_RUN:
        cycles.run(command, tokens[0])
    elif opcode == table.OP_V2_FLASH:
        self._v2_flash(command, declared)
    elif opcode == table.OP_V2_ARRIVED:
        commands.v2_arrived(command, tokens)
    elif reading.has(STREAMED_V3, opcode):
        amount: int256 = self._v3_amount(opcode, command.own, asked)
        self._v3(command, amount, self._nested(command, declared))
    elif opcode == table.OP_V3_PAY or opcode == table.OP_ALGEBRA_PAY:
        self._v3_pay(command, tokens)
    elif opcode == table.OP_V3_FLASH:
        self._v3_flash(command, declared)
    elif opcode == table.OP_V4:
        self._v4(command, declared)
    elif opcode == table.OP_V4_SWAP:
        commands.v4_swap(command)
    elif opcode == table.OP_V4_TAKE:
        commands.v4_take(command)
    elif opcode == table.OP_V4_SYNC:
        protocols.v4_sync(reading.address_at(command.own, table.V4_SYNC_CURRENCY_AT))
    elif opcode == table.OP_V4_SETTLE:
        protocols.v4_settle()
    elif opcode == table.OP_AAVE or opcode == table.OP_BALANCER_FLASH or opcode == table.OP_MORPHO:
        self._loan(command, declared, tokens)
    elif opcode == table.OP_BALANCER:
        commands.balancer(command, tokens)
    elif opcode == table.OP_CURVE:
        assert self.listed[reading.address_at(command.own, table.CURVE_POOL_AT)], "UnlistedPool"
        commands.curve(command, tokens)
    elif opcode == table.OP_CURVE_NG:
        commands.curve_ng(command)
    else:
        commands.check(command)


@internal
def _v2_flash(command: reading.Command, declared: Bytes[reading.MAX]):
    pair: address = reading.address_at(command.own, table.V2_FLASH_POOL_AT)
    out: uint256 = reading.field(command.own, table.V2_FLASH_AMOUNT_OUT_AT, 112)
    data: Bytes[reading.MAX] = self._nested(command, declared)
    callbacks.arm(pair, method_id("uniswapV2Call(address,uint256,uint256,bytes)"), data)
    protocols.v2_swap(pair, command.zero_for_one, out, command.to, data)


@internal
@pure
def _v3_amount(opcode: uint256, own: Bytes[reading.LONGEST], asked: int256) -> int256:
    """
    @dev Positive as an exact input, negative as an exact output
    """
    if opcode == table.OP_V3_OWED or opcode == table.OP_ALGEBRA_OWED:
        assert asked > 0 and asked < convert(reading.ALL_BUT, int256), "WrongPayment"
        return -asked
    amount: int256 = convert(reading.field(own, table.V3_AMOUNT_IN_AT, 128), int256)
    return amount if opcode == table.OP_V3 or opcode == table.OP_ALGEBRA else -amount


@internal
def _v3_pay(command: reading.Command, tokens: DynArray[address, table.MAX_TOKENS]):
    token: address = commands.token_of(tokens, command.own, table.V3_PAY_TOKEN_AT)
    amount: uint256 = commands.amount_of(command.own, table.V3_PAY_AMOUNT_IN_AT, token)
    self._v3(command, convert(amount, int256), abi_encode(token, amount))


@internal
def _v3(command: reading.Command, amount: int256, data: Bytes[reading.MAX]):
    """
    @dev On a Uniswap V3 pool or, with an opcode of its own, an
         Algebra one: they differ in their callback's name only
    """
    pool: address = reading.address_at(command.own, table.V3_POOL_AT)
    selector: Bytes[4] = method_id("uniswapV3SwapCallback(int256,int256,bytes)")
    if reading.has(ALGEBRA, command.opcode):
        selector = method_id("algebraSwapCallback(int256,int256,bytes)")
    callbacks.arm(pool, selector, data)
    protocols.v3_swap(pool, command.zero_for_one, amount, command.to, data)


@internal
def _v3_flash(command: reading.Command, declared: Bytes[reading.MAX]):
    pool: address = reading.address_at(command.own, table.V3_FLASH_POOL_AT)
    amount: uint256 = reading.field(command.own, table.V3_FLASH_AMOUNT_AT, 128)
    data: Bytes[reading.MAX] = self._nested(command, declared)
    callbacks.arm(pool, method_id("uniswapV3FlashCallback(uint256,uint256,bytes)"), data)
    protocols.v3_flash(pool, command.zero_for_one, amount, data)


@internal
def _v4(command: reading.Command, declared: Bytes[reading.MAX]):
    data: Bytes[reading.MAX] = self._nested(command, declared)
    callbacks.arm(protocols.MANAGER, method_id("unlockCallback(bytes)"), data)
    protocols.v4_unlock(data)


@internal
def _loan(
    command: reading.Command,
    declared: Bytes[reading.MAX],
    tokens: DynArray[address, table.MAX_TOKENS],
):
    """
    @dev Token, amount and, save for Morpho, highest premium are in
         the same places of each lender's command
    """
    token: address = commands.token_of(tokens, command.own, table.AAVE_TOKEN_AT)
    amount: uint256 = reading.field(command.own, table.AAVE_AMOUNT_AT, 128)
    size: uint256 = 17 if command.opcode == table.OP_MORPHO else 33
    terms: Bytes[reading.LONGEST] = slice(command.own, table.AAVE_TOKEN_AT, size)
    data: Bytes[reading.MAX] = reading.fitted(concat(declared, terms, command.nested))
    if command.opcode == table.OP_AAVE:
        selector: Bytes[4] = method_id("executeOperation(address,uint256,uint256,address,bytes)")
        callbacks.arm(aave_pool, selector, data)
        protocols.aave_loan(aave_pool, token, amount, data)
    elif command.opcode == table.OP_BALANCER_FLASH:
        selector: Bytes[4] = method_id("receiveFlashLoan(address[],uint256[],uint256[],bytes)")
        callbacks.arm(protocols.VAULT, selector, data)
        protocols.balancer_loan(token, amount, data)
    else:
        callbacks.arm(protocols.MORPHO, method_id("onMorphoFlashLoan(uint256,bytes)"), data)
        protocols.morpho_loan(token, amount, data)


@internal
@view
def _recipient(
    stream: Bytes[reading.MAX], command: reading.Command, counterparty: address
) -> address:
    to: address = command.to
    if command.target == table.TO_SELF:
        to = self
    elif command.target == table.TO_CALLER:
        to = counterparty
    elif command.target == table.TO_NEXT:
        to = empty(address)
        if reading.takes_delivery(stream, command.after):
            to = reading.address_at(stream, command.after + 1)
    assert to != empty(address), "BadRecipient"
    return to


@internal
@view
def _nested(command: reading.Command, declared: Bytes[reading.MAX]) -> Bytes[reading.MAX]:
    """
    @dev What a pool is given and must give back
    """
    return reading.fitted(concat(declared, command.nested))
