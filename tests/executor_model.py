"""The executor's semantics as docs/program.md states them, over model pools and a ledger.

An oracle: it reads bytes with the numbers of contracts/program.toml and knows neither the encoder
nor the contracts. `Model.run` says whether a program succeeds, or with which of the executor's
errors it reverts, and moves the tokens that it moves.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from eth_utils.crypto import keccak
from model_pools import (
    AlgebraPool,
    ConcentratedPool,
    CurvePool,
    Ledger,
    Manager,
    Pair,
    Reverted,
    Vault,
    pool_key,
    require,
)
from model_runs import Cycles, unexpected
from program_assembler import ALL_BUT, LEADS, TABLE, TARGETS, width
from program_reader import (
    NOBODY,
    OPCODE_MASK,
    Command,
    as_address,
    cells_of,
    number,
    read_command,
)

from keeper.chain import Address

SELECTOR_SIZE = 4
TOKENS = TABLE["tokens"]
DELIVERABLE = {entry["opcode"] for entry in TABLE["command"] if entry.get("takes_delivery")}
AAVE_PREMIUM_BP = 5
WHOLE = 1 << 256
PAIR_CELL = 32
"""Bytes of a cell of `v2_run`."""
PoolKind = TypeVar("PoolKind")
Saved = tuple[dict[tuple[Address, Address], int], list[tuple[Any, dict[str, Any]]]]


@dataclass(frozen=True)
class Frame:
    """What a stream runs in: the entry, or the callback of a pool."""

    stream: bytes
    counterparty: Address = NOBODY
    """Whom `caller` names; nobody in the entry and inside loans."""
    pool: Address = NOBODY
    """Who called back."""
    asked: int = 0


@dataclass
class Model:
    """The executor among model pools. Accounts that are named nowhere have no code."""

    executor: Address
    ledger: Ledger
    pools: dict[Address, Any]
    leads: dict[str, Address]
    manager: Manager
    vault: Vault
    morpho: Address
    lenders: dict[Address, Address]
    """Which account lends a token for Aave."""
    listed: set[Address]
    others: set[Address]
    """Contracts that are neither pool nor token: they refuse whatever a pool or token is asked."""
    block: int = 0
    base_fee: int = 0
    tokens: list[Address] = field(default_factory=list)
    armed: bool = False
    cycles: Cycles = field(default_factory=Cycles)

    # ------------------------------------------------------------------------------------ a run

    def run(self, program: bytes) -> str:
        """Run calldata; the reason of the revert, or nothing if it succeeded."""
        before = self.saved()
        self.manager.synced, self.manager.deltas, self.armed = None, {}, False
        self.cycles.forget()
        try:
            self._execute(program)
        except Reverted as error:
            self.restore(before)
            return error.reason
        return ""

    def saved(self) -> Saved:
        """All balances and every pool's state."""
        pools = (*self.pools.values(), self.manager, self.vault)
        return dict(self.ledger.balances), [(pool, dict(pool.__dict__)) for pool in pools]

    def restore(self, saved: Saved) -> None:
        """Back to what was saved."""
        self.ledger.balances = dict(saved[0])
        for pool, state in saved[1]:
            pool.__dict__.update(state)

    def attempt(self, step: Callable[[], None]) -> bool:
        """Whether a step that a pool takes succeeds; what it did is undone if not."""
        before, terms = self.saved(), self.cycles.terms
        try:
            step()
        except Reverted:
            self.restore(before)
            self.cycles.terms = terms
            return False
        return True

    def _execute(self, program: bytes) -> None:
        require(number(program, 0, SELECTOR_SIZE) == int(TABLE["selector"], 16))
        values, at = {}, SELECTOR_SIZE
        for each in TABLE["header"]:
            size = width(each["type"])
            values[each["name"]] = number(program, at, size)
            at += size
        require(self.block <= values["deadline_block"], "DeadlinePassed")
        require(self.base_fee <= values["max_base_fee"] * 10**6, "BaseFeeTooHigh")
        self.tokens = self._declared(program, at, values["tokens"])
        before = [self._balance(token) for token in self.tokens]
        start = at + 20 * (values["tokens"] & ((1 << TOKENS["count_bits"]) - 1))
        self._stream(Frame(program[start:]))
        least = (values["min_profit"] << values["min_profit_shift"]) % WHOLE
        for place, (token, held) in enumerate(zip(self.tokens, before, strict=True)):
            now = self._balance(token)
            require(now >= held, "BalanceFell")
            require(place > 0 or now - held >= least, "Unprofitable")

    def _declared(self, program: bytes, at: int, byte: int) -> list[Address]:
        count, lead = byte & ((1 << TOKENS["count_bits"]) - 1), byte >> TOKENS["lead_shift"]
        names = [name for name, value in LEADS.items() if value == lead]
        require(bool(names) and (count > 0 or names != ["none"]), "BadTokens")
        require(at + 20 * count <= len(program), "TruncatedProgram")
        first = [self.leads[name] for name in names if name != "none"]
        return first + [Address(program[at + 20 * i : at + 20 * i + 20]) for i in range(count)]

    def _stream(self, frame: Frame) -> None:
        at = 0
        while at < len(frame.stream):
            command = read_command(frame.stream, at)
            at = command.end
            name = command.entry["name"].replace("algebra", "v3")
            handler: Callable[[Command, Frame], None] = getattr(self, f"_{name}")
            handler(command, frame)
            last = at == len(frame.stream)
            if command.entry.get("arms") and (frame.counterparty == NOBODY or not last):
                require(not self.armed, "CallbackMissing")

    def _nested(self, frame: Frame) -> None:
        """A callback with what was armed."""
        self.armed = False
        self._stream(frame)

    # ------------------------------------------------------------------------------------ swaps

    def _v2(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        self._pair_swap(command, to, command.values["amount_out"])

    def _v2_run(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        cells = cells_of(command, PAIR_CELL)
        token = self._token(command)
        pairs = [Address(cell[12:]) for cell in cells]
        self.transfer(token, pairs[0], command.values["amount_in"])
        for cell, pair, target in zip(cells, pairs, [*pairs[1:], to], strict=True):
            word = int.from_bytes(cell[:12], "big")
            pool, out = self.callee(pair, Pair), word % (1 << 95)
            if pool is not None:
                pool.swap(self.ledger, (0, out) if word >> 95 else (out, 0), target, None)

    def _v2_arrived(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        where = command.address("pool")
        pool = self.pools.get(where)
        require(isinstance(pool, Pair))
        assert isinstance(pool, Pair)
        token, fee = self._token(command), command.values["fee"]
        into, out = pool.reserves if command.zero_for_one else pool.reserves[::-1]
        arrived = self._balance(token, where) - into
        require(fee <= 10_000 and 0 <= arrived < 1 << 112, "BadAmount")
        net = arrived * (10_000 - fee)
        self._pair_swap(command, to, net * out // (into * 10_000 + net))

    def _v2_flash(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        where = command.address("pool")

        def callback(_asked: int) -> None:
            # the pair calls whoever it paid, and only we know what to answer
            require(to == self.executor)
            self._nested(Frame(command.nested, where, where))

        self.armed = True
        self._pair_swap(command, to, command.values["amount_out"], callback)

    def _pair_swap(
        self, command: Command, to: Address, out: int, callback: Callable[[int], None] | None = None
    ) -> None:
        pool = self.callee(command.address("pool"), Pair)
        if pool is not None:
            outs = (0, out) if command.zero_for_one else (out, 0)
            pool.swap(self.ledger, outs, to, callback)

    def _v3(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        self._concentrated(command, to, command.values["amount_in"], self._streamer(command))

    def _v3_out(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        self._concentrated(command, to, -command.values["amount_out"], self._streamer(command))

    def _cycle_run(self, command: Command, _frame: Frame) -> None:
        token = self.tokens[0]
        require(token in self.leads.values(), "BadToken")
        self.cycles.run(self, command.nested, token, command.values["amount"])

    def _v3_owed(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        require(0 < frame.asked < 1 << 127, "WrongPayment")
        self._concentrated(command, to, -frame.asked, self._streamer(command))

    def _v3_pay(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        token = self._token(command)
        most = self._amount(command, "amount_in", token)
        where = command.address("pool")

        def callback(asked: int) -> None:
            self.armed = False
            require(0 < asked <= most, "WrongPayment")
            self.transfer(token, where, asked)

        self._concentrated(command, to, most, callback)

    def _streamer(self, command: Command) -> Callable[[int], None]:
        where = command.address("pool")
        return lambda asked: self._nested(Frame(command.nested, where, where, asked))

    def _concentrated(
        self, command: Command, to: Address, amount: int, callback: Callable[[int], None]
    ) -> None:
        kind: type[ConcentratedPool] | type[AlgebraPool] = ConcentratedPool
        if command.entry["name"].startswith("algebra"):
            kind = AlgebraPool
        self.armed = True
        pool = self.callee(command.address("pool"), (ConcentratedPool, AlgebraPool))
        if pool is None:
            return
        answer = callback if isinstance(pool, kind) else unexpected
        pool.swap(self.ledger, command.zero_for_one, amount, to, answer)

    def _v4_swap(self, command: Command, _frame: Frame) -> None:
        currencies = (command.address("currency0"), command.address("currency1"))
        key = pool_key(*currencies, command.values["fee"], command.values["tick_spacing"])
        self.manager.swap(key, command.zero_for_one, command.values["amount_in"])

    def _balancer(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        token = self._token(command)
        amount = self._amount(command, "amount_in", token)
        pool, bought = command.values["pool_id"], command.address("token_out")
        way = (token, self.leads["wpol"] if bought == NOBODY else bought)
        where = self.vault.address if bought == NOBODY else to
        out = self.vault.swap(self.ledger, pool, way, amount, payer=self.executor, to=where)
        if bought == NOBODY:  # the vault unwraps it, and sends POL to whoever accepts that
            coded = {*self.ledger.tokens, *self.others, *self.pools} - {self.executor}
            require(to not in coded)
            self.ledger.add(way[1], where, -out)

    def _curve(self, command: Command, _frame: Frame) -> None:
        where = command.address("pool")
        require(where in self.listed, "UnlistedPool")
        token = self._token(command)
        amount = self._amount(command, "amount_in", token)
        pool, way = self._curve_pool(command)
        require(token == (pool.token0 if way else pool.token1) or amount == 0)
        self.ledger.move(token, self.executor, where, amount)
        pool.exchange(self.ledger, way, amount, 0, self.executor)

    def _curve_ng(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        if self.callee(command.address("pool"), CurvePool) is not None:
            pool, way = self._curve_pool(command)
            pool.exchange_received(self.ledger, way, command.values["amount_in"], 0, to)

    def _curve_pool(self, command: Command) -> tuple[CurvePool, bool]:
        pool = self.pools[command.address("pool")]
        sold, bought = command.values["indices"] >> 4, command.values["indices"] & 15
        require({sold, bought} == {0, 1})
        return pool, sold == 0

    # ------------------------------------------------------------------------- payments, credit

    def _pay(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        token = self._token(command)
        self.transfer(token, to, self._amount(command, "amount", token))

    def _pay_owed(self, command: Command, frame: Frame) -> None:
        token = self._token(command)
        require(0 < frame.asked <= command.values["max_amount"], "WrongPayment")
        self.transfer(token, frame.pool, frame.asked)

    def _v4(self, command: Command, _frame: Frame) -> None:
        where = self.manager.address
        self.armed = True
        self.manager.unlock(lambda _: self._nested(Frame(command.nested, where, where)))

    def _v4_take(self, command: Command, frame: Frame) -> None:
        to = self._recipient(command, frame)
        self.manager.take(self.ledger, command.address("currency"), to, command.values["amount"])

    def _v4_sync(self, command: Command, _frame: Frame) -> None:
        self.manager.sync(self.ledger, command.address("currency"))

    def _v4_settle(self, _command: Command, _frame: Frame) -> None:
        self.manager.settle(self.ledger)

    def _v3_flash(self, command: Command, _frame: Frame) -> None:
        where = command.address("pool")
        self.armed = True
        pool = self.callee(where, ConcentratedPool)
        if pool is not None:
            amount, way = command.values["amount"], command.zero_for_one
            pool.flash(
                self.ledger,
                way,
                amount,
                self.executor,
                lambda _: self._nested(Frame(command.nested, where, where)),
            )

    def _aave(self, command: Command, _frame: Frame) -> None:
        token, amount = self._token(command), command.values["amount"]
        require(token in self.lenders)
        lender = self.lenders[token]
        self.armed = True
        self.ledger.move(token, lender, self.executor, amount)
        premium = (amount * AAVE_PREMIUM_BP + 5_000) // 10_000
        require(premium <= command.values["max_premium"], "WrongLoan")
        self._nested(Frame(command.nested))
        self.ledger.move(token, self.executor, lender, amount + premium)

    def _balancer_flash(self, command: Command, _frame: Frame) -> None:
        token, amount = self._token(command), command.values["amount"]
        self.armed = True

        def callback(_asked: int) -> None:
            self._nested(Frame(command.nested))
            self.transfer(token, self.vault.address, amount)

        self.vault.flash_loan(self.ledger, token, amount, self.executor, callback)

    def _morpho(self, command: Command, _frame: Frame) -> None:
        token, amount = self._token(command), command.values["amount"]
        require(amount != 0)
        self.armed = True
        self.ledger.move(token, self.morpho, self.executor, amount)
        self._nested(Frame(command.nested))
        self.ledger.move(token, self.executor, self.morpho, amount)

    # ----------------------------------------------------------------------------------- checks

    def _check_v2(self, command: Command, _frame: Frame) -> None:
        pool = self.pools.get(command.address("pool"))
        words = pool.reserves if isinstance(pool, Pair) else ()
        self._digest(command, words)

    def _check_v3(self, command: Command, _frame: Frame) -> None:
        pool = self.pools.get(command.address("pool"))
        words: tuple[int, ...] = ()
        if command.entry["name"] == "check_algebra" and isinstance(pool, AlgebraPool):
            words = (self.ledger.of(pool.token0, pool.address),)
        if command.entry["name"] == "check_v3" and isinstance(pool, ConcentratedPool):
            words = (pool.curve.price,)
        self._digest(command, words)

    def _digest(self, command: Command, words: tuple[int, ...]) -> None:
        digest = keccak(b"".join(word.to_bytes(32, "big") for word in words))
        same = int.from_bytes(digest[:4], "big") == command.values["digest"]
        require(bool(words) and same, "StaleState")

    # ------------------------------------------------------------------------------------ parts

    def callee(
        self, where: Address, kind: type[PoolKind] | tuple[type[PoolKind], ...]
    ) -> PoolKind | None:
        """The pool that a call reaches: None where there is no code, and nothing happens."""
        pool = self.pools.get(where)
        if pool is None:
            require(where not in self.ledger.tokens and where not in self.others)
            return None
        require(isinstance(pool, kind))
        assert isinstance(pool, kind)
        return pool

    def _recipient(self, command: Command, frame: Frame) -> Address:
        to = command.to
        if command.target == TARGETS["self"]:
            to = self.executor
        elif command.target == TARGETS["caller"]:
            to = frame.counterparty
        elif command.target == TARGETS["next"]:
            there = command.end < len(frame.stream)
            deliverable = there and frame.stream[command.end] & OPCODE_MASK in DELIVERABLE
            to = as_address(number(frame.stream, command.end + 1, 20)) if deliverable else NOBODY
        require(to != NOBODY, "BadRecipient")
        return to

    def _token(self, command: Command) -> Address:
        require(command.values["token"] < len(self.tokens), "BadToken")
        return self.tokens[command.values["token"]]

    def _amount(self, command: Command, name: str, token: Address) -> int:
        written = command.values[name]
        if written < ALL_BUT:
            return written
        amount = self._balance(token) - (written - ALL_BUT)
        require(0 <= amount < ALL_BUT, "BadAmount")
        return amount

    def _balance(self, token: Address, holder: Address | None = None) -> int:
        require(token in self.ledger.tokens, "TokenCallFailed")
        return self.ledger.of(token, holder or self.executor)

    def transfer(self, token: Address, to: Address, amount: int) -> None:
        """A payment of ours, whose failure we name."""
        try:
            self.ledger.move(token, self.executor, to, amount)
        except Reverted as error:
            raise Reverted("TokenCallFailed") from error
