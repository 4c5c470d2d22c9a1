"""Run the campaign: `python -m toolchain.mutate --seed 1 --sample 0.25`."""

import argparse
import multiprocessing
import random
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.progress import track

from replica.contracts import Artifact
from replica.paths import ROOT
from toolchain.mutate import report
from toolchain.mutate.areas import GUARDED
from toolchain.mutate.judge import Judge, Verdict, with_tests
from toolchain.mutate.memory import Memory
from toolchain.mutate.mutants import Mutant, all_mutants
from toolchain.mutate.report import Result
from toolchain.warm_compiler import Compiler

MEMORY = ROOT / ".cache" / "mutate" / "verdicts.jsonl"
NOTHING = bytes.fromhex("5f5ff3")
"""Creates an account without code."""
QUICK = {"enabled": True, "runs": 1_000_000, "details": {"cse": False}}
"""The optimiser without the step that takes half of its time and shares what is computed twice."""


class Worker:
    """One process's compiler, the code that every mutant must differ from, and what kills most."""

    compiler: Compiler
    original: Artifact
    memory: Memory
    tests: Judge

    @classmethod
    def begin(cls, memory: Memory, tests: Judge) -> None:
        """Start the compiler; each process of the pool does so once."""
        cls.compiler = Compiler.start()
        cls.original = _original(cls.compiler)
        cls.memory, cls.tests = memory, tests

    @classmethod
    def judge(cls, mutant: Mutant) -> Result:
        """Compile a mutant and run the tests on it."""
        text = mutant.apply((ROOT / mutant.path).read_bytes()).decode()
        artifact = cls.compiler.executor([(mutant.path, text)], optimizer=QUICK)
        if artifact is None:
            return Result(mutant, Verdict("invalid"))
        if artifact == cls.original:
            return Result(mutant, Verdict("same"))
        verdict = cls.tests(artifact, cls.memory.likely(mutant))
        cls.memory.credit(mutant.path, mutant.function, verdict.by)
        return Result(mutant, verdict)


def _original(compiler: Compiler) -> Artifact:
    artifact = compiler.executor(optimizer=QUICK)
    if artifact is None:
        raise SystemExit("the contracts do not compile")
    return artifact


def _chosen(mutants: Sequence[Mutant], options: argparse.Namespace) -> list[Mutant]:
    """A share of guarded areas' mutants and one of the others', in random order."""
    rng = random.Random(options.seed)  # noqa: S311 - the same seed, the same sample
    only = re.compile(options.only)
    wanted = [m for m in mutants if only.search(f"{m.path}:{m.function} {m.area}")]
    kept = [
        m
        for m in wanted
        if rng.random() < (options.guarded if m.area in GUARDED else options.sample)
    ]
    rng.shuffle(kept)
    return kept


def _campaign(mutants: Sequence[Mutant], tests: Judge, options: argparse.Namespace) -> list[Result]:
    """Results of all mutants, or of those that time allowed.

    What is known is not judged again, save for survivors that nothing explains: a test may since be
    there. What is listed as equivalent is judged like any other: the list may be wrong.
    """
    MEMORY.parent.mkdir(parents=True, exist_ok=True)
    memory = Memory.of(MEMORY)
    texts = {mutant.path: (ROOT / mutant.path).read_bytes() for mutant in mutants}
    results, left = [], []
    for mutant in mutants:
        verdict = memory.recall(mutant, texts[mutant.path])
        if verdict == Verdict("survived") and not report.reason(mutant):
            verdict = None
        if verdict:
            results.append(Result(mutant, verdict))
        else:
            left.append(mutant)
    end_s = time.monotonic() + 60 * options.minutes
    fork = multiprocessing.get_context("fork")
    with fork.Pool(options.workers, Worker.begin, (memory, tests)) as pool:
        judged = pool.imap_unordered(Worker.judge, left)
        for result in track(judged, total=len(left), console=None):
            results.append(result)
            memory.keep(result.mutant, texts[result.mutant.path], result.verdict)
            if time.monotonic() > end_s:
                break
    return sorted(results, key=lambda r: (r.mutant.path, r.mutant.start, r.mutant.after))


def _heading(found: int, results: Sequence[Result], options: argparse.Namespace) -> str:
    outcomes = [r.verdict.outcome for r in results]
    ran = sum(outcome in report.COUNTED for outcome in outcomes)
    return (
        f"`python -m toolchain.mutate --seed {options.seed} --guarded {options.guarded} --sample "
        f"{options.sample}`: {found} mutants exist; {100 * options.guarded:.0f} % of those in the "
        f"guarded areas ({', '.join(GUARDED)}) and {100 * options.sample:.0f} % of the others were "
        f"drawn, and {len(results)} were tried. Of these, {outcomes.count('invalid')} do not "
        f"compile, {outcomes.count('same')} compile to the same code, and {ran} ran against the "
        f"tests; {outcomes.count('timeout')} of them used up their time and count as killed."
    )


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when the demands of `report.passes` hold."""
    parser = argparse.ArgumentParser(prog="toolchain.mutate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guarded", type=float, default=1.0, help="share of the guarded areas")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the other areas")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so many")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="pattern of `path:function area`")
    parser.add_argument("--write", type=Path, help="where the report goes, besides the output")
    options = parser.parse_args(arguments)
    return with_tests(lambda tests: _report(tests, options))


def _report(tests: Judge, options: argparse.Namespace) -> int:
    started_s = time.monotonic()
    with Compiler.start() as compiler:
        trees, original = compiler.trees(), _original(compiler)
    mutants = all_mutants(trees, {path: (ROOT / path).read_bytes() for path in trees})
    chosen = _chosen(mutants, options)
    if (sound := tests(original)) != Verdict("survived"):
        sys.stdout.write(f"the tests fail without any mutation: {sound}\n")
        return 1
    if tests(replace(original, creation_code=NOTHING)).outcome != "killed":
        sys.stdout.write("the tests pass without any contract: they do not see what is judged\n")
        return 1
    results = _campaign(chosen, tests, options)
    said = report.text(results, _heading(len(mutants), results, options))
    sys.stdout.write(f"{said}\n{time.monotonic() - started_s:.0f} s\n")
    if options.write:
        options.write.write_text(said)
    return 0 if report.passes(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
