"""The express form: a well-known token alone and one run, with whatever that token may answer."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyrevm
import pytest
from executor_world import (
    KEEPER,
    OWNER,
    V3_CALLBACK,
    RevertedError,
    World,
    hexed,
    new_world,
    root_cause,
    script,
    scripted,
)
from program_assembler import command, header

from keeper.chain import Address
from replica.abi import encode_call

APPOINT = "setExecutor(address,bool)"
BEFORE = 100
FAILS, NOTHING = "5f5ffd", "5f5ff3"
DISPATCH_SIZE = 23


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


@pytest.fixture(scope="module")
def built() -> World:
    return new_world()


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """The world, its WPOL itself again afterwards."""
    where = hexed(wpol(built))
    kept, mark = built.evm.get_code(where), built.evm.snapshot()
    yield built
    built.evm.revert(mark)
    built.evm.insert_account_info(where, pyrevm.AccountInfo(code=kept))


def wpol(world: World) -> Address:
    return world.manifest.token("WPOL").address


def run_of(name: str, pool: Address) -> bytes:
    """A run over one pool, in the express form."""
    if name == "v2_run":
        return command(name, token=0, amount_in=1, nested=bytes(12) + pool, rest=True)
    terms = {"amount_out": 1, "directions": 0, "max_in": 1}
    return command(name, token=0, nested=pool, rest=True, **terms)


def asking(world: World, pool: Address) -> bytes:
    """The callback in which the only pool of a `v3_run` asks for its payment."""
    data = b"\xc0" + bytes(2) + (1).to_bytes(12, "big") + wpol(world) + pool
    return encode_call(V3_CALLBACK, 1, 0, data)


def played(world: World, name: str) -> Address:
    """A pool that does what a run expects of it, and gives nothing."""
    pool = scripted(world)
    steps = [(world.executor, asking(world, pool), True)] if name == "v3_run" else []
    script(world, pool, *steps)
    return pool


def end(
    world: World, name: str, token: Token, min_profit: int = 0
) -> tuple[str, tuple[object, ...]]:
    """Why a run with such a WPOL fails, with the error's arguments; or nothing."""
    pool = played(world, name)
    world.evm.insert_account_info(hexed(wpol(world)), pyrevm.AccountInfo(code=token.code))
    try:
        world.run(header([], lead="wpol", min_profit=min_profit) + run_of(name, pool))
    except RevertedError as error:
        return root_cause(error), error.args_
    return "", ()


RUNS = pytest.mark.parametrize("name", ["v2_run", "v3_run"])


@RUNS
@pytest.mark.parametrize(("gained", "asked"), [(0, 0), (5, 0), (5, 5), (2**200, 1 << 90)])
def test_a_run_that_earns_enough_passes(world: World, name: str, gained: int, asked: int) -> None:
    assert end(world, name, Token(then=word(BEFORE + gained)), asked) == ("", ())


@RUNS
def test_a_balance_that_fell_or_grew_too_little_is_refused(world: World, name: str) -> None:
    fell = ("BalanceFell", (hexed(wpol(world)), BEFORE, BEFORE - 1))
    assert end(world, name, Token(then=word(BEFORE - 1))) == fell
    little = ("Unprofitable", (BEFORE, BEFORE + 5))
    assert end(world, name, Token(then=word(BEFORE + 5)), 6) == little


@RUNS
@pytest.mark.parametrize(
    "token",
    [
        Token(first=FAILS),
        Token(then=FAILS),
        *(Token(transfer=answer) for answer in (word(0), word(2), word(1 << 248), FAILS, NOTHING)),
    ],
)
def test_a_token_that_fails_is_named(world: World, name: str, token: Token) -> None:
    # a payment in a callback asks as the general form does, which takes silence for consent
    if name == "v3_run" and token.transfer == NOTHING:
        assert end(world, name, token) == ("", ())
    else:
        assert end(world, name, token)[0] == "TokenCallFailed"


@RUNS
def test_two_runs_in_one_transaction_pass(world: World, name: str) -> None:
    agent, pool = scripted(world), played(world, name)
    world.do(OWNER, world.executor, APPOINT, agent, True)
    world.evm.insert_account_info(hexed(wpol(world)), pyrevm.AccountInfo(code=Token().code))
    step = (world.executor, header([], lead="wpol") + run_of(name, pool), True)
    script(world, agent, step, step)
    world.do(KEEPER, agent, "play()")


@RUNS
def test_a_run_inside_a_run_is_refused(world: World, name: str) -> None:
    pool = scripted(world)
    world.do(OWNER, world.executor, APPOINT, pool, True)
    world.evm.insert_account_info(hexed(wpol(world)), pyrevm.AccountInfo(code=Token().code))
    script(world, pool, (world.executor, header([], lead="wpol"), True))
    with pytest.raises(RevertedError) as caught:
        world.run(header([], lead="wpol") + run_of(name, pool))
    assert root_cause(caught.value) == "NestedRun"


def test_a_pair_of_a_run_may_not_call_back(world: World) -> None:
    pool = scripted(world)
    world.evm.insert_account_info(hexed(wpol(world)), pyrevm.AccountInfo(code=Token().code))
    script(world, pool, (world.executor, asking(world, pool), True))
    with pytest.raises(RevertedError) as caught:
        world.run(header([], lead="wpol") + run_of("v2_run", pool))
    assert root_cause(caught.value) == "UnexpectedCallback"
