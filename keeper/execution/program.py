"""The program encoder: exact legs, a chain or a basket, become the executor's calldata.

`docs/program.md` states the format; every number comes from `contracts/program.toml`. Who delivers
to whom is `program_routes`' choice, the commands' bytes are `program_swaps`'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.directory import NO_DIRECTORY, Directory
from keeper.execution.program_checks import PROTOCOLS, check_basket, check_chain
from keeper.execution.program_routes import (
    Feeds,
    Router,
    basket_feeds,
    can_lend,
    chain_feeds,
    check_arriving,
    exact_output,
    runs_backwards,
)
from keeper.execution.program_runs import asking_in_cycle, cycle_run
from keeper.execution.program_stream import (
    Command,
    CustodyError,
    ProgramError,
    head,
    packed,
    serialize,
)
from keeper.execution.program_swaps import BALANCER, pay
from keeper.execution.program_table import PROGRAM_VERSION
from keeper.strategies.opportunity import Leg

__all__ = [
    "PROGRAM_SELECTOR",
    "PROGRAM_VERSION",
    "PROTOCOLS",
    "Funding",
    "LendingPool",
    "Limits",
    "ProgramError",
    "encode_basket",
    "encode_program",
]

PROGRAM_SELECTOR = table.PROGRAM_SELECTOR.to_bytes(4, "big")
"""What a program begins with."""

LEADS = {table.WPOL: table.LEAD_WPOL, table.USDC_E: table.LEAD_USDC_E}
NO_LOANS: Mapping[Address, int] = MappingProxyType({})
BASE_FEE_UNIT_WEI = 10**6
MANTISSA_BITS = 24


class Funding(Enum):
    """Where the profit token that the first legs take in comes from."""

    OWN_CAPITAL = "own_capital"
    FLASH_SWAP = "flash_swap"
    """The last leg's pool, or else the first's, gives before it takes: no loan, no fee."""
    EXACT_OUTPUT = "exact_output"
    """As a flash swap, with Uniswap V3 and Algebra legs that ask one another for what they owe:
    the last output is exact, the first input whatever leaves the minimum profit."""
    UNISWAP_V4 = "uniswap_v4"
    MORPHO = "morpho"
    BALANCER_V2 = "balancer_v2"
    AAVE_V3 = "aave_v3"
    UNISWAP_V3 = "uniswap_v3"
    """`flash` of a Uniswap V3 pool outside the route, for its fee."""


LOANS = {
    Funding.MORPHO: (table.OP_MORPHO, table.MORPHO),
    Funding.BALANCER_V2: (table.OP_BALANCER_FLASH, table.BALANCER_FLASH),
    Funding.AAVE_V3: (table.OP_AAVE, table.AAVE),
}


@dataclass(frozen=True, slots=True)
class LendingPool:
    """A Uniswap V3 pool that lends the profit token; `lends_token0` says which of its two it is."""

    pool: Address
    fee_pips: int
    lends_token0: bool

    def fee_raw(self, amount: int) -> int:
        """What a loan of `amount` costs, raw units: rounded up, as the pool does."""
        return -(-amount * self.fee_pips // 1_000_000)


def encode_program(
    legs: Sequence[Leg],
    *,
    funding: Funding,
    profit_token: Address,
    min_profit_raw: int,
    deadline_block: int,
    max_base_fee_wei: int,
    max_premium_raw: int = 0,
    lender: LendingPool | None = None,
    held: Mapping[Address, int] | None = None,
    directory: Directory = NO_DIRECTORY,
) -> bytes:
    """Calldata of a run for a cycle of 2 to 16 legs, each of which takes its predecessor's output.

    Amounts are raw units, `max_base_fee_wei` is wei per gas, rounded up to a multiple of 10^6,
    `deadline_block` the last block in which the program runs. `min_profit_raw` is rounded down to
    24 significant bits. `max_premium_raw` is the highest premium that a loan of Aave's or
    Balancer's may cost; `lender` is the pool of `Funding.UNISWAP_V3`. With `held`, each leg but the
    first takes whatever has arrived of its token: what is paid out of the executor's balance is all
    but so much, raw units that it held before (see `program_routes.arriving_tokens`). `directory`
    is the executor's: a cycle over its pools is done in one run, backwards (see `asking_legs`).

    Raises:
        ProgramError: the legs are no closed chain from `profit_token`, no program funds them so, or
            a value is out of range.
    """
    terms = min_profit_raw, deadline_block, max_base_fee_wei, max_premium_raw, lender
    limits = Limits(*terms, held=held)
    check_chain(legs, profit_token)
    run = _cycle_run(legs, funding, held, directory)
    if funding is Funding.EXACT_OUTPUT:
        most_in = legs[-1].amount_out_raw - min_profit_raw
        stream = (run,) if run else exact_output(legs, most_in)
        return _program([profit_token], stream, limits)
    feeds = chain_feeds(legs)
    if held is not None:
        check_arriving(legs, held)
    if funding is not Funding.FLASH_SWAP:
        return _funded(legs, feeds, funding, profit_token, limits, run=run)
    if run:
        return _program([profit_token], (run,), limits)
    if held is None and can_lend(legs[-1]):
        router = Router(legs, feeds, profit_token)
        return _program(router.tokens, _unlocked(router, router.flash_last()), limits)
    if can_lend(legs[0]):
        router = Router(legs, {k: v for k, v in feeds.items() if k != 1}, profit_token, held=held)
        return _program(router.tokens, _unlocked(router, router.flash_first()), limits)
    raise ProgramError("neither the first leg's pool nor the last one's gives before it takes")


def asking_legs(
    legs: Sequence[Leg],
    funding: Funding,
    held: Mapping[Address, int] | None,
    directory: Directory,
) -> Sequence[Leg]:
    """The legs from the start on whose pools ask for what the one behind them needs.

    What the first of them is paid may be less than its leg says, see `saved_raw`.
    """
    if _cycle_run(legs, funding, held, directory) is not None:
        return asking_in_cycle(legs)
    return legs if funding is Funding.EXACT_OUTPUT else ()


def _cycle_run(
    legs: Sequence[Leg],
    funding: Funding,
    held: Mapping[Address, int] | None,
    directory: Directory,
) -> Command | None:
    """The legs as one run, where pools and funding bear it; the pool manager lends to none.

    Without capital the last pool has to give first, and with an exact output each of them.
    """
    ends_in_pool = legs[-1].protocol is Protocol.UNISWAP_V3
    unfit = {
        Funding.UNISWAP_V4: True,
        Funding.FLASH_SWAP: not ends_in_pool,
        Funding.EXACT_OUTPUT: not runs_backwards(legs),
    }
    if held is not None or unfit.get(funding):
        return None
    return cycle_run(legs, directory)


def encode_basket(
    legs: Sequence[Leg],
    *,
    funding: Funding,
    profit_token: Address,
    min_profit_raw: int,
    deadline_block: int,
    max_base_fee_wei: int,
    max_premium_raw: int = 0,
    lender: LendingPool | None = None,
    loans: Mapping[Address, int] = NO_LOANS,
) -> bytes:
    """Calldata of a run for 1 to 64 legs in topological order, with splits and merges.

    What legs take of the profit token before any other is paid out of capital or one loan; of every
    other token no more may be taken than has been made before, or than `loans` names: so much of it
    is lent by Morpho for the run, without a fee. The rest is as in `encode_program`.

    Raises:
        ProgramError: a leg takes what no earlier leg has made, no program funds the legs so, or a
            value is out of range.
    """
    terms = min_profit_raw, deadline_block, max_base_fee_wei, max_premium_raw, lender
    limits = Limits(*terms, loans)
    check_basket(legs, profit_token, loans)
    if funding in (Funding.FLASH_SWAP, Funding.EXACT_OUTPUT):
        raise ProgramError("a basket is funded by capital or one loan, not by its own swaps")
    feeds = basket_feeds(legs, {profit_token, *loans})
    return _funded(legs, feeds, funding, profit_token, limits)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program asserts beside its legs, in the units of `encode_program`."""

    min_profit_raw: int
    deadline_block: int
    max_base_fee_wei: int
    max_premium_raw: int = 0
    lender: LendingPool | None = None
    loans: Mapping[Address, int] = field(default_factory=dict)
    held: Mapping[Address, int] | None = None


def _funded(
    legs: Sequence[Leg],
    feeds: Feeds,
    funding: Funding,
    profit_token: Address,
    limits: Limits,
    *,
    run: Command | None = None,
) -> bytes:
    """The legs one after another on capital or a loan, inside the loans of other tokens.

    `run` does all of them at once.
    """
    _check_lender(legs, funding, limits.lender)
    lent = funding is Funding.UNISWAP_V4
    if lent and limits.held is not None:
        raise CustodyError("the pool manager is paid exact amounts")
    router = Router(legs, feeds, profit_token, lent_by_manager=lent, held=limits.held)
    fed = {feed for feeders in feeds.values() for feed in feeders}
    roots = (place for place in range(len(legs)) if place not in fed)
    if run:
        stream: tuple[Command, ...] = (run,)
    else:
        stream = tuple(each for root in roots for each in router.leg(root, table.TO_SELF))
    capital = capital_needed(legs, feeds, profit_token, each_is_lent=lent)
    settled = (_unlock((*stream, *router.settle(capital))),)
    stream = settled if lent else _unlocked(router, stream)
    if funding in LOANS:
        stream = (_loan(funding, capital, limits.max_premium_raw, stream),)
    elif limits.lender is not None and funding is Funding.UNISWAP_V3:
        stream = (_flash_loan(limits.lender, capital, stream),)
    for token, amount in limits.loans.items():
        terms = packed(table.MORPHO[1:], (router.index(token), amount), "loan")
        stream = (Command(head(table.OP_MORPHO), terms, stream),)
    return _program(router.tokens, stream, limits)


def _check_lender(legs: Sequence[Leg], funding: Funding, lender: LendingPool | None) -> None:
    """Refuse lenders that are locked while they lend, yet would have to swap."""
    if funding is Funding.BALANCER_V2 and any(leg.protocol in BALANCER for leg in legs):
        raise CustodyError("Balancer's vault does not swap while it lends")
    if funding is Funding.UNISWAP_V3:
        if lender is None:
            raise ProgramError("a loan of Uniswap V3 needs a lender")
        if any(leg.pool == lender.pool for leg in legs):
            raise CustodyError("a Uniswap V3 pool does not swap while it lends")


def capital_needed(legs: Sequence[Leg], feeds: Feeds, token: Address, *, each_is_lent: bool) -> int:
    """Raw units that the legs need of the profit token: the most that they are ever short of it.

    Where each input is lent by itself, all of them count, whatever has been made in between.
    """
    short = most = 0
    for place, leg in enumerate(legs):
        if leg.token_in == token and place not in feeds:
            short += leg.amount_in_raw
        most = max(most, short)
        if leg.token_out == token and not each_is_lent:
            short -= leg.amount_out_raw
    return most


def _unlocked(router: Router, stream: tuple[Command, ...]) -> tuple[Command, ...]:
    return (_unlock(stream),) if router.locks else stream


def _unlock(stream: tuple[Command, ...]) -> Command:
    return Command(head(table.OP_V4), b"", stream)


def _loan(funding: Funding, amount: int, premium: int, stream: tuple[Command, ...]) -> Command:
    opcode, (_, *widths) = LOANS[funding]
    terms = (0, amount, premium)[: len(widths)]
    return Command(head(opcode), packed(tuple(widths), terms, "loan"), stream)


def _flash_loan(lender: LendingPool, amount: int, stream: tuple[Command, ...]) -> Command:
    back = pay(0, amount + lender.fee_raw(amount), table.TO_CALLER)
    first = head(table.OP_V3_FLASH, zero_for_one=lender.lends_token0)
    return Command(first + packed((20, 16), (lender.pool, amount), "loan"), b"", (*stream, back))


def _program(tokens: Sequence[Address], stream: tuple[Command, ...], limits: Limits) -> bytes:
    lead = LEADS.get(tokens[0], table.LEAD_NONE)
    listed = tokens[1:] if lead else tokens
    if len(listed) > table.TOKEN_COUNT_MASK:
        raise ProgramError(f"a header lists {table.TOKEN_COUNT_MASK} tokens, not {len(listed)}")
    if limits.min_profit_raw < 0:
        raise ProgramError(f"header: a minimum profit of {limits.min_profit_raw} does not fit")
    shift = max(0, limits.min_profit_raw.bit_length() - MANTISSA_BITS)
    fields = (
        limits.deadline_block,
        -(-limits.max_base_fee_wei // BASE_FEE_UNIT_WEI),
        limits.min_profit_raw >> shift,
        shift,
        lead << table.TOKEN_LEAD_SHIFT | len(listed),
    )
    header = packed(table.HEADER, fields, "header") + b"".join(listed)
    return PROGRAM_SELECTOR + header + serialize(stream)
