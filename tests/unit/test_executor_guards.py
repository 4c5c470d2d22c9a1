"""Strangers, hostile pools and odd tokens: what is not armed reverts, and no balance moves."""

import pytest
from eth_abi.abi import encode
from executor_world import (
    AAVE_CALLBACK,
    AAVE_POOL,
    ARMING,
    KEEPER,
    NATIVE,
    OWNER,
    STRANGER,
    V2_CALLBACK,
    V3_CALLBACK,
    RevertedError,
    World,
    callback,
    decode_error,
    root_cause,
    script,
    scripted,
    swap_arming,
)
from program_assembler import bound, command, header

from keeper.chain import Address
from keeper.execution.program_table import (
    LEAD_USDC_E,
    LEAD_WPOL,
    OP_AAVE,
    OP_CHECK_V2,
    OP_CURVE,
    OP_PAY_OWED,
    OP_V2,
    OP_V3,
    OP_V3_OWED,
    USDC_E,
    WPOL,
)
from replica.abi import encode_call
from replica.contracts import compile_contract

CALLBACKS = (V2_CALLBACK, V3_CALLBACK, AAVE_CALLBACK)


def pay(to: str, amount: int, token: int = 0) -> bytes:
    return command("pay", to=to, token=token, amount=amount)


NESTED = pay("caller", 10**18)
BOUND = bound([Address(WPOL)], NESTED)
V2_OF_NOBODY = bytes([OP_V2]) + b"\x77" * 20 + bytes(14)
NO_LEAD = 2


def visit(wpol: Address, arming: str, pool: Address) -> bytes:
    """A program that calls one hostile pool."""
    return header([wpol]) + swap_arming(arming, pool, NESTED)


def saying(tokens_byte: int, *tokens: Address) -> bytes:
    """The header of these tokens, which says that it declares others."""
    at = len(header([]))
    return header([])[:-1] + bytes([tokens_byte]) + header(tokens)[at:]


# ------------------------------------------------------------------------- callbacks from outside


@pytest.mark.parametrize("signature", CALLBACKS)
@pytest.mark.parametrize("sender", [STRANGER, KEEPER, OWNER])
def test_an_idle_callback_reverts(world: World, signature: str, sender: Address) -> None:
    before = world.holdings()
    with pytest.raises(RevertedError) as caught:
        world.call(sender, world.executor, callback(signature, BOUND, world.executor))
    assert caught.value.name == "UnexpectedCallback"
    assert world.holdings() == before


def test_a_strangers_swap_to_us_reverts(world: World) -> None:
    pair = world.manifest.pool("quickswap-v2", "WPOL", "USDC.e")
    data = encode_call("swap(uint256,uint256,address,bytes)", 1, 0, world.executor, NESTED)
    with pytest.raises(RevertedError) as caught:
        world.call(STRANGER, pair.address, data)
    assert caught.value.name == "UnexpectedCallback"


def test_a_strangers_loan_to_us_reverts(world: World, wpol: Address) -> None:
    signature = "flashLoanSimple(address,address,uint256,bytes,uint16)"
    with pytest.raises(RevertedError) as caught:
        world.do(STRANGER, AAVE_POOL, signature, world.executor, wpol, 10**18, NESTED, 0)
    assert caught.value.name == "UnexpectedCallback"


# ----------------------------------------------------------------------------- armed, yet hostile


@pytest.mark.parametrize("arming", ARMING)
@pytest.mark.parametrize("signature", CALLBACKS)
def test_while_a_pool_is_armed_no_one_else_calls_back(
    world: World, wpol: Address, signature: str, arming: str
) -> None:
    pool, accomplice = scripted(world), scripted(world)
    data = callback(signature, BOUND, world.executor)
    script(world, accomplice, (world.executor, data, True))
    script(world, pool, (accomplice, b"\1\2\3\4", True))
    assert world.cause_of(visit(wpol, arming, pool)) == "UnexpectedCallback"


@pytest.mark.parametrize("arming", ARMING)
@pytest.mark.parametrize("signature", CALLBACKS)
def test_an_armed_pool_may_call_its_own_selector_only(
    world: World, wpol: Address, signature: str, arming: str
) -> None:
    pool = scripted(world)
    script(world, pool, (world.executor, callback(signature, BOUND, world.executor), True))
    armed = signature == arming
    cause = world.cause_of(visit(wpol, arming, pool))
    assert cause == ("BalanceFell" if armed else "UnexpectedCallback")


ALTERED = {
    "another amount": bound([Address(WPOL)], pay("caller", 10**18 + 1)),
    "another index": bound([Address(WPOL)], pay("caller", 10**18, 1)),
    "another token": bound([Address(USDC_E)], NESTED),
    "a well-known token": bytes([LEAD_WPOL << 6]) + NESTED,
    "more commands": BOUND + NESTED,
    "fewer bytes": BOUND[:-1],
    "the stream alone": NESTED,
    "nothing": b"",
    "a trailing zero": BOUND + b"\0",
}


@pytest.mark.parametrize("data", ALTERED.values(), ids=ALTERED)
@pytest.mark.parametrize("signature", ARMING)
def test_altered_data_is_refused(world: World, wpol: Address, signature: str, data: bytes) -> None:
    pool = scripted(world)
    script(world, pool, (world.executor, callback(signature, data, world.executor), True))
    assert world.cause_of(visit(wpol, signature, pool)) == "UnexpectedCallback"


@pytest.mark.parametrize("signature", ARMING)
def test_a_second_callback_is_refused(world: World, wpol: Address, signature: str) -> None:
    pool = scripted(world)
    step = (world.executor, callback(signature, BOUND, world.executor), True)
    script(world, pool, step, step)
    assert world.cause_of(visit(wpol, signature, pool)) == "UnexpectedCallback"


def test_what_lies_behind_a_stream_is_none_of_it(world: World, wpol: Address) -> None:
    """An empty stream, and unbound behind it an opcode that would arm."""
    pool, data = scripted(world), bound([wpol], b"")
    answer = callback(V3_CALLBACK, data, world.executor)
    at = 4 + 4 * 32 + len(data)
    answer = answer[:at] + bytes([OP_V3]) + answer[at + 1 :]
    script(world, pool, (world.executor, answer, True))
    world.run(header([wpol]) + command("v3", pool=pool, amount_in=1, nested=b"", rest=True))


@pytest.mark.parametrize("arming", ARMING)
def test_a_pool_that_does_not_call_back_is_refused(
    world: World, wpol: Address, arming: str
) -> None:
    pool = scripted(world)
    script(world, pool)
    assert world.cause_of(visit(wpol, arming, pool)) == "CallbackMissing"


@pytest.mark.parametrize("arming", ARMING)
def test_a_pool_without_code_is_refused(world: World, wpol: Address, arming: str) -> None:
    assert world.cause_of(visit(wpol, arming, Address(b"\x77" * 20))) == "CallbackMissing"


def test_a_v2_callback_for_another_sender_is_refused(world: World, wpol: Address) -> None:
    pool = scripted(world)
    data = encode_call(V2_CALLBACK, STRANGER, 1, 1, BOUND)
    script(world, pool, (world.executor, data, True))
    assert world.cause_of(visit(wpol, V2_CALLBACK, pool)) == "UnexpectedCallback"


def test_a_real_pair_set_on_us_by_a_hostile_pool_is_refused(world: World, wpol: Address) -> None:
    pool = scripted(world)
    pair = world.manifest.pool("quickswap-v2", "WPOL", "USDC.e").address
    data = encode_call("swap(uint256,uint256,address,bytes)", 1, 0, world.executor, NESTED)
    script(world, pool, (pair, data, True))
    assert world.cause_of(visit(wpol, V3_CALLBACK, pool)) == "UnexpectedCallback"


def test_a_run_inside_a_run_is_refused(world: World, wpol: Address) -> None:
    pool = scripted(world)
    world.do(OWNER, world.executor, "setExecutor(address,bool)", pool, True)
    script(world, pool, (world.executor, header([wpol]), True))
    assert world.cause_of(visit(wpol, V3_CALLBACK, pool)) == "NestedRun"


def test_a_pool_that_keeps_the_input_gains_nothing(world: World, wpol: Address) -> None:
    pool = scripted(world)
    step = (world.executor, callback(V3_CALLBACK, BOUND, world.executor), True)
    script(world, pool, step)
    assert world.cause_of(visit(wpol, V3_CALLBACK, pool)) == "BalanceFell"
    assert world.balance(wpol, pool) == 0


def test_a_pool_that_gives_the_input_back_may_succeed(world: World, wpol: Address) -> None:
    """The guard is the balance, not distrust: the same hostile pool, paying back, passes."""
    pool = scripted(world)
    back = encode_call("transfer(address,uint256)", world.executor, 10**18)
    call = (world.executor, callback(V3_CALLBACK, BOUND, world.executor), True)
    script(world, pool, call, (wpol, back, True))
    before = world.holdings()
    world.run(visit(wpol, V3_CALLBACK, pool))
    assert world.holdings() == before


@pytest.mark.parametrize("more", [0, 1, 255])
def test_a_pool_that_asks_for_more_than_the_most_is_paid_nothing(
    world: World, wpol: Address, more: int
) -> None:
    """To the unit, also where the surplus would be given back."""
    pool, most = scripted(world), 3 << 40
    data = encode(["address", "uint256"], [wpol, most])
    asks = encode_call(V3_CALLBACK, most + more, 0, data)
    back = encode_call("transfer(address,uint256)", world.executor, most + more)
    script(world, pool, (world.executor, asks, True), (wpol, back, True))
    program = header([wpol]) + command("v3_pay", pool=pool, token=0, amount_in=most)
    if more:
        assert world.cause_of(program) == "WrongPayment"
    else:
        world.run(program)


@pytest.mark.parametrize("asked", [(0, 0), (-1, -1), (-(2**255), 0), (0, -(2**255)), (-2, -1)])
def test_a_pool_that_asks_for_nothing_is_refused(
    world: World, wpol: Address, asked: tuple[int, int]
) -> None:
    pool, most = scripted(world), 7
    asks = encode_call(V3_CALLBACK, *asked, encode(["address", "uint256"], [wpol, most]))
    script(world, pool, (world.executor, asks, True))
    program = header([wpol]) + command("v3_pay", pool=pool, token=0, amount_in=most)
    error = world.refused(program)
    name, args = decode_error(error.args_[1])
    assert (name, args) == ("WrongPayment", (0, most))


@pytest.mark.parametrize("last_byte", range(64))
def test_what_is_delivered_to_no_taker_is_refused(
    world: World, wpol: Address, last_byte: int
) -> None:
    """Whether the next command takes delivery is read off its opcode, and off nothing else."""
    pool = scripted(world)
    script(world, pool)
    other = bytes([OP_V3]) + b"\x77" * 30 + bytes([last_byte])
    paid = command("v3_pay", pool=pool, token=0, amount_in=1, to="next")
    assert world.cause_of(header([wpol]) + paid + other) == "BadRecipient"


def test_the_caller_is_paid_also_where_one_follows_that_takes_delivery(
    world: World, wpol: Address
) -> None:
    pool, pair = scripted(world), scripted(world)
    script(world, pair)
    stream = pay("caller", 5) + command("v2", pool=pair, amount_out=1)
    answer = callback(V3_CALLBACK, bytes([LEAD_WPOL << 6]) + stream, world.executor)
    back = encode_call("transfer(address,uint256)", world.executor, 5)
    script(world, pool, (world.executor, answer, True), (wpol, back, True))
    program = header([], lead="wpol")
    world.run(program + command("v3", pool=pool, amount_in=5, nested=stream))
    assert world.balance(wpol, pair) == 0


def test_a_payment_that_is_cut_off_is_refused(world: World) -> None:
    pool, stream = scripted(world), pay("caller", 0)[:-1]
    answer = callback(V3_CALLBACK, bytes([LEAD_WPOL << 6]) + stream, world.executor)
    script(world, pool, (world.executor, answer, True))
    program = header([], lead="wpol")
    program += command("v3", pool=pool, amount_in=5, nested=stream)
    assert world.cause_of(program) == "TruncatedProgram"


def test_another_declared_token_may_not_fall(world: World, wpol: Address) -> None:
    """Capital in one token cannot be spent for a wei of another."""
    usdc, pool = world.manifest.token("USDC.e").address, scripted(world)
    world.fund(wpol, 10, pool)
    stolen = pay("caller", 10**6, 1)
    gift = encode_call("transfer(address,uint256)", world.executor, 10)
    data = bound([wpol, usdc], stolen)
    call = (world.executor, callback(V3_CALLBACK, data, world.executor), True)
    script(world, pool, call, (wpol, gift, True))
    program = header([wpol, usdc], min_profit=1) + swap_arming(V3_CALLBACK, pool, stolen)
    assert world.cause_of(program) == "BalanceFell"


def test_an_undeclared_token_cannot_be_paid(world: World, wpol: Address) -> None:
    for index in (1, 255):
        program = header([wpol]) + pay("next", 1, index) + V2_OF_NOBODY
        assert world.cause_of(program) == "BadToken"


def test_tokens_of_an_earlier_run_are_forgotten(world: World, wpol: Address) -> None:
    usdc, batch, pool = world.manifest.token("USDC.e").address, scripted(world), scripted(world)
    world.do(OWNER, world.executor, "setExecutor(address,bool)", batch, True)
    script(world, pool)
    late = header([wpol]) + pay("next", 1, 1) + bytes([OP_V2]) + pool + bytes(14)
    steps = ((world.executor, header([wpol, usdc]), True), (world.executor, late, True))
    script(world, batch, *steps)
    with pytest.raises(RevertedError) as caught:
        world.do(KEEPER, batch, "play()")
    assert root_cause(caught.value) == "BadToken"


def test_a_stale_armed_word_does_not_outlive_its_run(world: World, wpol: Address) -> None:
    """A caught failure leaves nothing armed for the rest of the transaction."""
    batch, pool = scripted(world), scripted(world)
    world.do(OWNER, world.executor, "setExecutor(address,bool)", batch, True)
    script(world, pool)
    direct = callback(V3_CALLBACK, BOUND, world.executor)
    steps = (
        (world.executor, visit(wpol, V3_CALLBACK, pool), False),
        (world.executor, direct, False),
    )
    script(world, batch, *steps)
    world.do(KEEPER, batch, "play()")
    assert world.ask(batch, "succeeded()", ["uint256"]) == 0


# --------------------------------------------------------------------------------- malformed bytes


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        (lambda _: bytes(4), "DeadlinePassed"),
        (lambda t: header([t])[:16], "BadTokens"),
        (lambda _: header([]), "BadTokens"),
        # words that end as a well-known token's byte begins
        (lambda _: header([]) + bytes(30) + bytes([LEAD_WPOL << 6]), "BadTokens"),
        (lambda _: header([]) + bytes(30) + bytes([LEAD_USDC_E << 6]), "BadTokens"),
        (lambda t: saying(NO_LEAD << 6 | 1, t), "BadTokens"),
        (lambda t: header([t])[:-1], "TruncatedProgram"),
        (lambda t: saying(2, t), "TruncatedProgram"),
        (lambda _: header([NATIVE]), "TokenCallFailed"),
        (lambda t: header([t]) + b"\0", "UnknownCommand"),
        (lambda t: header([t]) + b"\xe0", "UnknownCommand"),
        (lambda t: header([t]) + pay("next", 1)[:-1], "TruncatedProgram"),
        (lambda t: header([t]) + pay("next", 1), "BadRecipient"),
        (lambda t: header([t]) + pay("caller", 1), "BadRecipient"),
        (lambda t: header([t]) + pay("address", 1), "TruncatedProgram"),
        (lambda t: header([t]) + pay("address", 1) + bytes(20), "BadRecipient"),
        (lambda t: header([t]) + pay("next", 1) * 2, "BadRecipient"),
        (lambda t: header([t]) + pay("next", 1, 1) + V2_OF_NOBODY, "BadToken"),
        (lambda t: header([t]) + pay("next", 1) + V2_OF_NOBODY[:-1], "TruncatedProgram"),
        (
            lambda t: header([t]) + pay("next", 1 << 127 | 2**127 - 1) + V2_OF_NOBODY,
            "BadAmount",
        ),
        (lambda t: header([t]) + bytes([OP_V3]) + b"\x77" * 36 + b"\0\1", "TruncatedProgram"),
        (lambda t: header([t]) + bytes([OP_V3]) + b"\x77" * 36 + b"\0", "TruncatedProgram"),
        (lambda t: header([t]) + bytes([OP_AAVE]) + b"\0\1" + bytes(33), "TruncatedProgram"),
        (lambda t: header([t]) + bytes([OP_PAY_OWED]) + bytes(17), "WrongPayment"),
        (lambda t: header([t]) + bytes([OP_V3_OWED]) + b"\x77" * 20 + bytes(3), "WrongPayment"),
        (lambda t: header([t]) + bytes([OP_CURVE]) + b"\x77" * 20 + bytes(18), "UnlistedPool"),
        (lambda t: header([t]) + bytes([OP_CHECK_V2]) + b"\x77" * 24, "StaleState"),
    ],
)
def test_a_malformed_program_says_what_is_wrong(
    world: World, wpol: Address, program: object, cause: str
) -> None:
    assert callable(program)
    assert world.cause_of(program(wpol)) == cause


@pytest.mark.parametrize(
    ("byte", "size", "args"),
    [(0, 0, ("BadTokens", (0, 0))), (NO_LEAD << 6 | 9, 180, ("BadTokens", (NO_LEAD, 9)))],
)
def test_a_tokens_byte_is_said_in_its_parts(
    world: World, byte: int, size: int, args: tuple[str, tuple[int, int]]
) -> None:
    error = world.refused(saying(byte) + bytes(size))
    assert (error.name, error.args_) == args


def test_missing_tokens_are_said_where_they_should_begin(world: World, wpol: Address) -> None:
    error = world.refused(header([wpol])[:-1])
    assert (error.name, error.args_) == ("TruncatedProgram", (len(header([])),))


def test_a_huge_revert_reason_is_cut(world: World, wpol: Address) -> None:
    bomb = world.plant(bytes.fromhex("62ffffff5ffd"))
    error = world.refused(visit(wpol, V3_CALLBACK, bomb))
    assert error.name == "HopFailed"
    assert len(error.data) <= 356


# ------------------------------------------------------------------------------------- odd tokens

TRUE, FALSE = encode(["bool"], [True]), encode(["bool"], [False])


@pytest.mark.parametrize(
    ("answer", "reverts", "fee", "cause"),
    [
        (TRUE, False, 0, ""),
        (b"", False, 0, ""),
        (TRUE + TRUE, False, 0, ""),
        (FALSE, False, 0, "TokenCallFailed"),
        (b"\0" * 31 + b"\2", False, 0, "TokenCallFailed"),
        (b"\1" + b"\0" * 31, False, 0, "TokenCallFailed"),
        (b"\1", False, 0, "TokenCallFailed"),
        (TRUE[:31], False, 0, "TokenCallFailed"),
        (TRUE, True, 0, "TokenCallFailed"),
        (TRUE, False, 100, "BalanceFell"),
    ],
)
def test_a_token_must_return_true_or_nothing(
    world: World, answer: bytes, reverts: bool, fee: int, cause: str
) -> None:
    token = world.deploy(compile_contract("tests/contracts/OddToken.sol:OddToken").creation_code)
    pool = scripted(world)
    world.do(STRANGER, token, "mint(address,uint256)", world.executor, 10**20)
    world.do(STRANGER, token, "configure(bytes,bool,uint256)", answer, reverts, fee)
    amount = 10**18 * (10_000 - fee) // 10_000
    back = encode_call("transfer(address,uint256)", world.executor, amount)
    data = bound([token], NESTED)
    call = (world.executor, callback(V3_CALLBACK, data, world.executor), True)
    script(world, pool, call, (token, back, True))
    program = header([token]) + swap_arming(V3_CALLBACK, pool, NESTED)
    if cause:
        assert world.cause_of(program) == cause
    else:
        world.run(program)
        assert world.balance(token) == 10**20


def test_a_token_without_code_is_refused(world: World, wpol: Address) -> None:
    assert world.cause_of(header([wpol, Address(b"\x77" * 20)])) == "TokenCallFailed"


def test_sixty_four_tokens_may_be_declared(world: World) -> None:
    tokens = [token.address for token in world.manifest.tokens] * 10
    before = world.holdings()
    world.run(header(tokens[:63]))
    world.run(header(tokens[:63], lead="usdc_e"))
    assert world.holdings() == before
