"""Random programs by one who knows the grammar: cycles that earn, funded and nested in every way.

A disturbed market is cheap in one direction. The writer closes a cycle through it, sizes it by the
model's quotes, and writes it down: who calls whom, what is delivered where, what rests with us.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from cycle_writer import CycleWriter
from eth_utils.crypto import keccak
from market_cycles import Hop, Hunter, profit
from model_pools import AlgebraPool, ConcentratedPool, Pair
from program_assembler import ALL_BUT, COMMANDS, STREAMS, command, header, width
from twins import Twins

from keeper.chain import Address

# how a hop may be written: its input is delivered before, by a stream of its own, or pulled from us
FORMS = {
    "v2": ("delivered", "delivered", "opened"),
    "v3": ("opened", "opened", "pulled"),
    "algebra": ("opened", "opened", "pulled"),
    "v4": ("opened",),
    "curve": ("delivered", "pulled"),
    "balancer": ("pulled",),
}
FUNDINGS = ("own", "flash swap", "flash swap", "aave", "morpho", "balancer", "v3 flash", "v4")
PAIR_FEE = 30


@dataclass(frozen=True)
class Target:
    """Where something goes: the recipient's name where it has one, and its address."""

    name: str
    address: Address


class Writer:
    """Writes programs from one seed; each call of `program` also disturbs a market."""

    def __init__(self, twins: Twins, seed: int) -> None:
        self.rng = random.Random(seed)
        self.twins = twins
        self.hunter = Hunter(twins, self.rng)
        self.cycles = CycleWriter(twins, self.hunter, self.rng)
        self.us = Target("self", twins.model.executor)
        self.declared: list[Address] = []

    def program(self) -> bytes:
        """Calldata; more than half of it succeeds."""
        if self.rng.random() < 0.25:
            return self.run_program()
        backwards = self.rng.random() < 0.1
        hops = self.hunter.cycle(("v3", "algebra")) if backwards else self.hunter.cycle()
        self.declared = [hops[0].paid]
        stream = self.checks(hops) + (self.flash_swap(hops) if backwards else self.funded(hops))
        if self.rng.random() < 0.1:
            stream += self.funded(self.hunter.cycle(disturb=False))
        earned = max(0, profit(hops))
        least = self.rng.choice((0, 0, 0, earned // 2, self.rng.randrange(earned * 2 + 1)))
        for token in self.twins.tokens:
            if self.rng.random() < 0.15:
                self.index(token)
        return self.headed(self.sealed(stream), least)

    def run_program(self) -> bytes:
        """A cycle in a command, or two, perhaps on a loan, and some of its gain spent on a pool."""
        hops = self.cycles.cycle()
        self.declared, spare = [hops[0].paid], max(0, profit(hops)) // 2
        stream = self.cycles.run(hops)
        kind = self.rng.random()
        if kind < 0.15:
            stream += self.cycles.run(self.cycles.cycle(disturb=False))
        if kind < 0.3:
            stream = self.on_loan(hops, stream)
        elif spare and kind < 0.5:
            pools = [hop for hop in (hops[0], hops[-1]) if hop.market.kind == "v3"]
            stream += self.spent(self.rng.choice(pools), spare) if pools else b""
        if self.rng.random() < 0.15:
            self.index(self.rng.choice(self.twins.tokens))
        lead = self.rng.random() < 0.8
        return self.headed(self.sealed(stream), self.rng.choice((0, 0, spare // 2)), lead=lead)

    def on_loan(self, hops: Sequence[Hop], stream: bytes) -> bytes:
        """A stream within a loan that it does not need, or within a pool's callback."""
        funding, terms = self.rng.choice(FUNDINGS), {"token": 0, "amount": 10**6}
        if funding == "v3 flash":
            return self.v3_loan(hops, stream)
        if funding == "v4":
            return command("v4", nested=self.sealed(stream))
        if funding == "aave":
            return command("aave", nested=self.sealed(stream), max_premium=10**3, **terms)
        return command("morpho", nested=self.sealed(stream), **terms)

    def spent(self, hop: Hop, amount: int) -> bytes:
        """So much of token 0 sold on the market of a hop that takes or gives it."""
        pool = {
            "pool": hop.market.pool.address,
            "zero_for_one": hop.market.paid(True) == self.declared[0],
            "amount_in": amount,
        }
        if self.rng.random() < 0.5:
            return command("v3_pay", token=0, **pool)
        owed = command("pay_owed", token=0, max_amount=amount)
        return command("v3", nested=owed, **pool)

    def headed(self, stream: bytes, least: int, *, lead: bool | None = None) -> bytes:
        """The stream behind a header that declares what it names, by a lead if it can or not."""
        limits = {"deadline_block": 1} if self.rng.random() < 0.01 else {}
        tokens, name = self.declared, "none"
        names = {address: name for name, address in self.twins.model.leads.items()}
        short = self.rng.random() < 0.5 if lead is None else lead
        if tokens[0] in names and short:
            tokens, name = tokens[1:], names[tokens[0]]
        return header(tokens, lead=name, min_profit=least, **limits) + stream

    def index(self, token: Address) -> int:
        """The token's place among the declared ones, where it is put if it has none."""
        if token not in self.declared:
            self.declared.append(token)
        return self.declared.index(token)

    # ----------------------------------------------------------------------------------- funding

    def funded(self, hops: Sequence[Hop]) -> bytes:
        """The cycle, with its first input from somewhere."""
        funding, amount = self.rng.choice(FUNDINGS), hops[0].amount_in
        if funding in {hop.market.kind for hop in hops} and self.rng.random() < 0.9:
            funding = "own"  # a vault or manager that lends does not trade meanwhile
        if funding == "flash swap" and hops[-1].market.kind in {"v2", "v3", "algebra", "v4"}:
            return self.flash_swap(hops)
        own = self.rested(hops)
        token = {"token": self.index(hops[0].paid), "amount": amount}
        if funding in {"aave", "balancer"}:
            name = {"aave": "aave", "balancer": "balancer_flash"}[funding]
            most = amount // 1000 if self.rng.random() < 0.9 else 0
            return command(name, nested=self.sealed(own), max_premium=most, **token)
        if funding == "morpho":
            return command("morpho", nested=self.sealed(own), **token)
        if funding == "v4":
            return self.v4_loan(hops[0].paid, amount, own)
        if funding == "v3 flash":
            return self.v3_loan(hops, own)
        return own

    def flash_swap(self, hops: Sequence[Hop]) -> bytes:
        """The last hop's output first, all before it nested inside."""
        *before, last = hops
        return self.open(last, before, hops[0], self.us)

    def v4_loan(self, token: Address, amount: int, stream: bytes) -> bytes:
        """Taken from the manager on credit and brought back."""
        manager = Target("caller", self.twins.model.manager.address)
        take = command("v4_take", currency=token, amount=amount)
        back = command("v4_sync", currency=token) + self.pay(token, amount, manager)
        return command("v4", nested=take + stream + back + command("v4_settle"))

    def v3_loan(self, hops: Sequence[Hop], stream: bytes) -> bytes:
        """From a pool that the cycle does not visit, if there is one."""
        token, amount = hops[0].paid, hops[0].amount_in
        used = {hop.market.pool.address for hop in hops}
        pools = [m.pool for m in self.twins.markets if isinstance(m.pool, ConcentratedPool)]
        free = [p for p in pools if token in (p.token0, p.token1) and p.address not in used]
        if not free:
            return stream
        pool = self.rng.choice(free)
        owed = amount - (-amount * pool.curve.fee_pips // 1_000_000)
        nested = stream + self.pay(token, owed, Target("caller", pool.address))
        way = token == pool.token0
        return command(
            "v3_flash",
            zero_for_one=way,
            pool=pool.address,
            amount=amount,
            nested=self.sealed(nested),
        )

    # ------------------------------------------------------------------------------- composition

    def rested(self, hops: Sequence[Hop]) -> bytes:
        """The hops in one or more stretches, each of whose outputs rests with us."""
        run = list(takewhile(lambda hop: hop.market.kind == "v3", hops))
        if run and run[0].paid == self.declared[0] and self.rng.random() < 0.3:
            rest = hops[len(run) :]
            return self.cycles.run(run) + (self.rested(rest) if rest else b"")
        if len(hops) > 1 and self.rng.random() < 0.25:
            cut = self.rng.randrange(1, len(hops))
            return self.rested(hops[:cut]) + self.rested(hops[cut:])
        return self.deliver(hops, hops[0], self.us)

    def deliver(self, hops: Sequence[Hop], first: Hop, to: Target) -> bytes:
        """Commands that bring the hops' output, or without hops the first's input, to `to`."""
        if not hops:
            return self.pay(first.paid, first.amount_in, to)
        forms = [self.rng.choice(FORMS[hop.market.kind]) for hop in hops]
        if to is not self.us and forms[-1] == "opened" and hops[-1].market.kind == "v2":
            forms[-1] = "delivered"  # a pair calls whoever it pays
        start = max((i for i, form in enumerate(forms) if form != "delivered"), default=-1)
        targets = [Target("next", hop.market.pool.address) for hop in hops[1:]] + [to]
        stream = b""
        if start < 0 and {hop.market.kind for hop in hops} == {"v2"} and self.rng.random() < 0.6:
            return self.pair_run(hops, to)
        if start < 0:
            stream += self.pay(
                first.paid, first.amount_in, Target("next", hops[0].market.pool.address)
            )
        elif forms[start] == "opened" and (
            hops[start].market.kind != "v2" or targets[start] is self.us
        ):
            stream += self.open(hops[start], hops[:start], first, targets[start])
        elif hops[start].market.kind == "v2":
            stream += self.deliver(
                hops[:start], first, Target("address", hops[start].market.pool.address)
            )
            stream += self.swap(hops[start], targets[start])
        else:
            stream += self.rested(hops[:start]) if start else b""
            stream += self.pull(hops[start], targets[start])
        for hop, target in zip(hops[start + 1 :], targets[start + 1 :], strict=True):
            stream += self.swap(hop, target)
        return stream

    def to(self, target: Target) -> str | Address:
        """The recipient by name or, sometimes, by address."""
        if target.name == "address" or self.rng.random() < 0.15:
            return target.address
        return target.name

    def amount(self, token: Address, exact: int) -> int:
        """The amount as it is, or as all but what we held before."""
        held = self.twins.model.ledger.of(token, self.us.address)
        if self.rng.random() < 0.95 or exact > held:
            return exact
        return ALL_BUT | held - exact

    def pay(self, token: Address, amount: int, to: Target) -> bytes:
        """One payment, or two that make it up."""
        if to.name == "caller" and amount > 1 and self.rng.random() < 0.1:
            part = self.rng.randrange(1, amount)
            return self.pay(token, part, to) + self.pay(token, amount - part, to)
        written = self.amount(token, amount)
        return command("pay", to=self.to(to), token=self.index(token), amount=written)

    # ------------------------------------------------------------------------------------- swaps

    def open(self, hop: Hop, before: Sequence[Hop], first: Hop, to: Target) -> bytes:
        """A swap that calls back, with the stream that delivers its input."""
        kind, caller = hop.market.kind, Target("caller", hop.market.pool.address)
        if kind == "v4":
            return self.open_v4(hop, before, first, to)
        pool = {
            "pool": hop.market.pool.address,
            "zero_for_one": hop.zero_for_one,
            "to": self.to(to),
        }
        if kind == "v2":
            nested = self.sealed(self.deliver(before, first, caller))
            return command("v2_flash", nested=nested, amount_out=hop.amount_out, **pool)
        nested = self.sealed(self.owed(hop, before, first, caller))
        if self.rng.random() < 0.3:
            return command(f"{kind}_out", nested=nested, amount_out=hop.amount_out, **pool)
        return command(kind, nested=nested, amount_in=hop.amount_in, **pool)

    def owed(self, hop: Hop, before: Sequence[Hop], first: Hop, caller: Target) -> bytes:
        """What a V3 or Algebra pool asks for: as it was quoted, or as it asks."""
        if not before and self.rng.random() < 0.4:
            index = self.index(hop.paid)
            return command("pay_owed", token=index, max_amount=hop.amount_in)
        if before and before[-1].market.kind in {"v3", "algebra"} and self.rng.random() < 0.6:
            *earlier, last = before
            kind, pool = last.market.kind, last.market.pool.address
            nested = self.sealed(self.owed(last, earlier, first, Target("caller", pool)))
            way = last.zero_for_one
            to = self.to(caller)
            return command(f"{kind}_owed", pool=pool, zero_for_one=way, to=to, nested=nested)
        return self.deliver(before, first, caller)

    def open_v4(self, hop: Hop, before: Sequence[Hop], first: Hop, to: Target) -> bytes:
        """Swap and take on credit, then deliver and settle, or the other way round."""
        key = {"currency0": hop.market.tokens[0], "currency1": hop.market.tokens[1]}
        swap = command(
            "v4_swap",
            zero_for_one=hop.zero_for_one,
            fee=10_000,
            tick_spacing=200,
            amount_in=hop.amount_in,
            **key,
        )
        goes = "self" if to is self.us else to.address
        take = command("v4_take", to=goes, currency=hop.got, amount=hop.amount_out)
        manager = Target("caller", self.twins.model.manager.address)
        paid = command("v4_sync", currency=hop.paid) + self.deliver(before, first, manager)
        paid += command("v4_settle")
        stream = swap + take + paid if before or self.rng.random() < 0.5 else paid + swap + take
        return command("v4", nested=stream)

    def pull(self, hop: Hop, to: Target) -> bytes:
        """A swap whose input rests with us."""
        kind, index = hop.market.kind, self.index(hop.paid)
        values = {"token": index, "amount_in": self.amount(hop.paid, hop.amount_in)}
        if kind == "balancer":
            pool_id = hop.market.pool_id
            return command("balancer", to=self.to(to), pool_id=pool_id, token_out=hop.got, **values)
        pool = hop.market.pool.address
        if kind == "curve":
            stream = command("curve", pool=pool, indices=self.indices(hop), **values)
            return stream if to is self.us else stream + self.pay(hop.got, hop.amount_out, to)
        way = hop.zero_for_one
        return command(f"{kind}_pay", to=self.to(to), pool=pool, zero_for_one=way, **values)

    def swap(self, hop: Hop, to: Target) -> bytes:
        """A swap whose input has been delivered."""
        pool = hop.market.pool.address
        if hop.market.kind == "curve":
            values = {"indices": self.indices(hop), "amount_in": hop.amount_in}
            return command("curve_ng", to=self.to(to), pool=pool, **values)
        where = {"pool": pool, "zero_for_one": hop.zero_for_one, "to": self.to(to)}
        if self.rng.random() < 0.3:
            return command("v2_arrived", token=self.index(hop.paid), fee=PAIR_FEE, **where)
        return command("v2", amount_out=hop.amount_out, **where)

    def pair_run(self, hops: Sequence[Hop], to: Target) -> bytes:
        """A payment and swaps on pairs in one command."""
        cells = b"".join(
            (hop.amount_out | hop.zero_for_one << 95).to_bytes(12, "big") + hop.market.pool.address
            for hop in hops
        )
        index, amount = self.index(hops[0].paid), hops[0].amount_in
        return command("v2_run", to=self.to(to), token=index, amount_in=amount, nested=cells)

    def indices(self, hop: Hop) -> int:
        """Places of a Curve pool's coins."""
        return 0x01 if hop.zero_for_one else 0x10

    # ------------------------------------------------------------------------------------ finish

    def checks(self, hops: Sequence[Hop]) -> bytes:
        """Early checks of some of the states that the program relies on."""
        stream = b""
        for hop in hops:
            if self.rng.random() < 0.7:
                continue
            pool = hop.market.pool
            if isinstance(pool, Pair):
                name, words = "check_v2", pool.reserves
            elif isinstance(pool, ConcentratedPool):
                name, words = "check_v3", (pool.curve.price,)
            elif isinstance(pool, AlgebraPool):
                held = self.twins.model.ledger.of(pool.token0, pool.address)
                name, words = "check_algebra", (held,)
            else:
                continue
            digest = keccak(b"".join(word.to_bytes(32, "big") for word in words))[:4]
            if self.rng.random() < 0.05:
                digest = bytes(4)
            stream += command(name, pool=pool.address, digest=digest)
        return stream

    def sealed(self, stream: bytes) -> bytes:
        """The stream, its last nested length sometimes left to stand for the rest."""
        if self.rng.random() < 0.5:
            return stream
        at = last = 0
        while at < len(stream):
            last, at = at, end_of(stream, at)
        place = nested_place(stream[last]) if stream else 0
        if not place:
            return stream
        return stream[: last + place] + bytes(2) + stream[last + place + 2 :]


BY_OPCODE = {entry["opcode"]: entry for entry in COMMANDS.values()}


def nested_place(head: int) -> int:
    """Where a command has the length of what is inside it; zero if it has none."""
    at = 1
    for field in BY_OPCODE[head & 31]["field"]:
        if field["type"] in STREAMS:
            return at
        at += width(field["type"])
    return 0


def has_stream(head: int) -> bool:
    """Whether a command has commands inside it."""
    return any(field["type"] == "nested" for field in BY_OPCODE[head & 31]["field"])


def fields_end(stream: bytes, at: int) -> int:
    """Where the fields and the recipient's address of the command at `at` end."""
    entry = BY_OPCODE[stream[at] & 31]
    end = at + 1 + sum(width(field["type"]) for field in entry["field"])
    return end + (20 if entry["recipients"] and stream[at] >> 5 & 3 == 3 else 0)


def end_of(stream: bytes, at: int) -> int:
    """Where the command at `at` ends."""
    end = fields_end(stream, at)
    place = nested_place(stream[at])
    length = int.from_bytes(stream[at + place : at + place + 2], "big") if place else 0
    return end + length if length or not place else len(stream)


def heads_of(program: bytes) -> list[int]:
    """Where each command of a well-formed program begins, nested ones included."""
    start = len(header([])) + 20 * (program[16] & 63)
    return [start + at for at in heads_in(program[start:])]


def heads_in(stream: bytes) -> list[int]:
    """The same within a stream."""
    heads, at = [], 0
    while at < len(stream):
        end = end_of(stream, at)
        heads.append(at)
        if has_stream(stream[at]):
            inner = fields_end(stream, at)
            heads += [inner + each for each in heads_in(stream[inner:end])]
        at = end
    return heads


def opcodes_of(program: bytes) -> set[str]:
    """The names of all commands of a well-formed program."""
    start = len(header([])) + 20 * (program[16] & 63)
    return set(names_of(program[start:]))


def names_of(stream: bytes) -> list[str]:
    """The names of a stream's commands, and of those nested in them."""
    names, at = [], 0
    while at < len(stream):
        entry, end = BY_OPCODE[stream[at] & 31], end_of(stream, at)
        names.append(entry["name"])
        if has_stream(stream[at]):
            names += names_of(stream[fields_end(stream, at) : end])
        at = end
    return names
