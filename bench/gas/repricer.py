"""A traced transaction's gas, recounted under another schedule and with an access list."""

from collections import Counter
from dataclasses import dataclass, field

from bench.gas.schedules import (
    COLD_ACCOUNT,
    ETHEREUM,
    LISTED_ACCOUNT,
    LISTED_SLOT,
    REFUND_QUOTIENT,
    SET,
    WARM,
    Schedule,
)
from bench.gas.trace import AccessList, Enter, Exit, Read, Slot, Touch, Trace, Write
from keeper.chain import Address


class RecountError(ValueError):
    """The recount does not explain what the node charged: the trace or the model is wrong."""


@dataclass(slots=True)
class Ledger:
    """What the storage and account accesses of one run cost, and what was cold in it.

    `saved` is how much cheaper each slot, or account, would have been had it been warm.
    """

    schedule: Schedule
    accounts: set[Address]
    slots: set[Slot]
    found: dict[Slot, int]
    cost: int = 0
    refund: int = 0
    held: dict[Slot, int] = field(default_factory=dict)
    saved: Counter[Slot | Address] = field(default_factory=Counter)
    _marks: list[tuple[set[Address], set[Slot], dict[Slot, int], int]] = field(default_factory=list)

    def touch(self, where: Address) -> None:
        """A call of, or a look at, an account."""
        cold = where not in self.accounts
        self.accounts.add(where)
        self.cost += COLD_ACCOUNT if cold else WARM
        if cold:
            self.saved[where] += COLD_ACCOUNT - WARM

    def read(self, slot: Slot) -> None:
        """SLOAD."""
        cold = slot not in self.slots
        self.slots.add(slot)
        self.cost += self.schedule.cold_read if cold else WARM
        if cold:
            self.saved[slot] += self.schedule.cold_read - WARM

    def write(self, slot: Slot, new: int) -> None:
        """SSTORE, by EIP-2200 as amended by EIP-2929 and EIP-3529."""
        if slot not in self.slots:
            self.slots.add(slot)
            self.cost += self.schedule.cold_write
            self.saved[slot] += self.schedule.cold_write
        found = self.found[slot]
        held = self.held.get(slot, found)
        self.held[slot] = new
        if held == new:
            self.cost += WARM
        elif held == found:
            self.cost += self.schedule.reset if found else SET
            self.refund += self.schedule.clear_refund if not new else 0
        else:
            self.cost += WARM
            self.refund += self._change_of_mind(found, held, new)

    def _change_of_mind(self, found: int, held: int, new: int) -> int:
        """Refund of a write to a slot that this transaction wrote before."""
        refund = 0
        if found:
            refund += self.schedule.clear_refund * ((not new) - (not held))
        if new == found:
            refund += (self.schedule.reset if found else SET) - WARM
        return refund

    def enter(self, made: Address | None) -> None:
        """A frame begins."""
        if made is not None:
            self.accounts.add(made)  # stays warm even if its creation fails
        self._marks.append((set(self.accounts), set(self.slots), dict(self.held), self.refund))

    def exit(self, *, failed: bool) -> None:
        """A frame ends; a failed one leaves nothing but its cost."""
        mark = self._marks.pop()
        if failed:
            self.accounts, self.slots, self.held, self.refund = mark


@dataclass(frozen=True, slots=True)
class Bill:
    """A recount: gas `spent`, the `refund` granted, and what is therefore `used`."""

    spent: int
    refund: int

    @property
    def used(self) -> int:
        """What the sender pays for."""
        return self.spent - self.refund


def replay(trace: Trace, schedule: Schedule, listed: AccessList = ()) -> Ledger:
    """Walk through the trace's accesses under a schedule."""
    accounts = {*trace.warm, *(where for where, _ in listed)}
    slots = {(where, slot) for where, of in listed for slot in of}
    ledger = Ledger(schedule, accounts, slots, trace.found)
    for event in trace.events:
        match event:
            case Read(slot):
                ledger.read(slot)
            case Write(slot, value):
                ledger.write(slot, value)
            case Touch(where):
                ledger.touch(where)
            case Enter(made):
                ledger.enter(made)
            case Exit(failed):
                ledger.exit(failed=failed)
    if trace.failed:
        ledger.refund = 0
    return ledger


def recount(trace: Trace, schedule: Schedule, listed: AccessList = ()) -> Bill:
    """Whole-transaction gas of the traced run under `schedule` with the access list `listed`.

    Raises:
        RecountError: under the traced schedule the recount differs from what the node charged.
    """
    told = replay(trace, ETHEREUM)
    known = _bill(trace.spent, told.refund)
    if known.used != trace.used:
        raise RecountError(f"the node charged {trace.used} gas, the recount says {known.used}")
    ours = replay(trace, schedule, listed)
    entries = sum(LISTED_ACCOUNT + LISTED_SLOT * len(slots) for _, slots in listed)
    return _bill(trace.spent - told.cost + ours.cost + entries, ours.refund)


def _bill(spent: int, refund: int) -> Bill:
    return Bill(spent, min(refund, spent // REFUND_QUOTIENT))


def best_access_list(trace: Trace, schedule: Schedule) -> AccessList:
    """The list that makes the traced run cheapest: a slot, or account, is in it when that pays.

    A slot costs 1,900 and saves what it is dearer cold than warm, each time it is cold; its account
    must be listed with it for 2,400, which an account that is not warm anyway gives back.
    """
    saved = replay(trace, schedule).saved
    slots: dict[Address, dict[int, int]] = {}
    for entry, gas in saved.items():
        if isinstance(entry, tuple) and gas > LISTED_SLOT:
            slots.setdefault(entry[0], {})[entry[1]] = gas - LISTED_SLOT
        elif not isinstance(entry, tuple):
            slots.setdefault(entry, {})
    return tuple(
        (where, tuple(of))
        for where, of in slots.items()
        if sum(of.values()) + saved[where] > LISTED_ACCOUNT
    )
