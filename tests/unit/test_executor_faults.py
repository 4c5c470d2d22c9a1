"""Every command cut short, and calls that fail in the middle of one: each names what went wrong."""

import pyrevm
import pytest
from eth_utils.abi import function_signature_to_4byte_selector as selector_of
from executor_world import (
    AAVE_POOL,
    GUARDIAN,
    KEEPER,
    NATIVE,
    OWNER,
    TREASURY,
    V3_CALLBACK,
    RevertedError,
    World,
    callback,
    decode_error,
    hexed,
    script,
    scripted,
)
from program_assembler import COMMANDS, STREAMS, bound, command, header

from keeper.chain import Address
from keeper.execution.program_table import WPOL
from replica.abi import encode_call
from replica.contracts import compile_executor, creation_terms
from replica.protocols.balancer_v2 import VAULT
from replica.protocols.morpho_blue import MORPHO
from replica.protocols.uniswap_v4 import MANAGER

REVERTS_LONG = bytes.fromhex("6103e85ffd")
"""Runtime code that reverts with 1,000 zero bytes."""
HOP_FAILED = selector_of("HopFailed(address,bytes)")
REPORTS_LONG = b"\x63" + HOP_FAILED + bytes.fromhex("60e01b5f52") + REVERTS_LONG
"""The same, posing as a report of a failed hop."""
FREE = command("pay", to="caller", token=0, amount=0)
LONGEST_REPORT = 4 + 3 * 32 + 256


@pytest.fixture
def start(wpol: Address) -> bytes:
    """A header that declares WPOL."""
    return header([wpol])


def nothing(name: str) -> dict[str, int]:
    """A zero for every field of a command that is the caller's to give."""
    fields = COMMANDS[name]["field"]
    return {field["name"]: 0 for field in fields if field["type"] not in STREAMS}


@pytest.mark.parametrize("name", [name for name, entry in COMMANDS.items() if entry["field"]])
def test_a_command_that_passes_the_end_is_refused_where_it_stands(
    world: World, start: bytes, name: str
) -> None:
    whole = command(name, **nothing(name))
    for size in {1, len(whole) - 1}:
        error = world.refused(start + whole[:size])
        assert (error.name, error.args_) == ("TruncatedProgram", (len(start),))


@pytest.mark.parametrize("name", ["v2_run", "cycle_run"])
def test_cells_that_pass_the_end_are_refused_whatever_they_hold(
    world: World, start: bytes, name: str
) -> None:
    """Read with the cells behind it, this length would lead back to where they begin."""
    run = command(name, **nothing(name))[:-2] + b"\xff" * 31 + b"\xe0"
    error = world.refused(start + run)
    assert (error.name, error.args_) == ("TruncatedProgram", (len(start),))


def test_cells_end_where_their_length_says_whatever_they_hold(world: World, start: bytes) -> None:
    """Two zeros that end the word in which the length is read are not the length."""
    pair = Address(b"\x5a" * 16 + bytes(2) + b"\x5a" * 2)
    run = command("v2_run", token=0, amount_in=0, nested=bytes(12) + pair)
    world.run(start + run + command("v2", pool=pair, amount_out=0))


@pytest.mark.parametrize("name", [n for n, entry in COMMANDS.items() if entry["recipients"]])
def test_an_address_to_pay_belongs_to_its_command(world: World, start: bytes, name: str) -> None:
    whole = command(name, to=Address(b"\x77" * 20), **nothing(name))
    error = world.refused(start + whole[:-1])
    assert (error.name, error.args_) == ("TruncatedProgram", (len(start),))


STREAMED = [n for n, e in COMMANDS.items() if any(f["type"] in STREAMS for f in e["field"])]


@pytest.mark.parametrize("size", [2, 20, 32])
@pytest.mark.parametrize("name", STREAMED)
def test_a_nested_stream_belongs_to_its_command(
    world: World, start: bytes, name: str, size: int
) -> None:
    whole = command(name, nested=bytes(size), **nothing(name))
    error = world.refused(start + whole[:-1])
    assert (error.name, error.args_) == ("TruncatedProgram", (len(start),))


@pytest.mark.parametrize("name", ["v4_swap", "v4_take", "v4_settle"])
def test_the_pool_manager_refuses_while_it_is_locked(world: World, start: bytes, name: str) -> None:
    assert world.refused(start + command(name, **nothing(name))).name == "HopFailed"


@pytest.mark.parametrize("name", ["v2", "curve_ng", "v3", "v3_flash"])
def test_a_pools_long_reason_is_cut(world: World, start: bytes, name: str) -> None:
    pool = world.plant(REVERTS_LONG)
    error = world.refused(start + command(name, **(nothing(name) | {"pool": pool})))
    assert (error.name, error.args_[0]) == ("HopFailed", "0x" + pool.hex())
    assert error.args_[1] == bytes(256)
    assert len(error.data) == LONGEST_REPORT


def test_a_false_report_is_cut_as_well(world: World, start: bytes) -> None:
    pool = world.plant(REPORTS_LONG)
    program = start + command("v2", pool=pool, amount_out=1)
    with pytest.raises(RuntimeError) as caught:
        world.evm.message_call(hexed(KEEPER), hexed(world.executor), program, gas=1_000_000)
    said = HOP_FAILED + bytes(LONGEST_REPORT - 4)
    assert f"output: 0x{said.hex()} " in str(caught.value)


def test_reserves_that_cannot_be_read_are_a_failed_hop(world: World, start: bytes) -> None:
    for pool in (Address(b"\x77" * 20), world.plant(REVERTS_LONG)):
        error = world.refused(start + command("v2_arrived", pool=pool, token=0, fee=30))
        assert error.name == "HopFailed"


@pytest.mark.parametrize(
    ("fee", "error"), [(10_000, ""), (10_001, "BadAmount"), (65_535, "BadAmount")]
)
def test_a_pairs_fee_is_at_most_the_whole(world: World, start: bytes, fee: int, error: str) -> None:
    pool = world.manifest.pool("quickswap-v2", "WPOL", "USDC.e").address
    caught = world.refused(start + command("v2_arrived", pool=pool, token=0, fee=fee))
    assert caught.name == (error or "HopFailed")  # nothing bought: the pair refuses


def test_a_listed_pool_must_use_its_allowance_up(world: World, start: bytes) -> None:
    pool, token = scripted(world), world.manifest.token("WPOL").address
    call = command("curve", pool=pool, indices=1, token=0, amount_in=5)
    assert world.refused(start + call).name == "UnlistedPool"
    world.do(OWNER, world.executor, "setListedPool(address,bool)", pool, True)
    error = world.refused(start + call)
    assert error.name == "AllowanceLeft"
    assert error.args_ == ("0x" + token.hex(), "0x" + pool.hex())
    world.do(OWNER, world.executor, "setListedPool(address,bool)", pool, False)
    assert world.refused(start + call).name == "UnlistedPool"


READ = "5f3560e01c63{}1460165760015f5260205ff35b"
"""A token that answers 1 to everything but one selector; what it answers to that follows."""


@pytest.mark.parametrize("read", ["balanceOf(address)", "allowance(address,address)"])
@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ("60205ff3", ""),  # a word
        ("60405ff3", ""),  # more than one
        ("601f5ff3", "TokenCallFailed"),
        ("5f5ff3", "TokenCallFailed"),
        ("60205ffd", "TokenCallFailed"),  # a word, but as the reason of a revert
    ],
)
def test_a_token_must_answer_with_a_word(world: World, read: str, answers: str, error: str) -> None:
    code = bytes.fromhex(READ.format(selector_of(read).hex()) + answers)
    pool, token = scripted(world), world.plant(code)
    world.do(OWNER, world.executor, "setListedPool(address,bool)", pool, True)
    program = header([token]) + command("curve", pool=pool, indices=1, token=0, amount_in=5)
    if not error and read.startswith("allowance"):
        world.run(program)
    elif not error:
        assert world.refused(program).name == "AllowanceLeft"
    else:
        caught = world.refused(program)
        assert (caught.name, caught.args_) == (error, (hexed(token),))


def test_no_pool_is_listed_at_zero(world: World) -> None:
    with pytest.raises(RevertedError) as caught:
        world.do(OWNER, world.executor, "setListedPool(address,bool)", NATIVE, True)
    assert caught.value.name == "ZeroAddress"


@pytest.mark.parametrize("place", range(4))
def test_no_role_of_the_constructor_is_zero(world: World, place: int) -> None:
    roles = [OWNER, GUARDIAN, TREASURY, AAVE_POOL]
    roles[place] = NATIVE
    code = compile_executor().creation_code + creation_terms(*roles)
    with pytest.raises(RuntimeError, match="Revert") as caught:
        world.deploy(code)
    assert selector_of("ZeroAddress()").hex() in str(caught.value)


LENDERS = {
    "aave": AAVE_POOL,
    "morpho": MORPHO,
    "balancer_flash": VAULT,
    "v4": MANAGER,
}


@pytest.mark.parametrize("name", LENDERS)
def test_a_lender_that_does_not_call_back_is_named(world: World, start: bytes, name: str) -> None:
    """None of them is so; but each is found where it should be."""
    silent = pyrevm.AccountInfo(code=bytes.fromhex("00"))
    kept = world.evm.basic(hexed(LENDERS[name]))
    code = world.evm.get_code(hexed(LENDERS[name]))
    world.evm.insert_account_info(hexed(LENDERS[name]), silent)
    try:
        error = world.refused(start + command(name, **nothing(name)))
    finally:
        account = pyrevm.AccountInfo(nonce=kept.nonce, balance=kept.balance, code=code)
        world.evm.insert_account_info(hexed(LENDERS[name]), account)
    assert (error.name, error.args_) == ("CallbackMissing", (hexed(LENDERS[name]),))


@pytest.mark.parametrize("size", range(6))
def test_a_reason_is_a_report_from_four_bytes_on(world: World, start: bytes, size: int) -> None:
    """A report goes on as it is; what is shorter than its selector is a reason like any other."""
    reason = (HOP_FAILED + bytes(2))[:size]
    code = f"65{reason.ljust(6, bytes(1)).hex()}60d01b5f5260{size:02x}5ffd"
    pool = world.plant(bytes.fromhex(code))
    wrapped = encode_call("HopFailed(address,bytes)", pool, reason)
    said = (wrapped if size < 4 else reason).hex()
    program = start + command("v2", pool=pool, amount_out=1)
    with pytest.raises(RuntimeError, match=rf"0x{said}\b"):
        world.evm.message_call(hexed(KEEPER), hexed(world.executor), calldata=program, gas=10**6)


@pytest.mark.parametrize("name", ["v2", "v2_run", "curve_ng"])
def test_a_hop_that_failed_is_not_tried_again(world: World, start: bytes, name: str) -> None:
    """The pool takes all gas it is given, and nothing where that is little."""
    pool = world.plant(bytes.fromhex("620f42405a11600a57005bfe"))
    cells = bytes(12) + pool if name == "v2_run" else b""
    named = {} if cells else {"pool": pool}
    error = world.refused(start + command(name, nested=cells, **(nothing(name) | named)))
    assert (error.name, error.args_) == ("HopFailed", (hexed(pool), b""))


LAST = ("v3", "v3_pay", "v3_out", "algebra", "algebra_pay", "v2_flash", "v3_flash")


@pytest.mark.parametrize("name", LAST)
def test_a_silent_last_pool_of_a_stream_is_found_by_the_command_around_it(
    world: World, start: bytes, name: str
) -> None:
    """The last command leaves the check to the one that encloses it, which sees the same word."""
    outer, silent = scripted(world), scripted(world)
    error = world.refused(start + around(world, outer, visiting(name, silent)))
    assert (error.name, error.args_) == ("CallbackMissing", (hexed(outer),))


@pytest.mark.parametrize("name", LAST)
def test_a_silent_pool_that_is_not_the_last_of_a_stream_is_named(
    world: World, start: bytes, name: str
) -> None:
    outer, silent = scripted(world), scripted(world)
    stream = visiting(name, silent) + FREE
    error = world.refused(start + around(world, outer, stream))
    assert decode_error(error.args_[1]) == ("CallbackMissing", (hexed(silent),))


@pytest.mark.parametrize("name", LAST)
def test_a_silent_pool_at_the_end_of_a_long_program_is_named(world: World, name: str) -> None:
    """Nothing encloses it, whatever else has been said."""
    silent = scripted(world)
    error = world.refused(header([Address(WPOL)] * 20) + visiting(name, silent))
    assert (error.name, error.args_) == ("CallbackMissing", (hexed(silent),))


def visiting(name: str, pool: Address) -> bytes:
    """A command that calls this pool, with a stream of its own if it may have one."""
    given: dict[str, int | bytes] = nothing(name)
    nests = any(field["type"] == "nested" for field in COMMANDS[name]["field"])
    return command(name, nested=FREE if nests else b"", **(given | {"pool": pool}))


def around(world: World, outer: Address, stream: bytes) -> bytes:
    """A command with this stream, and a pool that runs it."""
    answer = callback(V3_CALLBACK, bound([Address(WPOL)], stream), world.executor)
    script(world, outer, (world.executor, answer, True))
    return command("v3", pool=outer, amount_in=1, nested=stream)
