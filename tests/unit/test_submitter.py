"""From opportunity to broadcast: durable first, every doubt a reason, no nonce lost."""

import asyncio
from dataclasses import replace

import pytest
from execution_world import GWEI, PREDICTED_RAW, REVERTS, Lab, MemoryStore, unreachable_node

from keeper.execution.financing import Financed, Unfunded
from keeper.execution.intent import Intent, IntentState
from keeper.execution.program import Funding
from keeper.execution.store import Stamps, StoreUnavailableError
from keeper.execution.submitter import (
    GAS_LIMIT_MARGIN_PERCENT,
    Refusal,
    Submission,
)
from keeper.execution.tracker import RESEND_AFTER_BLOCKS
from keeper.gas_table import ETHEREUM
from keeper.node import Node, NodeTimeout, NodeUnavailable
from keeper.strategies.reasons import Reason

STEPS = ["frame", "applied", "sized", "exact", "simulated", "committed", "broadcast"]


async def nothing_happened(lab: Lab) -> bool:
    """No intent, no nonce, and nothing in the node's pool."""
    pending = await lab.node.transaction_count(lab.signer.address, "pending")
    return not lab.store.intents and lab.nonces.next == 0 == pending


async def test_submitted__node_holds_the_very_bytes_of_the_intent(lab: Lab) -> None:
    opportunity = await lab.opportunity()
    financed = lab.submitter.prepare(opportunity, None, {})
    assert isinstance(financed, Financed)
    submission = await lab.submitter.submit(financed)
    assert isinstance(submission, Submission)
    intent = submission.intent
    assert lab.store.intents == {intent.id: intent}
    assert lab.store.broadcast == {intent.id}
    assert intent.state is IntentState.COMMITTED
    assert intent.opportunity_id == lab.submitter.identify(financed)
    assert intent.predicted_profit_raw == PREDICTED_RAW
    assert intent.deadline_block == opportunity.block.number + 2
    assert intent.detected_at.timestamp() * 1e9 == pytest.approx(opportunity.frame_ns)
    seen = await lab.node.transaction(intent.tx_hash)
    assert seen is not None
    assert (seen.nonce, seen.to, seen.sender) == (0, lab.executor, lab.signer.address)
    gas = await lab.node.estimate_gas(lab.executor, seen.data, sender=lab.signer.address)
    # the minimum profit, which comes after the simulation, may have other bytes
    assert seen.gas_limit == pytest.approx(gas * (100 + GAS_LIMIT_MARGIN_PERCENT) / 100, abs=150)
    assert list(submission.stamps) == STEPS
    assert sorted(submission.stamps.values()) == list(submission.stamps.values())
    assert lab.nonces.next == 1


async def test_commit__comes_before_any_broadcast(lab: Lab) -> None:
    pooled_at_commit: list[bool] = []

    class WatchingStore(MemoryStore):
        async def commit(self, financed: Financed, intent: Intent, stamps: Stamps) -> bool:
            done = await super().commit(financed, intent, stamps)
            pooled_at_commit.append(await lab.pooled(intent.tx_hash))
            return done

    lab.store = WatchingStore()
    submission = await lab.submit(await lab.opportunity(), lab.new_submitter(lab.node))
    assert isinstance(submission, Submission)
    assert pooled_at_commit == [False]
    assert await lab.pooled(submission.intent.tx_hash)


async def test_store_unavailable__nothing_is_broadcast(lab: Lab) -> None:
    lab.store.available = False
    refusal = await lab.submit(await lab.opportunity())
    assert refusal == Refusal(Reason.JOURNAL_UNAVAILABLE)
    assert await nothing_happened(lab)


async def test_simulation_reverts__reason(lab: Lab) -> None:
    lab.set_code(REVERTS)
    refusal = await lab.submit(await lab.opportunity())
    assert refusal == Refusal(Reason.SIMULATION_REVERTED)
    assert await nothing_happened(lab)


@pytest.mark.parametrize(
    ("profit_usd", "reason"), [(0.0999, Reason.BELOW_GAS), (0.1051, Reason.BELOW_MIN_PROFIT)]
)
async def test_gas_of_the_simulation__decides_whether_it_still_pays(
    lab: Lab, profit_usd: float, reason: Reason
) -> None:
    opportunity = await lab.opportunity()
    shown = replace(opportunity, profit_usd=profit_usd, gas_cost_usd=0.1)
    financed = lab.submitter.prepare(shown, None, {})
    assert isinstance(financed, Financed)
    data = financed.program
    gas = await lab.node.estimate_gas(lab.executor, data, sender=lab.signer.address)
    without_source = gas - ETHEREUM.sources[Funding.FLASH_SWAP.value]
    shown = replace(shown, gas_estimate=without_source, gas_cost_usd=0.1 * without_source / gas)
    assert await lab.submit(shown) == Refusal(reason)
    assert await nothing_happened(lab)


async def test_node_gone__reason(lab: Lab) -> None:
    async with unreachable_node() as gone:
        refusal = await lab.submit(await lab.opportunity(), lab.new_submitter(gone))
    assert refusal == Refusal(Reason.NODE_UNAVAILABLE)
    assert await nothing_happened(lab)


async def test_already_intended__reason_and_the_nonce_goes_to_the_next(lab: Lab) -> None:
    opportunity = await lab.opportunity()
    assert isinstance(await lab.submit(opportunity), Submission)
    assert await lab.submit(opportunity) == Refusal(Reason.ALREADY_INTENDED)
    assert lab.nonces.next == 1
    following = await lab.submit(await lab.opportunity(1))
    assert isinstance(following, Submission)
    assert following.intent.nonce == 1
    assert await lab.node.transaction_count(lab.signer.address, "pending") == 2


class DeafNode(Node):
    """A node whose answer to a broadcast never arrives; `takes` tells whether it got the bytes."""

    takes = True

    async def send_raw_transaction(self, raw: bytes) -> bytes:
        if self.takes:
            await super().send_raw_transaction(raw)
            raise NodeTimeout("no answer")
        raise NodeUnavailable("connection refused")


@pytest.mark.parametrize("takes", [True, False])
async def test_broadcast_in_doubt__intent_is_followed_to_its_end(lab: Lab, takes: bool) -> None:
    async with await DeafNode.connect(lab.anvil.url, expected_chain_id=137) as node:
        node.takes = takes
        submission = await lab.submit(await lab.opportunity(), lab.new_submitter(node))
    assert isinstance(submission, Submission)
    assert lab.nonces.next == 1
    assert "broadcast" not in submission.stamps
    assert not lab.store.broadcast
    lab.tracker.follow(submission.intent, submission.stamps, (await lab.head()).number)
    assert await lab.pooled(submission.intent.tx_hash) is takes
    if not takes:
        lab.mine(RESEND_AFTER_BLOCKS)
        assert await lab.settle() == []
    lab.mine()
    (settlement,) = await lab.settle()
    assert settlement.outcome.state is IntentState.SUCCEEDED
    assert settlement.outcome.tx_hash == submission.intent.tx_hash


async def test_broadcast_not_noted__intent_is_followed_all_the_same(lab: Lab) -> None:
    class ForgetfulStore(MemoryStore):
        async def mark_broadcast(self, *_: object) -> None:
            raise StoreUnavailableError("the store went away")

    lab.store = ForgetfulStore()
    submission = await lab.submit(await lab.opportunity(), lab.new_submitter(lab.node))
    assert isinstance(submission, Submission)
    assert await lab.pooled(submission.intent.tx_hash)
    assert lab.nonces.next == 1


async def test_refused_by_the_node__nonce_is_spent_for_the_bytes_are_durable(lab: Lab) -> None:
    lab.anvil.rpc("anvil_setBalance", [lab.signer.address, "0x0"])
    submission = await lab.submit(await lab.opportunity())
    assert isinstance(submission, Submission)
    assert lab.nonces.next == 1
    assert not await lab.pooled(submission.intent.tx_hash)


async def test_many_at_once__nonces_follow_one_another_and_all_are_mined(lab: Lab) -> None:
    wanted = [await lab.opportunity(number) for number in range(6)]
    done = await asyncio.gather(*map(lab.submit, wanted))
    submissions = [entry for entry in done if isinstance(entry, Submission)]
    assert sorted(entry.intent.nonce for entry in submissions) == list(range(6))
    for entry in submissions:
        lab.tracker.follow(entry.intent, entry.stamps, 0)
    lab.mine()
    assert len(await lab.settle()) == 6


async def test_unencodable__reason_and_no_trace(lab: Lab) -> None:
    opportunity = await lab.opportunity()
    first, second = opportunity.legs
    wrong_way = replace(first, zero_for_one=not first.zero_for_one)
    broken = replace(opportunity, legs=(wrong_way, second))
    assert lab.submitter.prepare(broken, None, {}) == Unfunded(Reason.NOT_ENCODABLE, {})
    assert await nothing_happened(lab)


async def test_identity__is_the_same_whatever_its_simulation_said(lab: Lab) -> None:
    opportunity = await lab.opportunity()
    financed = lab.submitter.prepare(opportunity, None, {})
    assert isinstance(financed, Financed)
    submission = await lab.submitter.submit(financed)
    assert isinstance(submission, Submission)
    seen = await lab.node.transaction(submission.intent.tx_hash)
    assert seen is not None
    assert seen.data != financed.program
    assert submission.intent.opportunity_id == lab.submitter.identify(financed)
    assert await lab.submitter.submit(financed) == Refusal(Reason.ALREADY_INTENDED)


async def test_program__reverts_rather_than_lose_on_gas(lab: Lab) -> None:
    opportunity = await lab.opportunity(profit_usd=5.0, gas_cost_usd=0.5)
    base = opportunity.block.base_fee_wei
    rise = (base * 1.5 + 30 * GWEI) / (base + 30 * GWEI)
    least = lab.submitter._min_profit_raw(opportunity)
    assert least == pytest.approx(PREDICTED_RAW / 10 * rise)
    costly = await lab.opportunity(profit_usd=1.0, gas_cost_usd=3.0)
    assert lab.submitter._min_profit_raw(costly) == PREDICTED_RAW
    fees = lab.submitter._fees(opportunity)
    assert fees.tip_wei == 30 * GWEI
    assert fees.max_fee_wei == opportunity.block.base_fee_wei * 150 // 100 + 30 * GWEI


async def test_sent__demands_what_pays_the_gas_that_the_simulation_took(lab: Lab) -> None:
    opportunity = await lab.opportunity(profit_usd=5.0, gas_estimate=1_000)
    submission = await lab.submit(opportunity)
    assert isinstance(submission, Submission)
    seen = await lab.node.transaction(submission.intent.tx_hash)
    assert seen is not None
    gas = seen.gas_limit * 100 / (100 + GAS_LIMIT_MARGIN_PERCENT)
    units = 1_000 + ETHEREUM.sources[Funding.FLASH_SWAP.value]
    cost = opportunity.gas_cost_usd * units / 1_000 * gas / units
    wanted = lab.submitter._min_profit_raw(replace(opportunity, gas_cost_usd=cost))
    said = int.from_bytes(seen.data[12:15]) << seen.data[15]
    assert said == pytest.approx(wanted, rel=1e-3)
    assert wanted > 10 * lab.submitter._min_profit_raw(opportunity)


async def test_nodes_that_hold_another_block__nothing_is_sent(lab: Lab) -> None:
    decided = await lab.opportunity(1)
    other = replace(decided, block=replace(decided.block, hash=b"\x99" * 32))
    async with await Node.connect(lab.anvil.url, lab.anvil.url, expected_chain_id=137) as nodes:
        assert await lab.submit(other, lab.new_submitter(nodes)) == Refusal(Reason.NODE_UNAVAILABLE)
        assert await nothing_happened(lab)
        assert isinstance(await lab.submit(decided, lab.new_submitter(nodes)), Submission)
