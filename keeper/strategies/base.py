"""The one interface of strategies: a whole block in, opportunities and counted reasons out."""

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from keeper.chain import Address
from keeper.gas_table import GasTable
from keeper.market.view import MarketView
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason


@dataclass(frozen=True, slots=True)
class GasQuote:
    """The price of gas now: effective wei per unit, and USD per wei of the native token.

    `table` says how much of it the chain charges for what; a chain has one.
    """

    price_wei: int
    usd_per_wei: float
    table: GasTable

    def cost_usd(self, gas: int) -> float:
        """USD that `gas` units cost."""
        return gas * self.price_wei * self.usd_per_wei


@dataclass(frozen=True, slots=True)
class StrategySettings:
    """What strategies may seek: profit tokens in order of preference, and bounds in USD.

    Of two tokens' pools the `max_pools_per_pair` of the best prices are tried; of one block's
    candidates at most `max_sized_per_pool` a changed pool and `max_sized` in all are sized in
    floats and the best `max_exact` of those in integers: no block holds the event loop long.
    """

    profit_tokens: tuple[Address, ...]
    min_net_profit_usd: float = 0.0
    max_trade_usd: float = float("inf")
    max_sized: int = 64
    max_sized_per_pool: int = 12
    max_exact: int = 8
    max_pools_per_pair: int = 8


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """Opportunities, best net profit first, and how many candidates fell to each reason."""

    opportunities: tuple[Opportunity, ...]
    rejections: Counter[Reason]


class Strategy(Protocol):
    """Looks for opportunities in a whole block's market."""

    name: str

    def evaluate(self, view: MarketView, gas: GasQuote) -> StrategyResult:
        """What the pools that changed in the view's block make possible."""
        ...


def net_usd(opportunity: Opportunity) -> float:
    """Profit in USD less gas."""
    return opportunity.profit_usd - opportunity.gas_cost_usd
