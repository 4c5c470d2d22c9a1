"""What has arrived at a pair, priced to the unit, whatever else the words of its reserves hold."""

import pytest
from executor_world import STRANGER, RevertedError, World, hexed
from program_assembler import command, header

from keeper.chain import Address
from replica.abi import encode_call
from replica.contracts import compile_contract

SWAP = "swap(uint256,uint256,address,bytes)"
MASK = 2**112 - 1
RESERVES = (MASK - 12345, (1 << 111) + 678)
DIRT = 0xA5 << 248 | 1 << 112
"""Above a reserve's 112 bits."""
ODD = "tests/contracts/OddToken.sol:OddToken"


def pair_of(world: World, reserves: tuple[int, int]) -> Address:
    """A pair that answers a lone selector with its reserves, and reverts with any other call.

    A third word follows them, of which no bit matters.
    """
    code = bytes.fromhex("36600414600e57365f5f37365ffd5b606060195f3960605ff3")
    code += b"".join((DIRT | reserve).to_bytes(32, "big") for reserve in (*reserves, MASK))
    return world.plant(code)


def refused(world: World, arrived: int, fee: int, *, zero_for_one: bool) -> RevertedError:
    """The end of a swap of so much, which no such pair makes."""
    pair = pair_of(world, RESERVES)
    token = world.deploy(compile_contract(ODD).creation_code)
    held = RESERVES[not zero_for_one] + arrived
    world.do(STRANGER, token, "mint(address,uint256)", pair, held)
    swap = command("v2_arrived", zero_for_one=zero_for_one, pool=pair, token=0, fee=fee)
    return world.refused(header([token]) + swap)


@pytest.mark.parametrize("zero_for_one", [False, True])
@pytest.mark.parametrize("fee", [0, 1, 30, 9_999, 10_000])
@pytest.mark.parametrize("arrived", [0, 1, 10**6, 2**111, MASK])
def test_what_arrived_buys_what_the_formula_says(
    world: World, arrived: int, fee: int, zero_for_one: bool
) -> None:
    reserve_in, reserve_out = RESERVES if zero_for_one else RESERVES[::-1]
    kept = arrived * (10_000 - fee)
    out = kept * reserve_out // (reserve_in * 10_000 + kept)
    outs = (0, out) if zero_for_one else (out, 0)
    said = encode_call(SWAP, *outs, world.executor, b"")
    assert refused(world, arrived, fee, zero_for_one=zero_for_one).args_[1] == said


@pytest.mark.parametrize("zero_for_one", [False, True])
@pytest.mark.parametrize("arrived", [-1, MASK + 1, 2 * MASK])
def test_less_than_the_reserve_or_too_much_is_refused(
    world: World, arrived: int, zero_for_one: bool
) -> None:
    assert refused(world, arrived, 30, zero_for_one=zero_for_one).name == "BadAmount"


@pytest.mark.parametrize("size", [0, 0x20, 0x3F])
def test_a_pair_that_answers_with_less_than_two_words_is_named(world: World, size: int) -> None:
    pair = world.deploy(bytes.fromhex(f"6360{size:02x}5ff35f526004601cf3"))
    swap = command("v2_arrived", pool=pair, token=0, fee=30)
    error = world.refused(header([world.manifest.token("WPOL").address]) + swap)
    assert (error.name, error.args_[0]) == ("HopFailed", hexed(pair))
