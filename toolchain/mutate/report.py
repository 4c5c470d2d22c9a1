"""The campaign's figures: per area, per file, and every survivor with its explanation."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from toolchain.mutate.judge import Verdict
from toolchain.mutate.mutants import Mutant

EXPLAINED = Path(__file__).with_name("equivalents.toml")
LEAST_KILLED = 0.9
DEAD = ("killed", "timeout")
COUNTED = (*DEAD, "survived")


@dataclass(frozen=True, slots=True)
class Result:
    """A mutant and what became of it."""

    mutant: Mutant
    verdict: Verdict

    @property
    def reason(self) -> str:
        """Why no test could kill it, as is listed, or nothing."""
        return reason(self.mutant)

    @property
    def refuted(self) -> bool:
        """Whether it is listed as equivalent, and a test tells it from the original."""
        return self.verdict.outcome in DEAD and bool(self.reason)


def reason(mutant: Mutant) -> str:
    """Why a mutant behaves as the original does, where that is listed; else nothing.

    An entry names a line, or by `pattern` lines that say the same in many places, and what was
    changed there; where that would fit more than one fault, also the `function`, or which one
    (`nth`, from 1) of the places of the text `before` in the line.
    """
    place = {
        "path": mutant.path,
        "function": mutant.function,
        "code": mutant.code,
        "before": mutant.before,
        "nth": mutant.nth,
        "after": mutant.after,
    }
    for entry in explained():
        named = {key: said for key, said in entry.items() if key not in {"pattern", "reason"}}
        if named.items() <= place.items() and re.search(str(entry.get("pattern", "")), mutant.code):
            return str(entry["reason"])
    return ""


@cache
def explained() -> list[dict[str, str | int]]:
    """The list of equivalent mutants, those of one place before those of many."""
    table: dict[str, Any] = tomllib.loads(EXPLAINED.read_text())
    return [*table["equivalent"], *table["everywhere"]]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one area or file; an explained survivor behaves as the original does."""

    killed: int
    explained: int
    unexplained: int

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Tally":
        """Count the mutants that compile to other code."""
        left = [r for r in results if r.verdict.outcome == "survived"]
        explained = sum(bool(r.reason) for r in left)
        killed = sum(r.verdict.outcome in DEAD for r in results)
        return cls(killed, explained, len(left) - explained)

    @property
    def rate(self) -> float:
        """Killed among all that ran, explained survivors included."""
        total = self.killed + self.explained + self.unexplained
        return self.killed / total if total else 1.0


def passes(results: Sequence[Result]) -> bool:
    """Nine in ten are killed, every survivor is explained, and no test refutes an explanation."""
    total = Tally.of(results)
    refuted = any(result.refuted for result in results)
    return total.rate >= LEAST_KILLED and not total.unexplained and not refuted


def text(results: Sequence[Result], heading: str) -> str:
    """The whole report, in Markdown."""
    counted = [r for r in results if r.verdict.outcome in COUNTED]
    lines = ["# Mutation of the contracts", "", heading, ""]
    lines += _table("area", counted, lambda r: r.mutant.area)
    lines += _table("file", counted, lambda r: r.mutant.path.removeprefix("contracts/"))
    lines += _table("where", counted, lambda r: "assembly" if r.mutant.assembly else "Solidity")
    lines += _table("operator", counted, lambda r: r.mutant.operator)
    lines += ["## Survivors", ""]
    left = [r for r in counted if r.verdict.outcome == "survived"]
    lines += [_said(r, r.reason or "**Unexplained.**") for r in left] or ["None."]
    lines += ["", "## Listed as equivalent, and killed", ""]
    refuted = [r for r in counted if r.refuted]
    lines += [_said(r, f"**By {r.verdict.by}.**") for r in refuted] or ["None."]
    return "\n".join([*lines, ""])


def _table(name: str, results: Sequence[Result], key: Callable[[Result], str]) -> list[str]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    lines = [f"| {name} | mutants | killed | equivalent | unexplained | killed, % |"]
    lines += ["|---|---|---|---|---|---|"]
    for group, members in [*sorted(groups.items()), ("all", list(results))]:
        tally = Tally.of(members)
        counts = f"{tally.killed} | {tally.explained} | {tally.unexplained}"
        lines.append(f"| {group} | {len(members)} | {counts} | {100 * tally.rate:.1f} |")
    return [*lines, ""]


def _said(result: Result, what: str) -> str:
    mutant = result.mutant
    where = f"`{mutant.path}:{mutant.line}` {mutant.function} ({mutant.area})"
    return f"- {where}: `{_short(mutant.before)}` became `{_short(mutant.after)}`. {what}"


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 70 else f"{line[:67]}..."
