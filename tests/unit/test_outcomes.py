"""What a receipt proves: a ledger of transfers, whatever else its logs hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keeper.chain import Address
from keeper.execution.intent import Intent, IntentState
from keeper.execution.outcomes import TRANSFER_TOPIC, Prices, balance_change, dropped, outcome_of
from keeper.node import Log, Receipt

TOKEN, OTHER, NATIVE = (Address(bytes([n]) * 20) for n in (0x70, 0x71, 0x72))
PARTIES = tuple(Address(bytes([n]) * 20) for n in range(1, 5))
PARTY = st.sampled_from(PARTIES)
TRANSFERS = st.tuples(PARTY, PARTY, st.integers(0, 2**256 - 1))
WORD = st.binary(min_size=32, max_size=32)


def word(holder: Address) -> bytes:
    return bytes(12) + holder


def log_of(topics: tuple[bytes, ...], data: bytes, token: Address = TOKEN) -> Log:
    return Log(token, topics, data, 1, bytes(32), 0, 0, bytes(32), removed=False)


def transfer(source: Address, target: Address, amount: int, token: Address = TOKEN) -> Log:
    topics = (TRANSFER_TOPIC, word(source), word(target))
    return log_of(topics, amount.to_bytes(32), token)


NO_TRANSFERS = st.one_of(
    st.builds(transfer, PARTY, PARTY, st.integers(0, 2**256 - 1), st.just(OTHER)),
    st.builds(log_of, st.tuples(WORD.filter(lambda w: w != TRANSFER_TOPIC), WORD, WORD), WORD),
    # an ERC-721 transfer, an anonymous log, and data of another length
    st.builds(log_of, st.tuples(st.just(TRANSFER_TOPIC), WORD, WORD, WORD), st.binary(max_size=64)),
    st.builds(log_of, st.lists(WORD, max_size=2).map(tuple), st.binary(max_size=64)),
    st.builds(
        log_of,
        st.tuples(st.just(TRANSFER_TOPIC), PARTY.map(word), PARTY.map(word)),
        st.binary(max_size=64).filter(lambda data: len(data) != 32),
    ),
)


@given(transfers=st.lists(TRANSFERS, max_size=8), noise=st.lists(NO_TRANSFERS), data=st.data())
def test_balance_change__is_the_ledgers(
    transfers: list[tuple[Address, Address, int]], noise: list[Log], data: st.DataObject
) -> None:
    ledger = dict.fromkeys(PARTIES, 0)
    for source, target, amount in transfers:
        ledger[source] -= amount
        ledger[target] += amount
    logs = data.draw(st.permutations([*(transfer(*entry) for entry in transfers), *noise]))
    changes = {holder: balance_change(tuple(logs), TOKEN, holder) for holder in PARTIES}
    assert changes == ledger
    assert sum(changes.values()) == 0


def test_prices__keep_the_last_value_and_name_the_token_they_lack() -> None:
    prices = Prices()
    prices.update({TOKEN: 2.0})
    prices.update({OTHER: 0.5})
    prices.update({TOKEN: 3.0})
    assert prices.usd(TOKEN, 10) == 30
    assert prices.usd(OTHER, -10) == -5
    with pytest.raises(LookupError, match=NATIVE.hex()):
        prices.usd(NATIVE, 1)


INTENT = Intent(
    id=UUID(int=1),
    opportunity_id=UUID(int=2),
    chain_instance="137:ab:live",
    sender=PARTIES[0],
    executor=PARTIES[1],
    nonce=0,
    tx_hash=b"\x01" * 32,
    raw_transaction=b"",
    detected_at=datetime.now(UTC) - timedelta(seconds=2),
    block_number=9,
    block_hash=b"\x02" * 32,
    deadline_block=11,
    profit_token=TOKEN,
    predicted_profit_raw=100,
)
RECEIPT = Receipt(
    transaction_hash=INTENT.tx_hash,
    status=1,
    block_number=10,
    block_hash=b"\x03" * 32,
    transaction_index=0,
    sender=INTENT.sender,
    to=INTENT.executor,
    contract_address=None,
    gas_used=200_000,
    effective_gas_price_wei=30 * 10**9,
    logs=(transfer(PARTIES[2], PARTIES[1], 90), transfer(PARTIES[1], PARTIES[2], 7)),
)


def prices() -> Prices:
    made = Prices()
    made.update({TOKEN: 0.5, NATIVE: 1e-18})
    return made


def test_success__states_what_was_earned_not_what_was_predicted() -> None:
    intent = replace(INTENT, detected_at=datetime.now(UTC) - timedelta(seconds=2))
    outcome = outcome_of(intent, RECEIPT, prices(), NATIVE)
    assert outcome.state is IntentState.SUCCEEDED
    assert outcome.actual_profit_raw == 83
    assert outcome.actual_profit_usd == Decimal("41.5")
    assert outcome.gas_cost_wei == 6 * 10**15
    assert float(outcome.gas_cost_usd) == pytest.approx(0.006)
    assert 2_000 <= outcome.execution_time_ms < 60_000


def test_revert__earns_nothing_whatever_its_logs_claim() -> None:
    outcome = outcome_of(INTENT, replace(RECEIPT, status=0), prices(), NATIVE)
    assert outcome.state is IntentState.REVERTED
    assert (outcome.actual_profit_raw, outcome.actual_profit_usd) == (0, 0)
    assert outcome.gas_cost_wei == 6 * 10**15


def test_missing_price__is_no_outcome() -> None:
    for known in (TOKEN, NATIVE):
        half = Prices()
        half.update({known: 1.0})
        with pytest.raises(LookupError):
            outcome_of(INTENT, RECEIPT, half, NATIVE)


def test_clock_that_stepped_back__is_no_negative_duration() -> None:
    future = replace(INTENT, detected_at=datetime.now(UTC) + timedelta(hours=1))
    assert outcome_of(future, RECEIPT, prices(), NATIVE).execution_time_ms == 0
    assert dropped(future, 10, bytes(32)).execution_time_ms == 0


def test_dropped__costs_nothing() -> None:
    outcome = dropped(INTENT, 12, b"\x04" * 32)
    assert outcome.state is IntentState.DROPPED
    assert (outcome.tx_hash, outcome.block_number) == (INTENT.tx_hash, 12)
    assert (outcome.gas_used, outcome.gas_cost_wei, outcome.actual_profit_raw) == (0, 0, 0)
