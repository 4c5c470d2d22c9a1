"""Unknown is not failed: an intent ends by its receipt, or by another that took its nonce."""

import pytest
from execution_world import GWEI, PREDICTED_RAW, REVERTS, Lab, unreachable_node

from keeper.chain import Address
from keeper.execution.intent import IntentState
from keeper.execution.signing import Fees
from keeper.execution.store import StoreUnavailableError
from keeper.execution.tracker import DROP_AFTER_BLOCKS
from keeper.node import NodeUnavailable

HIGH = Fees(1_000 * GWEI, 900 * GWEI)


async def test_mined__outcome_states_what_the_receipt_proves(lab: Lab) -> None:
    submission = await lab.submitted()
    lab.mine()
    (settlement,) = await lab.settle()
    outcome, intent = settlement.outcome, submission.intent
    receipt = await lab.node.receipt(intent.tx_hash)
    assert receipt is not None
    assert outcome.state is IntentState.SUCCEEDED
    assert (outcome.intent_id, outcome.opportunity_id) == (intent.id, intent.opportunity_id)
    assert (outcome.block_number, outcome.block_hash) == (receipt.block_number, receipt.block_hash)
    assert outcome.actual_profit_raw == PREDICTED_RAW
    assert outcome.actual_profit_usd == pytest.approx(5)
    assert outcome.gas_cost_wei == receipt.gas_used * receipt.effective_gas_price_wei > 0
    assert float(outcome.gas_cost_usd) == pytest.approx(outcome.gas_cost_wei * 0.5e-18)
    assert settlement.stamps["receipt"] > settlement.stamps["broadcast"]
    assert lab.store.outcomes == [outcome]
    assert lab.tracker.in_flight == 0
    assert await lab.settle() == []


async def test_reverted__costs_gas_and_earns_nothing(lab: Lab) -> None:
    await lab.submitted()
    lab.set_code(REVERTS)
    lab.mine()
    (settlement,) = await lab.settle()
    assert settlement.outcome.state is IntentState.REVERTED
    assert settlement.outcome.actual_profit_raw == 0
    assert settlement.outcome.gas_used > 21_000
    assert settlement.outcome.gas_cost_usd > 0


async def test_unmined__stays_unknown_however_long(lab: Lab) -> None:
    await lab.submitted()
    for _ in range(2 * DROP_AFTER_BLOCKS):
        lab.anvil.rpc("anvil_dropAllTransactions")
        lab.mine()
        assert await lab.settle() == []
    assert lab.tracker.in_flight == 1
    assert lab.store.outcomes == []


async def test_replaced__is_dropped_once_its_nonce_stays_consumed(lab: Lab) -> None:
    submission = await lab.submitted()
    replacement = lab.sign(submission.intent.nonce, HIGH)
    await lab.node.send_raw_transaction(replacement.raw)
    assert await lab.settle() == []
    lab.mine()
    for _ in range(DROP_AFTER_BLOCKS):
        assert await lab.settle() == []
        lab.mine()
    (settlement,) = await lab.settle()
    assert settlement.outcome.state is IntentState.DROPPED
    assert settlement.outcome.tx_hash == submission.intent.tx_hash
    assert settlement.outcome.gas_cost_wei == 0
    assert lab.tracker.in_flight == 0


async def test_receipt_that_a_node_shows_late__is_no_drop(lab: Lab) -> None:
    submission = await lab.submitted()
    receipt_of, shown = lab.node.receipt, False

    async def receipt(tx_hash: bytes) -> object:
        return await receipt_of(tx_hash) if shown else None

    lab.node.receipt = receipt  # type: ignore[method-assign, assignment]
    lab.mine()
    assert await lab.settle() == []
    shown = True
    (settlement,) = await lab.settle()
    assert settlement.outcome.state is IntentState.SUCCEEDED
    assert settlement.outcome.tx_hash == submission.intent.tx_hash


async def test_lost_from_the_pool__same_bytes_are_sent_again_after_three_blocks(lab: Lab) -> None:
    tx_hash = (await lab.submitted()).intent.tx_hash
    lab.anvil.rpc("anvil_dropTransaction", [tx_hash])
    assert not await lab.pooled(tx_hash)
    for _ in range(2):
        lab.mine()
        assert await lab.settle() == []
        assert not await lab.pooled(tx_hash)
    lab.mine()
    assert await lab.settle() == []
    assert await lab.pooled(tx_hash)
    lab.mine()
    (settlement,) = await lab.settle()
    assert settlement.outcome.tx_hash == tx_hash
    assert settlement.outcome.state is IntentState.SUCCEEDED


async def test_still_in_the_pool__sending_again_is_harmless(lab: Lab) -> None:
    submission = await lab.submitted()
    lab.tracker.follow(submission.intent, submission.stamps, 0)
    assert await lab.settle() == []
    lab.mine()
    assert len(await lab.settle()) == 1
    assert await lab.node.transaction_count(lab.signer.address) == 1


async def test_several__settle_in_the_order_of_their_nonces(lab: Lab) -> None:
    hashes = [(await lab.submitted(number)).intent.tx_hash for number in range(4)]
    lab.mine()
    assert [settlement.outcome.tx_hash for settlement in await lab.settle()] == hashes


@pytest.mark.parametrize("fault", [StoreUnavailableError, NodeUnavailable, LookupError])
async def test_fault__forgets_nothing(lab: Lab, fault: type[Exception]) -> None:
    submission = await lab.submitted()
    lab.mine()
    healthy = dict(vars(lab.tracker))
    async with unreachable_node() as gone:
        if fault is StoreUnavailableError:
            lab.store.available = False
        elif fault is NodeUnavailable:
            lab.tracker._node = gone
        else:
            lab.tracker._wrapped_native = Address(b"\x77" * 20)
        with pytest.raises(fault):
            await lab.settle()
    assert lab.tracker.in_flight == 1
    lab.store.available = True
    vars(lab.tracker).update(healthy)
    (settlement,) = await lab.settle()
    assert settlement.outcome.tx_hash == submission.intent.tx_hash
