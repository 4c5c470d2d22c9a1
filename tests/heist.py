"""A rich executor, a stolen key, robbers in its markets, and the law of every attempt."""

from dataclasses import dataclass, field

from directory import relist
from eth_abi.abi import encode
from executor_world import (
    AAVE_POOL,
    KEEPER,
    OWNER,
    STRANGER,
    RevertedError,
    World,
    new_world,
    usd,
)

from keeper.chain import Address
from replica.abi import encode_call
from replica.contracts import Artifact, compile_contract
from replica.directory import directory_of
from replica.protocols.balancer_v2 import VAULT
from replica.protocols.morpho_blue import MORPHO

ROBBER = "tests/contracts/Robber.sol:Robber"
WITNESS = "tests/contracts/Robber.sol:Witness"


class Breach(AssertionError):  # noqa: N818 - the law is broken
    """What was taken, left behind or let through; `stolen` is what the thief gained."""

    def __init__(self, what: str, *, stolen: bool) -> None:
        super().__init__(what)
        self.stolen = stolen


@dataclass
class Heist:
    """The world, the robbers, and how many attempts were made and passed."""

    world: World
    tokens: list[Address]
    robbers: list[Address]
    listed: Address
    witness: Address
    attempts: int = 0
    passed: int = 0
    questions: tuple[bytes, bytes] = field(default=(b"", b""))

    def __post_init__(self) -> None:
        spenders = [AAVE_POOL, VAULT, MORPHO, self.listed, *self.robbers]
        executor = self.world.executor
        self.questions = (
            encode_call("balances(address[],address)", self.tokens, executor),
            encode_call("allowed(address[],address,address[])", self.tokens, executor, spenders),
        )

    def holdings(self) -> list[int]:
        """The executor's balances of every token, then of POL."""
        raw = self.world.call(STRANGER, self.witness, self.questions[0])[64:]
        return [int.from_bytes(raw[at : at + 32], "big") for at in range(0, len(raw), 32)]

    def attempt(
        self, program: bytes, least: int, sender: Address = KEEPER, *, refused: bool = False
    ) -> None:
        """Send calldata to the executor; raises `Breach` if the law is broken.

        A program with the least profit `least` may not pass with less, and a `refused` one at all.
        """
        before = self.holdings()
        self.attempts += 1
        try:
            self.world.call(sender, self.world.executor, program)
        except RevertedError:
            return
        self.passed += 1
        after = self.holdings()
        if any(now < held for now, held in zip(after, before, strict=True)):
            raise Breach(f"balances fell: {program.hex()}", stolen=True)
        if any(self.world.call(STRANGER, self.witness, self.questions[1])):
            raise Breach(f"an allowance is left: {program.hex()}", stolen=True)
        if sender == STRANGER or refused:
            raise Breach(f"what must be refused passed: {program.hex()}", stolen=False)
        place = self.tokens.index(self.first(program)) if least else 0
        if least and after[place] - before[place] < least:
            raise Breach(f"less than the least profit: {program.hex()}", stolen=False)
        for robber in (*self.robbers, self.listed):
            if self.world.ask(robber, "breaches()", ["uint256"]):
                raise Breach(f"a robber was let through: {program.hex()}", stolen=False)

    def first(self, program: bytes) -> Address:
        """The program's profit token, which these programs declare by its address."""
        return Address(program[17:37])


def new_heist(executor: Artifact | None = None) -> Heist:
    """A fresh world with two robbers that may run programs, and a listed pool that has turned.

    Cycles may go through all three, as pools and as pairs: at the first places of each kind.
    """
    world = new_world(executor)
    world.fund_all()
    tokens = [token.address for token in world.manifest.tokens]
    code = compile_contract(ROBBER).creation_code
    robbers = []
    for listed in (False, False, True):
        arguments = encode(["address", "address[]", "bool"], [world.executor, tokens, listed])
        robbers.append(world.deploy(code + arguments))
    world.do(OWNER, world.executor, "setListedPool(address,bool)", robbers[2], True)
    pools, pairs = directory_of(world.manifest)
    relist(world, world.executor, [*robbers, *pools], [*robbers, *pairs])
    for robber in robbers:
        world.do(OWNER, world.executor, "setExecutor(address,bool)", robber, True)
        for token in world.manifest.tokens:
            world.fund(token.address, usd(token, 1_000), robber)
    witness = world.deploy(compile_contract(WITNESS).creation_code)
    return Heist(world, tokens, robbers[:2], robbers[2], witness)
