"""Every mutant of the contracts' sources, in an order that only the sources decide."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolchain.mutate.areas import area_of
from toolchain.mutate.operators import Node, edits, span

GENERATED = "contracts/libraries/Program.sol"
"""Compared with its table byte by byte elsewhere: no mutant of it could live."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one source.

    `line` counts from 1, `before` is the text that was there, `code` the line in which it begins,
    and `nth` which one of that text's places in the line it is, from 1.
    """

    path: str
    function: str
    line: int
    start: int
    before: str
    after: str
    operator: str
    assembly: bool
    code: str = ""
    nth: int = 1

    @property
    def area(self) -> str:
        """What the changed code is for."""
        return area_of(self.path, self.function)

    def apply(self, text: bytes) -> bytes:
        """The mutated source."""
        end = self.start + len(self.before.encode())
        return text[: self.start] + self.after.encode() + text[end:]


def all_mutants(asts: Mapping[str, Node], texts: Mapping[str, bytes]) -> list[Mutant]:
    """Mutants of every hand-written source under contracts/, by file and place."""
    found: list[Mutant] = []
    for path in sorted(asts):
        if path.startswith("contracts/") and path != GENERATED:
            found += _of_file(path, asts[path], texts[path])
    return found


def _of_file(path: str, ast: Node, text: bytes) -> list[Mutant]:
    found = [
        Mutant(
            path=path,
            function=function,
            line=text.count(b"\n", 0, start) + 1,
            start=start,
            before=text[start : start + length].decode(),
            after=after.decode(),
            operator=operator,
            assembly=assembly,
            code=text[_line_start(text, start) :].split(b"\n")[0].strip().decode(),
            nth=text.count(text[start : start + length], _line_start(text, start), start) + 1,
        )
        for node, function, assembly in _nodes(ast, "", assembly=False)
        for start, length, after, operator in edits(node, text)
    ]
    return sorted(set(found), key=lambda m: (m.start, m.before, m.after))


def _line_start(text: bytes, at: int) -> int:
    return text.rfind(b"\n", 0, at) + 1


def _nodes(tree: Any, function: str, *, assembly: bool) -> Iterator[tuple[Node, str, bool]]:  # noqa: ANN401 - JSON
    """Each node with the function around it, and whether it is inside assembly."""
    if isinstance(tree, list):
        for item in tree:
            yield from _nodes(item, function, assembly=assembly)
    elif isinstance(tree, dict) and "nodeType" in tree:
        if tree["nodeType"] in ("ImportDirective", "PragmaDirective", "InheritanceSpecifier"):
            return
        if tree["nodeType"] in ("FunctionDefinition", "ModifierDefinition"):
            function = tree["name"] or tree["kind"]
        assembly = assembly or tree["nodeType"] == "InlineAssembly"
        if "src" in tree and span(tree)[0] >= 0:
            yield tree, function, assembly
        for key, value in tree.items():
            if key not in {"typeDescriptions", "typeName"}:
                yield from _nodes(value, function, assembly=assembly)
