"""Verdicts kept between runs: a campaign that the clock has cut goes on where it was."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from toolchain.mutate.judge import Verdict
from toolchain.mutate.mutants import Mutant

LIKELY = 6
"""Tests that are tried before all others."""


@dataclass
class Memory:
    """What became of the mutants so far, by the mutated file's text, and which tests killed them.

    A verdict stands for as long as its file's text does, whatever changes elsewhere.
    """

    path: Path
    known: dict[str, Verdict] = field(default_factory=dict)
    killers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @classmethod
    def of(cls, path: Path) -> "Memory":
        """Read the file of an earlier run, where there is one."""
        memory = cls(path)
        for line in path.read_text().splitlines() if path.exists() else ():
            with suppress(json.JSONDecodeError):  # a line that was cut off while it was written
                entry = json.loads(line)
                memory.known[entry["key"]] = Verdict(entry["outcome"], entry["by"])
                memory.credit(entry["path"], entry["function"], entry["by"])
        return memory

    def recall(self, mutant: Mutant, text: bytes) -> Verdict | None:
        """What became of this very change of a source, `text` unchanged."""
        return self.known.get(_key(mutant, text))

    def keep(self, mutant: Mutant, text: bytes, verdict: Verdict) -> None:
        """Remember a verdict, on the disk too."""
        key = _key(mutant, text)
        self.known[key] = verdict
        self.credit(mutant.path, mutant.function, verdict.by)
        said = {"key": key, "outcome": verdict.outcome, "by": verdict.by}
        said |= {"path": mutant.path, "function": mutant.function, "line": str(mutant.line)}
        said |= {"before": mutant.before, "after": mutant.after}
        with self.path.open("a") as lines:
            lines.write(json.dumps(said) + "\n")

    def credit(self, path: str, function: str, test: str) -> None:
        """Count a kill for a test, in its place and in its file."""
        if "::" in test:
            self.killers[f"{path}:{function}"][test] += 1
            self.killers[path][test] += 1

    def likely(self, mutant: Mutant) -> list[str]:
        """The tests that killed most in the same function, then in the same file."""
        return list(dict.fromkeys(self._ranked(mutant)))[:LIKELY]

    def _ranked(self, mutant: Mutant) -> Iterator[str]:
        for place in (f"{mutant.path}:{mutant.function}", mutant.path):
            for test, _ in self.killers[place].most_common(LIKELY):
                yield test


def _key(mutant: Mutant, text: bytes) -> str:
    return hashlib.sha256(mutant.path.encode() + b"\0" + mutant.apply(text)).hexdigest()[:24]
