"""A stolen executor key with any bytes and pools of its own takes nothing that was there before."""

import random
from dataclasses import dataclass

import pytest
from executor_world import (
    AAVE_POOL,
    STRANGER,
    RevertedError,
    World,
    header,
    new_world,
    pay,
    swap_command,
    usd,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keeper.chain import Address
from keeper.execution.program import Funding
from keeper.execution.program_table import OP_AAVE, OP_V2, OP_V2_FLASH, OP_V3, TO_NEXT
from replica.contracts import EXECUTOR, Artifact, compile_contract, compile_executor
from replica.paths import ROOT

THIEF = "tests/contracts/Thief.sol:Thief"
RUNS = 1_000
FUNDINGS = [each for each in Funding if each is not Funding.EXACT_OUTPUT]
FEW = settings(
    max_examples=1_000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Heist:
    """The world with a rich executor, the thief's two pools, and a count of runs that passed."""

    world: World
    pools: tuple[Address, Address]
    passed: int = 0

    @property
    def tokens(self) -> list[Address]:
        return [token.address for token in self.world.manifest.tokens]

    def attempt(self, program: bytes) -> None:
        """Run `program` with the stolen key, and state the promise."""
        before = self.world.holdings()
        try:
            self.world.run(program)
        except RevertedError:
            assert self.world.holdings() == before
            return
        self.passed += 1
        after = self.world.holdings()
        assert all(after[token] >= before[token] for token in before)
        assert self.world.allowances() == {0}


@pytest.fixture(scope="module")
def heist() -> Heist:
    return new_heist(compile_executor())


def new_heist(executor: Artifact) -> Heist:
    world = new_world(executor)
    world.fund_all()
    code = compile_contract(THIEF).creation_code
    pools = (world.deploy(code), world.deploy(code))
    for token in world.manifest.tokens:
        for pool in pools:
            world.fund(token.address, usd(token, 1_000), pool)
    return Heist(world, pools)


class Writer:
    """Writes programs as one does who knows the format and means harm, from one seed."""

    def __init__(self, heist: Heist, seed: int) -> None:
        self.rng = random.Random(seed)
        self.heist = heist
        self.declared = self.rng.sample(heist.tokens, self.rng.randint(1, 3))
        pools = heist.world.manifest.pools
        venues = [p.address for p in pools if self.declared[0] in (p.token0, p.token1)]
        self.elsewhere = [*venues, *heist.tokens, heist.world.executor, AAVE_POOL, STRANGER]

    def amount(self) -> int:
        return self.rng.choice((0, 1, self.rng.randrange(10**7), self.rng.randrange(10**20)))

    def place(self) -> Address:
        hostile = self.rng.random() < 0.85
        return self.rng.choice(self.heist.pools if hostile else self.elsewhere)

    def stream(self, depth: int) -> bytes:
        count = self.rng.choice((1, 1, 2, 3))
        return b"".join(self.command(depth) for _ in range(count))

    def command(self, depth: int) -> bytes:
        kinds = ["pay", "v2", "v3", "v3", "v2_flash", "loan"] if depth < 3 else ["pay", "v2"]
        kind = self.rng.choice(kinds) if self.rng.random() > 0.01 else "garbage"
        if kind == "pay" and depth:
            index = self.rng.randrange(len(self.declared) + (self.rng.random() < 0.05))
            return pay(index, self.amount(), 1)
        if kind in {"v3", "v2_flash"}:
            opcode = OP_V3 if kind == "v3" else OP_V2_FLASH
            inner, target = self.stream(depth + 1), self.rng.choice((0, 0, 0, min(depth, 1)))
            return swap_command(opcode, self.place(), self.amount(), inner, target)
        if kind == "loan" and self.rng.random() < 0.3:
            return self.loan(self.stream(depth + 1))
        if kind == "garbage":
            return self.rng.randbytes(self.rng.randrange(40))
        return self.paid_v2()

    def paid_v2(self) -> bytes:
        """A payment to the pool that the next command names."""
        swap = bytes([OP_V2]) + self.place() + self.amount().to_bytes(14, "big")
        return pay(0, self.amount(), TO_NEXT) + swap if self.rng.random() < 0.5 else swap

    def loan(self, nested: bytes) -> bytes:
        terms = b"\0" + self.amount().to_bytes(16, "big") + (2**100).to_bytes(16, "big")
        return bytes([OP_AAVE]) + len(nested).to_bytes(2, "big") + terms + nested

    def brief(self, pool: Address) -> None:
        """Tell a hostile pool how to answer: mostly as it was armed, often with a gift."""
        mode = self.rng.choice((0, 0, 0, 0, 1, 2, 3, 4, 5, 6))
        gift = self.rng.choice((0, 1, 10**7, 10**20))
        other = self.rng.choice((self.stream(2), header(self.declared) + self.stream(2)))
        signature = "plan(uint256,address,uint256,bytes)"
        token = self.rng.choice(self.declared)
        self.heist.world.do(STRANGER, pool, signature, mode, token, gift, other)


@pytest.mark.parametrize("batch", range(4))
def test_a_thief_who_knows_the_format_takes_nothing(heist: Heist, batch: int) -> None:
    passed = heist.passed
    for seed in range(batch * RUNS, (batch + 1) * RUNS):
        writer = Writer(heist, seed)
        for pool in heist.pools:
            writer.brief(pool)
        heist.attempt(header(writer.declared) + writer.stream(0))
    assert heist.passed - passed > RUNS // 10, "the law must not be vacuous"


def test_without_the_settlement_the_same_thief_steals() -> None:
    """The adversary is a real one: only the exit check stands between it and the capital."""
    guard = "if (current < before) {"
    path = "contracts/libraries/DeclaredTokens.sol"
    text = (ROOT / path).read_text()
    assert text.count(guard) == 1
    weak = new_heist(compile_contract(EXECUTOR, ((path, text.replace(guard, "if (false) {")),)))
    with pytest.raises(AssertionError):
        test_a_thief_who_knows_the_format_takes_nothing(weak, 0)


@pytest.fixture(scope="module")
def valid(heist: Heist) -> list[bytes]:
    """Programs that would earn, of every funding and both venues."""
    world = heist.world
    wpol = world.manifest.token("WPOL").address
    route = [
        world.manifest.pool("quickswap-v2", "WPOL", "USDC.e"),
        world.manifest.pool("uniswap-v3", "USDC.e", "WETH", 500),
        world.manifest.pool("uniswap-v2", "WPOL", "WETH"),
    ]
    legs = world.gap(wpol, route, 10**20)
    turned = world.legs(wpol, route, 10**19)
    return [world.program(each, funding) for each in (legs, turned) for funding in FUNDINGS]


def mutations() -> st.SearchStrategy[list[tuple[str, int, int]]]:
    kind = st.sampled_from(["set", "set", "flip", "cut", "insert", "remove"])
    return st.lists(
        st.tuples(kind, st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4
    )


def mutated(program: bytes, changes: list[tuple[str, int, int]]) -> bytes:
    """The program with bytes changed behind its selector."""
    raw = bytearray(program)
    for kind, place, value in changes:
        at = 4 + place % max(1, len(raw) - 4)
        if kind == "set" and at < len(raw):
            raw[at] = value
        elif kind == "flip" and at < len(raw):
            raw[at] ^= 1 << value % 8
        elif kind == "cut":
            del raw[at:]
        elif kind == "insert":
            raw.insert(at, value)
        else:
            del raw[at : at + 1 + value % 3]
    return bytes(raw)


@FEW
@given(choice=st.integers(0, 2 * len(FUNDINGS) - 1), changes=mutations())
def test_a_mutated_program_costs_nothing(
    heist: Heist, valid: list[bytes], choice: int, changes: list[tuple[str, int, int]]
) -> None:
    heist.attempt(mutated(valid[choice], changes))


@FEW
@given(tail=st.binary(max_size=300))
def test_random_bytes_cost_nothing(heist: Heist, tail: bytes) -> None:
    heist.attempt(header(heist.tokens[:2]) + tail)
    heist.attempt(bytes(4) + tail)
