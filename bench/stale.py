"""What helps a program that others overtook: `python -m bench.stale`; the last line is JSON.

The demo's seeded traders move the replica, and the keeper's strategies choose on the block's state.
Before their programs are mined comes another block of trades. Each program then runs on that state,
taken back in between: with exact amounts, the same with a check of every pool in front, and, where
all pools are of Uniswap V3, backwards, so that only the output is exact.
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from statistics import median

import click

from bench.gas.early_checks import ReliedState, checked
from keeper.chain import BlockRef, Protocol
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Discovery
from keeper.collector.logs import boundary_of
from keeper.collector.origins import Factory
from keeper.execution.outcomes import balance_change
from keeper.execution.program import Funding, encode_program
from keeper.execution.program_routes import runs_backwards
from keeper.gas_table import ETHEREUM
from keeper.market.state import Market
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.view import MarketView
from keeper.node import Node
from keeper.relay.messages import Origin
from keeper.relay.pool_state import PoolState
from keeper.strategies import registry
from keeper.strategies.base import StrategySettings
from keeper.strategies.gas import gas_quote
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.selection import select
from replica import Replica, launch
from replica.abi import address
from replica.contracts import deploy_executor
from replica.demo.traders import MAX_FEE_WEI, Traders
from replica.rpc import RpcError
from replica.trial import mined_by_hand, taken_back

TIP_WEI = 25 * 10**9
V2_FEE_PIPS = 3_000
PROFIT_TOKENS = ("WPOL", "USDC.e", "WETH", "USDC")
USD_TOKENS = ("USDC.e", "USDC", "USDT", "DAI")
EXECUTOR_KEY = 3
"""The account that runs the executor; traders are those after it."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one program did: gas it burned, and what it left after gas, in USD."""

    succeeded: bool
    gas: int
    profit_raw: int
    net_usd: float


@dataclass(frozen=True, slots=True)
class Runs:
    """One opportunity sent in each form on the state that others left."""

    predicted_raw: int
    predicted_usd: float
    usd_per_gas: float
    plain: Run
    checked: Run
    backwards: Run | None

    @property
    def is_given_up(self) -> bool:
        """Whether the check stopped a run that would have earned."""
        return self.plain.succeeded and not self.checked.succeeded


class World:
    """The replica, an executor without capital, and what the keeper would see of it."""

    def __init__(self, replica: Replica, node: Node, reader: Reader, seed: int) -> None:
        self._replica, self._node, self._reader = replica, node, reader
        manifest = replica.manifest
        owner, guardian, treasury, self._key = map(
            address, replica.rpc("eth_accounts")[: EXECUTOR_KEY + 1]
        )
        self._executor = deploy_executor(
            replica.rpc,
            owner,
            guardian=guardian,
            treasury=treasury,
            aave_pool=manifest.aave_pool,
            executors=[self._key],
        )
        self._traders = Traders(replica, seed)
        self._traders.approve()
        self._native = manifest.token("WPOL").address
        self._usd_tokens = [manifest.token(symbol).address for symbol in USD_TOKENS]
        profits = tuple(manifest.token(symbol).address for symbol in PROFIT_TOKENS)
        self._settings = StrategySettings(profits, min_net_profit_usd=0.01)
        self._gas_limit = 3_000_000

    def trade(self, count: int) -> None:
        """One block with so many trades by others."""
        with mined_by_hand(self._replica.rpc):
            for _ in range(count):
                # a node that took blocks back now and then refuses a trade: it counts one twice
                with suppress(RpcError):
                    self._traders.trade_once()
            self._replica.rpc("evm_mine")
            # what is mined leaves the pool a moment later, and until then upsets the next nonces
            while int(self._replica.rpc("txpool_status")["pending"], 16):
                time.sleep(0.002)

    async def view(self) -> MarketView:
        """Every pool as it is at the head."""
        head, market, sequence = await self._node.block("latest"), Market(self._usd_tokens), count()
        for state in await self._reader.read(head):
            assert isinstance(state, PoolState)
            for part in state.snapshot(_origin(head, 0)):
                market.apply(replace(part, origin=_origin(head, next(sequence))))
        view = market.apply(boundary_of(head).make(_origin(head, next(sequence))))
        assert view is not None
        return view

    def choose(self, view: MarketView) -> tuple[Opportunity, ...]:
        """What the keeper would send."""
        quote = gas_quote(view, view.block.base_fee_wei + TIP_WEI, self._native, ETHEREUM)
        assert quote is not None
        strategies = registry.create(("simple", "triangular"), self._settings)
        found = [o for s in strategies for o in s.evaluate(view, quote).opportunities]
        return select(found, set()).chosen

    async def send(self, opportunity: Opportunity, view: MarketView) -> Runs:
        """Run the program's forms on the head's state."""
        plain = self._program(opportunity, view, Funding.FLASH_SWAP)
        states = [relied_state(leg, view) for leg in opportunity.legs]
        backwards = None
        if runs_backwards(opportunity.legs):
            program = self._program(opportunity, view, Funding.EXACT_OUTPUT)
            backwards = await self._run(opportunity, program)
        return Runs(
            predicted_raw=opportunity.profit_raw,
            predicted_usd=opportunity.profit_usd - opportunity.gas_cost_usd,
            usd_per_gas=opportunity.gas_cost_usd / opportunity.gas_estimate,
            plain=await self._run(opportunity, plain),
            checked=await self._run(opportunity, checked(plain, states)),
            backwards=backwards,
        )

    @staticmethod
    def _program(opportunity: Opportunity, view: MarketView, funding: Funding) -> bytes:
        share = opportunity.gas_cost_usd / opportunity.profit_usd
        return encode_program(
            opportunity.legs,
            funding=funding,
            profit_token=opportunity.profit_token,
            min_profit_raw=math.ceil(opportunity.profit_raw * share),
            deadline_block=view.block.number + 100,
            max_base_fee_wei=MAX_FEE_WEI,
        )

    async def _run(self, opportunity: Opportunity, program: bytes) -> Run:
        self._gas_limit += 1  # equal transactions lose their receipts when they are taken back
        fees = {"gas": hex(self._gas_limit), "maxFeePerGas": hex(MAX_FEE_WEI)}
        order = {"from": self._key, "to": self._executor, "data": program, **fees}
        with taken_back(self._replica.rpc):
            sent = self._replica.rpc("eth_sendTransaction", [order])
            self._replica.receipt(sent)
            receipt = await self._node.receipt(bytes.fromhex(sent[2:]))
        assert receipt is not None
        earned = balance_change(receipt.logs, opportunity.profit_token, self._executor)
        earned_usd = earned * opportunity.profit_usd / opportunity.profit_raw
        gas_usd = receipt.gas_used * opportunity.gas_cost_usd / opportunity.gas_estimate
        return Run(receipt.status == 1, receipt.gas_used, earned, earned_usd - gas_usd)


def relied_state(leg: Leg, view: MarketView) -> ReliedState:
    """The state of a leg's pool in the view, in the words that a check compares."""
    state = view.states[leg.pool]
    if isinstance(state, V2State):
        return ReliedState(leg.pool, leg.protocol, (state.reserve0, state.reserve1))
    assert isinstance(state, V3State)
    return ReliedState(leg.pool, leg.protocol, (state.sqrt_price_x96,))


def _origin(block: BlockRef, sequence: int) -> Origin:
    return Origin(1, sequence, 137, block.number, block.hash, 0, 0, 1, 2)


@asynccontextmanager
async def open_world(replica: Replica, seed: int) -> AsyncIterator[World]:
    """The world with every pool found."""
    manifest = replica.manifest
    fees = {Protocol.UNISWAP_V2: V2_FEE_PIPS, Protocol.UNISWAP_V3: 0}
    factories = [Factory(f.address, f.protocol, fees[f.protocol]) for f in manifest.factories]
    async with await Node.connect(replica.url, expected_chain_id=manifest.chain_id) as node:
        reader, head = Reader(node, ()), await node.block("latest")
        tokens = [token.address for token in manifest.tokens]
        found = await Discovery(node, reader.lens, tokens).find(factories, head)
        reader.refs |= {ref.address: ref for ref in found}
        yield World(replica, node, reader, seed)


def summary(sent: Sequence[Runs]) -> dict[str, float]:
    """Figures over all runs, in USD and gas; those of the backwards form over what can run so.

    `break_even_usd` is the net profit below which checks would pay: what they save on reverts less
    what they cost on an unchanged state, for each run that they give up.
    """
    reverted = [each for each in sent if not each.plain.succeeded]
    given_up = [each for each in sent if each.is_given_up]
    fresh = [each for each in sent if each.checked.succeeded]
    saved = sum((each.plain.gas - each.checked.gas) * each.usd_per_gas for each in reverted)
    cost = sum((each.checked.gas - each.plain.gas) * each.usd_per_gas for each in fresh)
    figures: dict[str, float] = {
        "runs": len(sent),
        "changed": len(reverted) + len(given_up),
        "reverted": len(reverted),
        "given_up": len(given_up),
        "lost_money": sum(each.plain.succeeded and each.plain.net_usd < 0.0 for each in sent),
        "revert_gas": median([each.plain.gas for each in reverted] or [0]),
        "revert_gas_checked": median([each.checked.gas for each in reverted] or [0]),
        "check_gas": median([each.checked.gas - each.plain.gas for each in fresh] or [0]),
        "gas_saved_usd": saved,
        "check_cost_usd": cost,
        "given_up_usd": sum(each.plain.net_usd for each in given_up),
        "net_usd": sum(each.plain.net_usd for each in sent),
        "net_usd_checked": sum(each.checked.net_usd for each in sent),
        "break_even_usd": (saved - cost) / max(len(given_up), 1),
    }
    return {name: round(value, 6) for name, value in (figures | _backwards(sent)).items()}


def _backwards(sent: Sequence[Runs]) -> dict[str, float]:
    both = [(each, each.backwards) for each in sent if each.backwards is not None]
    return {
        "v3_runs": len(both),
        "v3_reverted": sum(not each.plain.succeeded for each, _ in both),
        "v3_reverted_backwards": sum(not back.succeeded for _, back in both),
        "v3_lost_money_backwards": sum(back.succeeded and back.net_usd < 0.0 for _, back in both),
        "v3_predicted_usd": sum(each.predicted_usd for each, _ in both),
        "v3_net_usd": sum(each.plain.net_usd for each, _ in both),
        "v3_net_usd_backwards": sum(back.net_usd for _, back in both),
        "v3_backwards_gas": median(
            [back.gas - each.plain.gas for each, back in both if each.checked.succeeded] or [0]
        ),
        "v3_wei_wrong": sum(
            back.profit_raw != each.predicted_raw for each, back in both if each.checked.succeeded
        ),
    }


async def run(markets: int, trades: int, seed: int) -> dict[str, float]:
    """Random markets from the same start, each with what the keeper would have sent."""
    sent: list[Runs] = []
    with launch() as replica:
        async with open_world(replica, seed) as world:
            for _ in range(markets):
                with taken_back(replica.rpc):
                    world.trade(trades)
                    view = await world.view()
                    chosen = world.choose(view)
                    world.trade(trades)
                    sent += [await world.send(each, view) for each in chosen]
    return {"markets": markets, "trades": trades, "seed": seed} | summary(sent)


@click.command(help=__doc__)
@click.option("--markets", default=200, show_default=True)
@click.option("--trades", default=9, show_default=True, help="In each block: of the demo's rate.")
@click.option("--seed", default=1, show_default=True)
def main(*, markets: int, trades: int, seed: int) -> None:
    """Run everything."""
    click.echo(json.dumps(asyncio.run(run(markets, trades, seed))))


if __name__ == "__main__":
    main(prog_name="python -m bench.stale")
