"""Sources with a probe at every function, statement and side of a branch."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from toolchain.mutate.operators import Node, span

FIRST = 0xF000
"""Address of the first probe: all of them fit two bytes, and no account has such a one."""
MOST_PROBES = 0x1000

STATEMENTS = frozenset(
    {
        *("ExpressionStatement", "Return", "RevertStatement", "EmitStatement", "IfStatement"),
        *("WhileStatement", "DoWhileStatement", "ForStatement", "VariableDeclarationStatement"),
    }
)
YUL_STATEMENTS = frozenset(
    {
        *("YulExpressionStatement", "YulAssignment", "YulVariableDeclaration", "YulIf"),
        *("YulSwitch", "YulForLoop", "YulLeave"),
    }
)
LOOPS = ("WhileStatement", "ForStatement")


@dataclass(frozen=True, slots=True)
class Place:
    """What a probe stands for: a function, a line, or one side of a branch; `kind` says which."""

    kind: str
    path: str
    line: int
    name: str


@dataclass
class Prober:
    """Plans the probes of all sources; `places` are in the order of the probes' addresses."""

    places: list[Place] = field(default_factory=list)

    def probed(self, path: str, tree: Node, text: bytes) -> bytes:
        """The source with its probes; what was pure reads state now."""
        source = _Source(self, path, text)
        source.visit(tree)
        return re.sub(rb"\bpure\b", b"view", source.written())


@dataclass
class _Source:
    prober: Prober
    path: str
    text: bytes
    before: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    after: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    instead: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    def written(self) -> bytes:
        """The text with what was planned; at one place, what ends comes before what begins."""
        out, at = [], 0
        for place in sorted({*self.before, *self.after, *self.instead}):
            out += [self.text[at:place], *self.after[place], *self.before[place]]
            length, other = self.instead.get(place, (0, b""))
            out.append(other)
            at = place + length
        return b"".join([*out, self.text[at:]])

    def probe(self, kind: str, node: Node, name: str = "", *, assembly: bool = False) -> bytes:
        line = self.text.count(b"\n", 0, span(node)[0]) + 1
        self.prober.places.append(Place(kind, self.path, line, name))
        look = b"pop(balance(%d))" % (FIRST + len(self.prober.places) - 1)
        return look + b" " if assembly else b'assembly ("memory-safe") { ' + look + b" } "

    def visit(self, tree: Any) -> None:  # noqa: ANN401 - JSON
        """Plan the probes of a node and of all inside it."""
        if isinstance(tree, list):
            for item in tree:
                self.visit(item)
        elif isinstance(tree, dict):
            kind = tree.get("nodeType", "")
            self._enter(kind, tree)
            for value in tree.values():
                self.visit(value)
            self._leave(kind, tree)

    def _enter(self, kind: str, node: Node) -> None:
        if kind == "FunctionDefinition" and node.get("body"):
            probe = self.probe("function", node, node["name"] or node["kind"])
            self.before[span(node["body"])[0] + 1].append(probe)
        elif kind in ("Block", "UncheckedBlock", "YulBlock"):
            for statement in node["statements"]:
                self._statement(statement)
        elif kind == "IfStatement":
            self._body(node["trueBody"], self.probe("branch", node, "holds"))
            if node.get("falseBody"):
                self._body(node["falseBody"], self.probe("branch", node, "fails"))
        elif kind in LOOPS:
            self._body(node["body"], self.probe("branch", node, "goes on"))
        elif kind in ("Conditional", "DoWhileStatement"):
            self._condition(node)
        else:
            self._enter_yul(kind, node)

    def _enter_yul(self, kind: str, node: Node) -> None:
        if kind == "YulIf":
            self._yul_if(node)
        elif kind == "YulSwitch":
            for number, case in enumerate(node["cases"]):
                probe = self.probe("branch", node, f"case {number}", assembly=True)
                self.before[span(case["body"])[0] + 1].append(probe)
        elif kind == "YulForLoop":
            probe = self.probe("branch", node, "goes on", assembly=True)
            self.before[span(node["body"])[0] + 1].append(probe)

    def _leave(self, kind: str, node: Node) -> None:
        if kind == "IfStatement":
            self._close(node["trueBody"])
            if node.get("falseBody"):
                self._close(node["falseBody"])
            else:
                where = self._end(node["trueBody"])
                probe = self.probe("branch", node, "fails")
                self.after[where].append(b" else { " + probe + b"}")
        elif kind in LOOPS:
            self._close(node["body"])
            self.after[self._end(node["body"])].append(self.probe("branch", node, "ends"))
        elif kind == "YulForLoop":
            self.after[sum(span(node))].append(
                b" " + self.probe("branch", node, "ends", assembly=True)
            )
        elif kind == "YulIf":
            probe = self.probe("branch", node, "fails", assembly=True)
            self.after[sum(span(node))].append(b" default { " + probe + b"}")

    def _statement(self, node: Node) -> None:
        kind = node["nodeType"]
        declares = kind == "VariableDeclarationStatement" and not node.get("initialValue")
        if kind in STATEMENTS and not declares:
            self.before[span(node)[0]].append(self.probe("line", node))
        elif kind in YUL_STATEMENTS and (kind != "YulVariableDeclaration" or node["value"]):
            self.before[span(node)[0]].append(self.probe("line", node, assembly=True))

    def _body(self, node: Node, probe: bytes) -> None:
        """Open a branch's body, in braces of its own where it has none."""
        if node["nodeType"] == "Block":
            self.before[span(node)[0] + 1].append(probe)
        else:
            self.before[span(node)[0]].append(b"{ " + probe)
            self._statement(node)

    def _close(self, node: Node) -> None:
        if node["nodeType"] != "Block":
            self.after[self._end(node)].append(b" }")

    def _end(self, node: Node) -> int:
        """Where a statement ends, its semicolon included."""
        end = sum(span(node))
        if node["nodeType"] == "Block":
            return end
        if node["nodeType"] == "IfStatement":
            return self._end(node.get("falseBody") or node["trueBody"])
        if node["nodeType"] in LOOPS:
            return self._end(node["body"])
        # solc counts the semicolon of a bare return only
        return end if self.text[end - 1 : end] == b";" else self.text.index(b";", end) + 1

    def _yul_if(self, node: Node) -> None:
        condition, length = span(node["condition"])
        self.instead[span(node)[0]] = (2, b"switch iszero(iszero(")
        self.after[condition + length].append(b")) case 1")
        probe = self.probe("branch", node, "holds", assembly=True)
        self.before[span(node["body"])[0] + 1].append(probe)

    def _condition(self, node: Node) -> None:
        """Ask a condition through functions that tell which way it went."""
        condition, length = span(node["condition"])
        names = []
        for side in ("holds", "fails"):
            self.probe("branch", node, side)
            names.append(b"_probe(%d)" % (FIRST + len(self.prober.places) - 1))
        self.before[condition].append(b"((")
        self.after[condition + length].append(b") ? " + names[0] + b" : !" + names[1] + b")")


HELPER = b"""
function _probe(uint256 place) view returns (bool) {
    assembly ("memory-safe") { pop(balance(place)) }
    return true;
}
"""
"""Appended to each source that asks a condition; a free function is its file's own."""


def with_helper(text: bytes) -> bytes:
    """The source with `_probe` where it is used."""
    return text + HELPER if b"_probe(" in text else text


def shown(places: list[Place], hit: set[int]) -> Iterator[tuple[Place, bool]]:
    """Each place once, however many probes it has: a line is reached if any part of it is."""
    reached: dict[Place, bool] = {}
    for number, place in enumerate(places):
        reached[place] = reached.get(place, False) or number in hit
    yield from reached.items()
