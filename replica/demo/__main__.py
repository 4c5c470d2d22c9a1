"""`make demo`: run everything, then hold each row against the chain."""

import asyncio
import os
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from keeper.chain import ChainInstance
from keeper.journal import ExecutionRow, Journal
from keeper.node import Node
from replica import launch
from replica.demo.audit import audit
from replica.demo.report import net_usd, show, succeeded
from replica.demo.stack import KEEPER_ADDRESS, Stack
from replica.demo.traders import Traders
from replica.launch import DEFAULT_BASE_FEE_WEI
from replica.paths import ROOT
from replica.producer import BlockProducer

WORK_DIR = ROOT / ".run" / "demo"
BLOCK_INTERVAL_S = 1.5
MIN_NET_PROFITABLE = 10
TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Findings:
    """What the journal holds after the run."""

    rows: list[ExecutionRow]
    rejections: Counter[str]
    opportunity_count: int


def main() -> int:
    """Run the demo; the exit code says whether every row agrees and enough was earned."""
    seconds = float(os.environ.get("DEMO_SECONDS", "45"))
    seed = int(os.environ.get("DEMO_SEED", "1"))
    console = Console(width=100)
    shutil.rmtree(WORK_DIR, ignore_errors=True)
    console.print(f"replica, relay, collector, journal and keeper; {seconds:g} s, seed {seed}")
    with launch() as replica:
        stack = Stack(replica, WORK_DIR)
        traders = Traders(replica, seed)
        try:
            traders.approve()
            stack.deploy()
            first_block = int(replica.rpc("eth_blockNumber"), 16) + 1
            replica.rpc("evm_setAutomine", [False])
            producer = BlockProducer(replica.url, BLOCK_INTERVAL_S, DEFAULT_BASE_FEE_WEI)
            stack.start_all()
            traders.start()
            _trade(stack, traders, seconds)
            stack.stop("run")
            traders.stop()
            producer.stop()
            stack.close()
            findings = asyncio.run(_read(stack.journal_dir, replica.url))
            result = audit(replica, findings.rows, KEEPER_ADDRESS, first_block)
        finally:
            stack.close()
        show(
            replica.manifest,
            findings.rows,
            findings.rejections,
            findings.opportunity_count,
            console,
        )
    for mismatch in result.mismatches:
        console.print(f"[red]mismatch[/red] {mismatch}")
    profitable = sum(succeeded(row) and net_usd(row) > 0 for row in findings.rows)
    console.print(
        f"{result.checked} rows checked against the chain, {len(result.mismatches)} mismatches, "
        f"{profitable} executions net-profitable"
    )
    return int(bool(result.mismatches) or profitable < MIN_NET_PROFITABLE)


def _trade(stack: Stack, traders: Traders, seconds: float) -> None:
    """Show progress until the time is up; a daemon that dies ends the demo."""
    end = time.monotonic() + seconds
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("trading", total=None)
        while time.monotonic() < end:
            time.sleep(TICK_S)
            stack.check()
            head = int(stack.replica.rpc("eth_blockNumber"), 16)
            sent = int(
                stack.replica.rpc(
                    "eth_getTransactionCount", ["0x" + KEEPER_ADDRESS.hex(), "latest"]
                ),
                16,
            )
            text = f"block {head}, {traders.sent} trades by others, {sent} executions mined"
            progress.update(task, description=text)


async def _read(journal_dir: Path, node_url: str) -> Findings:
    async with await Node.connect(node_url, expected_chain_id=137) as node:
        instance: ChainInstance = await node.chain_instance()
    journal = await Journal.open(dsn=None, data_dir=journal_dir)
    try:
        return Findings(
            await journal.execution_rows(instance.key),
            await journal.rejections(instance.key),
            await journal.opportunity_count(instance.key),
        )
    finally:
        await journal.close()


if __name__ == "__main__":
    sys.exit(main())
