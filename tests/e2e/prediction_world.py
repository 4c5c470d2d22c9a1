"""Seeded random markets on the replica, seen and traded by the production path alone."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from collector_world import Traders, factories

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector import topics
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Discovery
from keeper.collector.logs import Interpreter, boundary_of
from keeper.execution.asking import saved_raw
from keeper.execution.directory import Directory
from keeper.execution.outcomes import balance_change
from keeper.execution.program import LOANS, Funding, asking_legs, encode_program
from keeper.execution.program_routes import arriving_tokens, can_lend
from keeper.gas_table import ETHEREUM
from keeper.market.state import Market
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.view import MarketView
from keeper.node import Node, Receipt
from keeper.relay.codec import decode, encode_frame
from keeper.relay.frames import FrameReader
from keeper.relay.messages import Message, Origin
from keeper.relay.pool_state import PoolState
from keeper.strategies import registry
from keeper.strategies.base import StrategySettings
from keeper.strategies.gas import gas_quote
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.selection import select
from replica import Replica
from replica.abi import address, encode_call
from replica.contracts import deploy_executor
from replica.deploy import WHALE
from replica.directory import directory_of
from replica.trial import mined_by_hand, taken_back

TIP_WEI = 30 * 10**9
MAX_FEE_WEI = 10**12
CAPITAL_USD = 2_000_000
PROFIT_TOKENS = ("WPOL", "USDC.e", "WETH", "USDC")
USD_TOKENS = ("USDC.e", "USDC", "USDT", "DAI")
AAVE_PREMIUM_BP = 5
WASTED_PART = 1_000_000
HALF_OF_GAS, MOST_OF_GAS = 0.12, 0.25
"""Pools write less in the second of a block before, so that gas depends on the machine's pace."""
FUNDINGS = (Funding.OWN_CAPITAL, Funding.FLASH_SWAP, Funding.AAVE_V3)
"""The last one costs a premium."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One program on chain: `held_raw` is by `balanceOf`, `logged_raw` by the keeper's reading.

    `saved_raw` is what a program was said to pay less because so many of its pools were `asking`.
    `arrived` says whether its legs took whatever had arrived, instead of exact amounts.
    """

    opportunity: Opportunity
    funding: Funding
    receipt: Receipt
    held_raw: int
    logged_raw: int
    crossings: int
    saved_raw: int = 0
    arrived: bool = False
    asking: int = 0

    @property
    def gas_error(self) -> float:
        """By how much of the gas charged the model is over it, or under."""
        added = ETHEREUM.sources[self.funding.value] if self.funding in LOANS else 0
        added += len(self.opportunity.legs) * ETHEREUM.arrived_hop if self.arrived else 0
        return (self.opportunity.gas_estimate + added) / self.receipt.gas_used - 1

    @property
    def expected_raw(self) -> int:
        """The prediction, less the premium of a loan, with what less was asked for."""
        return (
            self.opportunity.profit_raw + self.saved_raw - premium(self.opportunity, self.funding)
        )


def premium(opportunity: Opportunity, funding: Funding) -> int:
    """What Aave V3 asks for the input: 5 bp, rounded half up (`PercentageMath.percentMul`)."""
    if funding is not Funding.AAVE_V3:
        return 0
    return (opportunity.amount_in_raw * AAVE_PREMIUM_BP + 5_000) // 10_000


class Channel:
    """Stamps messages as a producer does and carries them as frames."""

    def __init__(self) -> None:
        self._sequence = 0
        self._reader = FrameReader()

    def origin(self, block: BlockRef) -> Origin:
        self._sequence += 1
        return Origin(1, self._sequence, 137, block.number, block.hash, 0, 0, 1, 2)

    def carry(self, message: Message) -> Message:
        (frame,) = self._reader.feed(encode_frame(message))
        received = decode(frame)
        assert received is not None
        return received


class Arena:
    """The replica with two executors: `rich` holds capital, `poor` a unit of each token."""

    def __init__(self, replica: Replica, node: Node, reader: Reader, seed: int) -> None:
        self._replica, self._node, self._reader = replica, node, reader
        self._accounts = [address(text) for text in replica.rpc("eth_accounts")]
        self.rng = random.Random(seed)
        self._traders = Traders(replica, seed)
        replica.rpc("evm_setAutomine", [True])
        manifest = replica.manifest
        self._listed = directory_of(manifest)
        self._directory = Directory.of(*self._listed)
        self._rich, self._poor = self._deploy(), self._deploy()
        self._wpol = manifest.token("WPOL").address
        self._usd_tokens = [manifest.token(symbol).address for symbol in USD_TOKENS]
        settings = StrategySettings(tuple(manifest.token(s).address for s in PROFIT_TOKENS))
        self._strategies = registry.create(("simple", "triangular"), settings)
        self._gas_limit = 3_000_000
        self._fund()

    def _deploy(self) -> Address:
        owner, guardian, treasury, keeper = self._accounts[:4]
        return deploy_executor(
            self._replica.rpc,
            owner,
            guardian=guardian,
            treasury=treasury,
            aave_pool=self._replica.manifest.aave_pool,
            executors=[keeper],
            pools=self._listed[0],
            pairs=self._listed[1],
        )

    async def read(self) -> None:
        """Learn the state that every market starts from."""
        self._base = await self._node.block("latest")
        self._states = await self._reader.read(self._base)
        assert len(self._states) == len(self._replica.manifest.pools)

    @contextmanager
    def market(self) -> Iterator[None]:
        """A block of random trades by others; taken back at the end."""
        with taken_back(self._replica.rpc):
            with mined_by_hand(self._replica.rpc):
                self._traders.block(self.rng.randint(1, 6))
            yield

    async def seen_by_deltas(self) -> MarketView:
        """The market as a follower knows it: the base state and then the block's own logs."""
        channel, market = Channel(), Market(self._usd_tokens)
        self._show(channel, market, self._base, self._states)
        head = await self._node.block("latest")
        assert head.parent_hash == self._base.hash
        interpreter = Interpreter((), ())
        for state in self._states:
            interpreter.follow(state)
        for fact in interpreter.read(await self._node.logs(head.hash, None, [topics.ALL])).facts:
            market.apply(channel.carry(fact.make(channel.origin(head))))
        view = market.apply(channel.carry(boundary_of(head).make(channel.origin(head))))
        assert view is not None
        assert len(view.states) == len(self._states)
        return view

    async def seen_afresh(self) -> MarketView:
        """The market as a joiner knows it: every pool read at the head."""
        head = await self._node.block("latest")
        states = await self._reader.read(head)
        return self._show(Channel(), Market(self._usd_tokens), head, states)

    def _show(
        self, channel: Channel, market: Market, block: BlockRef, states: list[PoolState]
    ) -> MarketView:
        for state in states:
            for part in state.snapshot(channel.origin(block)):
                market.apply(channel.carry(replace(part, origin=channel.origin(block))))
        view = market.apply(channel.carry(boundary_of(block).make(channel.origin(block))))
        assert view is not None
        return view

    def choose(self, view: MarketView) -> tuple[Opportunity, ...]:
        """What the keeper's strategies take of this market."""
        quote = gas_quote(view, view.block.base_fee_wei + TIP_WEI, self._wpol, ETHEREUM)
        assert quote is not None
        found = [o for s in self._strategies for o in s.evaluate(view, quote).opportunities]
        chosen = select(found, set()).chosen
        return tuple(_loose(o, view) if self.rng.randint(0, 1) else o for o in chosen)

    def funding_for(self, opportunity: Opportunity) -> Funding:
        """A random funding that the opportunity can pay."""
        can_pay = premium(opportunity, Funding.AAVE_V3) < opportunity.profit_raw
        choices = FUNDINGS if can_pay else FUNDINGS[:-1]
        return self.rng.choice(choices)

    async def execute(
        self, opportunity: Opportunity, funding: Funding, view: MarketView
    ) -> Execution:
        """Send the program for exactly the predicted profit, and measure what it earned."""
        executor = self._rich if funding is Funding.OWN_CAPITAL else self._poor
        token, cost, legs = (
            opportunity.profit_token,
            premium(opportunity, funding),
            opportunity.legs,
        )
        held, directory = self._held_on_the_way(opportunity, executor), self._directory
        asking = asking_legs(legs, funding, held, directory)
        saved = saved_raw(asking, view.states)
        program = encode_program(
            legs,
            funding=funding,
            profit_token=token,
            min_profit_raw=opportunity.profit_raw + saved - cost,
            deadline_block=view.block.number + 100,
            max_base_fee_wei=MAX_FEE_WEI,
            max_premium_raw=cost,
            held=held,
            directory=directory,
        )
        before = self._balance(token, executor)
        receipt = await self._node.receipt(self._send(executor, program))
        assert receipt is not None
        return Execution(
            opportunity,
            funding,
            receipt,
            held_raw=self._balance(token, executor) - before,
            logged_raw=balance_change(receipt.logs, token, executor),
            crossings=_crossings(receipt, view),
            saved_raw=saved,
            arrived=held is not None,
            asking=len(asking),
        )

    def _held_on_the_way(
        self, opportunity: Opportunity, executor: Address
    ) -> dict[Address, int] | None:
        """For every other program that can take what has arrived; None for exact amounts."""
        legs = opportunity.legs
        if not self.rng.randint(0, 1) or not can_lend(legs[0]):
            return None
        return {token: self._balance(token, executor) for token in arriving_tokens(legs)}

    def _send(self, to: Address, data: bytes, sender: Address | None = None) -> bytes:
        self._gas_limit += 1  # equal transactions lose their receipts when they are taken back
        transaction = {
            "from": sender or self._accounts[3],
            "to": to,
            "data": data,
            "gas": hex(self._gas_limit),
            "maxFeePerGas": hex(MAX_FEE_WEI),
            "maxPriorityFeePerGas": hex(TIP_WEI),
        }
        sent: str = self._replica.rpc("eth_sendTransaction", [transaction])
        self._replica.receipt(sent)
        return bytes.fromhex(sent[2:])

    def _balance(self, token: Address, holder: Address) -> int:
        balance = self._replica.rpc("eth_call", [_balance_of(token, holder), "latest"])
        return int(balance, 16)

    def _fund(self) -> None:
        for symbol in PROFIT_TOKENS:
            token = self._replica.manifest.token(symbol)
            amount = int(CAPITAL_USD / float(token.usd_price) * 10**token.decimals)
            for holder, given in ((self._rich, amount), (self._poor, 1)):
                data = encode_call("transfer(address,uint256)", holder, given)
                self._send(token.address, data, WHALE)
            assert self._balance(token.address, self._rich) == amount


def _loose(opportunity: Opportunity, view: MarketView) -> Opportunity:
    """The same a little larger, its input as it comes, of which rounding may waste some.

    The keeper's own search trims inputs, so that no pool could ask for less than its leg says.
    """
    amount = opportunity.amount_in_raw
    amount += amount // WASTED_PART
    legs = []
    for leg in opportunity.legs:
        state = view.states[leg.pool]
        quote = state.quote(zero_for_one=leg.zero_for_one, amount=amount, exact_in=True)
        assert quote.refusal is None
        legs.append(replace(leg, amount_in_raw=amount, amount_out_raw=quote.amount_out))
        amount = quote.amount_out
    profit = legs[-1].amount_out_raw - legs[0].amount_in_raw
    return replace(opportunity, legs=tuple(legs), profit_raw=profit) if profit > 0 else opportunity


def _balance_of(token: Address, holder: Address) -> dict[str, object]:
    return {"to": token, "data": encode_call("balanceOf(address)", holder)}


def _crossings(receipt: Receipt, view: MarketView) -> int:
    """V3 swaps of the receipt that left another liquidity: only an initialised tick changes it."""
    swaps = [log for log in receipt.logs if log.topics and log.topics[0] == topics.SWAP]
    return sum(int.from_bytes(log.data[96:128]) != _liquidity(log.address, view) for log in swaps)


def _liquidity(pool: Address, view: MarketView) -> int:
    state = view.states[pool]
    assert isinstance(state, V3State)
    return state.liquidity


def gas_figure(executions: Sequence[Execution]) -> str:
    """How far the model's gas is from the receipts'; it must say what runs cost."""
    errors = sorted(execution.gas_error for execution in executions)
    absolute = sorted(map(abs, errors))
    half, most = absolute[len(errors) // 2], absolute[len(errors) * 9 // 10]
    assert half < HALF_OF_GAS, errors
    assert most < MOST_OF_GAS, errors
    return f"gas by the model within {half:.1%} of the receipts' at p50, {most:.1%} at p90"


def hop_kinds(legs: tuple[Leg, ...]) -> set[tuple[Protocol, str, bool]]:
    """Protocol, place in the route and direction of each hop."""
    places = ["first", *["middle"] * (len(legs) - 2), "last"]
    return {(leg.protocol, p, leg.zero_for_one) for leg, p in zip(legs, places, strict=True)}


A = TypeVar("A", bound=Arena)


@asynccontextmanager
async def arena(replica: Replica, seed: int, kind: type[A]) -> AsyncIterator[A]:
    """An arena of some kind whose base state is known."""
    manifest = replica.manifest
    async with await Node.connect(replica.url, expected_chain_id=manifest.chain_id) as node:
        head = await node.block("latest")
        tokens = [token.address for token in manifest.tokens]
        reader = Reader(node, ())
        found = await Discovery(node, reader.lens, tokens).find(factories(manifest), head)
        reader.refs |= {ref.address: ref for ref in found}
        made = kind(replica, node, reader, seed)
        await made.read()
        yield made
