"""Metrics count what happened, time what began, and can be scraped."""

import socket
import urllib.request
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from keeper.chain import Address
from keeper.execution.intent import IntentState, Outcome
from keeper.observe.metrics import STEPS, Metrics

SECOND = 10**9


def outcome(state: IntentState, profit_usd: str, gas_usd: str) -> Outcome:
    return Outcome(
        intent_id=UUID(int=1),
        opportunity_id=UUID(int=2),
        state=state,
        executed_at=datetime.now(UTC),
        tx_hash=bytes(32),
        block_number=1,
        block_hash=bytes(32),
        profit_token=Address(bytes(20)),
        actual_profit_raw=0,
        actual_profit_usd=Decimal(profit_usd),
        gas_used=0,
        gas_cost_wei=0,
        gas_cost_usd=Decimal(gas_usd),
        execution_time_ms=0,
    )


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"alphapulse_{name}", labels)


def test_outcomes__are_counted_by_state_and_summed_in_usd() -> None:
    metrics = Metrics()
    metrics.observe_outcome(outcome(IntentState.SUCCEEDED, "2.5", "0.25"))
    metrics.observe_outcome(outcome(IntentState.SUCCEEDED, "1.5", "0.25"))
    metrics.observe_outcome(outcome(IntentState.REVERTED, "0", "0.125"))
    assert sample(metrics, "executions_total", state="succeeded") == 2
    assert sample(metrics, "executions_total", state="reverted") == 1
    assert sample(metrics, "profit_usd_total") == 4
    assert sample(metrics, "gas_usd_total") == 0.625


def test_rejections__add_up_by_reason() -> None:
    metrics = Metrics()
    metrics.count_rejections(Counter(no_edge=3, too_old=1))
    metrics.count_rejections(Counter(no_edge=2))
    assert sample(metrics, "rejections_total", reason="no_edge") == 5
    assert sample(metrics, "rejections_total", reason="too_old") == 1


def test_steps__are_timed_from_the_last_frame() -> None:
    metrics = Metrics()
    stamps = {step: (n + 1) * SECOND for n, step in enumerate(STEPS)}
    metrics.observe_stamps({"frame": 0} | stamps)
    sums = [sample(metrics, "step_seconds_sum", step=step) for step in STEPS]
    assert sums == [pytest.approx(n + 1) for n in range(len(STEPS))]


def test_steps_not_reached__are_not_timed() -> None:
    metrics = Metrics()
    metrics.observe_stamps({"frame": 5 * SECOND, "applied": 4 * SECOND})
    assert sample(metrics, "step_seconds_sum", step="applied") == 0  # a clock that stepped back
    assert sample(metrics, "step_seconds_count", step="receipt") is None


def test_decision_from_before_a_restart__is_not_timed() -> None:
    metrics = Metrics()
    metrics.observe_stamps({"receipt": SECOND})
    assert sample(metrics, "step_seconds_count", step="receipt") is None


def test_keepers_in_one_process__count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.gaps.inc()
    assert sample(one, "relay_gaps_total") == 1
    assert sample(two, "relay_gaps_total") == 0


def test_scrape__shows_what_was_set() -> None:
    metrics = Metrics()
    metrics.head.set(1234)
    metrics.in_flight.set(2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    metrics.serve("127.0.0.1", port)
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    assert "alphapulse_head_block 1234.0" in text
    assert "alphapulse_in_flight 2.0" in text
