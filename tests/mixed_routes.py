"""Routes of scripted pools and pairs for mixed runs, and the cells that they are told by."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from executor_world import V3_CALLBACK, script, scripted
from program_assembler import command
from run_scene import RunScene

from keeper.chain import Address
from replica.abi import encode_call

PAID = 1000
RICH = 10 * PAID
MARK, LAST = 1 << 255, 1 << 252
"""Bits of a cell: of each, and of the last pair of a section."""
Step = tuple[Address, bytes, bool]


@dataclass(frozen=True)
class Hop:
    """A pool or a pair of a route, with its exact input or output and its direction."""

    kind: str
    where: Address
    amount: int
    zero_for_one: bool

    @property
    def asked(self) -> int:
        """What a pool asks for in its callback."""
        return self.amount % 100 + 1


def cell(where: Address, *, amount: int = 0, bits: int = MARK | LAST) -> bytes:
    """A cell, of a pair that is alone in its section unless told otherwise."""
    return (bits | amount << 160 | int.from_bytes(where)).to_bytes(32)


def cells(hops: Sequence[Hop], *, kind: str) -> bytes:
    """The cells of a route's pools or pairs, the sections from its end to its begin."""
    words = []
    for hop, behind in pairwise([*hops, None]):
        assert hop is not None
        feeds = behind is not None and behind.kind == "2"
        bits = MARK | (hop.zero_for_one << 254 | feeds << 253)
        if hop.kind == "2":
            bits = MARK | (hop.zero_for_one << 253 | (not feeds) << 252)
        words.append((hop.kind, cell(hop.where, amount=hop.amount, bits=bits)))
    groups = [[each for _, each in group] for each, group in groupby(words, lambda w: w[0])]
    kinds = [each for each, _ in groupby(words, lambda w: w[0])]
    chosen = [group for each, group in zip(kinds, groups, strict=True) if each == kind]
    ordered = chosen if kind == "2" else [group[::-1] for group in chosen]
    return b"".join(b"".join(group) for group in reversed(ordered))


def asking(asked: int, data: bytes = b"", *, second: bool = False) -> bytes:
    """A callback that asks for so much of the first or the second token."""
    amounts = (-1, asked) if second else (asked, -1)
    return encode_call(V3_CALLBACK, *amounts, data)


def unpadded(data: bytes) -> bytes:
    """A callback that asks for 5, and ends with its data."""
    return asking(5)[:-32] + len(data).to_bytes(32) + data


class Scene(RunScene):
    """Mixed runs there, and what has them called."""

    def command(self, data: bytes, *, pools: int = 1, paid: int = PAID, rest: bool = True) -> bytes:
        """A mixed run of these cells."""
        return command("mixed_run", amount_in=paid, pools=pools, nested=data, rest=rest)

    def program(self, hops: Sequence[Hop], behind: bytes = b"") -> bytes:
        """A run over these hops, and commands behind it."""
        pools, pairs = (cells(hops, kind=kind) for kind in "32")
        run = self.command(pools + pairs, pools=len(pools) // 32, rest=not behind)
        return self.start + run + behind

    def paying(self, *steps: Step, back: int = 0) -> Address:
        """A contract that takes these steps, and then gives so much WPOL back."""
        world, pool = self.world, scripted(self.world)
        world.fund(self.wpol, RICH, pool)
        gift = encode_call("transfer(address,uint256)", world.executor, back)
        script(world, pool, *steps, (self.wpol, gift, True))
        return pool

    def route(self, kinds: str, back: int = 0) -> list[Hop]:
        """Hops that do what is expected of them; the last one gives so much WPOL back."""
        hops: list[Hop] = []
        for place, kind in enumerate(kinds):
            pool = self.paying(back=back if place == len(kinds) - 1 else 0)
            hop = Hop(kind, pool, 1100 + 37 * place, bool(place % 3))
            hops.append(hop)
            if kind == "3":
                self.teach(hops, place, back=back if place == len(kinds) - 1 else 0)
        return hops

    def teach(self, hops: Sequence[Hop], place: int, *others: Step, back: int = 0) -> None:
        """Have a pool call back with what it was given, and then take other steps."""
        hop = hops[place]
        data = asking(hop.asked, cells(hops[:place], kind="2"), second=not hop.zero_for_one)
        gift = encode_call("transfer(address,uint256)", self.world.executor, back)
        gifts = (self.wpol, gift, True)
        script(self.world, hop.where, (self.world.executor, data, True), *others, gifts)

    def got(self, who: Address) -> int:
        """What a scripted contract has got, or, below zero, given."""
        return self.world.balance(self.wpol, who) - RICH

    def had(self, pool: Address) -> str:
        """Which of its calls succeeded, the first one first; the last is the gift."""
        bits = self.world.ask(pool, "succeeded()", ["uint256"])
        return f"{bits:b}"[::-1][:-1]
