"""Cycles of scripted pools and pairs, and the cells that they are told by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from directory import relist
from executor_world import V3_CALLBACK, script, scripted
from program_assembler import command
from run_scene import RunScene

from keeper.chain import Address
from replica.abi import encode_call
from replica.directory import places

MOST = 1000
"""What a cycle gives, and pays to a pool at most."""
RICH = 10 * MOST
MORE = 1 << 87
"""In the eleven bytes behind the first of a pair's cell: another pair follows."""
AMOUNTS = 1 << 86
Step = tuple[Address, bytes, bool]


@dataclass(frozen=True)
class Hop:
    """A pool or a pair of a route: what it asks for, or takes, and its direction.

    A pair behind a pool may say what that one takes, for the pool to give what it makes of it.
    """

    kind: str
    where: Address
    amount: int
    zero_for_one: bool = True
    input_before: int | None = None


NOBODY = Hop("3", Address(bytes(20)), 0)
"""Who stands at place 0, and at free ones."""


def cells(hops: Sequence[Hop], listed: Mapping[Address, int]) -> bytes:
    """The cells of a route."""
    told = b""
    for before, hop, behind in zip([None, *hops], hops, [*hops[1:], None], strict=False):
        told += bytes([listed[hop.where] << 1 | hop.zero_for_one])
        if hop.kind == "2":
            amount = hop.amount
            if before and before.kind == "3":
                amount = -amount if hop.input_before is None else hop.input_before
            more = bool(behind) and behind.kind == "2"
            told += (more * MORE | amount % AMOUNTS << 1).to_bytes(11)
    return told


def giving(amount: int) -> int:
    """The field of a cycle that gives so much or, below zero, whose last pool takes so much."""
    return -amount % AMOUNTS


def asking(asked: int, data: bytes = b"", *, second: bool = False) -> bytes:
    """A callback that asks for so much of the first or the second token."""
    amounts = (-1, asked) if second else (asked, -1)
    return encode_call(V3_CALLBACK, *amounts, data)


class Cycles(RunScene):
    """Cycles there, and what has them called."""

    def listed(self, *hops: Hop) -> dict[Address, int]:
        """Have the executor list these hops and no others; their places."""
        kinds = [list(dict.fromkeys(hop.where for hop in hops if hop.kind == k)) for k in "32"]
        relist(self.world, self.world.executor, *kinds)
        return {NOBODY.where: 0, **places(*kinds)}

    def command(self, told: bytes, *, most: int = MOST, rest: bool = True) -> bytes:
        """A cycle of these cells."""
        return command("cycle_run", amount=giving(most), nested=told, rest=rest)

    def program(self, *hops: Hop, most: int = MOST, behind: bytes = b"") -> bytes:
        """A cycle over these hops, which are listed, and commands behind it."""
        told = cells(hops, self.listed(*hops))
        return self.start + self.command(told, most=most, rest=not behind) + behind

    def paying(self, *steps: Step, back: int = 0) -> Address:
        """A contract that takes these steps, and then gives so much of the token back."""
        world, pool = self.world, scripted(self.world)
        world.fund(self.coin, RICH, pool)
        script(world, pool, *steps, self.gift(back))
        return pool

    def gift(self, back: int) -> Step:
        """The step in which a contract gives so much back."""
        return self.coin, encode_call("transfer(address,uint256)", self.world.executor, back), True

    def pool(self, *asked: int, heeded: bool = True, back: int = 0) -> Hop:
        """A pool that asks so often for so much, and then gives so much back."""
        steps = [(self.world.executor, asking(each), heeded) for each in asked]
        return Hop("3", self.paying(*steps, back=back), asked[0] if asked else 0)

    def pair(self, taken: int = 0, *steps: Step, back: int = 0) -> Hop:
        """A pair that takes so much, these steps, and then gives so much back."""
        return Hop("2", self.paying(*steps, back=back), taken)

    def route(self, kinds: str, back: int = 0) -> list[Hop]:
        """Hops that do what is expected of them; the last one gives so much back."""
        hops: list[Hop] = []
        for place, kind in enumerate(kinds):
            amount, way = 110 + 37 * place, bool(place % 3)
            step = (self.world.executor, asking(amount, second=not way), True)
            steps = [step] if kind == "3" else []
            pool = self.paying(*steps, back=back if place == len(kinds) - 1 else 0)
            hops.append(Hop(kind, pool, amount, way))
        return hops

    def got(self, hop: Hop) -> int:
        """What a scripted contract has got, or, below zero, given."""
        return self.world.balance(self.coin, hop.where) - RICH

    def had(self, hop: Hop) -> str:
        """Which of its calls succeeded, the first one first; the last is the gift."""
        bits = self.world.ask(hop.where, "succeeded()", ["uint256"])
        return f"{bits:b}"[::-1][:-1]
