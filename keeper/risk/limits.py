"""Limits that every opportunity must pass before it is executed."""

from dataclasses import dataclass

from keeper.strategies.base import net_usd
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused whatever it promises; amounts in USD unless the name says otherwise."""

    min_net_profit_usd: float
    max_trade_usd: float
    max_gas_price_wei: int
    max_in_flight: int
    max_consecutive_reverts: int
    max_age_ms: int


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at the moment of the decision, `now_ns` by `time.time_ns`.

    `profit_token_usd_per_raw` values the opportunity's input; None when the market cannot.
    """

    now_ns: int
    gas_price_wei: int
    in_flight: int
    consecutive_reverts: int
    profit_token_usd_per_raw: float | None


def check(limits: Limits, opportunity: Opportunity, situation: Situation) -> Reason | None:
    """The first limit the opportunity breaks, or None.

    The trade is measured by its input, its age from the arrival of the block's last frame. A clock
    that ran backwards makes the age unknown, which counts as too old.
    """
    age_ms = (situation.now_ns - opportunity.frame_ns) / 1e6
    if situation.consecutive_reverts >= limits.max_consecutive_reverts:
        return Reason.HALTED
    if situation.in_flight >= limits.max_in_flight:
        return Reason.TOO_MANY_IN_FLIGHT
    if situation.gas_price_wei > limits.max_gas_price_wei:
        return Reason.GAS_PRICE_TOO_HIGH
    if not 0.0 <= age_ms <= limits.max_age_ms:
        return Reason.TOO_OLD
    return _check_value(limits, opportunity, situation.profit_token_usd_per_raw)


def _check_value(
    limits: Limits, opportunity: Opportunity, usd_per_raw: float | None
) -> Reason | None:
    if usd_per_raw is None:
        return Reason.UNPRICED
    if not opportunity.amount_in_raw * usd_per_raw <= limits.max_trade_usd:
        return Reason.TRADE_TOO_LARGE
    net = net_usd(opportunity)
    if not net > 0.0:
        return Reason.BELOW_GAS
    return None if net >= limits.min_net_profit_usd else Reason.BELOW_MIN_PROFIT
