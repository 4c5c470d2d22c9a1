"""Cycles: what their pools may ask for, how often, and what others get who ask."""

from collections.abc import Iterator

import pyrevm
import pytest
from cycle_routes import MOST, Cycles, Hop, asking, cells
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector
from executor_world import (
    V2_CALLBACK,
    V3_CALLBACK,
    World,
    hexed,
    script,
    taken_back,
)
from heard_calls import LEAST_PRICE, V2, V3, call_of, heard
from hostile_world import (
    ALGEBRA_CALLBACK,
    FLASH_CALLBACK,
    Call,
    Visit,
    brief,
    counted,
    hostile_pool,
    run_held_to_the_promise,
)
from program_assembler import command

from keeper.chain import Address
from replica.abi import encode_call

VISIT = Visit("cycle_run", V3_CALLBACK, 4, lambda _pool, _nested: b"", asks=True)
KINDS = ("3", "23", "33", "323", "3223")
"""Routes whose last pool is served in each way."""


def taught(scene: Cycles, hop: Hop, *asked: int, back: int = 0) -> Hop:
    """The pool, which now asks so often for so much, whether it gets it or not."""
    steps = [(scene.world.executor, asking(each), False) for each in asked]
    script(scene.world, hop.where, *steps, scene.gift(back))
    return hop


# -------------------------------------------------------------------------- while a cycle is on


def forgeries(world: World, pool: Address, coin: Address) -> Iterator[bytes]:
    """Callbacks of a cycle's pool that must be refused while it may ask."""
    terms = encode(["address", "uint256"], [coin, MOST])
    for data in (b"\0", terms, b"\2", b"\2" + pool, bytes([1]) + coin, bytes(32)):
        yield encode_call(V3_CALLBACK, 1, -1, data)
    yield asking(1) + b"\0"
    yield asking(1) + bytes(32)
    yield asking(1)[:-1]
    yield asking(1)[:4]
    yield encode_call(ALGEBRA_CALLBACK, 1, -1, b"")
    yield encode_call(ALGEBRA_CALLBACK, 1, -1, terms)
    yield encode_call(FLASH_CALLBACK, 1, 0, b"")
    yield encode_call(V2_CALLBACK, world.executor, 1, 0, b"")
    for signature in ("unlockCallback(bytes)", "onMorphoFlashLoan(uint256,bytes)"):
        selector = function_signature_to_4byte_selector(signature)
        yield selector + encode(["bytes"], [b""])


@pytest.mark.parametrize("kinds", KINDS)
def test_a_pool_of_a_cycle_has_one_way_to_ask(scene: Cycles, kinds: str) -> None:
    world, pool = scene.world, hostile_pool(scene.world, "TriesOtherCalls")
    calls: list[Call] = [(world.executor, each) for each in forgeries(world, pool, scene.coin)]
    if kinds == "3":  # which is paid: other amounts than it may have
        for amount in (0, -1, -MOST, MOST + 1, 2**86, 2**95, 2**255 - 1):
            calls.append((world.executor, encode_call(V3_CALLBACK, amount, -(2**255), b"")))
            calls.append((world.executor, encode_call(V3_CALLBACK, -(2**255), amount, b"")))
    brief(world, pool, VISIT, (scene.coin, 2 * MOST), calls)
    hops = [*scene.route(kinds)[:-1], Hop("3", pool, 0)]
    failure = run_held_to_the_promise(world, scene.program(*hops), (pool,))
    attempts, breaches = counted(world, pool)
    assert failure is None
    assert attempts >= len(calls)
    assert breaches == 0


@pytest.mark.parametrize("kind", ["CallsBackTwice", "CallsBackWithOtherData", "NeverCallsBack"])
@pytest.mark.parametrize("kinds", ["333", "3232", "2323"])
def test_a_hostile_pool_anywhere_in_a_cycle_takes_nothing(
    scene: Cycles, kind: str, kinds: str
) -> None:
    world = scene.world
    for place, each in enumerate(kinds):
        if each == "3":
            hops = scene.route(kinds)
            pool = hostile_pool(world, kind)
            brief(world, pool, VISIT, (scene.coin, 2 * MOST), [])
            hops[place] = Hop("3", pool, 0)
            run_held_to_the_promise(world, scene.program(*hops), (pool,))


@pytest.mark.parametrize("kinds", KINDS)
def test_who_is_no_pool_of_a_cycle_gets_nothing_while_it_is_on(scene: Cycles, kinds: str) -> None:
    """A pair of it, a pool that is listed besides, and anyone else; nor does a pool fare worse."""
    hops, world = scene.route(kinds, back=110), scene.world
    others = [scene.pool(1, heeded=False) for _ in range(2)]
    pairs = [hop for hop in hops if hop.kind == "2"]
    for pair in pairs:
        script(world, pair.where, (world.executor, asking(1), False), scene.gift(0))
    calls = [(each.where, b"", True) for each in (*others, *pairs)]
    own = (world.executor, asking(hops[-1].amount), True)
    script(world, hops[-1].where, *calls, own, *calls, scene.gift(110))
    listed = scene.listed(*hops, others[0])
    before = world.holdings()
    world.run(scene.start + scene.command(cells(hops, listed)))
    assert world.holdings() == before
    assert [scene.had(each) for each in (*others, *pairs)] == ["0"] * (2 + len(pairs))
    assert scene.got(hops[0]) == 110 * (len(hops) > 1)


def test_the_first_pool_is_paid_once_however_often_the_others_pass_on(scene: Cycles) -> None:
    first, middle = scene.pool(5), scene.pool(1, 2, 3)
    script(scene.world, first.where, (scene.world.executor, asking(5), False), scene.gift(0))
    last = scene.pool(2**100, 4, back=5)
    before = scene.world.holdings()
    scene.world.run(scene.program(first, middle, last))
    assert scene.world.holdings() == before
    assert scene.got(first) == 5
    assert scene.had(first) == "0"  # the last time it was called
    assert (scene.had(middle), scene.had(last)) == ("111", "11")


@pytest.mark.parametrize("kinds", ["3", "23", "223"])
def test_who_is_served_by_a_payment_is_so_once(scene: Cycles, kinds: str) -> None:
    hops = scene.route(kinds)
    taught(scene, hops[-1], 3, 3, 1, back=hops[0].amount if len(hops) > 1 else 3)
    before = scene.world.holdings()
    scene.world.run(scene.program(*hops))
    assert scene.had(hops[-1]) == "100"
    assert scene.world.holdings() == before


def test_a_pool_with_a_section_has_it_as_often_as_it_asks(scene: Cycles) -> None:
    """What the pairs get comes from the pool before, which is paid once."""
    hops, world = scene.route("3223"), scene.world
    taught(scene, hops[3], 9, 8, 7, back=hops[0].amount)
    script(world, hops[0].where, (world.executor, asking(hops[0].amount), False), scene.gift(0))
    before = world.holdings()
    world.run(scene.program(*hops))
    assert scene.had(hops[3]) == "111"
    assert scene.had(hops[0]) == "0"
    assert world.holdings() == before
    assert scene.got(hops[0]) == hops[0].amount


@pytest.mark.parametrize("kinds", ["23", "223", "323", "3223"])
@pytest.mark.parametrize("asked", [0, -1, MOST + 1, 2**112, 2**255 - 1])
def test_a_pair_is_told_whatever_the_pool_behind_it_asks_for(
    scene: Cycles, kinds: str, asked: int
) -> None:
    hops, world = scene.route(kinds), scene.world
    script(world, hops[-1].where, (world.executor, asking(asked), True), scene.gift(0))
    outs = (0, asked % 2**256) if hops[-2].zero_for_one else (asked % 2**256, 0)
    said = call_of(V2, (*outs, hops[-1].where, b""))
    assert heard(world, scene.program(*hops), hops[-2].where).hex() == said.hex()


@pytest.mark.parametrize("amounts", [(1, 2), (2, 1), (3, 2), (5, 6), (-1, 3), (3, -1), (4, 4)])
def test_the_greater_of_what_a_pool_states_is_what_it_asks_for(
    scene: Cycles, amounts: tuple[int, int]
) -> None:
    world, pool = scene.world, scene.pool()
    states = (world.executor, encode_call(V3_CALLBACK, *amounts, b""), True)
    script(world, pool.where, states, scene.gift(0))
    error = world.refused(scene.program(pool))
    assert error.name == "BalanceFell"
    _, before, after = error.args_
    assert before - after == max(amounts)
    first, pair = scene.pool(), scene.pair(1)
    for hops in ([first, pool], [first, pair, pool]):
        asks = call_of(V3, (pool.where, True, -max(amounts), LEAST_PRICE, b""))
        if len(hops) > 2:
            asks = call_of(V2, (0, max(amounts), pool.where, b""))
        program = scene.program(*hops)
        assert heard(world, program, hops[-2].where).hex() == asks.hex()


@pytest.mark.parametrize("kinds", ["3", "33", "32", "23", "323", "3223", "2233"])
def test_a_hop_that_fails_is_named(scene: Cycles, kinds: str) -> None:
    hops = scene.route(kinds)
    program = scene.program(*hops)
    for hop in hops:
        kept = scene.world.evm.get_code(hexed(hop.where))
        # reverts with 0x2a
        fails = pyrevm.AccountInfo(code=bytes.fromhex("602a5f5260205ffd"))
        scene.world.evm.insert_account_info(hexed(hop.where), fails)
        error = scene.world.refused(program)
        scene.world.evm.insert_account_info(hexed(hop.where), pyrevm.AccountInfo(code=kept))
        assert error.name == "HopFailed"
        assert error.args_ == (hexed(hop.where), (42).to_bytes(32))


# --------------------------------------------------------------------------------------- too late


def test_a_cycle_whose_pools_never_ask_is_only_settled(scene: Cycles) -> None:
    before, silent = scene.world.holdings(), scene.pool()
    scene.world.run(scene.program(silent))
    scene.world.run(scene.program(scene.pool(1), scene.pair(3), silent))
    visited = command("v2", pool=silent.where, amount_out=1)
    scene.world.run(scene.program(silent, behind=visited))
    assert scene.world.holdings() == before


@pytest.mark.parametrize("kinds", ["3", "23", "33", "323"])
@pytest.mark.parametrize("apart", [False, True])
def test_what_was_not_asked_for_in_time_is_not_paid_later(
    scene: Cycles, kinds: str, apart: bool
) -> None:
    """Neither in the program nor after it; to have the pool before swap moves nothing of ours."""
    silent, hops = scene.pool(), scene.route(kinds)
    late = taught(scene, hops[-1], 1)
    if len(hops) > 1 and hops[0].kind == "3":
        taught(scene, hops[0], 1)
    before, world = scene.world.holdings(), scene.world
    if apart:
        program = scene.program(*hops, silent)
        scene.together((world.executor, program), (late.where, b""))
    else:
        visited = command("v2", pool=late.where, amount_out=1)
        world.run(scene.program(*hops, silent, behind=visited))
    assert scene.had(late) == ("0" if kinds in ("3", "23") else "1")
    if len(hops) > 1 and hops[0].kind == "3":
        assert scene.had(hops[0]) == "0"
    assert world.holdings() == before


@pytest.mark.parametrize("kinds", ["3", "23", "33", "323"])
@pytest.mark.parametrize("apart", [False, True])
def test_a_pool_of_one_cycle_has_no_payment_in_the_next(
    scene: Cycles, kinds: str, apart: bool
) -> None:
    """However alike their terms are."""
    world, silent, hops = scene.world, scene.pool(), scene.route(kinds)
    for hop in hops:
        if hop.kind == "3":
            taught(scene, hop, 1)
    helper = scene.pool(1, heeded=False)
    script(world, helper.where, (hops[-1].where, b"", True), scene.gift(0))
    listed = scene.listed(*hops, silent, helper)
    first, second = (scene.command(cells(r, listed)) for r in ([*hops, silent], [helper]))
    before = world.holdings()
    if apart:
        scene.together(*((world.executor, scene.start + run) for run in (first, second)))
    else:
        told = scene.command(cells([*hops, silent], listed), rest=False)
        world.run(scene.start + told + second)
    assert scene.had(hops[-1]) == ("0" if kinds in ("3", "23") else "1")
    assert world.holdings() == before


@pytest.mark.parametrize("name", ["v3", "v3_pay"])
@pytest.mark.parametrize("kinds", KINDS)
def test_a_pool_of_a_cycle_calls_back_as_any_other_afterwards(
    scene: Cycles, kinds: str, name: str
) -> None:
    """During the cycle its other commands' data are refused, behind it they are what it says."""
    hops, world = scene.route(kinds), scene.world
    pool, tokens = hops[-1].where, scene.start[16:]
    nested = command("pay", to="caller", token=0, amount=5) if name == "v3" else b""
    own = bytes(12) + scene.coin + (5).to_bytes(32) if name == "v3_pay" else tokens + nested
    unpadded = asking(5)[:-32] + len(own).to_bytes(32) + own
    calls = [(world.executor, data, False) for data in (unpadded, asking(5))]
    script(world, pool, *calls, scene.gift(110))
    with taken_back(world):
        world.run(scene.program(*hops))
        assert scene.had(hops[-1]) == "01"
    fields = {"token": 0} if name == "v3_pay" else {"nested": nested}
    after = command(name, pool=pool, amount_in=5, **fields)
    world.run(scene.program(*hops, behind=after))

    assert scene.had(hops[-1]) == "10"
