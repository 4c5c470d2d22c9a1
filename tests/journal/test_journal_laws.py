"""Laws under any sequence of calls with repeats: the journal equals a model that counts once."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import ClassVar
from uuid import uuid4

import journal_samples as samples
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from keeper.execution.intent import Intent, IntentState, Outcome
from keeper.journal import Journal, JournalError, OpportunityRow

Pair = tuple[OpportunityRow, Intent]
ENDS = st.sampled_from([IntentState.SUCCEEDED, IntentState.REVERTED, IntentState.DROPPED])
RAW = st.integers(min_value=-(2**256) + 1, max_value=2**256 - 1)


class JournalMachine(RuleBasedStateMachine):
    """Each example is a chain instance of its own in one database."""

    journal: ClassVar[Journal]
    runner: ClassVar[asyncio.Runner]
    pairs = Bundle("pairs")

    @initialize()
    def begin(self) -> None:
        self.chain = f"137:{uuid4().hex}:law"
        self.intents: dict[object, Intent] = {}
        self.outcomes: dict[object, Outcome] = {}
        self.offered: set[object] = set()
        self.rejected: Counter[str] = Counter()

    @rule(target=pairs, raw=RAW)
    def decide(self, raw: int) -> Pair:
        row = samples.opportunity(chain_instance=self.chain, profit_raw=raw)
        return row, samples.intent(row, nonce=len(self.intents))

    @rule(pair=pairs)
    def commit(self, pair: Pair) -> None:
        row, intent = pair
        fresh = self.runner.run(self.journal.commit_intent(row, intent, {"frame": 1}))
        assert fresh == (intent.id not in self.intents)
        self.intents.setdefault(intent.id, intent)
        self.offered.add(row.id)

    @rule(pair=pairs)
    def rerun(self, pair: Pair) -> None:
        """Another process decides the same and signs anew: only one of the two is kept."""
        row, intent = pair
        other = replace(intent, id=uuid4(), tx_hash=uuid4().bytes * 2)
        fresh = self.runner.run(self.journal.commit_intent(row, other, {}))
        assert fresh == (row.id not in {i.opportunity_id for i in self.intents.values()})
        if fresh:
            self.intents[other.id] = other
            self.intents.setdefault(intent.id, other)
            self.offered.add(row.id)

    @rule(pair=pairs)
    def broadcast(self, pair: Pair) -> None:
        intent = self.intents.get(pair[1].id)
        if intent is None:
            with pytest.raises(JournalError, match="no intent"):
                self.runner.run(self.journal.mark_broadcast(pair[1].id))
            return
        self.runner.run(self.journal.mark_broadcast(intent.id))
        if intent.state is IntentState.COMMITTED:
            self._move(intent, IntentState.BROADCAST)

    @rule(pair=pairs, state=ENDS, gained=RAW)
    def end(self, pair: Pair, state: IntentState, gained: int) -> None:
        intent = self.intents.get(pair[1].id)
        if intent is None:
            return
        outcome = samples.outcome(intent, state, actual_profit_raw=gained)
        if intent.id in self.outcomes:
            with pytest.raises(JournalError, match="already ended differently"):
                self.runner.run(self.journal.record_outcome(replace(outcome, block_number=1)))
            return
        assert self.runner.run(self.journal.record_outcome(outcome))
        self.outcomes[intent.id] = outcome
        self._move(intent, state)

    @rule(pair=pairs)
    def end_again(self, pair: Pair) -> None:
        intent = self.intents.get(pair[1].id)
        if intent is not None and intent.id in self.outcomes:
            outcome = self.outcomes[intent.id]
            assert not self.runner.run(self.journal.record_outcome(outcome))

    @rule(pair=pairs)
    def offer(self, pair: Pair) -> None:
        self.journal.offer_opportunity(pair[0])
        self.offered.add(pair[0].id)

    @rule(reason=st.sampled_from(["stale", "below_threshold"]), number=st.integers(1, 2**40))
    def reject(self, reason: str, number: int) -> None:
        self.journal.add_rejections(self.chain, Counter({reason: number}))
        self.rejected[reason] += number

    @invariant()
    def journal_equals_model(self) -> None:
        if hasattr(self, "chain"):
            self.runner.run(self._compare())

    async def _compare(self) -> None:
        await self.journal.flush()
        rows = {row.intent.id: row for row in await self.journal.execution_rows(self.chain)}
        unique = {intent.id: intent for intent in self.intents.values()}
        assert {key: row.intent for key, row in rows.items()} == unique
        assert {k: r.outcome for k, r in rows.items() if r.outcome is not None} == self.outcomes
        still_open = [i for i in unique.values() if i.id not in self.outcomes]
        unresolved = await self.journal.unresolved(self.chain, samples.SENDER)
        assert sorted(i.id for i in unresolved) == sorted(i.id for i in still_open)
        assert await self.journal.opportunity_count(self.chain) == len(self.offered)
        assert await self.journal.rejections(self.chain) == self.rejected
        assert self.journal.dropped == 0

    def _move(self, intent: Intent, state: IntentState) -> None:
        moved = replace(intent, state=state)
        for key, known in self.intents.items():
            if known.id == intent.id:
                self.intents[key] = moved


def test_journal__equals_its_model_under_any_sequence(database: str) -> None:
    with asyncio.Runner() as runner:
        JournalMachine.runner = runner
        JournalMachine.journal = runner.run(Journal.open(dsn=database, data_dir=samples.RUNS))
        try:
            run_state_machine_as_test(
                JournalMachine,
                settings=settings(
                    max_examples=40,
                    stateful_step_count=25,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(JournalMachine.journal.close())
