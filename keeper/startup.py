"""Opens every room of the keeper, refuses what does not fit together, and closes them again."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from eth_utils.crypto import keccak

from keeper import memory
from keeper.agent import Agent, Rooms
from keeper.chain import Address, ChainInstance
from keeper.config import Config, ConfigError, TuningSettings
from keeper.deployment import Deployment, DeploymentError, load_deployment
from keeper.execution.directory import Directory, DirectoryError
from keeper.execution.funds import Funds
from keeper.execution.nonces import NonceOwner
from keeper.execution.outcomes import Prices
from keeper.execution.program_table import (
    BALANCER_VAULT,
    MORPHO_BLUE,
    POOL_MANAGER,
    PROGRAM_VERSION,
)
from keeper.execution.signing import Signer
from keeper.execution.submitter import SubmissionPolicy, Submitter
from keeper.execution.tracker import Tracker
from keeper.journal import Journal
from keeper.journal.store import JournalStore
from keeper.keys import check_key_belongs, load_key
from keeper.market.flash_sources import Lenders
from keeper.market.state import Market
from keeper.node import Node
from keeper.observe.metrics import Metrics
from keeper.relay.client import RelayClient
from keeper.relay.native_price import NativePrice
from keeper.risk.limits import Limits
from keeper.risk.prices import PriceCheck
from keeper.strategies import registry
from keeper.strategies.base import Strategy, StrategySettings
from keeper.strategies.warm import warm
from keeper.turns import share_interpreter

logger = logging.getLogger(__name__)

PROGRAM_VERSION_CALL = bytes.fromhex("68af7b4f")
"""First four bytes of keccak256("programVersion()")."""


async def run_agent(config: Config, stop: asyncio.Event) -> None:
    """Run the keeper until `stop` is set."""
    warming = asyncio.get_running_loop().run_in_executor(None, warm)
    async with open_rooms(config) as rooms:
        _serve_metrics(config, rooms.metrics)
        await warming  # a kernel that is loaded when it is first called holds the loop
        logger.info("trading on chain instance %s", rooms.instance.key)
        memory.settle()
        share_interpreter()
        await Agent(rooms).run(stop)


def _serve_metrics(config: Config, metrics: Metrics) -> None:
    host, port = config.metrics.host, config.metrics.port
    try:
        if port:
            metrics.serve(host, port)
    except OSError as error:
        raise ConfigError(
            f"metrics cannot be served at {host}:{port} ({error.strerror}): change metrics.port, "
            "or set it to 0"
        ) from None


@asynccontextmanager
async def open_rooms(config: Config) -> AsyncIterator[Rooms]:
    """Open and check everything; whatever does not fit raises before anything is traded."""
    strategies = create_strategies(config)
    deployment = load_deployment(config.execution.deployment)
    account = load_key(config.execution.key_file, config.execution.passphrase_file)
    signer = Signer(account, config.node.chain_id)
    node = await Node.connect(
        *config.node.urls,
        expected_chain_id=config.node.chain_id,
        timeout_s=config.node.timeout_s,
        policy=config.node.policy,
    )
    async with node:
        instance = await node.chain_instance()
        check_key_belongs(signer.address, instance)
        directory = await check_executor(node, deployment, instance)
        journal = await Journal.open(dsn=config.journal.dsn, data_dir=config.journal.data_dir)
        try:
            yield await _furnish(
                config,
                node,
                journal,
                signer=signer,
                deployment=deployment,
                directory=directory,
                strategies=strategies,
            )
        finally:
            await journal.close()


async def check_executor(node: Node, deployment: Deployment, instance: ChainInstance) -> Directory:
    """The executor's directory; refuses one that is not recorded, or reads another format."""
    deployment.check_instance(instance)
    code = await node.code(deployment.address)
    if keccak(code) != deployment.code_hash:
        raise DeploymentError(
            f"the code at 0x{deployment.address.hex()} is not the recorded executor's: deploy again"
        )
    version = await node.call(deployment.address, PROGRAM_VERSION_CALL)
    if version != PROGRAM_VERSION:
        raise DeploymentError(
            f"the executor at 0x{deployment.address.hex()} reads another program format: "
            "deploy the executor of this version"
        )
    try:
        return Directory.read(code)
    except DirectoryError as error:
        raise DeploymentError(f"0x{deployment.address.hex()}: {error}: deploy again") from None


def create_strategies(config: Config) -> tuple[Strategy, ...]:
    """The strategies that the settings name, each tuned; `ConfigError` for an unknown one."""
    unused = config.tuning.keys() - set(config.strategies)
    if unused:
        raise ConfigError(f"tuning.{min(unused)}: `strategies` does not name it")
    common = StrategySettings(
        profit_tokens=config.market.profit_tokens,
        min_net_profit_usd=config.limits.min_net_profit_usd,
        max_trade_usd=config.limits.max_trade_usd,
    )
    try:
        return tuple(
            strategy
            for name in config.strategies
            for strategy in registry.create([name], _tuned(common, config.tuning.get(name)))
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _tuned(common: StrategySettings, tuning: TuningSettings | None) -> StrategySettings:
    return replace(common, **tuning.model_dump(exclude_none=True)) if tuning else common


async def _furnish(
    config: Config,
    node: Node,
    journal: Journal,
    *,
    signer: Signer,
    deployment: Deployment,
    directory: Directory,
    strategies: tuple[Strategy, ...],
) -> Rooms:
    prices, store, instance = Prices(), JournalStore(journal), deployment.instance
    await journal.acquire_nonce_lock(instance.key, signer.address)
    tracker = Tracker(node, store, prices, config.market.wrapped_native)
    nonces = await _recover(node, journal, tracker, instance, signer.address)
    submitter = Submitter(
        node=node,
        store=store,
        signer=signer,
        nonces=nonces,
        instance=instance,
        policy=_policy(config, deployment.address, directory),
    )
    market = Market(config.market.usd_tokens)
    watched = config.relay.market_data
    native_price = None if watched is None else NativePrice(watched)
    native = config.market.wrapped_native
    return Rooms(
        node=node,
        client=RelayClient(config.relay.consumer, intake=market),
        market=market,
        strategies=strategies,
        limits=_limits(config),
        funds=Funds(
            node,
            lenders_of(deployment),
            deployment.address,
            config.market.profit_tokens,
            config.market.tokens,
        ),
        submitter=submitter,
        tracker=tracker,
        journal=journal,
        prices=prices,
        price_check=PriceCheck(
            config.market.profit_tokens, native, *([native_price.usd] if native_price else [])
        ),
        native_price=native_price,
        metrics=Metrics(),
        instance=instance,
        wrapped_native=native,
        tip_wei=config.execution.tip_wei,
    )


def lenders_of(deployment: Deployment) -> Lenders:
    """The lenders that the executor can borrow from."""
    return Lenders(
        uniswap_v4=Address(POOL_MANAGER),
        morpho=Address(MORPHO_BLUE),
        balancer_vault=Address(BALANCER_VAULT),
        aave_pool=deployment.arguments.aave_pool,
    )


async def _recover(
    node: Node, journal: Journal, tracker: Tracker, instance: ChainInstance, sender: Address
) -> NonceOwner:
    """Follow every intent without an outcome again; their nonces are taken, mined or not."""
    unresolved = await journal.unresolved(instance.key, sender)
    for intent in unresolved:
        tracker.follow(intent, {}, block_number=0)
    if unresolved:
        logger.info("recovering %d intents without an outcome", len(unresolved))
    nonces = NonceOwner(await node.transaction_count(sender, "latest"))
    nonces.catch_up(max((intent.nonce + 1 for intent in unresolved), default=0))
    return nonces


def _policy(config: Config, executor: Address, directory: Directory) -> SubmissionPolicy:
    return SubmissionPolicy(
        executor=executor,
        tip_wei=config.execution.tip_wei,
        base_fee_headroom_percent=config.execution.base_fee_headroom_percent,
        deadline_blocks=config.execution.deadline_blocks,
        min_net_profit_usd=config.limits.min_net_profit_usd,
        directory=directory,
    )


def _limits(config: Config) -> Limits:
    limits = config.limits
    return Limits(
        min_net_profit_usd=limits.min_net_profit_usd,
        max_trade_usd=limits.max_trade_usd,
        max_gas_price_wei=limits.max_gas_price_wei,
        max_in_flight=limits.max_in_flight,
        max_consecutive_reverts=limits.max_consecutive_reverts,
        max_age_ms=limits.max_age_ms,
    )
