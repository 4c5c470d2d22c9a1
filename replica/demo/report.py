"""The demo's closing table."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from keeper.chain import Address
from keeper.execution.intent import IntentState
from keeper.journal import ExecutionRow
from replica.manifest import Manifest

LATENCY_STEPS = ("applied", "sized", "exact", "simulated", "committed", "broadcast", "receipt")
QUANTILES = (50, 90, 99)


def net_usd(row: ExecutionRow) -> Decimal:
    """Profit less gas of one execution, in US dollars."""
    if row.outcome is None:
        return Decimal(0)
    return row.outcome.actual_profit_usd - row.outcome.gas_cost_usd


def succeeded(row: ExecutionRow) -> bool:
    """Whether the execution succeeded on chain."""
    return row.outcome is not None and row.outcome.state is IntentState.SUCCEEDED


def venues(rows: Iterable[ExecutionRow]) -> Counter[str]:
    """How many of the executions traded at each protocol."""
    met = ({leg["protocol"] for leg in row.metadata["legs"]} for row in rows)
    return Counter(protocol for protocols in met for protocol in protocols)


def show(
    manifest: Manifest,
    rows: list[ExecutionRow],
    rejections: Counter[str],
    opportunity_count: int,
    console: Console,
) -> None:
    """Print what the run saw, did, earned and how long it took."""
    table = Table(title="AlphaPulse DeFi on the replica", show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    good = [row for row in rows if succeeded(row)]
    reverted = sum(
        row.outcome is not None and row.outcome.state is IntentState.REVERTED for row in rows
    )
    table.add_row("opportunities seen above the threshold", str(opportunity_count))
    for reason, count in rejections.most_common():
        table.add_row(f"  rejected: {reason}", str(count))
    table.add_row("executed", str(len(rows)))
    table.add_row("succeeded", str(len(good)))
    table.add_row("stale reverts", str(reverted))
    table.add_section()
    _add_profit(table, manifest, good)
    table.add_row("net of gas, all executions", f"{sum(map(net_usd, rows), Decimal(0)):.4f} USD")
    table.add_section()
    for protocol, count in venues(good).most_common():
        table.add_row(f"succeeded by way of {protocol}", str(count))
    table.add_section()
    funded = Counter(str(row.metadata["source"]["name"]) for row in good)
    for source, count in funded.most_common():
        table.add_row(f"succeeded on {source}", str(count))
    table.add_section()
    _add_latency(table, rows)
    table.add_row("result rows written", str(sum(row.outcome is not None for row in rows)))
    console.print(table)


def _add_profit(table: Table, manifest: Manifest, good: list[ExecutionRow]) -> None:
    tokens = {token.address: token for token in manifest.tokens}
    predicted: dict[Address, int] = defaultdict(int)
    realised: dict[Address, int] = defaultdict(int)
    for row in good:
        assert row.outcome is not None
        predicted[row.intent.profit_token] += row.intent.predicted_profit_raw
        realised[row.intent.profit_token] += row.outcome.actual_profit_raw
    for address, amount in realised.items():
        token = tokens[address]
        scale = Decimal(10) ** token.decimals
        table.add_row(f"profit in {token.symbol}", f"{amount / scale:.6f}")
        table.add_row("  predicted", f"{predicted[address] / scale:.6f}")
    exact = sum(
        row.outcome is not None and row.outcome.actual_profit_raw == row.intent.predicted_profit_raw
        for row in good
    )
    edges = sorted(_edge_bps(row) for row in good if int(row.metadata["amount_in_raw"]))
    if edges:
        text = " / ".join(f"{_quantile(edges, q):.1f}" for q in QUANTILES)
        table.add_row("edge of the input, bp (p50 / p90 / p99)", text)
    table.add_row("realised exactly as predicted", f"{exact} of {len(good)}")


def _add_latency(table: Table, rows: list[ExecutionRow]) -> None:
    for step in LATENCY_STEPS:
        spans = sorted(
            row.stamps_ns[step] - row.stamps_ns["frame"] for row in rows if step in row.stamps_ns
        )
        if spans:
            text = " / ".join(f"{_quantile(spans, q) / 1e6:.1f}" for q in QUANTILES)
            table.add_row(f"frame to {step}, ms (p50 / p90 / p99)", text)


def _edge_bps(row: ExecutionRow) -> float:
    """Predicted profit per input, in basis points; some baskets need none."""
    return row.intent.predicted_profit_raw / int(row.metadata["amount_in_raw"]) * 1e4


def _quantile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
