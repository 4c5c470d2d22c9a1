"""Cycles: what a payment may be, what is said of a wrong one, and what a token may answer."""

import pyrevm
import pytest
from cycle_routes import MOST, Cycles, asking
from eth_abi.abi import encode
from executor_world import RevertedError, hexed, root_cause, script


def test_what_a_pool_is_paid_is_limited_by_what_the_cycle_gives_and_settled(
    scene: Cycles,
) -> None:
    asks = scene.pool(MOST + 1, MOST, heeded=False, back=MOST)
    scene.world.run(scene.program(asks))
    assert scene.had(asks) == "01"
    assert scene.world.refused(scene.program(scene.pool(MOST, back=MOST - 1))).name == "BalanceFell"
    assert scene.world.refused(scene.program(*scene.route("23", back=109))).name == "BalanceFell"


@pytest.mark.parametrize("asked", [0, -5, MOST + 1, 2**200])
def test_a_wrong_payment_is_said_with_what_could_be_paid(scene: Cycles, asked: int) -> None:
    error = scene.world.refused(scene.program(scene.pool(asked)))
    assert root_cause(error) == "WrongPayment"
    if asked >= 0:
        said = encode(["uint256", "uint256"], [asked, MOST])
        assert error.args_[1][4:] == said


ANSWERS = {
    "true": "60015f5260205ff3",
    "false": "60205ff3",
    "two": "60025f5260205ff3",
    "true at the left": f"7f01{'00' * 31}5f5260205ff3",
    "nothing": "5f5ff3",
    "a byte": "60015f5360015ff3",
    "true in a revert": "60015f5260205ffd",
}
"""Code with which a token answers a transfer."""
BALANCES = "5f3560e01c63a9059cbb1460165760645f5260205ff35b"
"""Code with which it answers all else."""


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("kinds", ["3", "23", "223"])
def test_a_transfer_must_return_exactly_true(scene: Cycles, kinds: str, answer: str) -> None:
    world, hops = scene.world, scene.route(kinds)
    for hop in hops:
        asks = [(world.executor, asking(1), True)] if hop.kind == "3" else []
        script(world, hop.where, *asks)
    program, coin = scene.program(*hops), hexed(scene.coin)
    kept, code = world.evm.get_code(coin), bytes.fromhex(BALANCES + ANSWERS[answer])
    world.evm.insert_account_info(coin, pyrevm.AccountInfo(code=code))
    try:
        failure = None
        world.run(program)
    except RevertedError as error:
        failure = error
    finally:
        world.evm.insert_account_info(coin, pyrevm.AccountInfo(code=kept))
    assert (root_cause(failure) if failure else "") == (
        "" if answer == "true" else "TokenCallFailed"
    )
