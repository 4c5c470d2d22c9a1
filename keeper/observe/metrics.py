"""What Prometheus scrapes: counts by reason and state, latencies by step, and freshness."""

from collections import Counter as Tally
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from keeper.execution.intent import Outcome

STEPS = ("applied", "sized", "exact", "simulated", "committed", "broadcast", "receipt")
"""Steps of one decision in their order; each is timed from the arrival of its last frame."""

_LATENCY_BUCKETS_S = (
    *(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
_NANOSECONDS = 1e9


class Metrics:
    """The keeper's counters, gauges and histograms in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.opportunities = self._counter("opportunities", "Opportunities by strategy", "strategy")
        self.rejections = self._counter("rejections", "Candidates not taken by reason", "reason")
        self.executions = self._counter("executions", "Outcomes by final state", "state")
        self.messages = self._counter("relay_messages", "Relay messages applied")
        self.gaps = self._counter("relay_gaps", "Times the relay's sequence broke")
        self.profit_usd = self._counter("profit_usd", "Profit of successes in USD, before gas")
        self.gas_usd = self._counter("gas_usd", "Gas paid in USD")
        self.head = Gauge(
            "alphapulse_head_block", "Last whole block applied", registry=self.registry
        )
        self.decided = Gauge(
            "alphapulse_decided_block",
            "Last whole block that every strategy has answered",
            registry=self.registry,
        )
        # after `decided`: a scrape reads in this order, so what that block began is counted here
        self.under_way = Gauge(
            "alphapulse_under_way",
            "Opportunities between their decision and their outcome or refusal",
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "alphapulse_in_flight", "Intents without an outcome", registry=self.registry
        )
        self.latency = Histogram(
            "alphapulse_step_seconds",
            "Seconds from the block's last frame to the end of a step",
            ["step"],
            buckets=_LATENCY_BUCKETS_S,
            registry=self.registry,
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"alphapulse_{name}", text, labels, registry=self.registry)

    def serve(self, host: str, port: int) -> None:
        """Open the scrape endpoint in a thread of its own."""
        start_http_server(port, addr=host, registry=self.registry)

    def count_rejections(self, reasons: Tally[str]) -> None:
        """Add candidates that were not taken."""
        for reason, count in reasons.items():
            self.rejections.labels(reason).inc(count)

    def observe_stamps(self, stamps: Mapping[str, int]) -> None:
        """Time each step that a decision reached; one from before a restart has no start."""
        start = stamps.get("frame")
        for step in STEPS:
            if start is not None and step in stamps:
                self.latency.labels(step).observe(max(0, stamps[step] - start) / _NANOSECONDS)

    def observe_outcome(self, outcome: Outcome) -> None:
        """Count an outcome and what it earned and cost."""
        self.executions.labels(outcome.state.value).inc()
        self.profit_usd.inc(max(0.0, float(outcome.actual_profit_usd)))
        self.gas_usd.inc(float(outcome.gas_cost_usd))
