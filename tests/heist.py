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
    rich_world,
    usd,
    usd_of,
)
from program_assembler import LEADS, SELECTOR, TABLE

from keeper.chain import Address, Protocol
from keeper.execution.program_table import HEADER_SIZE
from keeper.strategies.opportunity import Leg
from replica.abi import encode_call
from replica.contracts import Artifact, compile_contract
from replica.directory import directory_of
from replica.protocols.balancer_v2 import VAULT
from replica.protocols.morpho_blue import MORPHO

ROBBER = "tests/contracts/Robber.sol:Robber"
WITNESS = "tests/contracts/Robber.sol:Witness"
PLAN = "plan(uint256,address,uint256,bytes,bytes,address,bytes)"
CALL_BACK, AGAIN, RUN, LATE, ASK_FOR_MORE, ELSEWHERE, ONCE = 1, 2, 16, 32, 64, 256, 512
"""Parts of a robber's plan, as Robber.sol names them; what it asks for stands above them."""
ASKED_SHIFT = 16
ANYTHING = b"\1\1\1\1"
"""Calldata on which a robber acts, whoever sends it."""
LEADING = {"wpol": "WPOL", "usdc_e": "USDC.e"}
"""Symbols of the well-known tokens, from which a cycle may go."""
STAKE_USD = 100
"""About what a market's gain needs."""


class Breach(AssertionError):  # noqa: N818 - the law is broken
    """What was taken, left behind or let through; `stolen` is what the thief gained."""

    def __init__(self, what: str, *, stolen: bool) -> None:
        super().__init__(what)
        self.stolen = stolen


@dataclass(frozen=True)
class Terms:
    """What holds of a program that passes; amounts are raw units of its profit token.

    The executor has gained `least`. Of a program that is not the thief's to write, robbers, the
    stranger and the lender have gained at most `allowed`. And some must not pass at all.
    """

    least: int = 0
    allowed: int | None = None
    lender: Address | None = None
    refused: bool = False


@dataclass
class Heist:
    """The world, the robbers, and how many attempts were made and passed.

    `markets` has, by profit token, a cycle through two real pairs which gains as it stands.
    """

    world: World
    tokens: list[Address]
    robbers: list[Address]
    listed: Address
    witness: Address
    markets: dict[Address, tuple[Leg, ...]]
    attempts: int = 0
    passed: int = 0
    unharmed: int = 0
    """Of those that passed, the keeper's own programs."""
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

    def attempt(self, program: bytes, terms: Terms, sender: Address = KEEPER) -> None:
        """Send calldata to the executor; raises `Breach` if the law is broken."""
        before, loot = self.holdings(), self.loot(program, terms)
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
        taken = self.loot(program, terms) - loot
        if taken > (terms.allowed or 0):
            raise Breach(f"{taken} taken, of {terms.allowed}: {program.hex()}", stolen=True)
        if sender == STRANGER or terms.refused:
            raise Breach(f"what must be refused passed: {program.hex()}", stolen=False)
        place = self.tokens.index(self.first(program)) if terms.least else 0
        if terms.least and after[place] - before[place] < terms.least:
            raise Breach(f"less than the least profit: {program.hex()}", stolen=False)
        for robber in (*self.robbers, self.listed):
            if self.world.ask(robber, "breaches()", ["uint256"]):
                raise Breach(f"a robber was let through: {program.hex()}", stolen=False)
        self.unharmed += terms.allowed is not None

    def loot(self, program: bytes, terms: Terms) -> int:
        """What all suspects hold of the profit token, if the program leaves them little of it."""
        if terms.allowed is None:
            return 0
        suspects = [STRANGER, *self.robbers, self.listed]
        suspects += [terms.lender] if terms.lender else []
        return sum(self.world.balance(self.first(program), each) for each in suspects)

    def plan(
        self,
        robber: Address,
        plan: int,
        gift: tuple[Address, int] = (STRANGER, 0),
        *,
        program: bytes = b"",
        bound: bytes = b"",
        elsewhere: tuple[Address, bytes] = (STRANGER, b""),
    ) -> None:
        """Tell a robber what to do, and what to send to the executor, and elsewhere."""
        self.world.do(STRANGER, robber, PLAN, plan, *gift, program, bound, *elsewhere)

    def first(self, program: bytes) -> Address:
        """The program's profit token: a well-known one, or declared by its address."""
        behind = len(SELECTOR) + HEADER_SIZE
        lead = program[behind - 1] >> TABLE["tokens"]["lead_shift"]
        known = {LEADS[name]: self.world.manifest.token(symbol) for name, symbol in LEADING.items()}
        return known[lead].address if lead else Address(program[behind:][:20])


def new_heist(executor: Artifact | None = None) -> Heist:
    """A fresh world with two robbers that may run programs, and a listed pool that has turned.

    Cycles may go through all three, as pools and as pairs: at the first places of each kind.
    """
    world = rich_world(executor)
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
    known = [world.manifest.token(symbol).address for symbol in LEADING.values()]
    markets = {token: gain(world, token) for token in known}
    return Heist(world, tokens, robbers[:2], robbers[2], witness, markets)


def gain(world: World, token: Address) -> tuple[Leg, ...]:
    """A cycle from `token` to WETH and back, over two pairs whose prices have drifted apart."""
    both = {token, world.manifest.token("WETH").address}
    pairs = [
        pool
        for pool in world.manifest.pools
        if pool.protocol is Protocol.UNISWAP_V2 and {pool.token0, pool.token1} == both
    ]
    return world.gap(token, pairs[:2], usd_of(world.manifest, token, STAKE_USD))
