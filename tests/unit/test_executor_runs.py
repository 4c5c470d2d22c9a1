"""Runs: one binding for all their pools, in the order of their cells, and one payment."""

from collections.abc import Iterator

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector
from executor_world import V3_CALLBACK, World, root_cause
from hostile_world import (
    PAID,
    VISITS,
    Call,
    brief,
    counted,
    hostile_pool,
    pool_run,
    rich_world,
    run_held_to_the_promise,
    taken_back,
)
from program_assembler import command, header

from keeper.chain import Address

MARK = 0xC0
VISIT = next(visit for visit in VISITS if visit.name == "v3_run")
STRANGE = Address(b"\x5a" * 20)


@pytest.fixture(scope="module")
def world() -> World:
    return rich_world()


def data(
    token: Address, place: int, *pools: Address, directions: int = 0, most: int = PAID
) -> bytes:
    """What a run's pool must give back when the one of that place may call."""
    terms = directions.to_bytes(2, "big") + most.to_bytes(12, "big") + token
    return bytes([MARK + place]) + terms + b"".join(pools)


def called_back(given: bytes, behind: bytes = b"") -> bytes:
    """The callback with these data, and what follows them unbound."""
    words = encode(["int256", "int256", "bytes"], [1, 1, given])
    return function_signature_to_4byte_selector(V3_CALLBACK) + words + behind


def forgeries(token: Address, pool: Address) -> Iterator[bytes]:
    """Callbacks of a run over this pool alone that must be refused while it is armed."""
    yield called_back(data(token, 0, pool, most=2 * PAID))
    yield called_back(data(token, 0, pool, directions=1))
    yield called_back(data(STRANGE, 0, pool))
    yield called_back(data(token, 0, pool, pool))
    yield called_back(data(token, 1, pool, pool))
    # the place behind the last: its pool is read where nothing is bound
    for gap in range(32):
        yield called_back(data(token, 1, pool), bytes(gap) + pool)
    whole = data(token, 1, pool)
    at = 4 + 3 * 32 + 32 + len(whole)
    yield called_back(whole)[:at] + pool + bytes(64)


def test_a_pool_of_a_run_cannot_stretch_it(world: World) -> None:
    wpol = world.manifest.token("WPOL").address
    with taken_back(world):
        pool = hostile_pool(world, "TriesOtherCalls")
        calls: list[Call] = [(world.executor, each) for each in forgeries(wpol, pool)]
        brief(world, pool, VISIT, (wpol, 2 * PAID), calls)
        failure = run_held_to_the_promise(world, header([wpol]) + pool_run(pool), (pool,))
        attempts, breaches = counted(world, pool)
    assert failure is None
    assert attempts >= len(calls)
    assert breaches == 0


@pytest.mark.parametrize("kind", ["CallsBackTwice", "CallsBackWithOtherData", "NeverCallsBack"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_hostile_pool_anywhere_in_a_run_takes_nothing(
    world: World, kind: str, place: int
) -> None:
    wpol = world.manifest.token("WPOL").address
    with taken_back(world):
        pools = [hostile_pool(world, "AnswersNothing") for _ in range(3)]
        for pool in pools:
            brief(world, pool, VISIT, (wpol, 2 * PAID), [])
        pools[place] = hostile_pool(world, kind)
        brief(world, pools[place], VISIT, (wpol, 2 * PAID), [])
        run_held_to_the_promise(world, header([wpol]) + pool_run(*pools), tuple(pools))
        _, breaches = counted(world, pools[place])
    # one that is not the last may ask again: nothing of ours moves before the payment
    assert breaches == 0 or (kind == "CallsBackTwice" and place < len(pools) - 1)


@pytest.mark.parametrize("rest", [False, True])
@pytest.mark.parametrize("lead", ["none", "wpol"])
def test_a_run_whose_pools_never_ask_is_noticed(world: World, lead: str, rest: bool) -> None:
    wpol = world.manifest.token("WPOL").address
    start = header([] if lead == "wpol" else [wpol], lead=lead)
    with taken_back(world):
        pool = hostile_pool(world, "NeverCallsBack")
        brief(world, pool, VISIT, (wpol, 2 * PAID), [])
        failure = run_held_to_the_promise(world, start + pool_run(pool, rest=rest), (pool,))
    assert failure is not None
    assert (failure.name, failure.args_) == ("CallbackMissing", ("0x" + pool.hex(),))


@pytest.mark.parametrize("lead", ["none", "wpol"])
@pytest.mark.parametrize("size", [0, 1, 31, 33])
@pytest.mark.parametrize("name", ["v2_run", "v3_run"])
def test_a_run_has_whole_cells(world: World, name: str, size: int, lead: str) -> None:
    wpol = world.manifest.token("WPOL").address
    amounts = {
        "v2_run": {"amount_in": 1},
        "v3_run": {"amount_out": 1, "directions": 0, "max_in": 1},
    }
    run = command(name, token=0, nested=bytes(size), rest=True, **amounts[name])
    with taken_back(world):
        program = header([] if lead == "wpol" else [wpol], lead=lead) + run
        failure = run_held_to_the_promise(world, program)
    assert failure is not None
    assert root_cause(failure) == "TruncatedProgram"


def test_a_run_over_more_pools_than_directions_is_refused(world: World) -> None:
    wpol = world.manifest.token("WPOL").address
    with taken_back(world):
        failure = run_held_to_the_promise(world, header([wpol]) + pool_run(*[STRANGE] * 17))
    assert failure is not None
    assert root_cause(failure) == "TruncatedProgram"
