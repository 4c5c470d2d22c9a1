"""Two worlds alike but for the executor's code, contract and Vyper reference, and the model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import twin_markets
from directory import relist
from executor_model import Model, Saved
from executor_world import OWNER, STRANGER, RevertedError, World, new_world, root_cause, usd
from model_pools import CurvePool, Ledger, Manager, OddPool, Pair, Vault
from twin_markets import Market, Tokens, stand_in

from keeper.chain import Address
from keeper.execution.program_table import DIRECTORY_POOLS
from replica.abi import encode_call
from replica.contracts import compile_executor, compile_reference
from replica.directory import FREE, places
from replica.protocols.balancer_v2 import VAULT
from replica.protocols.morpho_blue import MORPHO
from replica.protocols.uniswap_v4 import MANAGER

SYMBOLS = ("WPOL", "USDC.e", "WETH")
CAPITAL_USD = 2_000
FULL_COMPARISON = 20
"""Successes after which not only the executor's balances are compared but everyone's."""
LISTING = "setListedPool(address,bool)"


class Diverged(AssertionError):  # noqa: N818 - what the comparison finds
    """The three do not agree; the message holds the program."""


FAULTS = {"BadToken", "BadRecipient", "BadAmount", "WrongPayment", "TruncatedProgram"}
"""What one command may have several of: which of them it names first is nobody's promise."""
REASONS = {
    *("Unauthorized", "DeadlinePassed", "BaseFeeTooHigh", "NestedRun", "BadTokens", "BadToken"),
    *("TruncatedProgram", "UnknownCommand", "BadRecipient", "BadAmount", "UnexpectedCallback"),
    *("CallbackMissing", "TokenCallFailed", "WrongLoan", "WrongPayment", "StaleState"),
    *("UnlistedPool", "AllowanceLeft", "BalanceFell", "Unprofitable"),
}


def reason_of(error: RevertedError) -> str:
    """The executor's own error behind a revert of either twin; a pool's is `HopFailed`."""
    data = error.data
    if data[:4] == bytes.fromhex("08c379a0"):
        text = data[68 : 68 + int.from_bytes(data[36:68], "big")].decode(errors="replace")
    else:
        text = root_cause(error)
    return text if text in REASONS else "HopFailed"


@dataclass
class Twins:
    """The two worlds, and the model of what both must do."""

    worlds: tuple[World, World]
    markets: list[Market]
    model: Model
    tokens: list[Address]
    reader: Address
    holders: list[Address]
    marks: list[Any] = field(default_factory=list)
    start: Saved | None = None
    succeeded: int = 0
    questions: dict[int, bytes] = field(default_factory=dict)
    places: dict[Address, int] = field(default_factory=dict)

    def list_pools(self, pools: Sequence[Address], pairs: Sequence[Address]) -> None:
        """Let these stand in the directory of every executor, and no others."""
        for world in self.worlds:
            relist(world, world.executor, pools, pairs)
        self.model.cycles.list_pools([*pools], [*pairs])
        self.places = places(pools, pairs)

    def list_markets(self) -> None:
        """Let a cycle reach every market of its kinds, and some that are of none."""
        by_kind = {
            kinds: [m.pool.address for m in self.markets if m.kind in kinds]
            for kinds in (("v3", "odd"), ("v2",), ("algebra", "curve"))
        }
        pools, pairs, wrong = by_kind.values()
        nobody = [FREE, STRANGER, self.model.executor, *self.tokens, *wrong]
        self.list_pools([*pools, *nobody, *pairs][:DIRECTORY_POOLS], [*pairs, *nobody, *pools])
        self.places = places(pools, pairs)

    def keep(self) -> None:
        """Remember this state for `reset`."""
        self.marks = [world.evm.snapshot() for world in self.worlds]
        self.start = self.model.saved()

    def reset(self) -> None:
        """Back to what was kept: gifts to the markets add up, and the whale is not endless."""
        for world, mark in zip(self.worlds, self.marks, strict=True):
            world.evm.revert(mark)
        assert self.start is not None
        self.model.restore(self.start)
        self.keep()

    def run(self, program: bytes, *, reasons: bool = True) -> str:
        """Run a program in all three; the reason why it reverted, or nothing.

        Without `reasons` the model need only know that it reverts: which of a broken program's
        faults a protocol names first, no model of it can say. The other two must agree on it.

        Raises:
            Diverged: a verdict, a reason or any balance differs.
        """
        verdicts = [run(world, program) for world in self.worlds]
        expected = self.model.run(program)
        verdicts.append(expected if reasons or not (expected and verdicts[0]) else verdicts[0])
        if len(set(verdicts)) != 1 and not set(verdicts) <= FAULTS:
            raise Diverged(f"contract, reference, model: {verdicts}: {program.hex()}")
        if not verdicts[0]:
            self.succeeded += 1
            everyone = self.succeeded % FULL_COMPARISON == 0
            self.compare(program, self.holders if everyone else self.holders[:1])
        return verdicts[0]

    def compare(self, program: bytes, holders: list[Address]) -> None:
        """Their balances of every token, in both worlds and in the model."""
        question = self.question(len(holders))
        first, second = (world.call(STRANGER, self.reader, question) for world in self.worlds)
        if first != second:
            raise Diverged(f"contract and reference: {program.hex()}")
        ledger = self.model.ledger
        expected = [ledger.of(token, who) for token in self.tokens for who in holders]
        if first[64:] != b"".join(held.to_bytes(32, "big") for held in expected):
            raise Diverged(f"contracts and model: {program.hex()}")

    def question(self, count: int) -> bytes:
        """The call that reads the first so many holders."""
        if count not in self.questions:
            call = encode_call("read(address[],address[])", self.tokens, self.holders[:count])
            self.questions[count] = call
        return self.questions[count]

    def disturb(self, market: Market, zero_for_one: bool, amount: int) -> None:
        """The whale's trade, everywhere."""
        for world in self.worlds:
            market.disturb(world, zero_for_one, amount)
        market.disturb_model(self.model.ledger, zero_for_one, amount)


def run(world: World, program: bytes) -> str:
    """The reason why a program reverted on chain, or nothing."""
    try:
        world.run(program)
    except RevertedError as error:
        return reason_of(error)
    return ""


def build_markets(world: World, manager: Manager, vault: Vault) -> list[Market]:
    """Every kind of market between each two of the tokens."""
    tokens = [world.manifest.token(symbol) for symbol in SYMBOLS]
    pairs: list[Tokens] = [(tokens[0], tokens[1]), (tokens[1], tokens[2]), (tokens[0], tokens[2])]
    markets = []
    for each in pairs:
        markets += [
            twin_markets.pair(world, "quickswap-v2", each),
            twin_markets.pair(world, "uniswap-v2", each),
            twin_markets.v3(world, each),
            twin_markets.algebra(world, each),
            twin_markets.curve(world, each),
            twin_markets.v4(world, manager, each),
            twin_markets.balancer(world, vault, each),
            twin_markets.odd(world, each),
        ]
    return markets


def built(world: World) -> tuple[list[Market], Manager, Vault]:
    """The markets of one world, listed and with capital for the executor."""
    manager, vault = Manager(MANAGER, {}), Vault(VAULT, {})
    markets = build_markets(world, manager, vault)
    for market in markets:
        if market.kind == "curve":
            world.do(OWNER, world.executor, LISTING, market.pool.address, True)
    for symbol in SYMBOLS:
        token = world.manifest.token(symbol)
        world.fund(token.address, usd(token, CAPITAL_USD))
    return markets, manager, vault


def new_twins() -> Twins:
    """Both worlds built alike, the model read from the first."""
    worlds = (new_world(compile_executor()), new_world(compile_reference()))
    (markets, manager, vault), (others, _, _) = (built(world) for world in worlds)
    assert [m.pool.address for m in markets] == [m.pool.address for m in others]
    world = worlds[0]
    assert world.executor == worlds[1].executor
    reader, same = (stand_in(each, "Balances") for each in worlds)
    assert reader == same
    tokens = [world.manifest.token(symbol) for symbol in SYMBOLS]
    addresses = [token.address for token in tokens]
    lenders = {t.address: world.manifest.contract(f"Aave a{t.symbol}") for t in tokens}
    pools = {m.pool.address: m.pool for m in markets if not isinstance(m.pool, Manager | Vault)}
    holders = [world.executor, MANAGER, VAULT, MORPHO, *lenders.values(), *pools]
    ledger = Ledger(
        {(token, who): world.balance(token, who) for token in addresses for who in holders},
        {*addresses, *(where for where, pool in pools.items() if isinstance(pool, Pair))},
        {addresses[0]},
    )
    leads = {"wpol": addresses[0], "usdc_e": addresses[1]}
    # a vault's pool is the first 20 bytes of its id
    priced = {Address(pool_id.to_bytes(32, "big")[:20]) for pool_id in vault.pools}
    others = {world.executor, MANAGER, VAULT, MORPHO, reader, *lenders.values(), *priced}
    ledger.others = others | (set(pools) - ledger.tokens)
    listed = {where for where, pool in pools.items() if isinstance(pool, CurvePool)}
    model = Model(
        world.executor, ledger, pools, leads, manager, vault, MORPHO, lenders, listed, others
    )
    model.block = world.manifest.built_block + 1
    for pool in pools.values():
        if isinstance(pool, OddPool):
            pool.attempt = model.attempt
    twins = Twins(worlds, markets, model, addresses, reader, holders)
    twins.list_markets()
    twins.keep()
    return twins
