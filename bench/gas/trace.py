"""A transaction's accesses to storage and accounts, as a node's tracer sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from keeper.chain import Address
from replica.abi import address

Rpc: TypeAlias = Callable[[str, list[Any]], Any]
Slot: TypeAlias = tuple[Address, int]
AccessList: TypeAlias = tuple[tuple[Address, tuple[int, ...]], ...]
"""Accounts, each with the slots that are warm from the start (EIP-2930)."""

GAS_LIMIT = 20_000_000

TRACER = """{
  events: [], known: {}, halt: null,
  note: function(log, db, value) {
    var where = toHex(log.contract.getAddress()), slot = log.stack.peek(0).toString(16);
    var event = {kind: value === null ? 'read' : 'write', where: where, slot: slot};
    var key = where + slot;
    if (!this.known[key]) {
      this.known[key] = true;
      var word = toHex(db.getState(toAddress(where), toWord(slot)));
      event.found = word;
    }
    if (value !== null) event.value = value;
    this.events.push(event);
  },
  touch: function(log, place) {
    this.events.push({kind: 'touch', where: log.stack.peek(place).toString(16)});
  },
  step: function(log, db) {
    switch (log.op.toNumber()) {
      case 0x54: this.note(log, db, null); break;
      case 0x55: this.note(log, db, log.stack.peek(1).toString(16)); break;
      case 0xf1: case 0xf2: case 0xf4: case 0xfa: this.touch(log, 1); break;
      case 0x31: case 0x3b: case 0x3c: case 0x3f: case 0xff: this.touch(log, 0); break;
    }
    switch (log.op.toNumber()) {
      case 0x00: case 0xf3: case 0xfd: case 0xff:
        if (log.getDepth() == 1) this.halt = log.getGas();
    }
  },
  fault: function() {},
  enter: function(frame) {
    var type = frame.getType();
    var made = type === 'CREATE' || type === 'CREATE2' ? toHex(frame.getTo()) : '';
    this.events.push({kind: 'enter', made: made});
  },
  exit: function(result) {
    this.events.push({kind: 'exit', failed: result.getError() !== undefined});
  },
  result: function(ctx) {
    return {events: this.events, used: ctx.gasUsed, left: this.halt,
            failed: ctx.error !== undefined, coinbase: toHex(ctx.coinbase)};
  }
}"""
"""Says what `recount` needs and nothing else: a struct log would be a thousand times as long."""


class Read(NamedTuple):
    """SLOAD."""

    slot: Slot


class Write(NamedTuple):
    """SSTORE."""

    slot: Slot
    value: int


class Touch(NamedTuple):
    """A call of an account, or a look at its balance or code."""

    where: Address


class Enter(NamedTuple):
    """A frame begins; `made` is the account that a CREATE makes."""

    made: Address | None


class Exit(NamedTuple):
    """A frame ends; if it failed, all it did is taken back."""

    failed: bool


Event: TypeAlias = Read | Write | Touch | Enter | Exit


@dataclass(frozen=True, slots=True)
class Trace:
    """One transaction without an access list, under Ethereum's schedule.

    `found` is what the slots held before, `spent` the gas before refunds, `used` the gas that the
    node charged; `warm` are the accounts that are warm without being listed.
    """

    warm: frozenset[Address]
    events: tuple[Event, ...]
    found: dict[Slot, int]
    spent: int
    used: int
    failed: bool


def gas_used(rpc: Rpc, sender: Address, to: Address, data: bytes, listed: AccessList = ()) -> int:
    """What the node would charge for a transaction on the latest state, without looking inside.

    Raises:
        RuntimeError: the transaction reverts.
    """
    entries = [
        {"address": where, "storageKeys": [slot.to_bytes(32) for slot in slots]}
        for where, slots in listed
    ]
    call = {"from": sender, "to": to, "data": data, "gas": hex(GAS_LIMIT), "accessList": entries}
    only_top = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
    raw = rpc("debug_traceCall", [call, "latest", only_top])
    if "error" in raw:
        raise RuntimeError(f"a call of 0x{to.hex()} failed: {raw['error']}")
    return int(raw["gasUsed"], 16)


def trace_call(rpc: Rpc, sender: Address, to: Address, data: bytes) -> Trace:
    """Trace a transaction on the latest state without sending it."""
    call = {"from": sender, "to": to, "data": data, "gas": hex(GAS_LIMIT)}
    raw = rpc("debug_traceCall", [call, "latest", {"tracer": TRACER}])
    events, found = [], {}
    for entry in raw["events"]:
        event = _event(entry)
        events.append(event)
        if "found" in entry and isinstance(event, Read | Write):
            found[event.slot] = int(entry["found"], 16)
    precompiles = (Address(number.to_bytes(20)) for number in range(1, 18))
    warm = frozenset((sender, to, address(raw["coinbase"]), *precompiles))
    # a halt other than by an opcode of the outermost frame burns all
    spent = GAS_LIMIT - (raw["left"] or 0)
    return Trace(warm, tuple(events), found, spent, raw["used"], raw["failed"])


def _event(raw: dict[str, Any]) -> Event:
    kind = raw["kind"]
    if kind == "enter":
        return Enter(address(raw["made"]) if raw["made"] else None)
    if kind == "exit":
        return Exit(raw["failed"])
    where = Address(int(raw["where"], 16).to_bytes(32)[12:])
    if kind == "touch":
        return Touch(where)
    slot = (where, int(raw["slot"], 16))
    return Read(slot) if kind == "read" else Write(slot, int(raw["value"], 16))
