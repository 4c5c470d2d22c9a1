"""Command line of the replica: `python -m replica build` and `python -m replica serve`."""

import signal
import threading
import time

import click

from replica.build import build as build_state
from replica.launch import DEFAULT_BASE_FEE_WEI, launch


@click.group(help=__doc__)
def cli() -> None:
    """Group of the commands below."""


@cli.command()
def build() -> None:
    """Build the replica into the cache, or find it there."""
    started = time.perf_counter()
    built = build_state()
    manifest = built.manifest
    click.echo(
        f"{len(manifest.contracts)} contracts and {len(manifest.pools)} pools "
        f"in {time.perf_counter() - started:.1f} s: {built.state_path}"
    )


@cli.command()
@click.option("--port", default=8545, show_default=True, help="Port on 127.0.0.1; 0 takes any.")
@click.option("--block-time", type=float, help="Seconds between blocks; without it, automine.")
@click.option("--base-fee-gwei", default=DEFAULT_BASE_FEE_WEI // 10**9, show_default=True)
def serve(port: int, block_time: float | None, base_fee_gwei: int) -> None:
    """Run a replica until interrupted."""
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    with launch(port, block_time_s=block_time, base_fee_wei=base_fee_gwei * 10**9) as replica:
        click.echo(f"replica of Polygon (real bytecode, partly real state) at {replica.url}")
        interrupted.wait()


if __name__ == "__main__":
    cli(prog_name="python -m replica")
