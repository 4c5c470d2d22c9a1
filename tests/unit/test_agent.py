"""The loop's promises: pools reserved until the outcome, no trade on doubt, an end in time."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from execution_world import NATIVE, REVERTS, Lab, MemoryStore, pays
from market_frames import USD, WPOL, Frames, pool_address, two_pools

from keeper.agent import Agent, Rooms
from keeper.chain import Address
from keeper.execution.financing import Financed
from keeper.execution.intent import Intent, IntentState
from keeper.execution.program import Funding
from keeper.execution.store import Stamps, StoreUnavailableError
from keeper.journal import JournalUnavailable, OpportunityRow
from keeper.market.flash_sources import Lender, Liquidity
from keeper.market.state import Market
from keeper.market.venues.v3_tick_math import get_sqrt_ratio_at_tick
from keeper.market.view import MarketView
from keeper.node import Node
from keeper.observe.metrics import Metrics
from keeper.relay.client import Event, Gap, Received, Resync
from keeper.relay.messages import Message
from keeper.risk.limits import Limits
from keeper.risk.prices import PriceCheck
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategyResult, StrategySettings
from keeper.strategies.reasons import Reason

STOP_S = 5.0
LIMITS = Limits(
    min_net_profit_usd=0.01,
    max_trade_usd=1e9,
    max_gas_price_wei=10**12,
    max_in_flight=4,
    max_consecutive_reverts=2,
    max_age_ms=60_000,
)


class ScriptedClient:
    """A relay that says what the test says; `rejoins` counts how often it was doubted."""

    def __init__(self) -> None:
        self.rejoins = 0
        self._said: asyncio.Queue[list[Received]] = asyncio.Queue()

    def say(self, *events: Event) -> None:
        self._said.put_nowait([Received(event, time.time_ns()) for event in events])

    def rejoin(self) -> None:
        self.rejoins += 1

    async def batches(self) -> AsyncIterator[list[Received]]:
        while True:
            yield await self._said.get()


class MemoryJournal:
    """The journal beside its intents, which live in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.rows: list[OpportunityRow] = []
        self.rejections: Counter[str] = Counter()

    def offer_opportunity(self, row: OpportunityRow) -> None:
        self.rows.append(row)

    def add_rejections(self, chain_instance: str, reasons: Counter[str]) -> None:
        assert chain_instance
        self.rejections.update(reasons)

    async def revive(self) -> None:
        if not self.store.available:
            raise JournalUnavailable("the store is away")

    def lock_alive(self) -> bool:
        return self.store.available

    async def acquire_nonce_lock(self, chain_instance: str, sender: Address) -> None:
        assert chain_instance
        assert len(sender) == 20

    async def unresolved(self, chain_instance: str, sender: Address) -> list[Intent]:
        ended = {outcome.intent_id for outcome in self.store.outcomes}
        intents = self.store.intents.values()
        assert all((i.chain_instance, i.sender) == (chain_instance, sender) for i in intents)
        return [intent for intent in intents if intent.id not in ended]


class Desk:
    """An agent at work with a real market, strategy, submitter, tracker and node."""

    def __init__(self, lab: Lab, node: Node | None = None) -> None:
        self.lab, self.frames = lab, Frames()
        self.client, self.journal = ScriptedClient(), MemoryJournal(lab.store)
        settings = StrategySettings((USD, WPOL))
        self.rooms = Rooms(
            node=node or lab.node,
            client=self.client,  # type: ignore[arg-type]
            market=Market([USD]),
            strategies=registry.create(("simple",), settings),
            limits=LIMITS,
            funds=lab.new_funds(node or lab.node),
            submitter=lab.new_submitter(node or lab.node),
            tracker=lab.tracker,
            journal=self.journal,  # type: ignore[arg-type]
            prices=lab.prices,
            price_check=PriceCheck((USD, WPOL), NATIVE),
            native_price=None,
            metrics=Metrics(),
            instance=lab.instance,
            wrapped_native=NATIVE,
            tip_wei=10**9,
        )
        self.stop = asyncio.Event()

    def open(self) -> None:
        """The first block: two pools with an edge between them."""
        self.client.say(*two_pools(self.frames))

    def block(self, *messages: Message) -> None:
        """A block in which the edge is still there."""
        pair = self.frames.sync(pool_address(1), 500_000 * 10**6, 10**24)
        self.client.say(*messages, pair, self.frames.boundary())

    @property
    def intents(self) -> int:
        return len(self.lab.store.intents)

    @property
    def states(self) -> list[IntentState]:
        return [outcome.state for outcome in self.lab.store.outcomes]

    def refused(self, reason: Reason) -> int:
        return self.journal.rejections[reason]

    async def refuses(self, reason: Reason) -> None:
        """Another block, which is refused for `reason`."""
        before, intents = self.refused(reason), self.intents
        self.block()
        await until(lambda: self.refused(reason) > before)
        assert self.intents == intents

    async def ends(self, count: int) -> None:
        """Mine what is in the pool, and blocks until one finds the outcome."""
        self.lab.mine()
        async with asyncio.timeout(5):
            while len(self.states) < count:
                self.block()  # one may come while the look before it is still under way
                await asyncio.sleep(0.05)

    async def trades_again(self, count: int) -> None:
        """Offer blocks until one trades: those that come while doubt is resolved do not."""
        async with asyncio.timeout(5):
            while self.intents < count:
                self.block()
                await asyncio.sleep(0.05)
        await self.trades(count)

    async def trades(self, count: int) -> None:
        """Wait for the transaction that makes it `count`."""
        await until(lambda: self.intents == count and self.lab.tracker.in_flight == 1)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- the thing observed has no event
            await asyncio.sleep(0.002)


@asynccontextmanager
async def working(desk: Desk) -> AsyncIterator[Desk]:
    """Run the agent meanwhile; it must end in time when told to."""
    task = asyncio.create_task(Agent(desk.rooms).run(desk.stop))
    try:
        yield desk
        assert not task.done(), task
    finally:
        desk.stop.set()
        begun = time.monotonic()
        await task
        assert time.monotonic() - begun < STOP_S


async def test_gauges__show_the_block_decided_and_what_is_under_way(lab: Lab) -> None:
    desk = Desk(lab)

    def shown(name: str) -> float | None:
        return desk.rooms.metrics.registry.get_sample_value(f"alphapulse_{name}")

    async with working(desk):
        assert (shown("decided_block"), shown("under_way")) == (0, 0)
        desk.open()
        await desk.trades(1)
        assert shown("decided_block") == shown("head_block") == desk.frames.number - 1
        assert shown("under_way") == 1
        await desk.ends(1)
        await until(lambda: shown("decided_block") == desk.frames.number - 1)
        await until(lambda: shown("under_way") == desk.intents - len(desk.states))


async def test_pools__are_reserved_until_the_outcome(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        desk.open()
        await desk.trades(1)
        for _ in range(3):
            await desk.refuses(Reason.POOL_RESERVED)
        await desk.ends(1)
        desk.block()
        await desk.trades(2)
        assert desk.journal.rows[0].metadata["reason"] == Reason.POOL_RESERVED
        lab.mine()
    assert desk.states == [IntentState.SUCCEEDED] * 2


async def test_row_of_a_refused_one__tells_its_source_and_the_others_reasons(lab: Lab) -> None:
    lab.set_code(REVERTS)
    async with working(Desk(lab)) as desk:
        desk.open()
        await until(lambda: desk.refused(Reason.SIMULATION_REVERTED) == 1)
    (row,) = desk.journal.rows
    assert row.metadata["source"]["name"] == Funding.FLASH_SWAP.value
    assert row.metadata["source"]["premium_raw"] == "0"
    others = {Funding.OWN_CAPITAL.value, *(lender.value for lender in Lender)}
    assert row.metadata["sources_passed_over"] == dict.fromkeys(others, "unread")


async def test_price_that_jumps__is_not_traded_on_until_it_stays(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        desk.open()
        await desk.trades(1)
        await desk.ends(1)
        before, dearer = desk.intents, 282_850 - 2_624
        desk.client.say(
            desk.frames.sync(pool_address(1), 560_000 * 10**6, 877 * 10**21),
            desk.frames.swap(pool_address(2), get_sqrt_ratio_at_tick(dearer), 10**18, dearer),
            desk.frames.boundary(),
        )
        await until(lambda: desk.refused(Reason.PRICE_DOUBTED) > 0)
        assert desk.refused(Reason.UNPRICED) > 0
        assert desk.intents == before


async def test_refused_submission__frees_its_pools(lab: Lab) -> None:
    lab.set_code(REVERTS)
    async with working(Desk(lab)) as desk:
        desk.open()
        await until(lambda: desk.refused(Reason.SIMULATION_REVERTED) == 1)
        lab.set_code(pays(1))
        desk.block()
        await desk.trades(1)
        lab.mine()
    assert desk.refused(Reason.POOL_RESERVED) == 0


async def test_recovery__nothing_is_traded_before_the_old_outcomes(lab: Lab) -> None:
    old = await lab.submitted(99)
    async with working(Desk(lab)) as desk:
        desk.open()
        await until(lambda: desk.refused(Reason.POOL_RESERVED) == 1)
        await desk.refuses(Reason.POOL_RESERVED)
        await desk.ends(1)
        assert lab.store.outcomes[0].tx_hash == old.intent.tx_hash
        desk.block()
        await desk.trades(2)
        lab.mine()


async def test_gap__nothing_is_traded_before_the_next_snapshot(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        *snapshots, boundary = two_pools(desk.frames)
        desk.client.say(*snapshots, Gap("frames were lost"), boundary)
        for _ in range(3):
            desk.block()
        await until(desk.client._said.empty)
        await asyncio.sleep(0.05)
        assert desk.intents == 0
        assert desk.rooms.metrics.registry.get_sample_value("alphapulse_relay_gaps_total") == 1
        desk.frames = replace(desk.frames, epoch=2, sequence=0)
        desk.client.say(Resync(2), *two_pools(desk.frames))
        await desk.trades(1)
        lab.mine()


async def test_block_without_its_parent__is_not_traded_and_the_channel_rejoined(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        desk.client.say(*two_pools(desk.frames)[:2], desk.frames.boundary())
        await desk.trades(1)
        await desk.ends(1)
        desk.frames.number += 5
        desk.block()
        await until(lambda: desk.client.rejoins > 0)
        assert desk.intents == 1


async def test_contradicted_pool__the_channel_is_rejoined_once_in_a_while(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        desk.client.say(*two_pools(desk.frames)[:2], desk.frames.boundary())
        await desk.trades(1)
        await desk.ends(1)
        for _ in range(3):
            desk.block(desk.frames.sync(pool_address(1), 2**112, 1))
        await until(lambda: desk.rooms.market.contradictions > 0 and desk.client._said.empty())
        await until(lambda: desk.client.rejoins == 1)
        assert desk.intents == 1


async def test_reverts_in_a_row__halt_until_someone_looks(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        for count in (1, 2):
            desk.open() if count == 1 else desk.block()
            await desk.trades(count)
            lab.set_code(REVERTS)
            await desk.ends(count)
            lab.set_code(pays(1))
        for _ in range(3):
            await desk.refuses(Reason.HALTED)
    assert desk.states == [IntentState.REVERTED] * 2


async def test_success_between_reverts__goes_on(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        for count, code in enumerate((REVERTS, pays(1), REVERTS), start=1):
            desk.open() if count == 1 else desk.block()
            await desk.trades(count)
            lab.set_code(code)
            await desk.ends(count)
            lab.set_code(pays(1))
        desk.block()
        await desk.trades(4)
        lab.mine()
    assert desk.refused(Reason.HALTED) == 0


async def test_store_away__trades_again_when_it_is_back(lab: Lab) -> None:
    lab.store.available = False
    async with working(Desk(lab)) as desk:
        desk.open()
        await until(lambda: desk.refused(Reason.JOURNAL_UNAVAILABLE) == 1)
        await desk.refuses(Reason.JOURNAL_UNAVAILABLE)
        lab.store.available = True
        await desk.trades_again(1)
        lab.mine()
    assert desk.states == [IntentState.SUCCEEDED]


class AmbiguousStore(MemoryStore):
    """Its first commit is durable, and its answer lost."""

    async def commit(self, financed: Financed, intent: Intent, stamps: Stamps) -> bool:
        done = await super().commit(financed, intent, stamps)
        if len(self.intents) == 1:
            raise StoreUnavailableError("no answer")
        return done


async def test_commit_in_doubt__is_followed_and_its_nonce_not_used_again(lab: Lab) -> None:
    lab.store = AmbiguousStore()
    lab.tracker._store = lab.store
    async with working(Desk(lab)) as desk:
        desk.open()
        await until(lambda: desk.refused(Reason.JOURNAL_UNAVAILABLE) == 1)
        (intent,) = lab.store.intents.values()
        assert not await lab.pooled(intent.tx_hash)
        desk.block()
        await until(lambda: lab.tracker.in_flight == 1)
        await _until_pooled(lab, intent.tx_hash)
        assert lab.nonces.next == intent.nonce + 1
        await desk.ends(1)
        desk.block()
        await desk.trades(2)
        lab.mine()
    assert desk.states == [IntentState.SUCCEEDED] * 2
    assert sorted(i.nonce for i in lab.store.intents.values()) == [0, 1]


async def _until_pooled(lab: Lab, tx_hash: bytes) -> None:
    async with asyncio.timeout(5):
        while not await lab.pooled(tx_hash):  # noqa: ASYNC110 -- a node has no event
            await asyncio.sleep(0.002)


class SilentNode(Node):
    """A node that does not answer simulations."""

    simulating = 0

    async def estimate_gas(self, *_: object, **__: object) -> int:
        self.simulating += 1
        await asyncio.sleep(60)
        raise AssertionError("nobody waits so long")


async def test_stop__does_not_wait_for_a_silent_node(lab: Lab) -> None:
    async with await SilentNode.connect(lab.anvil.url, expected_chain_id=137) as node:
        async with working(Desk(lab, node)) as desk:
            desk.open()
            await until(lambda: node.simulating == 1)
        assert desk.intents == 0


async def test_stop__settles_what_is_mined_and_leaves_the_rest_to_the_next_start(lab: Lab) -> None:
    async with working(Desk(lab)) as desk:
        desk.open()
        await desk.trades(1)
        lab.mine()
    assert desk.states == [IntentState.SUCCEEDED]
    async with working(desk := Desk(lab)):
        desk.frames = Frames(number=900)
        desk.open()
        await desk.trades(2)
    assert lab.tracker.in_flight == 1
    assert len(desk.states) == 1


async def test_tokens_of_a_transaction__count_as_unknown_until_balances_are_read_after_it(
    lab: Lab,
) -> None:
    desk = Desk(lab)
    agent, submission = Agent(desk.rooms), await lab.submitted()
    intent, opportunity = submission.intent, await lab.opportunity()
    tokens = {leg.token_in for leg in opportunity.legs}
    agent._holds[intent.opportunity_id] = opportunity
    assert agent._restless() == tokens
    lab.mine()
    (settlement,) = await lab.settle()
    agent._note(settlement)
    mined = settlement.outcome.block_number
    for number, restless in ((mined - 1, tokens), (mined, set())):
        desk.rooms.funds._read = number, Liquidity({}, {})
        assert agent._restless() == restless


class BrokenStrategy:
    """A strategy with an error of its own."""

    name = "broken"

    def evaluate(self, view: MarketView, gas: GasQuote) -> StrategyResult:
        raise ZeroDivisionError(f"{view.block.number} {gas.price_wei}")


async def test_unforeseen_error__ends_the_agent(lab: Lab) -> None:
    desk = Desk(lab)
    desk.rooms = replace(desk.rooms, strategies=(BrokenStrategy(),))
    desk.open()
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(Agent(desk.rooms).run(desk.stop), 5)
    assert caught.group_contains(ZeroDivisionError)
