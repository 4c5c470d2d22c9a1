"""The express form: a well-known token alone and one run, with whatever that token may answer."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pyrevm
import pytest
from cycle_routes import Hop, cells, giving
from directory import relist
from executor_world import (
    KEEPER,
    NATIVE,
    OWNER,
    V2_CALLBACK,
    V3_CALLBACK,
    RevertedError,
    World,
    hexed,
    new_world,
    root_cause,
    script,
    scripted,
)
from program_assembler import COMMANDS, command, header

from keeper.chain import Address
from replica.abi import encode_call
from replica.contracts import Artifact
from replica.directory import places

APPOINT = "setExecutor(address,bool)"
BEFORE = 100
GIVEN = 1 << 80
FAILS, NOTHING = "5f5ffd", "5f5ff3"
DISPATCH_SIZE = 23
ASKING = encode_call(V3_CALLBACK, 1, 0, b"")
"""The callback in which the only pool of a cycle asks for its payment."""


def word(value: int) -> str:
    """Code that returns a word."""
    return f"7f{value:064x}5f5260205ff3"


@dataclass(frozen=True)
class Token:
    """What a token answers: its balance before a transfer and after it, and that transfer."""

    first: str = word(BEFORE)
    then: str = word(BEFORE)
    transfer: str = word(1)

    @property
    def code(self) -> bytes:
        """Runtime code; a slot remembers that there was a transfer."""
        late = DISPATCH_SIZE + len(self.first) // 2
        sent = late + 1 + len(self.then) // 2
        dispatch = f"5f3560e01c63a9059cbb1461{sent:04x}5761dead5461{late:04x}57"
        remember = "600161dead55"
        return bytes.fromhex(f"{dispatch}{self.first}5b{self.then}5b{remember}{self.transfer}")


@dataclass(frozen=True)
class Scene:
    """A world, the kinds of hops of the run that is tried in it, and the token that leads it."""

    world: World
    kinds: str
    lead: str

    @property
    def run(self) -> str:
        """The run's command."""
        return "cycle_run" if "3" in self.kinds else "v2_run"

    @property
    def coin(self) -> Address:
        symbol = {"wpol": "WPOL", "usdc_e": "USDC.e"}[self.lead]
        return self.world.manifest.token(symbol).address

    def program(self, pool: Address, min_profit: int = 0) -> bytes:
        """A run over one pool, in the express form."""
        start = header([], lead=self.lead, min_profit=min_profit)
        if self.run == "v2_run":
            cell = bytes(12) + pool
            return start + command(self.run, token=0, amount_in=1, nested=cell, rest=True)
        hops = [Hop(k, pool if k == "3" else scripted(self.world), 1) for k in self.kinds]
        pairs = [hop.where for hop in hops if hop.kind == "2"]
        relist(self.world, self.world.executor, [pool], pairs)
        told = cells(hops, places([pool], pairs))
        return start + command(self.run, amount=giving(GIVEN), nested=told, rest=True)

    def pool(self) -> Address:
        """A pool that does what the run expects of it, and gives nothing."""
        world, pool = self.world, scripted(self.world)
        asks = [(world.executor, ASKING, True)] if self.run != "v2_run" else []
        script(world, pool, *asks)
        return pool

    def put(self, token: Token) -> None:
        """Have the leading token answer so."""
        self.world.evm.insert_account_info(hexed(self.coin), pyrevm.AccountInfo(code=token.code))

    def end(self, token: Token, min_profit: int = 0) -> tuple[str, tuple[object, ...]]:
        """Why a run with such a token fails, with the error's arguments; or nothing."""
        pool = self.pool()
        self.put(token)
        try:
            self.world.run(self.program(pool, min_profit))
        except RevertedError as error:
            return root_cause(error), error.args_
        return "", ()


@pytest.fixture(scope="module")
def world(code: Artifact) -> World:
    return new_world(code)


@pytest.fixture(params=["2", "3", "23", "223", "32", "322"])
def kinds(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["wpol", "usdc_e"])
def scene(world: World, kinds: str, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A world whose leading token is itself again afterwards."""
    scene = Scene(world, kinds, request.param)
    kept, mark = world.evm.get_code(hexed(scene.coin)), world.evm.snapshot()
    yield scene
    world.evm.revert(mark)
    world.evm.insert_account_info(hexed(scene.coin), pyrevm.AccountInfo(code=kept))


@pytest.mark.parametrize(("gained", "asked"), [(0, 0), (5, 0), (5, 5), (2**200, 1 << 90)])
def test_a_run_that_earns_enough_passes(scene: Scene, gained: int, asked: int) -> None:
    assert scene.end(Token(then=word(BEFORE + gained)), asked) == ("", ())


def test_a_balance_that_fell_or_grew_too_little_is_refused(scene: Scene) -> None:
    fell = ("BalanceFell", (hexed(scene.coin), BEFORE, BEFORE - 1))
    assert scene.end(Token(then=word(BEFORE - 1))) == fell
    little = ("Unprofitable", (BEFORE, BEFORE + 5))
    assert scene.end(Token(then=word(BEFORE + 5)), 6) == little


@pytest.mark.parametrize(
    "token",
    [
        Token(first=FAILS),
        Token(then=FAILS),
        *(Token(transfer=answer) for answer in (word(0), word(2), word(1 << 248), FAILS, NOTHING)),
    ],
)
def test_a_token_that_fails_is_named(scene: Scene, token: Token) -> None:
    assert scene.end(token)[0] == "TokenCallFailed"


def test_no_program_but_this_is_taken_for_it(scene: Scene) -> None:
    """No bit changed does, in what the form fixes, but the loop may run the other program alike.

    That is a head with a direction, or a recipient where a command has none; cells that say how
    long they are; and an amount's highest byte, which does not count.
    """
    scene.put(Token())
    program, begin = scene.program(scene.pool()), len(header([])) - 1
    assert program[begin + 1] == COMMANDS[scene.run]["opcode"]
    passed = set()
    for bit in range(40):
        other = bytearray(program)
        other[begin + bit // 8] ^= 0x80 >> bit % 8
        with suppress(RevertedError):
            scene.world.run(bytes(other))
            passed.add(bit)
    own_length = {"2": {26}, "3": {31}}.get(scene.kinds, set())  # others have no single bit
    ignored = {8} if scene.run == "v2_run" else {8, 9, 10, *range(32, 40)}
    # the last bit makes the other run of it, whose cells are whatever stands there
    assert passed - {15} == ignored | own_length
    error = scene.world.refused(program[:begin] + bytes(1) + program[begin + 1 :])
    assert error.name == "BadTokens"


def test_pol_that_comes_in_a_run_stays(scene: Scene) -> None:
    world, pool = scene.world, scripted(scene.world)
    gift = world.plant(bytes.fromhex(f"73{world.executor.hex()}ff"))
    world.evm.set_balance(hexed(gift), 5)
    asks = [(world.executor, ASKING, True)] if scene.run != "v2_run" else []
    script(world, pool, (gift, b"", True), *asks)
    scene.put(Token())
    world.evm.set_balance(hexed(world.executor), 7)
    world.run(scene.program(pool))
    assert world.balance(NATIVE) == 7 + 5


def test_two_runs_in_one_transaction_pass(scene: Scene) -> None:
    world, agent, pool = scene.world, scripted(scene.world), scene.pool()
    world.do(OWNER, world.executor, APPOINT, agent, True)
    scene.put(Token())
    step = (world.executor, scene.program(pool), True)
    script(world, agent, step, step)
    world.do(KEEPER, agent, "play()")


def test_a_run_inside_a_run_is_refused(scene: Scene) -> None:
    world, pool = scene.world, scripted(scene.world)
    world.do(OWNER, world.executor, APPOINT, pool, True)
    scene.put(Token())
    script(world, pool, (world.executor, header([], lead=scene.lead), True))
    assert world.cause_of(scene.program(pool)) == "NestedRun"


def test_a_pool_may_not_call_back_as_what_it_is_not(scene: Scene) -> None:
    """A pair of a run not at all, a V3 pool not as a pair."""
    world, pool = scene.world, scripted(scene.world)
    scene.put(Token())
    pair = encode_call(V2_CALLBACK, world.executor, 1, 1, b"")
    script(world, pool, (world.executor, pair if scene.run != "v2_run" else ASKING, True))
    assert world.cause_of(scene.program(pool)) == "UnexpectedCallback"
