"""The keeper's loop: relay events in, intents and outcomes out. It alone knows every room."""

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from keeper import memory
from keeper.chain import Address, ChainInstance
from keeper.execution.financing import Financed, PassedOver, Unfunded
from keeper.execution.funds import Funds
from keeper.execution.intent import IntentState
from keeper.execution.outcomes import Prices
from keeper.execution.store import StoreUnavailableError
from keeper.execution.submitter import Refusal, Submitter
from keeper.execution.tracker import Settlement, Tracker
from keeper.gas_table import table_of
from keeper.journal import Journal, JournalError
from keeper.journal.store import NONE_PASSED_OVER, opportunity_row
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.node import Node, NodeError
from keeper.observe.metrics import Metrics
from keeper.relay.client import Event, Gap, Passed, RelayClient, Resync
from keeper.relay.messages import BlockBoundary, Message, Reorganisation
from keeper.relay.native_price import NativePrice
from keeper.risk.limits import Limits, Situation, check
from keeper.risk.prices import PriceCheck, without
from keeper.strategies.base import GasQuote, Strategy, StrategyResult
from keeper.strategies.gas import gas_quote
from keeper.strategies.gears import FastGear, SlowGear
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason
from keeper.strategies.selection import select
from keeper.turns import in_turns

logger = logging.getLogger(__name__)

WORK_AT_STOP_S = 1.0
REJOIN_PAUSE_S = 5.0
SETTLE_AT_STOP_S = 2.5
SETTLE_RETRY_S = 0.1


@dataclass(frozen=True, slots=True)
class Rooms:
    """What an agent works with, one of each."""

    node: Node
    client: RelayClient
    market: Market
    strategies: tuple[Strategy, ...]
    limits: Limits
    funds: Funds
    submitter: Submitter
    tracker: Tracker
    journal: Journal
    prices: Prices
    price_check: PriceCheck
    native_price: NativePrice | None
    metrics: Metrics
    instance: ChainInstance
    wrapped_native: Address
    tip_wei: int


class Agent:
    """Decides on whole blocks; work that waits (submission, receipts) runs beside the loop."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._fast = FastGear(rooms.strategies)
        self._slow = SlowGear(rooms.strategies, self._on_slow)
        self._view: MarketView | None = None
        self._holds: dict[UUID, Opportunity] = {}
        # tokens of which the executor may hold something else since that block
        self._moved: dict[Address, int] = {}
        rooms.metrics.under_way.set_function(lambda: len(self._holds))
        self._tasks = asyncio.TaskGroup()
        self._work: set[asyncio.Task[None]] = set()
        self._left: deque[tuple[Opportunity | Financed, Reason, Mapping[str, PassedOver]]] = deque()
        self._executing = 0
        self._settling = asyncio.Lock()
        self._reverts_in_a_row = 0
        # whether the journal holds more than is known here, since a write of it failed
        self._in_doubt = False
        self._gap = ""
        self._settled = False
        self._contradictions = 0
        self._rejoin_after = 0.0
        # the pools of intents from before a restart are not known: first their outcomes
        self._recovering = rooms.tracker.in_flight > 0

    async def run(self, stop: asyncio.Event) -> None:
        """Trade until `stop` is set, then wait a moment for what is under way and settle it.

        An unforeseen error in any task ends them all: intents are durable, so a crash is safe,
        and a keeper that goes on without one of its parts is not.
        """
        async with asyncio.TaskGroup() as self._tasks:
            listening = [self._tasks.create_task(self._read())]
            if self._rooms.native_price is not None:
                listening.append(self._tasks.create_task(self._rooms.native_price.run()))
            await stop.wait()
            for task in listening:
                task.cancel()
            asyncio.get_running_loop().call_later(WORK_AT_STOP_S, self._cancel_work)
        self._distrust()
        self._fast.close()
        self._slow.close()
        await self._finish()

    def _begin_task(self, work: Coroutine[None, None, None]) -> None:
        task = self._tasks.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _cancel_work(self) -> None:
        """End what a silent node or journal holds up: what is committed stays durable."""
        for task in self._work:
            task.cancel()

    async def _read(self) -> None:
        async for batch in self._rooms.client.batches():
            for event, received_ns in batch:
                await self._take(event, received_ns)

    async def _take(self, event: Event, received_ns: int) -> None:
        market, metrics = self._rooms.market, self._rooms.metrics
        if isinstance(event, Gap):
            if event.reason != self._gap:  # once, not at each attempt to reconnect
                logger.warning("not trading until the next snapshot: %s", event.reason)
            self._gap = event.reason
            metrics.gaps.inc()
            self._distrust()
            market.on_gap(event.reason)
        elif isinstance(event, Resync):
            self._distrust()
            await in_turns(market.resync(event.epoch))
        elif isinstance(event, Passed):
            metrics.messages.inc(event.count)
        else:
            self._gap = ""
            metrics.messages.inc()
            view = await self._apply(event, received_ns)
            if market.desynchronised is not None:
                self._rooms.client.rejoin()
            elif view is not None:
                await self._on_block(view)
                self._heal()
                if not self._settled:
                    memory.keep()
                    self._settled = True

    async def _apply(self, message: Message, received_ns: int) -> MarketView | None:
        """The market after a message; that of another block takes several turns."""
        market = self._rooms.market
        if not isinstance(message, BlockBoundary | Reorganisation):
            self._slow.touch()
            return market.apply(message, received_ns)
        self._distrust()
        return await in_turns(market.turns(message, received_ns))

    def _distrust(self) -> None:
        """No block is known any more: what the slow gear says of the last one is void."""
        self._slow.touch()
        self._view = None

    def _heal(self) -> None:
        """Ask for a snapshot where a message contradicted a pool, at most once in a while."""
        found, now = self._rooms.market.contradictions, time.monotonic()
        if found != self._contradictions and now >= self._rejoin_after:
            self._contradictions = found
            self._rejoin_after = now + REJOIN_PAUSE_S
            self._rooms.client.rejoin()

    async def _on_block(self, view: MarketView) -> None:
        rejections: Counter[str] = Counter()
        view = self._believed(view, rejections)
        self._rooms.prices.update(view.usd_per_raw)
        self._rooms.metrics.head.set(view.block.number)
        if not self._rooms.journal.lock_alive():
            self._doubt_journal()
        self._begin_task(self._settle(view))
        self._begin_task(self._rooms.funds.refresh(view))
        self._view = view
        quote = self._quote(view, rejections)
        if quote is not None:
            found = await self._evaluate(view, quote, rejections)
            self._take_up(found, view, rejections)
            self._slow.begin(view, quote, self._reserved())
        else:
            self._rooms.metrics.decided.set(view.block.number)
        self._count(rejections)

    def _believed(self, view: MarketView, rejections: Counter[str]) -> MarketView:
        """The block without the prices that are doubted, which are counted."""
        doubted = self._rooms.price_check.doubted(view.usd_per_raw)
        if not doubted:
            return view
        rejections[Reason.PRICE_DOUBTED] += len(doubted)
        return replace(view, usd_per_raw=without(view.usd_per_raw, doubted))

    def _on_slow(self, view: MarketView, result: StrategyResult) -> None:
        """What the slow gear adds to the block's answer, if that block is still the last."""
        rejections: Counter[str] = Counter(result.rejections)
        if view is self._view:
            self._take_up(result.opportunities, view, rejections)
            self._rooms.metrics.decided.set(view.block.number)
        self._count(rejections)

    def _take_up(
        self, found: Iterable[Opportunity], view: MarketView, rejections: Counter[str]
    ) -> None:
        """Begin the opportunities that share no pool with each other or with one in flight."""
        selection = select(found, self._reserved())
        rejections.update(selection.rejections)
        for passed_over in selection.passed_over:
            self._offer(passed_over, Reason.POOL_RESERVED)
        for opportunity in selection.chosen:
            reason = self._pursue(opportunity, view)
            if reason is not None:
                rejections[reason] += 1

    def _reserved(self) -> frozenset[Address]:
        return frozenset(leg.pool for held in self._holds.values() for leg in held.legs)

    def _restless(self) -> frozenset[Address]:
        """Tokens of which the executor may not hold what was read last."""
        in_flight = (leg.token_in for held in self._holds.values() for leg in held.legs)
        since = self._rooms.funds.number
        return frozenset((*in_flight, *(t for t, at in self._moved.items() if at > since)))

    def _quote(self, view: MarketView, rejections: Counter[str]) -> GasQuote | None:
        price_wei = view.block.base_fee_wei + self._rooms.tip_wei
        table = table_of(self._rooms.instance)
        quote = gas_quote(view, price_wei, self._rooms.wrapped_native, table)
        if quote is None:
            rejections[Reason.UNPRICED] += 1
        return quote

    async def _evaluate(
        self, view: MarketView, quote: GasQuote, rejections: Counter[str]
    ) -> list[Opportunity]:
        """The fast gear's answer."""
        found: list[Opportunity] = []
        for name, result in await self._fast.evaluate(view, quote):
            found.extend(result.opportunities)
            rejections.update(result.rejections)
            self._rooms.metrics.opportunities.labels(name).inc(len(result.opportunities))
        return found

    def _pursue(self, opportunity: Opportunity, view: MarketView) -> Reason | None:
        """Fund an opportunity and begin it; if not, offer it to the journal and say why."""
        liquidity = self._rooms.funds.at(view.block)
        financed = self._rooms.submitter.prepare(
            opportunity, liquidity, view.states, self._restless()
        )
        if isinstance(financed, Unfunded):
            self._offer(opportunity, financed.reason, financed.passed_over)
            return financed.reason
        reason = self._refuse(financed.opportunity, view)
        if reason is None:
            self._begin(financed)
        else:
            self._offer(financed, reason)
        return reason

    def _refuse(self, opportunity: Opportunity, view: MarketView) -> Reason | None:
        if self._in_doubt:
            return Reason.JOURNAL_UNAVAILABLE
        if self._recovering:
            return Reason.POOL_RESERVED
        situation = Situation(
            now_ns=time.time_ns(),
            gas_price_wei=view.block.base_fee_wei + self._rooms.tip_wei,
            in_flight=len(self._holds),
            consecutive_reverts=self._reverts_in_a_row,
            profit_token_usd_per_raw=view.usd_per_raw.get(opportunity.profit_token),
        )
        return check(self._rooms.limits, opportunity, situation)

    def _begin(self, financed: Financed) -> None:
        """Reserve the opportunity's pools before anything waits, and execute it beside the loop."""
        name = self._rooms.submitter.identify(financed)
        self._holds[name] = financed.opportunity
        self._begin_task(self._execute(financed, name))

    async def _execute(self, financed: Financed, hold: UUID) -> None:
        self._executing += 1
        try:
            submission = await self._rooms.submitter.submit(financed)
        finally:
            self._executing -= 1
        if isinstance(submission, Refusal):
            del self._holds[hold]
            if submission.reason is Reason.JOURNAL_UNAVAILABLE:
                self._doubt_journal()
            self._count(Counter({submission.reason: 1}))
            self._offer(financed, submission.reason)
            return
        decided_at = financed.opportunity.block.number
        self._rooms.tracker.follow(submission.intent, submission.stamps, decided_at)
        self._rooms.metrics.in_flight.set(self._rooms.tracker.in_flight)

    async def _settle(self, view: MarketView) -> None:
        if self._settling.locked():
            return  # the one under way sees the same receipts, or the next block's does
        async with self._settling:
            try:
                if self._in_doubt and not self._executing:
                    await self._reconcile()
                async for settlement in self._rooms.tracker.settle(view.block):
                    self._note(settlement)
            except (NodeError, JournalError, StoreUnavailableError, LookupError) as error:
                if isinstance(error, StoreUnavailableError):
                    self._doubt_journal()
                logger.warning("outcomes wait for the next block: %s", error)
            if self._rooms.tracker.in_flight == 0:
                self._recovering = False

    def _doubt_journal(self) -> None:
        if not self._in_doubt:
            logger.warning("not trading until the journal answers again")
        self._in_doubt = True

    async def _reconcile(self) -> None:
        """Once the journal answers again, own the nonces anew and follow what nobody here knows of.

        A commit whose answer was lost may be durable; its bytes then hold their nonce. The lock
        went with the connection, so another keeper may have come and gone.
        """
        rooms, owned = self._rooms, (self._rooms.instance.key, self._rooms.submitter.sender)
        await rooms.journal.revive()
        await rooms.journal.acquire_nonce_lock(*owned)
        rooms.submitter.skip(await rooms.node.transaction_count(rooms.submitter.sender) - 1)
        for intent in await rooms.journal.unresolved(*owned):
            if not rooms.tracker.follows(intent.id):
                logger.info("recovering the intent of nonce %d", intent.nonce)
                rooms.submitter.skip(intent.nonce)
                rooms.tracker.follow(intent, {}, block_number=0)
                self._recovering = True
        self._in_doubt = False
        logger.info("the journal answers again")

    def _note(self, settlement: Settlement) -> None:
        outcome, metrics = settlement.outcome, self._rooms.metrics
        done = self._holds.pop(outcome.opportunity_id, None)
        legs = () if done is None else done.legs
        tokens = (outcome.profit_token, *(leg.token_in for leg in legs))
        self._moved |= dict.fromkeys(tokens, outcome.block_number)
        if outcome.state is IntentState.REVERTED:
            self._reverts_in_a_row += 1
        elif outcome.state is IntentState.SUCCEEDED:
            self._reverts_in_a_row = 0
        metrics.observe_outcome(outcome)
        metrics.observe_stamps(settlement.stamps)
        metrics.in_flight.set(self._rooms.tracker.in_flight)

    async def _finish(self) -> None:
        """Settle what is mined; the rest is settled at the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_AT_STOP_S):
                while self._rooms.tracker.in_flight:
                    await self._settle_at_stop()
                    await asyncio.sleep(SETTLE_RETRY_S)
        logger.info("stopped with %d intents pending", self._rooms.tracker.in_flight)

    async def _settle_at_stop(self) -> None:
        try:
            head = await self._rooms.node.block("latest")
            async for settlement in self._rooms.tracker.settle(head):
                self._note(settlement)
        except (NodeError, StoreUnavailableError, LookupError) as error:
            logger.warning("outcomes wait for the next start: %s", error)

    def _count(self, rejections: Counter[str]) -> None:
        self._rooms.metrics.count_rejections(rejections)
        self._rooms.journal.add_rejections(self._rooms.instance.key, rejections)

    def _offer(
        self,
        found: Opportunity | Financed,
        reason: Reason,
        passed_over: Mapping[str, PassedOver] = NONE_PASSED_OVER,
    ) -> None:
        """Offer the journal a row for an opportunity that was worth its gas and not taken."""
        self._left.append((found, reason, passed_over))
        if len(self._left) == 1:
            self._begin_task(self._write_left())

    async def _write_left(self) -> None:
        """One row a turn: those of large baskets take long to write."""
        while self._left:
            await asyncio.sleep(0)
            found, reason, passed_over = self._left[0]
            name, instance = self._rooms.submitter.identify(found), self._rooms.instance.key
            row = opportunity_row(name, instance, found, reason, passed_over)
            self._rooms.journal.offer_opportunity(row)
            self._left.popleft()
