"""Early checks: a digest of so many bytes of a view's answer, and of nothing else."""

import pyrevm
import pytest
from eth_utils.abi import function_signature_to_4byte_selector as selector_of
from eth_utils.crypto import keccak
from executor_world import AAVE_CALLBACK, AAVE_POOL, RevertedError, World, hexed
from program_assembler import bound, command, header

from keeper.chain import Address
from keeper.execution.program_table import POOL_MANAGER
from replica.abi import encode_call

VIEWS = {
    "check_v2": ("getReserves()", 64),
    "check_v3": ("slot0()", 32),
    "check_algebra": ("globalState()", 32),
}
"""By command: the view, and how much of its answer counts."""
FIRST, SECOND = (bytes([n]) * 32 for n in (0xA5, 0x5A))


def answering(world: World, data: bytes, opcode: str = "f3") -> Address:
    """A contract that returns these bytes to any call, or reverts with them."""
    code = bytes.fromhex(f"60{len(data):02x}600a5f3960{len(data):02x}5f{opcode}") + data
    return world.plant(code)


def says(world: World, name: str, pool: Address, digested: bytes) -> str:
    """Why a check with the digest of these bytes failed, or nothing."""
    wpol = world.manifest.token("WPOL").address
    check = command(name, pool=pool, digest=keccak(digested)[:4])
    try:
        world.run(header([wpol]) + check)
    except RevertedError as error:
        return error.name if error.args_ == (hexed(pool),) else str(error)
    return ""


@pytest.mark.parametrize("name", VIEWS)
def test_what_counts_is_the_beginning_of_the_answer(world: World, name: str) -> None:
    size, whole = VIEWS[name][1], FIRST + SECOND + FIRST
    for shown in (whole[:size], whole[: size + 1], whole):
        pool = answering(world, shown)
        assert says(world, name, pool, whole[:size]) == ""
        assert says(world, name, pool, whole[: size - 1]) == "StaleState"
        assert says(world, name, pool, whole[: size + 1]) == "StaleState"


@pytest.mark.parametrize("name", VIEWS)
def test_a_short_answer_or_none_is_stale_whatever_lies_in_its_place(
    world: World, name: str
) -> None:
    view, size = VIEWS[name]
    question = selector_of(view).rjust(32, b"\0")
    beside = world.executor.rjust(32, b"\0")  # left there by the read of a balance
    for shown in (b"", FIRST[:31], (FIRST + SECOND)[: size - 1]):
        left = (shown + (question + beside)[len(shown) :])[:size]
        assert says(world, name, answering(world, shown), left) == "StaleState"
    assert says(world, name, Address(b"\x77" * 20), (question + beside)[:size]) == "StaleState"


@pytest.mark.parametrize("name", VIEWS)
def test_the_reason_of_a_revert_is_no_answer(world: World, name: str) -> None:
    whole = FIRST + SECOND
    assert says(world, name, answering(world, whole, "fd"), whole[: VIEWS[name][1]]) == "StaleState"


@pytest.mark.parametrize("name", VIEWS)
def test_the_view_is_asked_with_its_selector_alone(world: World, name: str) -> None:
    view, size = VIEWS[name]
    # returns its calldata, and in the last byte their size
    pool = world.plant(bytes.fromhex(f"365f5f3736601f5360{size:02x}5ff3"))
    asked = selector_of(view) + bytes(27) + b"\4" + bytes(32)
    assert says(world, name, pool, asked[:size]) == ""


def telling(target: Address, data: bytes) -> bytes:
    """Runtime code that makes this call, and reverts with what that returns."""
    size, call = f"61{len(data):04x}", f"73{target.hex()}5af13d5f5f3e3d5ffd"
    begins = len(bytes.fromhex(f"{size}61ffff5f395f5f{size}5f5f{call}"))
    return bytes.fromhex(f"{size}61{begins:04x}5f395f5f{size}5f5f{call}") + data


@pytest.mark.parametrize(("name", "answer"), [("aave", (1, 0)), ("v4", (32, 0))])
def test_a_lender_hears_the_same_whatever_a_check_has_read(
    world: World, name: str, answer: tuple[int, int]
) -> None:
    """True, or no bytes: two words, and nothing in them of what a pair has answered."""
    wpol, pool = world.manifest.token("WPOL").address, answering(world, FIRST + SECOND)
    check = command("check_v2", pool=pool, digest=keccak(FIRST + SECOND)[:4])
    terms = {"token": 0, "amount": 1, "max_premium": 0} if name == "aave" else {}
    lent = command(name, nested=check, **terms)
    announced = {
        "aave": (AAVE_CALLBACK, wpol, 1, 0, world.executor, bound([wpol], lent[3:])),
        "v4": ("unlockCallback(bytes)", bound([wpol], check)),
    }
    where = hexed(AAVE_POOL if name == "aave" else POOL_MANAGER)
    kept, code = world.evm.get_code(where), telling(world.executor, encode_call(*announced[name]))
    world.evm.insert_account_info(where, pyrevm.AccountInfo(code=code))
    with pytest.raises(RevertedError) as caught:
        world.run(header([wpol]) + lent)
    world.evm.insert_account_info(where, pyrevm.AccountInfo(code=kept))
    said = b"".join(each.to_bytes(32) for each in answer)
    assert (caught.value.name, caught.value.args_) == ("HopFailed", (where, said))
