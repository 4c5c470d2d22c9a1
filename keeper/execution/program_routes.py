"""The order of a program's commands: what feeds what, and who lends.

Input goes straight from pool to pool wherever custody allows. A leg's direct feeds are the legs
whose whole output it takes; all other input comes out of the executor's balance, or out of Uniswap
V4's pool manager where that is the lender.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import count

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.program_runs import v2_run
from keeper.execution.program_stream import Command, CustodyError, ProgramError, Target
from keeper.execution.program_swaps import (
    BALANCER,
    PIPS_PER_BP,
    SETTLE,
    Custody,
    amount_field,
    arrived_swap,
    called_swap,
    custody,
    delivered_swap,
    exact_output_swap,
    flash_swap,
    gives_to_executor,
    locked_swap,
    owed_swap,
    paid_swap,
    pay,
    pay_owed,
    pulled_swap,
    sync,
    take,
)
from keeper.strategies.opportunity import Leg

MANAGER = table.POOL_MANAGER
Feeds = Mapping[int, Sequence[int]]


class Router:
    """Writes the commands of legs; gathers the tokens that these need declared.

    `lent_by_manager` says that the profit token is taken out of the pool manager instead of paid.
    With `held`, all legs but the first take whatever has arrived of their tokens, beyond what the
    executor held of them.
    """

    def __init__(
        self,
        legs: Sequence[Leg],
        feeds: Feeds,
        profit_token: Address,
        *,
        lent_by_manager: bool = False,
        held: Mapping[Address, int] | None = None,
    ) -> None:
        self.tokens = [profit_token]
        self._legs = legs
        self._feeds = feeds
        self._lent_by_manager = lent_by_manager
        self._held_before = held
        self._delivered: int | None = None

    def index(self, token: Address) -> int:
        """The index of a token, which is declared from now on."""
        if token not in self.tokens:
            self.tokens.append(token)
        return self.tokens.index(token)

    def leg(self, place: int, target: Target) -> tuple[Command, ...]:
        """Commands that run the leg and all that feeds it, and bring its output to `target`."""
        leg = self._legs[place]
        match custody(leg):
            case Custody.DELIVERED if self._held_before is not None:
                arrived = arrived_swap(leg, target, self.index(leg.token_in))
                return (*self._deliver(place), arrived)
            case Custody.DELIVERED:
                run = self._run(place, target)
                return (run,) if run else (*self._deliver(place), delivered_swap(leg, target))
            case Custody.CALLED if self._held_before is not None and place > 0:
                held = self._each(self._feeds.get(place, ()), table.TO_SELF)
                token, amount = self.index(leg.token_in), self._amount(place)
                return (*held, paid_swap(leg, target, token, amount))
            case Custody.CALLED:
                return (self._called(place, target),)
            case Custody.PULLED:
                return self._pulled(place, target)
            case Custody.LOCKED:
                return (*self._locked(place), take(leg.token_out, leg.amount_out_raw, target))

    def flash_last(self) -> tuple[Command, ...]:
        """Take the last leg's output first, then run what feeds it to pay for it."""
        place = len(self._legs) - 1
        nested = self._each(self._feeds[place], table.TO_CALLER)
        return (flash_swap(self._legs[place], table.TO_SELF, nested),)

    def flash_first(self) -> tuple[Command, ...]:
        """Take the first leg's output, run the others on it, and pay for it with their proceeds.

        The second leg must have no feeds: its input is there already.
        """
        first, second = self._legs[0], self._legs[1]
        target: Target = table.TO_SELF
        if custody(second) is Custody.DELIVERED and custody(first) is Custody.CALLED:
            target, self._delivered = second.pool, 1  # a pair would call back whom it gives to
        nested = self.leg(len(self._legs) - 1, table.TO_SELF)
        owed = pay(0, first.amount_in_raw, table.TO_CALLER)
        return (flash_swap(first, target, (*nested, owed)),)

    def settle(self, amount: int) -> tuple[Command, ...]:
        """Pay what the pool manager has lent of the profit token."""
        return (sync(self.tokens[0]), pay(0, amount, MANAGER), SETTLE)

    def _input(self, leg: Leg, target: Target) -> tuple[Command, ...]:
        """Bring a leg's input to `target`, which is not the executor's own balance."""
        if self._lent_by_manager and leg.token_in == self.tokens[0]:
            return (take(leg.token_in, leg.amount_in_raw, target),)
        return (pay(self.index(leg.token_in), leg.amount_in_raw, target),)

    def _held(self, leg: Leg) -> tuple[Command, ...]:
        """Bring a leg's input into the executor's balance, where it is not there already."""
        if self._lent_by_manager and leg.token_in == self.tokens[0]:
            return (take(leg.token_in, leg.amount_in_raw, table.TO_SELF),)
        return ()

    def _run(self, place: int, target: Target) -> Command | None:
        """The leg and all that feeds it as one run, if it is one that begins with a payment."""
        places = [place]
        while feeds := self._feeds.get(places[0]):
            if len(feeds) > 1 or places[0] == self._delivered:
                return None
            places.insert(0, feeds[0])
        first = self._legs[places[0]]
        lent = self._lent_by_manager and first.token_in == self.tokens[0]
        if lent or places[0] == self._delivered:
            return None
        return v2_run([self._legs[each] for each in places], self.index(first.token_in), target)

    def _deliver(self, place: int) -> tuple[Command, ...]:
        leg, feeds = self._legs[place], self._feeds.get(place)
        if place == self._delivered:
            return ()
        if feeds is None:
            return self._input(leg, table.TO_NEXT)
        stream: list[Command] = []
        for feed in feeds:
            stream += self.leg(feed, table.TO_NEXT if feed == feeds[-1] else leg.pool)
        return tuple(stream)

    def _called(self, place: int, target: Target) -> Command:
        leg, feeds = self._legs[place], self._feeds.get(place)
        if feeds is not None:
            return called_swap(leg, target, self._each(feeds, table.TO_CALLER))
        if self._lent_by_manager and leg.token_in == self.tokens[0]:
            return called_swap(leg, target, self._input(leg, table.TO_CALLER))
        return paid_swap(leg, target, self.index(leg.token_in), self._amount(place))

    def _amount(self, place: int) -> int:
        """What a leg takes out of the executor's balance."""
        leg = self._legs[place]
        if self._held_before is None or place == 0:
            return amount_field(leg.amount_in_raw)
        return amount_field(self._held_before[leg.token_in], all_but=True)

    def _pulled(self, place: int, target: Target) -> tuple[Command, ...]:
        leg, feeds = self._legs[place], self._feeds.get(place)
        held = self._held(leg) if feeds is None else self._each(feeds, table.TO_SELF)
        swap = pulled_swap(leg, target, self.index(leg.token_in), self._amount(place))
        if target == table.TO_SELF or not gives_to_executor(leg):
            return (*held, *swap)
        onward = pay(self.index(leg.token_out), leg.amount_out_raw, target)
        return (*held, *swap, onward)

    def _locked(self, place: int) -> tuple[Command, ...]:
        """All of a Uniswap V4 leg but the taking of its output."""
        leg, feeds = self._legs[place], self._feeds.get(place)
        if feeds is not None and len(feeds) == 1 and self._is_locked(feeds[0]):
            return (*self._locked(feeds[0]), locked_swap(leg))  # a credit passed on
        if feeds is None:
            if self._lent_by_manager and leg.token_in == self.tokens[0]:
                return (locked_swap(leg),)  # the debt of the swap is the loan
            given = self._input(leg, MANAGER)
        elif any(self._locks(feed) for feed in feeds):
            # what feeds it settles with the manager too: no room for that between sync and settle
            held = self._each(feeds, table.TO_SELF)
            return (*held, *self._synced(leg, self._input(leg, MANAGER)))
        else:
            given = self._each(feeds, MANAGER)
        return self._synced(leg, given)

    @staticmethod
    def _synced(leg: Leg, given: Iterable[Command]) -> tuple[Command, ...]:
        return (sync(leg.token_in), *given, SETTLE, locked_swap(leg))

    def _each(self, feeds: Iterable[int], target: Target) -> tuple[Command, ...]:
        return tuple(each for feed in feeds for each in self.leg(feed, target))

    @property
    def locks(self) -> bool:
        """Whether any leg trades with the pool manager."""
        return any(custody(leg) is Custody.LOCKED for leg in self._legs)

    def _is_locked(self, place: int) -> bool:
        return custody(self._legs[place]) is Custody.LOCKED

    def _locks(self, place: int) -> bool:
        """Whether a leg, or one that feeds it, trades with the pool manager."""
        feeds = self._feeds.get(place, ())
        return self._is_locked(place) or any(self._locks(feed) for feed in feeds)


def runs_backwards(legs: Sequence[Leg]) -> bool:
    """Whether the legs can run as an exact-output cycle: Uniswap V3 and Algebra legs only."""
    return all(custody(leg) is Custody.CALLED for leg in legs)


def exact_output(legs: Sequence[Leg], most_in: int) -> tuple[Command, ...]:
    """A cycle in reverse: each pool asks the one before it for exactly what it is owed.

    The first is paid at most `most_in`.
    """
    if not runs_backwards(legs):
        raise ProgramError("an exact-output cycle has Uniswap V3 and Algebra legs only")
    *before, last = legs
    nested: tuple[Command, ...] = (pay_owed(0, most_in),)
    for leg in before:
        nested = (owed_swap(leg, nested),)
    return (exact_output_swap(last, table.TO_SELF, nested),)


def takes_what_arrived(leg: Leg) -> bool:
    """Whether a leg can take whatever has arrived of its token.

    A pair's fee is a whole number of basis points there.
    """
    if leg.protocol is Protocol.UNISWAP_V2:
        return leg.terms.fee_pips > 0 and leg.terms.fee_pips % PIPS_PER_BP == 0
    return custody(leg) in (Custody.DELIVERED, Custody.CALLED) or leg.protocol in BALANCER


def arriving_tokens(legs: Sequence[Leg]) -> frozenset[Address]:
    """Tokens that legs of a chain, where they take what arrived, take out of our balance."""
    return frozenset(leg.token_in for leg in legs[1:] if custody(leg) is not Custody.DELIVERED)


def check_arriving(legs: Sequence[Leg], held: Mapping[Address, int]) -> None:
    """Raise `CustodyError` where not all legs of a chain can take what has arrived."""
    paid = arriving_tokens(legs)
    if not all(map(takes_what_arrived, legs)):
        raise CustodyError("a leg takes exact amounts only")
    if legs[0].token_in in paid:
        raise CustodyError("the capital itself would be taken for what has arrived")
    if not paid <= held.keys():
        raise CustodyError("what the executor holds of a token on the way is not known")


def can_lend(leg: Leg) -> bool:
    """Whether the leg's pool gives its output before it takes its input."""
    return leg.protocol is Protocol.UNISWAP_V2 or custody(leg) is Custody.CALLED


def chain_feeds(legs: Sequence[Leg]) -> Feeds:
    """Each leg of a chain takes its predecessor's whole output."""
    return {place: (place - 1,) for place in range(1, len(legs))}


def basket_feeds(legs: Sequence[Leg], held: Set[Address]) -> Feeds:
    """Direct feeds of legs in topological order: where one leg takes all that is made of a token.

    The tokens `held` before any leg, out of capital or loans, are paid from the balance. Legs that
    share a pool must keep their order, so none of them is fed directly.
    """
    makers: dict[Address, list[int]] = defaultdict(list)
    takers: dict[Address, list[int]] = defaultdict(list)
    uses: dict[bytes, int] = defaultdict(int)
    for place, leg in zip(count(), legs, strict=False):
        makers[leg.token_out].append(place)
        takers[leg.token_in].append(place)
        uses[leg.terms.pool_id or leg.pool] += 1
    if max(uses.values()) > 1:
        return {}
    feeds = {}
    for token, places in takers.items():
        made = sum(legs[maker].amount_out_raw for maker in makers[token])
        whole = len(places) == 1 and made == legs[places[0]].amount_in_raw
        if whole and token not in held:
            feeds[places[0]] = tuple(makers[token])
    return feeds
