"""Cycles: who is told what, who is paid, and which cells are none."""

from dataclasses import replace
from itertools import pairwise

import pytest
from cycle_routes import MOST, NOBODY, Cycles, Hop, cells, giving
from directory import relist
from executor_world import OWNER, RevertedError, World, premium, root_cause, script, scripted
from heard_calls import LEAST_PRICE, MOST_PRICE, V2, V3, call_of, heard
from hostile_world import run_held_to_the_promise
from program_assembler import command, header

from replica.directory import directory_of, places

ROUTES = ("3", "33", "323", "3223", "23", "223", "32", "322", "333", "2233", "2232233223")
"""Protocols' generations in the order of the route; a cycle has one pool at least."""


# ------------------------------------------------------------------------------- as it should be


@pytest.mark.parametrize("kinds", ROUTES)
def test_each_hop_gives_the_next_one_what_it_takes(scene: Cycles, kinds: str) -> None:
    hops, world = scene.route(kinds), scene.world
    program = scene.program(*hops)
    for hop, behind in pairwise([*hops, None]):
        assert hop is not None
        to, out = (behind.where, behind.amount) if behind else (world.executor, MOST)
        if hop.kind == "3":
            price = LEAST_PRICE if hop.zero_for_one else MOST_PRICE
            said = call_of(V3, (to, hop.zero_for_one, -out, price, b""))
        else:
            said = call_of(V2, (*((0, out) if hop.zero_for_one else (out, 0)), to, b""))
        assert heard(world, program, hop.where).hex() == said.hex()


@pytest.mark.parametrize("kinds", ROUTES)
def test_the_first_hop_is_paid_and_nobody_else(scene: Cycles, kinds: str) -> None:
    """And again in the same transaction, in programs of their own and in one."""
    hops = scene.route(kinds, back=110)
    paid, program = hops[0].amount, scene.program(*hops)
    both = scene.program(*hops, behind=program[len(scene.start) :])
    before = scene.world.holdings()
    scene.world.run(program)
    scene.together(*[(scene.world.executor, each) for each in (program, both, program)])
    assert scene.world.holdings() == before
    expected = {hop.where: 0 for hop in hops}
    expected[hops[0].where] += 5 * paid
    expected[hops[-1].where] -= 5 * paid
    assert {hop.where: scene.got(hop) for hop in hops} == expected


@pytest.mark.parametrize("kinds", ["33", "32", "23"])
@pytest.mark.parametrize("symbol", ["WPOL", "USDC.e"])
@pytest.mark.parametrize("form", ["express", "general", "loan"])
@pytest.mark.parametrize("exact", ["output", "input"])
def test_real_pools_give_what_their_quotes_say(
    world: World, kinds: str, symbol: str, form: str, exact: str
) -> None:
    """By the exact inputs of those that end the route or feed pairs, or by their exact outputs.

    On a loan too, which is paid back out of it.
    """
    names = {"3": ["uniswap-v3", 500], "2": ["uniswap-v2", 3000]}
    token = world.manifest.token(symbol).address
    route = [world.manifest.pool(names[k][0], "WPOL", "USDC.e", names[k][1]) for k in kinds]
    if kinds == "33":
        route[1] = world.manifest.pool("uniswap-v3", "WPOL", "USDC.e", 3000)
    amount = world.balance(token) // 100
    legs = world.gap(token, route, amount)
    listed = directory_of(world.manifest)
    relist(world, world.executor, *listed)
    hops = [
        Hop(kind, leg.pool, leg.amount_in_raw, leg.zero_for_one)
        for kind, leg in zip(kinds, legs, strict=True)
    ]
    given = legs[1].amount_out_raw
    if exact == "input" and kinds[1] == "3":
        given = -legs[1].amount_in_raw
    if exact == "input" and kinds == "32":
        hops[1] = replace(hops[1], input_before=amount)
    told = cells(hops, places(*listed))
    run = command("cycle_run", amount=giving(given), nested=told, rest=True)
    lead = {"WPOL": "wpol", "USDC.e": "usdc_e"}[symbol]
    cost = premium(legs) if form == "loan" else 0
    if cost:
        run = command("aave", token=0, amount=amount, max_premium=cost, nested=run, rest=True)
    start = header([token]) if form == "general" else header([], lead=lead)
    before = world.balance(token)
    world.run(start + run)
    gained = world.balance(token) - before + cost
    # an exact output may cost less than the exact input that gives it, by what is rounded
    assert 0 <= gained - (legs[1].amount_out_raw - amount) <= amount // 10**6
    assert gained > cost


@pytest.mark.parametrize("kinds", ["33", "323", "2233"])
def test_whom_a_place_names_decides_who_is_called(scene: Cycles, kinds: str) -> None:
    """The same program, after the executor lists the same contracts in another order."""
    hops = scene.route(kinds, back=110)
    program = scene.program(*hops)
    scene.world.run(program)
    others = [scene.route(kinds, back=hops[0].amount)[place] for place in range(len(kinds))]
    scene.listed(*others)
    scene.world.run(program)
    assert scene.got(hops[0]) == hops[0].amount
    assert scene.got(others[0]) == hops[0].amount


# ------------------------------------------------------------------------- when a cycle is over


def test_a_pool_that_occurs_twice_has_the_later_word(scene: Cycles) -> None:
    """The one of its last place in the route; and who has a word is not paid."""
    first, between, both = scene.pool(3), scene.pool(), scene.pool(2)
    for hops in ((first, both, between, both), (both, between, both)):
        scene.world.run(scene.program(*hops))
        assert scene.had(both) == "1"
        assert scene.world.ask(between.where, "succeeded()", ["uint256"]) == 1  # called
        assert scene.world.ask(first.where, "succeeded()", ["uint256"]) == 0  # never
        assert scene.got(both) == 0


def test_a_pool_that_was_fed_once_is_not_paid_later_in_the_transaction(scene: Cycles) -> None:
    """Its word is that of the first cycle, whose first pool the second one does not know."""
    first, second = scene.pool(3), scene.pool(2, back=3)
    listed = scene.listed(first, second)
    once, again = (
        scene.start + scene.command(cells(hops, listed)) for hops in ([first, second], [second])
    )
    scene.world.run(once)
    with pytest.raises(RevertedError) as caught:
        scene.together(*((scene.world.executor, each) for each in (once, again)))
    assert root_cause(caught.value) == "UnexpectedCallback"


def test_a_program_may_go_through_two_cycles(scene: Cycles) -> None:
    one, two = scene.route("323", back=110), scene.route("223", back=110)
    listed = scene.listed(*one, *two)
    told = [cells(hops, listed) for hops in (one, two)]
    run = scene.command(told[0], rest=False) + scene.command(told[1])
    before = scene.world.holdings()
    scene.world.run(scene.start + run)
    assert scene.world.holdings() == before
    assert [scene.got(hops[0]) for hops in (one, two)] == [110, 110]


def test_nobody_among_the_pools_keeps_its_place(scene: Cycles) -> None:
    """What a pool is told has its address for a place, and nobody's is the lock's."""
    first, last = scene.pool(1, back=1), Hop("3", scripted(scene.world), 0)
    script(scene.world, last.where, (first.where, b"", True))
    scene.world.run(scene.program(first, NOBODY, NOBODY, last))
    assert scene.had(first) == "1"
    scene.world.do(OWNER, scene.world.executor, "setExecutor(address,bool)", last.where, True)
    script(scene.world, last.where, (scene.world.executor, scene.start, True))
    for hops in ((first, NOBODY, NOBODY, last), (NOBODY, last), (NOBODY, NOBODY, last)):
        for most in (0, 1, MOST):
            error = scene.world.refused(scene.program(*hops, most=most))
            # terms of nothing would be no lock: such a cycle may be none
            assert root_cause(error) in {"NestedRun", "TruncatedProgram"}


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_may_be_the_last_of_all_cells(scene: Cycles, count: int) -> None:
    """A zero behind which calldata end is a free place's cell, and no pair's."""
    pools = [scene.pool(1, back=1) for _ in range(count)]
    before = scene.world.holdings()
    scene.world.run(scene.program(*pools, replace(NOBODY, zero_for_one=False)))
    assert scene.world.holdings() == before


# --------------------------------------------------------------------------------- malformed ones

WHOLE = {"3": {1}, "32": {1, 13}, "23": {13}, "2323": {13, 25, 26}, "3223": {1, 25, 26}}
"""How many bytes of a route's cells are cells."""


@pytest.mark.parametrize("kinds", WHOLE)
def test_cells_that_are_cut_off_are_refused(scene: Cycles, kinds: str) -> None:
    hops = scene.route(kinds)
    told, start = cells(hops, scene.listed(*hops)), scene.start
    for hop in hops:
        script(scene.world, hop.where)  # silent
    assert len(told) in WHOLE[kinds]
    for size in range(len(told) + 1):
        cut = told[:size]
        programs = [start + scene.command(cut), start + scene.command(cut, rest=False)]
        if size not in WHOLE[kinds]:
            failures = [run_held_to_the_promise(scene.world, each) for each in programs]
            if size:  # what stands behind is not read into them
                behind = scene.command(cut, rest=False) + told[size:]
                failures.append(run_held_to_the_promise(scene.world, start + behind))
            for failure in failures:
                assert failure is not None
                assert (failure.name, failure.args_) == ("TruncatedProgram", (len(start),))
        elif kinds[0] == "3":
            for each in programs:
                scene.world.run(each)


@pytest.mark.parametrize("amount", [0, 1, (1 << 85) - 1])
def test_what_a_cycle_gives_may_be_as_much_as_has_a_sign(scene: Cycles, amount: int) -> None:
    """For a pool it is an exact output, and less than nothing an exact input."""
    silent, pair, world = scene.pool(), scene.pair(5), scene.world
    program = scene.program(silent, pair, most=amount)
    said = call_of(V2, (0, amount, world.executor, b""))
    assert heard(world, program, pair.where).hex() == said.hex()
    for sign in (1, -1):
        said = call_of(V3, (world.executor, True, -sign * amount, LEAST_PRICE, b""))
        program = scene.program(silent, most=sign * amount)
        assert heard(world, program, silent.where).hex() == said.hex()


@pytest.mark.parametrize("taken", [0, 1, (1 << 85) - 1])
def test_what_a_pair_takes_may_be_as_much_as_has_a_sign(scene: Cycles, taken: int) -> None:
    """A pool's exact output where a pool gives it, or what comes of the pool's exact input."""
    world, first, second = scene.world, scene.pair(7), scene.pair(taken)
    pool = scene.pool(taken)
    program = scene.program(first, second, pool, second)
    said = call_of(V2, (0, taken, second.where, b""))
    assert heard(world, program, first.where).hex() == said.hex()
    for hop, amount in ((second, -taken), (replace(second, input_before=taken), taken)):
        said = call_of(V3, (second.where, True, amount, LEAST_PRICE, b""))
        program = scene.program(pool, hop)
        assert heard(world, program, pool.where).hex() == said.hex()


def test_a_cycle_is_of_a_well_known_token(world: World) -> None:
    """Of the first one that is declared, and in no program that the other leads."""
    usdt, wpol = (world.manifest.token(symbol).address for symbol in ("USDT", "WPOL"))
    scene = Cycles(world, "none")
    silent = scene.pool()
    told = cells([silent], scene.listed(silent))
    for start in (header([usdt]), header([usdt, wpol])):
        failure = run_held_to_the_promise(world, start + scene.command(told))
        assert failure is not None
        assert (failure.name, failure.args_) == ("BadToken", (0,))
    for start in (header([wpol, usdt]), header([usdt], lead="wpol")):
        world.run(start + scene.command(told))


def test_a_cycle_has_no_recipient_and_no_direction(scene: Cycles) -> None:
    hops = scene.route("323", back=110)
    program = bytearray(scene.program(*hops))
    before = scene.world.holdings()
    for flags in range(1, 8):
        program[len(scene.start)] = program[len(scene.start)] & 0x1F | flags << 5
        scene.world.run(bytes(program))
    assert scene.world.holdings() == before
    assert scene.got(hops[0]) == 7 * hops[0].amount
