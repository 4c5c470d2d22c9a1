"""What is said of a refusal that several reasons come close to: the right one, the right name."""

import pyrevm
import pytest
from cycle_routes import MOST, Cycles
from executor_world import OWNER, RevertedError, World, decode_error, hexed, script, scripted
from program_assembler import command, header

TWO = bytes.fromhex("60025f5260205ff3")
"""Code that answers 2 to every call: a balance, and neither yes nor no to a transfer."""


def reason(world: World, program: bytes) -> tuple[str, tuple[object, ...]]:
    """The error with which a run fails, or a pool of it, and its arguments."""
    with pytest.raises(RevertedError) as caught:
        world.run(program)
    name, args = caught.value.name, caught.value.args_
    return decode_error(args[1]) if name == "HopFailed" else (name, args)


@pytest.mark.parametrize("asked", [1, MOST])
@pytest.mark.parametrize("kinds", ["3", "23", "223"])
def test_a_token_that_does_not_pay_is_named_however_much_was_asked(
    scene: Cycles, kinds: str, asked: int
) -> None:
    coin = hexed(scene.coin)
    hops = [scene.pool(asked) if kind == "3" else scene.pair(1) for kind in kinds]
    program, kept = scene.program(*hops), scene.world.evm.get_code(coin)
    scene.world.evm.insert_account_info(coin, pyrevm.AccountInfo(code=TWO))
    try:
        assert reason(scene.world, program) == ("TokenCallFailed", (coin,))
    finally:
        scene.world.evm.insert_account_info(coin, pyrevm.AccountInfo(code=kept))


@pytest.mark.parametrize("size", [0, 1, 31, 33, 63, 65])
def test_cells_that_are_cut_off_are_refused_in_either_form(scene: Cycles, size: int) -> None:
    cells = 3 * (bytes(12) + scene.pair().where)
    run = command("v2_run", token=0, amount_in=1, nested=cells[:size], rest=True)
    said = reason(scene.world, scene.start + run)
    assert said == ("TruncatedProgram", (len(scene.start),))


def test_a_run_inside_a_run_is_refused_as_such_at_its_very_limits(world: World) -> None:
    """In the last block that it allows, of the highest base fee: here that is zero."""
    pool, block = scripted(world), world.manifest.built_block + 1
    world.do(OWNER, world.executor, "setExecutor(address,bool)", pool, True)
    inner = header([], lead="wpol", deadline_block=block, max_base_fee=0)
    script(world, pool, (world.executor, inner, True))
    outer = header([], lead="wpol") + command("v2", pool=pool, amount_out=1)
    assert reason(world, outer) == ("NestedRun", ())
