"""What helps a program that others overtook: `python -m bench.stale`; the last line is JSON.

The demo's seeded traders move the replica, and the keeper's strategies choose on the block's state.
Before their programs are mined comes another block of trades. Each program then runs on that state,
taken back in between: with exact amounts, the same with a check of every pool in front, with
whatever has arrived in place of exact amounts, and, where all pools call back for what they are
owed, backwards, so that only the output is exact. A form that cannot express a route is left out;
what has arrived is tried where backwards is impossible.
"""

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import click

from bench.crowd import Crowd, open_crowd
from bench.gas.early_checks import CHECKS, ReliedState, checked
from keeper.chain import Address
from keeper.execution.financing import is_short_chain
from keeper.execution.outcomes import balance_change
from keeper.execution.program import Funding, encode_program
from keeper.execution.program_routes import runs_backwards, takes_what_arrived
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.view import MarketView
from keeper.strategies import registry
from keeper.strategies.base import StrategySettings
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.selection import select
from replica import launch
from replica.demo.traders import MAX_FEE_WEI
from replica.trial import taken_back

PATHS = ("simple", "triangular", "long_path")
LONG = 4
"""Hops from which a path counts as long."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one program did: gas it burned, and what it left after gas, in USD."""

    succeeded: bool
    gas: int
    profit_raw: int
    net_usd: float


@dataclass(frozen=True, slots=True)
class Runs:
    """One opportunity sent in each form on the state that others left.

    `is_changed` says whether any of its pools is another than it was.
    """

    hops: int
    is_changed: bool
    predicted_raw: int
    predicted_usd: float
    usd_per_gas: float
    plain: Run
    checked: Run | None
    arrived: Run | None
    backwards: Run | None


class Stand:
    """Chooses as the keeper would, and runs what it chose in every form."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        settings = StrategySettings(crowd.settings.profit_tokens, min_net_profit_usd=0.01)
        self._strategies = registry.create(PATHS, settings)
        self._gas_limit = 6_000_000

    def choose(self, view: MarketView, start: MarketView) -> list[Opportunity]:
        """The best of the short paths that share no pool, and the best of the long ones.

        What the `start` of every market offers already is left out: it would come each time.
        """
        gas = self._crowd.quote(view)
        found = [o for s in self._strategies for o in s.evaluate(view, gas).opportunities]
        found = [
            each
            for each in found
            if is_short_chain(each) and any(_differs(leg, view, start) for leg in each.legs)
        ]
        halves = (
            [each for each in found if (len(each.legs) >= LONG) is long] for long in (False, True)
        )
        return [each for half in halves for each in select(half, set()).chosen]

    async def send(self, wanted: Opportunity, before: MarketView, after: MarketView) -> Runs:
        """Run the program's forms on the head's state, which is `after`."""
        legs, plain = wanted.legs, _program(wanted, before, Funding.OWN_CAPITAL)
        forms: dict[str, bytes] = {}
        if all(leg.protocol in CHECKS for leg in legs):
            forms["checked"] = checked(plain, [relied_state(leg, before) for leg in legs])
        if runs_backwards(legs):
            forms["backwards"] = _program(wanted, before, Funding.EXACT_OUTPUT)
        elif all(map(takes_what_arrived, legs)):
            forms["arrived"] = _program(wanted, before, Funding.OWN_CAPITAL, self._crowd.held)
        done = {name: await self._run(wanted, program) for name, program in forms.items()}
        return Runs(
            hops=len(legs),
            is_changed=any(_differs(leg, before, after) for leg in legs),
            predicted_raw=wanted.profit_raw,
            predicted_usd=wanted.profit_usd - wanted.gas_cost_usd,
            usd_per_gas=wanted.gas_cost_usd / wanted.gas_estimate,
            plain=await self._run(wanted, plain),
            checked=done.get("checked"),
            arrived=done.get("arrived"),
            backwards=done.get("backwards"),
        )

    async def _run(self, wanted: Opportunity, program: bytes) -> Run:
        crowd = self._crowd
        self._gas_limit += 1  # equal transactions lose their receipts when they are taken back
        fees = {"gas": hex(self._gas_limit), "maxFeePerGas": hex(MAX_FEE_WEI)}
        order = {"from": crowd.key, "to": crowd.executor, "data": program, **fees}
        with taken_back(crowd.rpc):
            sent = crowd.rpc("eth_sendTransaction", [order])
            receipt = await crowd.receipt(sent)
        earned = balance_change(receipt.logs, wanted.profit_token, crowd.executor)
        earned_usd = earned * wanted.profit_usd / wanted.profit_raw
        gas_usd = receipt.gas_used * wanted.gas_cost_usd / wanted.gas_estimate
        return Run(receipt.status == 1, receipt.gas_used, earned, earned_usd - gas_usd)


def _differs(leg: Leg, one: MarketView, other: MarketView) -> bool:
    return one.states[leg.pool] != other.states[leg.pool]


def _program(
    wanted: Opportunity,
    view: MarketView,
    funding: Funding,
    held: Mapping[Address, int] | None = None,
) -> bytes:
    """With the minimum profit that pays its gas."""
    share = min(wanted.gas_cost_usd / wanted.profit_usd, 1.0)
    return encode_program(
        wanted.legs,
        funding=funding,
        profit_token=wanted.profit_token,
        min_profit_raw=math.floor(wanted.profit_raw * share),
        deadline_block=view.block.number + 100,
        max_base_fee_wei=MAX_FEE_WEI,
        held=held,
    )


def relied_state(leg: Leg, view: MarketView) -> ReliedState:
    """The state of a leg's pool in the view, in the words that a check compares."""
    state = view.states[leg.pool]
    if isinstance(state, V2State):
        return ReliedState(leg.pool, leg.protocol, (state.reserve0, state.reserve1))
    assert isinstance(state, V3State)
    return ReliedState(leg.pool, leg.protocol, (state.sqrt_price_x96,))


def summary(sent: Sequence[Runs]) -> dict[str, float]:
    """Figures over all runs, in USD and gas; each form's beside exact amounts where it can run.

    `break_even_usd` is the net profit below which checks would pay: what they save on reverts less
    what they cost on an unchanged state, for each run that they give up.
    """
    changed = [each for each in sent if each.is_changed]
    figures: dict[str, float] = {
        "runs": len(sent),
        "changed": len(changed),
        "reverted": sum(not each.plain.succeeded for each in sent),
        "lost_money": sum(each.plain.succeeded and each.plain.net_usd < 0.0 for each in sent),
        "predicted_usd": sum(each.predicted_usd for each in sent),
        "net_usd": sum(each.plain.net_usd for each in sent),
    }
    for name in ("checked", "arrived", "backwards"):
        both = [(each, form) for each in sent if (form := getattr(each, name)) is not None]
        figures |= {f"{name}_{key}": value for key, value in _beside(both).items()}
    return {name: round(value, 6) for name, value in (figures | _break_even(sent)).items()}


def _beside(both: Sequence[tuple[Runs, Run]]) -> dict[str, float]:
    """A form beside exact amounts; `only` runs succeeded in one of the two alone."""
    same = [(each, form) for each, form in both if not each.is_changed]
    kept = [(each, form) for each, form in both if form.succeeded and not each.plain.succeeded]
    lost = [(each, form) for each, form in both if each.plain.succeeded and not form.succeeded]
    apart = [form.net_usd - each.plain.net_usd for each, form in both]
    return {
        "runs": len(both),
        "changed": len(both) - len(same),
        "plain_reverted": sum(not each.plain.succeeded for each, _ in both),
        "reverted": sum(not form.succeeded for _, form in both),
        "only": len(kept),
        "only_usd": sum(form.net_usd - each.plain.net_usd for each, form in kept),
        "not": len(lost),
        "not_usd": sum(form.net_usd - each.plain.net_usd for each, form in lost),
        "plain_net_usd": sum(each.plain.net_usd for each, _ in both),
        "net_usd": sum(form.net_usd for _, form in both),
        "most_apart_usd": max(apart, key=abs, default=0.0),
        "gas_more": median([form.gas - each.plain.gas for each, form in same] or [0]),
        "wei_wrong": sum(form.profit_raw != each.predicted_raw for each, form in same),
        "lost_money": sum(form.succeeded and form.net_usd < 0.0 for _, form in both),
    }


def _break_even(sent: Sequence[Runs]) -> dict[str, float]:
    both = [(each, each.checked) for each in sent if each.checked is not None]
    gave_up = sum(each.plain.succeeded and not check.succeeded for each, check in both)
    reverted = [(each, check) for each, check in both if not each.plain.succeeded]
    fresh = [(each, check) for each, check in both if check.succeeded]
    saved = sum((each.plain.gas - check.gas) * each.usd_per_gas for each, check in reverted)
    cost = sum((check.gas - each.plain.gas) * each.usd_per_gas for each, check in fresh)
    return {
        "revert_gas": median([each.plain.gas for each, _ in reverted] or [0]),
        "revert_gas_checked": median([check.gas for _, check in reverted] or [0]),
        "gas_saved_usd": saved,
        "check_cost_usd": cost,
        "break_even_usd": (saved - cost) / max(gave_up, 1),
    }


async def run(markets: int, trades: int, seed: int) -> dict[str, object]:
    """Random markets from the same start, each with what the keeper would have sent."""
    sent: list[Runs] = []
    with launch() as replica:
        async with open_crowd(replica, seed) as crowd:
            crowd.fill()
            stand, start = Stand(crowd), await crowd.view()
            for _ in range(markets):
                with taken_back(replica.rpc):
                    crowd.trade(trades)
                    view = await crowd.view()
                    chosen = stand.choose(view, start)
                    crowd.trade(trades)
                    after = await crowd.view() if chosen else view
                    sent += [await stand.send(each, view, after) for each in chosen]
    short = summary([each for each in sent if each.hops < LONG])
    long = summary([each for each in sent if each.hops >= LONG])
    settings = {"markets": markets, "trades": trades, "seed": seed}
    return {**settings, "short": short, "long": long}


@click.command(help=__doc__)
@click.option("--markets", default=200, show_default=True)
@click.option("--trades", default=9, show_default=True, help="In each block: of the demo's rate.")
@click.option("--seed", default=1, show_default=True)
def main(*, markets: int, trades: int, seed: int) -> None:
    """Run everything."""
    click.echo(json.dumps(asyncio.run(run(markets, trades, seed))))


if __name__ == "__main__":
    main(prog_name="python -m bench.stale")
