"""Cycles as docs/program.md states them, over what the model executor offers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from model_pools import AlgebraPool, ConcentratedPool, Ledger, OddPool, Pair, Reverted, require
from program_assembler import TABLE
from program_reader import NOBODY, number

from keeper.chain import Address

PAIR_CELL = 12

MOST = 1 << 86
PLACES = 1 + TABLE["directory"]["pools"] + TABLE["directory"]["pairs"]
FIRST_PAIR = 1 + TABLE["directory"]["pools"]


def unexpected(_asked: int) -> None:
    """A callback that nothing has armed: the two concentrated families differ in its name only."""
    raise Reverted("UnexpectedCallback")


def signed(number: int) -> int:
    """What an amount's bits say where the highest is a sign."""
    number %= MOST
    return number - MOST if number >= MOST // 2 else number


class Ground(Protocol):
    """What cycles need of the executor among its pools."""

    executor: Address
    ledger: Ledger

    def callee(self, where: Address, kind: Any) -> Any:  # noqa: ANN401 - of that kind, or nothing
        """The pool that a call reaches."""

    def transfer(self, token: Address, to: Address, amount: int) -> None:
        """A payment of the executor's."""


@dataclass(frozen=True)
class PairCell:
    """A pair of a section: its place, direction, whether another follows, and its amount's bits."""

    place: int
    zero_for_one: bool
    more: bool
    amount: int


@dataclass(frozen=True)
class Server:
    """Who serves a pool: the pool before it, and the first of the pairs between the two."""

    pool: Address
    zero_for_one: bool
    pair: PairCell | None


@dataclass(frozen=True)
class Terms:
    """What a payment is for: which pool, through which pairs, of what, and how much at most."""

    pool: Address
    pair: PairCell | None
    token: Address
    most: int


@dataclass
class Cycles:
    """The words of a transaction's cycles."""

    directory: list[Address] = field(default_factory=lambda: [NOBODY] * PLACES)
    """By place; place 0 is nobody's."""
    servers: dict[Address, Server] = field(default_factory=dict)
    further: dict[tuple[Address, int], PairCell] = field(default_factory=dict)
    """By what feeds a section, and the pair's number behind the first."""
    terms: Terms | None = None
    """Of the run in progress, until they are spent."""

    def list_pools(self, pools: list[Address], pairs: list[Address]) -> None:
        """Have these pools and pairs in the directory alone."""
        self.directory = [NOBODY] * PLACES
        self.directory[1 : 1 + len(pools)] = pools
        self.directory[FIRST_PAIR : FIRST_PAIR + len(pairs)] = pairs

    def forget(self) -> None:
        """As a transaction begins."""
        self.servers, self.further, self.terms = {}, {}, None

    def run(self, ground: Ground, cells: bytes, token: Address, amount: int) -> None:
        """Run a cycle of these cells."""
        paid, at = self._section(cells, 0, ground.executor)
        pool, way = self._pool(cells, at)
        first = pool
        section = None
        at += 1
        while at < len(cells):
            section, at = self._section(cells, at, pool)
            if at >= len(cells):
                break
            server = Server(pool, way, section)
            pool, way = self._pool(cells, at)
            self.servers[pool] = server
            section = None
            at += 1
        require(at == len(cells), "TruncatedProgram")
        self.terms = Terms(first, paid, token, -amount % MOST)
        self._serve(ground, Server(pool, way, section), -signed(amount), ground.executor)
        self.terms = None

    def answer(self, ground: Ground, where: Address, asked: int) -> None:
        """The callback without data of the pool at `where`."""
        server = self.servers.get(where, Server(NOBODY, False, None))
        if server != Server(NOBODY, False, None):  # whose word would be zero
            self._serve(ground, server, asked, where)
            return
        terms, self.terms = self.terms, None
        if terms is None or terms.pool != where:
            raise Reverted("UnexpectedCallback")
        if terms.pair is None:
            require(0 < asked <= terms.most, "WrongPayment")
            ground.transfer(terms.token, where, asked)
            return
        ground.transfer(terms.token, self.directory[terms.pair.place], terms.pair.amount)
        self._pairs(ground, terms.pair, asked, where, ground.executor)

    def _section(self, cells: bytes, at: int, feeder: Address) -> tuple[PairCell | None, int]:
        """The first pair of a section, if one stands there, and where the section ends."""
        if number(cells, at, 1) < 2 * FIRST_PAIR:
            return None, at
        first = self._pair(cells, at)
        cell = first
        for place in count(1):
            at += PAIR_CELL
            if not cell.more:
                return first, at
            cell = self.further[feeder, place] = self._pair(cells, at)
        raise AssertionError

    def _pair(self, cells: bytes, at: int) -> PairCell:
        head, tail = number(cells, at, 1), number(cells, at + 1, PAIR_CELL - 1)
        return PairCell(head >> 1, bool(head & 1), bool(tail >> 87), (tail >> 1) % MOST)

    def _pool(self, cells: bytes, at: int) -> tuple[Address, bool]:
        cell = number(cells, at, 1)
        return self.directory[cell >> 1], bool(cell & 1)

    def _serve(self, ground: Ground, server: Server, asked: int, whom: Address) -> None:
        amount, to = -asked, whom
        if server.pair is not None:
            amount = signed(server.pair.amount)
            to = self.directory[server.pair.place]
        pool = ground.callee(server.pool, (ConcentratedPool, AlgebraPool, OddPool))
        if pool is not None:
            answer = unexpected if isinstance(pool, AlgebraPool) else self._answering(ground, pool)
            pool.swap(ground.ledger, server.zero_for_one, amount, to, answer)
        if server.pair is not None:
            self._pairs(ground, server.pair, asked, whom, server.pool)

    def _answering(self, ground: Ground, pool: ConcentratedPool | OddPool) -> Callable[[int], None]:
        return lambda asked: self.answer(ground, pool.address, asked)

    def _pairs(
        self, ground: Ground, cell: PairCell, asked: int, whom: Address, feeder: Address
    ) -> None:
        """What the first pair of a section has got goes through all, to whom they serve."""
        for place in count(1):
            following = self.further[feeder, place] if cell.more else None
            out, to = asked, whom
            if following is not None:
                out, to = following.amount, self.directory[following.place]
            pair = ground.callee(self.directory[cell.place], Pair)
            if pair is not None:
                require(out >= 0)
                pair.swap(ground.ledger, (0, out) if cell.zero_for_one else (out, 0), to, None)
            if following is None:
                return
            cell = following
