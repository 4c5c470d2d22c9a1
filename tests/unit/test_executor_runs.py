"""Runs: what their pools get, in whatever order they ask, and what is left when they are over."""

from collections.abc import Iterator, Sequence

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector
from executor_world import (
    OWNER,
    V2_CALLBACK,
    V3_CALLBACK,
    RevertedError,
    World,
    root_cause,
    script,
    scripted,
)
from hostile_world import (
    ALGEBRA_CALLBACK,
    FLASH_CALLBACK,
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
from run_scene import RunScene

from keeper.chain import Address
from keeper.execution.program import Funding
from keeper.strategies.opportunity import Leg
from replica.abi import encode_call
from replica.manifest import Pool

VISIT = next(visit for visit in VISITS if visit.name == "v3_run")
STRANGE = Address(b"\x5a" * 20)
MOST = 7
AMOUNT = 10**18


@pytest.fixture(scope="module")
def rich() -> World:
    return rich_world()


@pytest.fixture
def world(rich: World) -> Iterator[World]:
    with taken_back(rich):
        yield rich


class Scene(RunScene):
    """Runs over V3 pools there, and pools that ask."""

    def program(self, *pools: Address, most: int = MOST, behind: bytes = b"") -> bytes:
        """A run over these pools, and commands behind it."""
        cells = b"".join(bytes(1) + pool for pool in pools)
        run = command("v3_run", amount_out=most, nested=cells, rest=not behind)
        return self.start + run + behind

    def pool(self, *asked: int, heeded: bool = False, back: int = 0) -> Address:
        """A pool that asks so often for so much, and then gives so much WPOL back."""
        world, pool = self.world, scripted(self.world)
        world.fund(self.wpol, 10 * MOST, pool)
        gift = encode_call("transfer(address,uint256)", world.executor, back)
        steps = [(world.executor, asking(each), heeded) for each in asked]
        script(world, pool, *steps, (self.wpol, gift, True))
        return pool

    def had(self, pool: Address) -> str:
        """Which of its calls succeeded, the first one first; the last is the gift."""
        bits = self.world.ask(pool, "succeeded()", ["uint256"])
        return f"{bits:b}"[::-1][:-1]


@pytest.fixture(params=["none", "wpol"])
def scene(world: World, request: pytest.FixtureRequest) -> Scene:
    return Scene(world, request.param)


def asking(amount: int, signature: str = V3_CALLBACK, data: bytes = b"") -> bytes:
    """A callback that asks for so much; one of a run's has no data."""
    return encode_call(signature, amount, -1, data)


def route(world: World) -> list[Pool]:
    """Two V3 pools of one pair."""
    return [world.manifest.pool("uniswap-v3", "WPOL", "USDC.e", fee) for fee in (500, 3000)]


def cycle(legs: Sequence[Leg]) -> bytes:
    """A run through these legs."""
    cells = b"".join(bytes([leg.zero_for_one]) + leg.pool for leg in reversed(legs))
    return command("v3_run", amount_out=legs[-1].amount_out_raw, nested=cells)


def visited(pool: Address) -> bytes:
    """A command that calls a contract and expects nothing."""
    return command("v2", pool=pool, amount_out=1)


# ----------------------------------------------------------------------------- while a run is on


def forgeries(world: World, pool: Address) -> Iterator[bytes]:
    """Callbacks of a run's last pool that must be refused while it may ask."""
    wpol = world.manifest.token("WPOL").address
    for amount in (0, -1, -PAID, PAID + 1, 2**96, 2**255 - 1):
        yield encode_call(V3_CALLBACK, amount, -(2**255), b"")
        yield encode_call(V3_CALLBACK, -(2**255), amount, b"")
    terms = encode(["address", "uint256"], [wpol, PAID])
    for data in (b"\0", terms, bytes(1) + pool, b"\x40", bytes([1]) + wpol):
        yield asking(1, data=data)
    yield asking(1) + b"\0"
    yield asking(1) + bytes(32)
    yield asking(1)[:-1]
    yield asking(1)[:4]
    yield asking(1, ALGEBRA_CALLBACK)
    yield asking(1, ALGEBRA_CALLBACK, terms)
    yield encode_call(FLASH_CALLBACK, 1, 0, b"")
    yield encode_call(V2_CALLBACK, world.executor, 1, 0, b"")
    yield function_signature_to_4byte_selector("unlockCallback(bytes)") + encode(["bytes"], [b""])


def test_a_pool_of_a_run_has_one_way_to_ask(world: World) -> None:
    wpol = world.manifest.token("WPOL").address
    pool = hostile_pool(world, "TriesOtherCalls")
    calls: list[Call] = [(world.executor, each) for each in forgeries(world, pool)]
    brief(world, pool, VISIT, (wpol, 2 * PAID), calls)
    failure = run_held_to_the_promise(world, header([wpol]) + pool_run(pool), (pool,))
    attempts, breaches = counted(world, pool)
    assert failure is None
    assert attempts == 2 * len(calls)
    assert breaches == 0


@pytest.mark.parametrize("kind", ["CallsBackTwice", "CallsBackWithOtherData", "NeverCallsBack"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_hostile_pool_anywhere_in_a_run_takes_nothing(
    world: World, kind: str, place: int
) -> None:
    wpol = world.manifest.token("WPOL").address
    pools = [hostile_pool(world, "AnswersNothing") for _ in range(3)]
    for pool in pools:
        brief(world, pool, VISIT, (wpol, 2 * PAID), [])
    pools[place] = hostile_pool(world, kind)
    brief(world, pools[place], VISIT, (wpol, 2 * PAID), [])
    run_held_to_the_promise(world, header([wpol]) + pool_run(*pools), tuple(pools))
    _, breaches = counted(world, pools[place])
    assert breaches == 0


def test_the_last_pool_is_paid_once_however_often_the_others_pass_on(scene: Scene) -> None:
    last = scene.pool(5)
    middle = scene.pool(1, 2, 3, heeded=True)
    first = scene.pool(2**100, 4, heeded=True, back=5)
    before = scene.world.balance(scene.wpol)
    scene.world.run(scene.program(first, middle, last))
    assert scene.world.balance(scene.wpol) == before
    assert scene.world.balance(scene.wpol, last) == 10 * MOST + 5
    assert scene.had(last) == "0"  # the last time it was called


def test_the_last_pool_that_asks_twice_is_paid_once(scene: Scene) -> None:
    last = scene.pool(3, 3, 1, back=3)
    scene.world.run(scene.program(last))
    assert scene.had(last) == "100"


def test_what_a_run_pays_is_limited_by_what_it_buys_and_settled(scene: Scene) -> None:
    asks = scene.pool(MOST + 1, MOST, back=MOST)
    scene.world.run(scene.program(asks))
    assert scene.had(asks) == "01"
    keeps = scene.pool(MOST, back=MOST - 1)
    with pytest.raises(RevertedError) as caught:
        scene.world.run(scene.program(keeps))
    assert caught.value.name == "BalanceFell"


@pytest.mark.parametrize("asked", [0, -5, MOST + 1])
def test_a_wrong_payment_is_said_with_what_could_be_paid(scene: Scene, asked: int) -> None:
    with pytest.raises(RevertedError) as caught:
        scene.world.run(scene.program(scene.pool(asked, heeded=True)))
    assert root_cause(caught.value) == "WrongPayment"
    said = encode(["uint256", "uint256"], [max(asked, 0), MOST])
    assert caught.value.args_[1][4:] == said


def test_a_pool_of_no_run_is_not_paid_while_one_is_on(scene: Scene) -> None:
    stranger = scene.pool(1)
    last = scripted(scene.world)
    script(scene.world, last, (stranger, b"", True))
    scene.world.run(scene.program(last))
    assert scene.had(stranger) == "0"


def test_a_pool_has_what_it_is_told_last(scene: Scene) -> None:
    """The first pool is also the last one: it is paid, and the one between is not called."""
    between = scene.pool(1)
    both = scene.pool(2, back=2)
    scene.world.run(scene.program(both, between, both))
    assert scene.had(both) == "1"
    assert scene.world.ask(between, "succeeded()", ["uint256"]) == 0


# --------------------------------------------------------------------------- when a run is over


def test_a_run_whose_pools_never_ask_is_only_settled(scene: Scene) -> None:
    before = scene.world.holdings()
    silent = scene.pool()
    scene.world.run(scene.program(silent))
    scene.world.run(scene.program(silent, STRANGE))
    scene.world.run(scene.program(silent, behind=visited(silent)))
    assert scene.world.holdings() == before


def test_what_was_not_asked_for_in_time_is_not_paid_later_in_the_program(scene: Scene) -> None:
    last = scene.pool(1)
    middle = scene.pool(2, heeded=True)
    before = scene.world.holdings()
    late = visited(last) + visited(middle)
    scene.world.run(scene.program(scene.pool(), middle, last, behind=late))
    assert (scene.had(middle), scene.had(last)) == ("1", "0")
    assert scene.world.holdings() == before


def test_what_was_not_asked_for_in_time_is_not_paid_after_the_program(scene: Scene) -> None:
    last, before = scene.pool(1), scene.world.holdings()
    scene.together((scene.world.executor, scene.program(scene.pool(), last)), (last, b""))
    assert scene.had(last) == "0"
    assert scene.world.holdings() == before


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("most", [MOST - 1, MOST, MOST + 1])
def test_a_pool_of_one_run_has_no_part_in_the_next(scene: Scene, most: int, apart: bool) -> None:
    """If both are on the same terms, it can take what the other's pool could, which is settled."""
    world, other, helper = scene.world, scene.pool(1), scripted(scene.world)
    script(world, helper, (other, b"", True))
    first, second = scene.program(scene.pool(), other), scene.program(helper, most=most)
    before, steps = world.holdings(), [first, second]
    if not apart:
        again = command("v3_run", amount_out=most, nested=bytes(1) + helper)
        steps = [scene.program(scene.pool(), other, behind=again)]
    if most == MOST:
        with pytest.raises(RevertedError) as caught:
            scene.together(*((world.executor, step) for step in steps))
        assert root_cause(caught.value) == "BalanceFell"
    else:
        scene.together(*((world.executor, step) for step in steps))
        assert scene.had(other) == "0"
    assert world.holdings() == before


@pytest.mark.parametrize("name", ["v3", "v3_pay"])
def test_the_pools_of_a_run_call_back_as_any_other_afterwards(scene: Scene, name: str) -> None:
    """Real ones: what they are told without data is not what they are told with them."""
    world, wpol = scene.world, scene.wpol
    usdc = world.manifest.token("USDC.e").address
    legs = world.gap(wpol, route(world), AMOUNT)
    gain = legs[1].amount_out_raw - AMOUNT
    spent, after = gain // 4, b""
    for leg in legs:
        way = {"pool": leg.pool, "zero_for_one": legs[0].zero_for_one, "amount_in": spent}
        owed = command("pay_owed", token=0, max_amount=spent)
        after += (
            command(name, token=0, **way) if name == "v3_pay" else command(name, nested=owed, **way)
        )
    before, dollars = world.balance(wpol), world.balance(usdc)
    world.run(scene.start + cycle(legs) + after)
    assert world.balance(wpol) >= before + gain - 2 * spent
    assert world.balance(usdc) > dollars


@pytest.mark.parametrize("funding", [Funding.FLASH_SWAP, Funding.OWN_CAPITAL])
def test_a_run_and_another_program_over_its_pools_in_one_transaction(
    scene: Scene, funding: Funding
) -> None:
    world, wpol = scene.world, scene.wpol
    legs = world.gap(wpol, route(world), AMOUNT)
    run, before = scene.start + cycle(legs), world.balance(wpol)
    with taken_back(world):
        world.run(run)
        earned = world.balance(wpol) - before
        others = world.legs(wpol, route(world), AMOUNT)
    second = world.program(others, funding, min_profit_raw=1)
    scene.together((world.executor, run), (world.executor, second))
    assert earned > 0
    gained = world.balance(wpol) - before - earned
    assert abs(gained - (others[1].amount_out_raw - AMOUNT)) <= 1


# -------------------------------------------------------------------------------- malformed ones


@pytest.mark.parametrize("size", [0, 1, 20, 22, 31, 33, 41])
@pytest.mark.parametrize("name", ["v2_run", "v3_run"])
def test_a_run_has_whole_cells(scene: Scene, name: str, size: int) -> None:
    amounts = {"v2_run": {"token": 0, "amount_in": 1}, "v3_run": {"amount_out": 2}}
    run = command(name, nested=bytes(size), rest=True, **amounts[name])
    failure = run_held_to_the_promise(scene.world, scene.start + run)
    assert failure is not None
    assert (failure.name, failure.args_) == ("TruncatedProgram", (len(scene.start),))


@pytest.mark.parametrize("most", [0, 1, 1 << 95, (1 << 96) - 1])
def test_a_run_whose_amount_makes_no_terms_is_refused(scene: Scene, most: int) -> None:
    failure = run_held_to_the_promise(scene.world, scene.program(STRANGE, most=most))
    assert failure is not None
    assert (failure.name, failure.args_) == ("BadAmount", (len(scene.start),))


@pytest.mark.parametrize("head", [2, 3, 0x80, 0xFF])
def test_a_cell_without_a_direction_passes_nothing_on(scene: Scene, head: int) -> None:
    world, last = scene.world, scene.pool(1)
    first = scene.pool(1)
    cells = bytes(1) + first + bytes([head]) + last
    world.run(scene.start + command("v3_run", amount_out=MOST, nested=cells, rest=True))
    assert scene.had(first) == "0"
    assert world.ask(last, "succeeded()", ["uint256"]) == 0


@pytest.mark.parametrize("head", [2, 3, 0x80, 0xFF])
def test_a_first_pool_without_a_direction_is_refused(scene: Scene, head: int) -> None:
    pool = scene.world.manifest.pool("uniswap-v3", "WPOL", "USDC.e", 500).address
    run = command("v3_run", amount_out=MOST, nested=bytes([head]) + pool, rest=True)
    failure = run_held_to_the_promise(scene.world, scene.start + run)
    assert failure is not None
    assert (failure.name, failure.args_) == ("TruncatedProgram", (len(scene.start),))


def test_nobody_among_the_pools_keeps_its_place(scene: Scene) -> None:
    """What a pool is told has its address for a place, and nobody's is the lock's."""
    last = scene.pool(1, back=1)
    first = scripted(scene.world)
    script(scene.world, first, (last, b"", True))
    nobody = Address(bytes(20))
    scene.world.run(scene.program(first, nobody, nobody, last))
    assert scene.had(last) == "1"
    scene.world.do(OWNER, scene.world.executor, "setExecutor(address,bool)", first, True)
    script(scene.world, first, (scene.world.executor, scene.start, True))
    for pools in ((first, nobody, nobody, last), (first, nobody)):
        with pytest.raises(RevertedError) as caught:
            scene.world.run(scene.program(*pools))
        assert root_cause(caught.value) == "NestedRun"


@pytest.mark.parametrize("amounts", [(1, 2), (2, 1), (3, 2), (5, 6), (-1, 3), (3, -1)])
def test_the_greater_of_what_a_pool_states_is_paid(scene: Scene, amounts: tuple[int, int]) -> None:
    world, pool = scene.world, scripted(scene.world)
    script(world, pool, (world.executor, encode_call(V3_CALLBACK, *amounts, b""), True))
    with pytest.raises(RevertedError) as caught:
        world.run(scene.program(pool))
    assert caught.value.name == "BalanceFell"
    _, before, after = caught.value.args_
    assert before - after == max(amounts)
