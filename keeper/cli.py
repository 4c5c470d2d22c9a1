"""The command line: one command per daemon, one line per fault."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import click

from keeper.config import Config, ConfigError, load_config
from keeper.daemons import run_collector, run_relay
from keeper.deployment import DeploymentError
from keeper.journal import JournalError
from keeper.keys import KeyFileError
from keeper.node import NodeError
from keeper.relay.sockets import SocketError
from keeper.startup import create_strategies, run_agent

Daemon = Callable[[Config, asyncio.Event], Awaitable[None]]

_KNOWN_FAULTS = (ConfigError, DeploymentError, JournalError, KeyFileError, NodeError, SocketError)


@click.group()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("alphapulse.toml"),
    envvar="ALPHAPULSE_CONFIG",
    show_default=True,
    help="The settings file (TOML).",
)
@click.pass_context
def main(context: click.Context, config_path: Path) -> None:
    """AlphaPulse DeFi: atomic arbitrage on Polygon."""
    context.obj = config_path


@main.command()
@click.pass_obj
def check(config_path: Path) -> None:
    """Check the settings file and say what is wrong with it."""
    try:
        create_strategies(_load(config_path))
    except ConfigError as error:
        _fail(error)
    click.echo(f"{config_path}: settings are valid")


@main.command()
@click.pass_obj
def relay(config_path: Path) -> None:
    """Serve the relay: collectors write to one socket, keepers read from the other."""
    _run(config_path, run_relay)


@main.command()
@click.pass_obj
def collect(config_path: Path) -> None:
    """Follow a node and turn its logs into relay messages."""
    _run(config_path, run_collector)


@main.command()
@click.pass_obj
def run(config_path: Path) -> None:
    """Run the keeper: find, execute and record opportunities until SIGTERM."""
    _run(config_path, run_agent)


def _load(config_path: Path) -> Config:
    try:
        return load_config(config_path)
    except ConfigError as error:
        _fail(error)


def _run(config_path: Path, daemon: Daemon) -> None:
    config = _load(config_path)
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        asyncio.run(_until_signal(config, daemon))
    except _KNOWN_FAULTS as error:
        _fail(error)


async def _until_signal(config: Config, daemon: Daemon) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await daemon(config, stop)


def _fail(error: Exception) -> NoReturn:
    click.echo(f"alphapulse: {error}", err=True)
    raise SystemExit(1)
