"""Hostile pools: each reverts the run or leaves every balance, allowance and role as it was."""

from collections.abc import Callable

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector
from executor_world import AAVE_CALLBACK, World, rich_world, root_cause, taken_back
from hostile_world import (
    NESTED,
    PAID,
    VISITS,
    Call,
    Visit,
    administration,
    brief,
    counted,
    hostile_pool,
    run_held_to_the_promise,
    stream,
    swaps_and_loans_in_its_name,
    transfers_by_allowance,
)
from program_assembler import bound, header

from keeper.chain import Address

Tries = Callable[[World, Address], list[Call]]


def other_streams(world: World, pool: Address) -> list[Call]:
    """Callback data that would pay the pool more than the program says."""
    wpol, weth = (world.manifest.token(each).address for each in ("WPOL", "WETH"))
    streams = (stream(PAID + 1), stream(1, 1), NESTED[:-1], NESTED + NESTED)
    datas = [bound([wpol, weth], each) for each in streams]
    datas.append(bound([weth, wpol], NESTED))
    datas.append(encode(["address", "uint256"], [wpol, 2 * PAID]))
    return [(pool, data) for data in datas]


def other_callbacks(_world: World, pool: Address) -> list[Call]:
    """Each callback's selector."""
    signatures = {visit.callback for visit in VISITS if visit.callback} | {AAVE_CALLBACK}
    return [(pool, function_signature_to_4byte_selector(each)) for each in sorted(signatures)]


def runs(world: World, pool: Address) -> list[Call]:
    """Programs that the pool, which holds the role, would run inside the run."""
    wpol = world.manifest.token("WPOL").address
    visit = VISITS[-1]
    programs = (header([wpol]), header([wpol]) + visit.command(pool, NESTED))
    return [(world.executor, program) for program in programs]


def nothing(_world: World, _pool: Address) -> list[Call]:
    return []


# kind, what it tries, and the error that the promise demands of callback venues; None: it passes
KINDS: dict[str, tuple[str, Tries, str | None]] = {
    "calls back twice": ("CallsBackTwice", nothing, None),
    "with other data": ("CallsBackWithOtherData", other_streams, None),
    "on other selectors": ("CallsBackOnOtherSelectors", other_callbacks, None),
    "from another address": ("CallsBackFromAnotherAddress", nothing, None),
    "never": ("NeverCallsBack", nothing, "CallbackMissing"),
    "late": ("CallsBackLate", nothing, None),
    "re-enters execute": ("TriesOtherCalls", runs, None),
    "administers": ("TriesOtherCalls", administration, None),
    "takes by allowance": ("TriesOtherCalls", transfers_by_allowance, None),
    "swaps and borrows for us": (
        "TriesOtherCalls",
        lambda world, _: swaps_and_loans_in_its_name(world),
        None,
    ),
    "lies about amounts": ("LiesAboutAmounts", nothing, None),
    "answers with a bomb": ("AnswersWithABomb", nothing, None),
    "answers nothing": ("AnswersNothing", nothing, None),
    "reverts with a bomb": ("RevertsWithABomb", nothing, "HopFailed"),
    "burns all gas": ("BurnsAllGas", nothing, "HopFailed"),
    "destroys itself": ("DestroysItself", nothing, None),
    "delivers nothing": ("DeliversNothing", nothing, "BalanceFell"),
    "pays in another token": ("AnswersNothing", nothing, "BalanceFell"),
}
ATTEMPTS_NOTHING = {
    "never",
    "lies about amounts",
    "answers with a bomb",
    "answers nothing",
    "destroys itself",
}


@pytest.fixture(scope="module")
def world() -> World:
    return rich_world()


def may_be_late(visit: Visit) -> bool:
    """Whether a late callback differs from the one that is due: equal payments are alike."""
    return not visit.asks and not visit.name.startswith("cycle_run")


CASES = [(n, v) for n in KINDS for v in VISITS if n != "late" or may_be_late(v)]


@pytest.mark.parametrize(("name", "visit"), CASES, ids=[f"{n}, {v.name}" for n, v in CASES])
def test_a_hostile_pool_takes_nothing(world: World, name: str, visit: Visit) -> None:
    kind, tries, expected = KINDS[name]
    if visit.name.startswith("cycle_run") and name == "never":
        expected = None  # nothing was paid, and nothing can be asked for any more
    if visit.asks and name == "lies about amounts":
        expected = "HopFailed"  # what it asks for is above the most that it is paid
    wpol, weth = (world.manifest.token(each).address for each in ("WPOL", "WETH"))
    with taken_back(world):
        pool = hostile_pool(world, kind)
        gift = (weth, 10**16) if name == "pays in another token" else (wpol, 2 * PAID)
        brief(world, pool, visit, gift, tries(world, pool))
        program = header([wpol, weth]) + visit.command(pool, NESTED)
        if name == "late":
            program += visit.command(pool, NESTED + stream(1))
        failure = run_held_to_the_promise(world, program, (pool,))
        attempts, breaches = counted(world, pool)
    assert breaches == 0
    if failure is None:
        calls_back = bool(visit.callback) or kind == "TriesOtherCalls"
        assert attempts > 0 or name in ATTEMPTS_NOTHING or not calls_back
    if visit.callback or expected != "CallbackMissing":
        assert (root_cause(failure) if failure else None) == expected
