"""Mixed runs: who is told what, who is paid, and what a pool that says something else can do."""

from collections.abc import Iterator
from itertools import pairwise

import pyrevm
import pytest
from executor_world import (
    RevertedError,
    World,
    hexed,
    root_cause,
    script,
    scripted,
)
from heard_calls import LEAST_PRICE, MOST_PRICE, V2, V3, call_of, heard
from hostile_world import rich_world, run_held_to_the_promise, taken_back
from mixed_routes import MARK, PAID, Hop, Scene, asking, cell, cells, unpadded
from program_assembler import command, header

from keeper.chain import Address
from replica.abi import encode_call

ROUTES = ("3", "33", "323", "3223", "23", "223", "32", "322", "333", "2233", "2232233223")
"""Protocols' generations in the order of the route; a run has one pool at least."""


@pytest.fixture(scope="module")
def rich() -> World:
    return rich_world()


@pytest.fixture
def world(rich: World) -> Iterator[World]:
    with taken_back(rich):
        yield rich


@pytest.fixture(params=["none", "wpol"])
def scene(world: World, request: pytest.FixtureRequest) -> Scene:
    return Scene(world, request.param)


# ------------------------------------------------------------------------------- as it should be


@pytest.mark.parametrize("kinds", ROUTES)
def test_each_hop_gives_to_the_next_one(scene: Scene, kinds: str) -> None:
    """A pair also what a pool asks for; a pool has the data of all sections before it."""
    hops, world = scene.route(kinds), scene.world
    for place, (hop, behind) in enumerate(pairwise([*hops, None])):
        assert hop is not None
        to, way = behind.where if behind else world.executor, hop.zero_for_one
        if hop.kind == "3":
            price = LEAST_PRICE if way else MOST_PRICE
            said = call_of(V3, (to, way, hop.amount, price, cells(hops[:place], kind="2")))
        else:
            out = hop.amount + (behind.asked if behind and behind.kind == "3" else 0)
            said = call_of(V2, (*((0, out) if way else (out, 0)), to, b""))
        assert heard(world, scene.program(hops), hop.where).hex() == said.hex()


@pytest.mark.parametrize("kinds", ROUTES)
def test_the_first_hop_is_paid_and_nobody_else(scene: Scene, kinds: str) -> None:
    """A pair all, a pool what it asks for; and again in the same transaction."""
    paid = 1100 % 100 + 1 if kinds[0] == "3" else PAID
    hops = scene.route(kinds, back=paid)
    before = scene.world.holdings()
    scene.world.run(scene.program(hops))
    scene.together(*[(scene.world.executor, scene.program(hops))] * 2)
    assert scene.world.holdings() == before
    got = {hop.where: scene.got(hop.where) for hop in hops}
    expected = dict.fromkeys(got, 0)
    expected[hops[0].where] += 3 * paid
    expected[hops[-1].where] -= 3 * paid
    assert got == expected


@pytest.mark.parametrize("name", ["v3", "v3_pay"])
@pytest.mark.parametrize("kinds", ["3", "23"])
def test_a_pool_of_a_run_calls_back_as_any_other_afterwards(
    scene: Scene, kinds: str, name: str
) -> None:
    """During the run its own data are refused, behind it those of the run."""
    hops, wpol = scene.route(kinds), scene.wpol
    pool, start = hops[-1].where, len(header([])) - 1
    nested = command("pay", to="caller", token=0, amount=5) if name == "v3" else b""
    own = bytes(12) + wpol + (5).to_bytes(32) if name == "v3_pay" else scene.start[start:] + nested
    runs = asking(5, cells(hops[:-1], kind="2"))
    calls = [(scene.world.executor, data, False) for data in (unpadded(own), runs)]
    gift = encode_call("transfer(address,uint256)", scene.world.executor, PAID)
    script(scene.world, pool, *calls, (wpol, gift, True))
    with taken_back(scene.world):
        scene.world.run(scene.program(hops))
        assert scene.had(pool) == "01"
    fields = {"token": 0} if name == "v3_pay" else {"nested": nested}
    after = command(name, pool=pool, amount_in=5, **fields)
    scene.world.run(scene.program(hops, after))
    assert scene.had(pool) == "10"


# ---------------------------------------------------------------------- what a pool may do besides


def test_a_pool_that_calls_back_twice_has_no_second_payment(scene: Scene) -> None:
    for kinds in ("3", "23", "33", "323"):
        hops = scene.route(kinds)
        place = len(hops) - 1
        data = asking(1, cells(hops[:place], kind="2"))
        scene.teach(hops, place, (scene.world.executor, data, False), back=PAID)
        scene.world.run(scene.program(hops))
        assert scene.had(hops[-1].where) == "10"
        gave = PAID if len(hops) == 1 else 0
        paid = PAID if kinds[0] == "2" else hops[0].asked
        assert scene.got(hops[0].where) == paid - gave


@pytest.mark.parametrize("kinds", ["3", "33", "323", "23"])
def test_a_pool_that_leads_to_a_pair_of_its_own_has_what_it_may_ask_for(
    scene: Scene, kinds: str
) -> None:
    """A pair is paid in the place of the first pool, all, once, and is told what that one asks."""
    hops, world = scene.route(kinds), scene.world
    own = scene.paying(back=PAID)
    asks = (world.executor, asking(2**200, cell(own)), True)
    again = (world.executor, asking(1, cell(own)), False)
    script(world, hops[0 if kinds[0] == "3" else 1].where, asks, again)
    before = world.holdings()
    world.run(scene.program(hops))
    assert world.holdings() == before
    first = next(hop for hop in hops if hop.kind == "3")
    assert world.ask(first.where, "succeeded()", ["uint256"]) == 1
    assert scene.got(own) == 0  # paid, and given back
    said = call_of(V2, (2**200, 0, first.where, b""))
    assert heard(world, scene.program(hops), own).hex() == said.hex()


def test_a_pool_that_is_fed_by_a_pool_may_choose_the_pair(scene: Scene) -> None:
    hops, world = scene.route("323"), scene.world
    own = scene.paying(back=hops[0].asked)
    asks = asking(9, cell(own, amount=4))
    script(world, hops[2].where, (world.executor, asks, True))
    world.run(scene.program(hops))
    assert (scene.got(hops[0].where), scene.got(own)) == (hops[0].asked, -hops[0].asked)
    assert world.ask(hops[1].where, "succeeded()", ["uint256"]) == 0  # never called
    said = call_of(V2, (13, 0, hops[2].where, b""))
    assert heard(world, scene.program(hops), own).hex() == said.hex()


@pytest.mark.parametrize("first", [0, 1 << 254, 3 << 254])
@pytest.mark.parametrize("kinds", ["3", "23", "33", "323"])
def test_a_callback_whose_data_begin_with_no_cell_is_none(
    scene: Scene, kinds: str, first: int
) -> None:
    hops = scene.route(kinds, back=PAID)
    for data in (cell(hops[0].where, bits=first), first.to_bytes(32)[:1]):
        script(scene.world, hops[-1].where, (scene.world.executor, unpadded(data), True))
        failure = run_held_to_the_promise(scene.world, scene.program(hops))
        assert failure is not None
        assert root_cause(failure) == "UnexpectedCallback"


@pytest.mark.parametrize("size", [1, 31, 33, 63, 95])
@pytest.mark.parametrize("kinds", ["3", "23", "33", "323", "3223"])
def test_data_that_are_no_whole_cells_or_have_no_end_take_nothing(
    scene: Scene, kinds: str, size: int
) -> None:
    """A cell that passes their end fails where a pool feeds it; no cell is read into another."""
    hops, own = scene.route(kinds), scene.paying(back=PAID)
    for padded in (False, True):
        data = (cell(own, bits=MARK) * 3)[:size]
        call = asking(1, data) if padded else unpadded(data)
        step = (scene.world.executor, call, True)
        script(scene.world, hops[-1].where, step, (scene.world.executor, call, False))
        failure = run_held_to_the_promise(scene.world, scene.program(hops))
        assert failure is None or root_cause(failure) in {"BalanceFell", "HopFailed"}


def test_a_section_ends_with_the_data(scene: Scene) -> None:
    hops = scene.route("323")
    own = [scene.paying(), scene.paying(back=hops[0].asked)]
    data = b"".join(cell(each, bits=MARK) for each in own)
    script(scene.world, hops[2].where, (scene.world.executor, asking(6, data), True))
    for where, to, out in ((own[0], own[1], 0), (own[1], hops[2].where, 6)):
        said = call_of(V2, (out, 0, to, b""))
        assert heard(scene.world, scene.program(hops), where).hex() == said.hex()


def test_a_pool_may_take_for_itself_what_a_section_was_to_have(scene: Scene) -> None:
    """Without data it has the pool before's output, or is paid what it asks for."""
    hops, world = scene.route("323"), scene.world
    script(world, hops[2].where, (world.executor, asking(3), True))
    said = call_of(V3, (hops[2].where, False, hops[0].amount, MOST_PRICE, b""))
    assert heard(world, scene.program(hops), hops[0].where).hex() == said.hex()
    for asked, cause in ((0, "WrongPayment"), (PAID, ""), (PAID + 1, "WrongPayment")):
        hops = scene.route("23", back=0)
        gift = encode_call("transfer(address,uint256)", world.executor, PAID)
        calls = (world.executor, asking(asked), True), (scene.wpol, gift, True)
        script(world, hops[1].where, *calls)
        failure = run_held_to_the_promise(world, scene.program(hops))
        assert (root_cause(failure) if failure else "") == cause


# --------------------------------------------------------------------------------------- too late


def late(scene: Scene, kinds: str) -> tuple[Address, bytes]:
    """A pool of a run that only asks in a later one, and that run, which is over without it."""
    hops = scene.route(kinds)
    data = cells(hops[:-1], kind="2")
    script(scene.world, hops[-1].where, (scene.world.executor, asking(1, data), False))
    silent = scene.paying()
    pairs = [hop for hop in hops if hop.kind == "2"]
    told = [*pairs, hops[-1], Hop("3", silent, 1, zero_for_one=True)]
    return hops[-1].where, scene.program(told)


@pytest.mark.parametrize("kinds", ["3", "23"])
def test_what_was_not_asked_for_in_time_is_not_paid_later(scene: Scene, kinds: str) -> None:
    pool, run = late(scene, kinds)
    before, world = scene.world.holdings(), scene.world
    scene.together((world.executor, run), (pool, b""))
    assert world.ask(pool, "succeeded()", ["uint256"]) == 0
    assert world.holdings() == before


@pytest.mark.parametrize("kinds", ["3", "23"])
@pytest.mark.parametrize("paid", [PAID - 1, PAID, PAID + 1])
def test_a_pool_of_one_run_has_no_part_in_the_next(scene: Scene, kinds: str, paid: int) -> None:
    """On the same terms it can take what the other's pool could, which is settled."""
    world, (pool, run) = scene.world, late(scene, kinds)
    helper, before = scripted(world), world.holdings()
    script(world, helper, (pool, b"", True))
    other = scene.start + scene.command(cell(helper), paid=paid)
    steps = (world.executor, run), (world.executor, other)
    if paid == PAID:
        with pytest.raises(RevertedError) as caught:
            scene.together(*steps)
        assert root_cause(caught.value) == "BalanceFell"
    else:
        scene.together(*steps)
        assert world.ask(pool, "succeeded()", ["uint256"]) == 0
    assert world.holdings() == before


# --------------------------------------------------------------------------------- malformed ones


@pytest.mark.parametrize(
    ("size", "pools"),
    [(0, 0), (0, 1), (32, 0), (32, 2), (64, 3), (64, 255), (31, 1), (33, 1), (1, 1), (63, 2)],
)
def test_a_run_has_whole_cells_and_as_many_pools_as_it_says(
    scene: Scene, size: int, pools: int
) -> None:
    run = scene.command((cell(scene.paying()) * 3)[:size], pools=pools)
    failure = run_held_to_the_promise(scene.world, scene.start + run)
    assert failure is not None
    assert (failure.name, failure.args_) == ("TruncatedProgram", (len(scene.start),))


@pytest.mark.parametrize("paid", [0, 1, 2, (1 << 95) - 1, 1 << 95, (1 << 96) - 1])
def test_a_run_pays_an_amount_that_makes_terms(scene: Scene, paid: int) -> None:
    asks = scene.paying((scene.world.executor, asking(1), True), back=1)
    run = scene.command(cell(asks), paid=paid)
    failure = run_held_to_the_promise(scene.world, scene.start + run)
    if 2 <= paid < 1 << 95:
        assert failure is None
        assert scene.got(asks) == 0
    else:
        assert failure is not None
        assert (failure.name, failure.args_) == ("BadAmount", (len(scene.start),))


@pytest.mark.parametrize("size", [0, 1, 31])
def test_a_token_that_answers_a_payment_says_nothing_or_a_word(world: World, size: int) -> None:
    token, scene = Address(b"\x72" * 20), Scene(world, "none")
    code = f"5f3560e01c63a9059cbb1460165760645f5260205ff35b60{size:02x}5ff3"
    world.evm.insert_account_info(hexed(token), pyrevm.AccountInfo(code=bytes.fromhex(code)))
    asks = (world.executor, asking(1, cell(scene.paying())), True)
    program = header([token]) + scene.command(cell(scene.paying(asks)))
    if size == 0:
        world.run(program)
    else:
        with pytest.raises(RevertedError) as caught:
            world.run(program)
        assert root_cause(caught.value) == "TokenCallFailed"
