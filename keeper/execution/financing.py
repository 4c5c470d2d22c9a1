"""Where a program's capital comes from: the cheapest source that has enough of it.

Cheap is what a source adds in gas and asks as premium, both in dollars, less what its form saves of
profits that others would take (`SAVED_SHARE`). Custody is the encoder's to judge: a source that it
refuses for the legs is passed over.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum

from keeper.chain import Address
from keeper.execution.program import Funding, LendingPool, capital_needed
from keeper.execution.program_routes import (
    arriving_tokens,
    basket_feeds,
    can_lend,
    chain_feeds,
    check_arriving,
    runs_backwards,
)
from keeper.execution.program_stream import CustodyError
from keeper.execution.program_swaps import Custody, custody
from keeper.execution.program_table import MAX_HOPS
from keeper.gas_table import GasTable
from keeper.market.flash_sources import FlashSource, Lender, Liquidity
from keeper.strategies.base import net_usd
from keeper.strategies.cyclic import confidence
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason

ARRIVES = "+arrived"
"""Behind the name of a source whose program takes whatever has arrived."""
SAVED_SHARE = 0.03
"""Of the predicted net profit, what an exact-output cycle earns at least beyond exact amounts.

Likewise a chain whose legs take whatever has arrived. By observation, where others trade first: it
lives on as long as the minimum profit is left, and takes what has become better
(`make bench-stale`).
"""


class PassedOver(StrEnum):
    """Why a source does not fund an opportunity; the text is what rows show."""

    UNREAD = "unread"
    """What it has was not read, or too many blocks ago."""
    NOT_LENT = "not_lent"
    """It does not lend the token."""
    TOO_LITTLE = "too_little"
    """It has less of the token than the legs need."""
    CUSTODY = "custody"
    """It is locked while it lends, and a leg needs it."""
    TOO_DEAR = "too_dear"
    """Its premium takes the whole profit."""
    DEARER = "dearer"
    """Another one costs less."""


@dataclass(frozen=True, slots=True)
class Source:
    """One way to fund a program, and its price: gas over own capital, premium in raw units.

    With `held`, the legs take whatever has arrived (see `encode_program`).
    """

    funding: Funding
    gas: int
    premium_raw: int = 0
    address: Address | None = None
    pool: LendingPool | None = None
    held: Mapping[Address, int] | None = None

    @property
    def name(self) -> str:
        """What it is called in rows; pools that lend are told apart by address."""
        pool = f":0x{self.pool.pool.hex()}" if self.pool else ""
        return self.funding.value + pool + ("" if self.held is None else ARRIVES)


@dataclass(frozen=True, slots=True)
class Financed:
    """An opportunity with its capital: profit as its program makes it, gas with the source's.

    `passed_over` says of every other source why it is not the one.
    """

    opportunity: Opportunity
    source: Source
    passed_over: Mapping[str, PassedOver]
    program: bytes


@dataclass(frozen=True, slots=True)
class Unfunded:
    """Why an opportunity has no program, and what became of each source."""

    reason: Reason
    passed_over: Mapping[str, PassedOver]


Encode = Callable[[Opportunity, Source], bytes]
"""The program of an opportunity as funded, or `ProgramError`."""
Saved = Callable[[Opportunity, Source], int]
"""Raw units by which an opportunity's program pays less than its legs say."""


def finance(
    opportunity: Opportunity,
    liquidity: Liquidity | None,
    encode: Encode,
    table: GasTable,
    restless: Set[Address],
    *,
    saved: Saved,
) -> Financed | Unfunded:
    """Fund an opportunity from the cheapest source; `liquidity` is None where nothing is known.

    `table` says what gas a source adds. Of `restless` tokens the executor may hold something else
    by now than `liquidity` says. What is `saved` counts as profit.

    Raises:
        ProgramError: The legs cannot be encoded, whoever funds them.
    """
    passed_over: dict[str, PassedOver] = {}
    sources = list(_sources(opportunity, liquidity, passed_over, table))
    held = _held_on_the_way(opportunity, liquidity, restless)
    if held is not None:
        sources += list(_arriving(opportunity, sources, held, table))
    sources.sort(key=lambda source: _cost_usd(opportunity, source))
    chosen: Financed | None = None
    for source in sources:
        if chosen is not None or source.premium_raw >= opportunity.profit_raw:
            passed_over[source.name] = PassedOver.DEARER if chosen else PassedOver.TOO_DEAR
            continue
        funded = _net(opportunity, source, saved(opportunity, source))
        try:
            chosen = Financed(funded, source, passed_over, encode(funded, source))
        except CustodyError:
            passed_over[source.name] = PassedOver.CUSTODY
    return chosen or Unfunded(Reason.NO_FUNDING, passed_over)


def is_short_chain(opportunity: Opportunity) -> bool:
    """Whether the legs are a chain that one program runs as such, and not as a basket."""
    return opportunity.is_chain and len(opportunity.legs) <= MAX_HOPS


def _sources(
    opportunity: Opportunity,
    liquidity: Liquidity | None,
    passed_over: dict[str, PassedOver],
    table: GasTable,
) -> Iterator[Source]:
    """Sources that have enough, in order of preference among equals; notes the others."""
    if is_short_chain(opportunity):
        yield from _own_pools(opportunity, table)
    if liquidity is None:
        others = (Funding.OWN_CAPITAL, *(Funding(lender.value) for lender in Lender))
        passed_over |= dict.fromkeys((f.value for f in others), PassedOver.UNREAD)
        return
    lacking = _lacking_loans(opportunity, liquidity)
    passed_over |= lacking
    if not lacking:
        yield from _outside(opportunity, liquidity, passed_over, table)


def _held_on_the_way(
    opportunity: Opportunity, liquidity: Liquidity | None, restless: Set[Address]
) -> Mapping[Address, int] | None:
    """What a chain that takes what arrives must know; None where it is not known, or no help.

    A cycle that can run backwards does better so.
    """
    legs = opportunity.legs
    if not is_short_chain(opportunity) or runs_backwards(legs):
        return None
    tokens = arriving_tokens(legs)
    known = {} if liquidity is None else liquidity.held
    if tokens & restless or not tokens <= known.keys():
        return None
    return {token: known[token] for token in tokens}


def _arriving(
    opportunity: Opportunity,
    sources: Sequence[Source],
    held: Mapping[Address, int],
    table: GasTable,
) -> Iterator[Source]:
    """The same sources for the chain that takes what arrives, where its pools bear it."""
    legs = opportunity.legs
    try:
        check_arriving(legs, held)
    except CustodyError:
        return
    for source in sources:
        is_lending = can_lend(legs[0]) if source.funding is Funding.FLASH_SWAP else True
        if is_lending and source.funding not in {Funding.UNISWAP_V4, Funding.EXACT_OUTPUT}:
            gas = source.gas + len(legs) * table.arrived_hop
            yield replace(source, gas=gas, held=held)


def _own_pools(opportunity: Opportunity, table: GasTable) -> Iterator[Source]:
    """What the pools of a chain give before they take."""
    legs = opportunity.legs
    lending = [leg for leg in (legs[-1], legs[0]) if can_lend(leg)]
    if lending:
        is_called = custody(lending[0]) is Custody.CALLED
        # a pool that calls back for its input anyway lends for nothing
        yield Source(Funding.FLASH_SWAP, 0 if is_called else _added(table, Funding.FLASH_SWAP))
    if runs_backwards(legs):
        yield Source(Funding.EXACT_OUTPUT, 0)


def _outside(
    opportunity: Opportunity,
    liquidity: Liquidity,
    passed_over: dict[str, PassedOver],
    table: GasTable,
) -> Iterator[Source]:
    """Own capital and lenders, around the loans of other tokens."""
    token = opportunity.profit_token
    at_once, each = (_capital(opportunity, each_is_lent=lent) for lent in (False, True))
    inner = len(opportunity.loans) * _added(table, Funding.MORPHO)
    if liquidity.held.get(token, 0) >= at_once:
        yield Source(Funding.OWN_CAPITAL, inner)
    else:
        passed_over[Funding.OWN_CAPITAL.value] = PassedOver.TOO_LITTLE
    lent = liquidity.lent.get(token, ())
    for lender in Lender:
        offers = [offer for offer in lent if offer.lender is lender]
        if not offers:
            passed_over[lender.value] = PassedOver.NOT_LENT
        amount = each if lender is Lender.UNISWAP_V4 else at_once
        for offer in offers:
            source = _loan(offer, amount, inner, table)
            if offer.available_raw >= amount:
                yield source
            else:
                passed_over[source.name] = PassedOver.TOO_LITTLE


def _loan(offer: FlashSource, amount: int, inner_gas: int, table: GasTable) -> Source:
    funding = Funding(offer.lender.value)
    pool = None
    if funding is Funding.UNISWAP_V3:
        pool = LendingPool(offer.address, offer.premium.part, offer.lends_token0)
    gas = _added(table, funding) + inner_gas
    return Source(funding, gas, offer.premium.of(amount), offer.address, pool)


def _added(table: GasTable, funding: Funding) -> int:
    return table.sources[funding.value]


def _lacking_loans(opportunity: Opportunity, liquidity: Liquidity) -> dict[str, PassedOver]:
    """The loans of other tokens, all of them Morpho's, that it cannot give."""
    return {
        f"{Lender.MORPHO}:0x{token.hex()}": PassedOver.TOO_LITTLE
        for token, amount in opportunity.loans.items()
        if amount > _available(liquidity, Lender.MORPHO, token)
    }


def _available(liquidity: Liquidity, lender: Lender, token: Address) -> int:
    offers = liquidity.lent.get(token, ())
    return sum(offer.available_raw for offer in offers if offer.lender is lender)


def _capital(opportunity: Opportunity, *, each_is_lent: bool) -> int:
    """Raw units of the profit token that a program needs; see `capital_needed`."""
    token, legs = opportunity.profit_token, opportunity.legs
    feeds = chain_feeds(legs)
    if not is_short_chain(opportunity):
        feeds = basket_feeds(legs, {token, *opportunity.loans})
    return capital_needed(legs, feeds, token, each_is_lent=each_is_lent)


def _cost_usd(opportunity: Opportunity, source: Source) -> float:
    usd_per_gas = opportunity.gas_cost_usd / opportunity.gas_estimate
    usd_per_raw = opportunity.profit_usd / opportunity.profit_raw
    cost = source.gas * usd_per_gas + source.premium_raw * usd_per_raw
    if source.funding is Funding.EXACT_OUTPUT or source.held is not None:
        cost -= SAVED_SHARE * net_usd(opportunity)
    return cost


def _net(opportunity: Opportunity, source: Source, saved_raw: int) -> Opportunity:
    """The opportunity on this source, to the wei: less premium, and more where less is paid."""
    profit_raw = opportunity.profit_raw + saved_raw - source.premium_raw
    profit_usd = opportunity.profit_usd * profit_raw / opportunity.profit_raw
    units = opportunity.gas_estimate + source.gas
    gas_usd = opportunity.gas_cost_usd * units / opportunity.gas_estimate
    paid = opportunity.amount_in_raw
    return replace(
        opportunity,
        profit_raw=profit_raw,
        profit_usd=profit_usd,
        gas_estimate=units,
        gas_cost_usd=gas_usd,
        confidence=confidence(paid, paid + profit_raw, profit_usd, gas_usd),
    )
