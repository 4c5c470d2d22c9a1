"""Run the executor's tests on the contracts with probes in them: `make coverage`."""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence

import pyrevm
import pytest

from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from replica.contracts import EXECUTOR, EXECUTOR_CODE, Artifact, compile_contract
from replica.paths import ROOT
from toolchain.coverage.probes import MOST_PROBES, Place, Prober, shown, with_helper
from toolchain.coverage.watch import watched
from toolchain.executor_tests import OPTIONS, replace_executor, suite
from toolchain.mutate.mutants import GENERATED
from toolchain.warm_compiler import Compiler

LEAST = {"function": 100.0, "line": 98.0, "branch": 95.0}
"""Per cent, by kind."""
MOST_BYTES = 24_576
"""EIP-170."""
DIRECTORY_SIZE = 20 * (DIRECTORY_POOLS + DIRECTORY_PAIRS)
"""Bytes behind the executor's code."""
PLAIN = {
    "optimizer": {
        "enabled": False,
        "details": {
            "peephole": False,
            "yul": True,
            "yulDetails": {"stackAllocation": True, "optimizerSteps": ":"},
        },
    }
}
"""No optimiser step, as they would drop probes, whose answers nobody uses; but the stack is given
back in time, since the contracts use all of it."""
TOO_DEAR = (
    "--deselect",
    "tests/unit/test_executor_roles.py::test_pol_comes_with_the_stipend_alone",
)
"""What the probes' own gas makes impossible."""
Reached = Sequence[tuple[Place, bool]]


def probed() -> tuple[Artifact, list[Place]]:
    """The executor with probes, and what they stand for; raises `SystemExit` on a fault."""
    prober = Prober()
    with Compiler.start() as compiler:
        trees = compiler.trees()
        changed = [
            (path, with_helper(prober.probed(path, tree, (ROOT / path).read_bytes())).decode())
            for path, tree in sorted(trees.items())
            if path.startswith("contracts/") and path != GENERATED
        ]
        artifact = compiler.executor(changed, **PLAIN)
    if len(prober.places) > MOST_PROBES:
        raise SystemExit(f"{len(prober.places)} probes, more than there are addresses")
    if artifact is None:
        raise SystemExit(f"{EXECUTOR} does not compile with probes")
    return artifact, prober.places


def _rate(reached: Reached) -> float:
    return 100 * sum(hit for _, hit in reached) / len(reached) if reached else 100.0


def _of(kind: str, reached: Reached) -> Reached:
    return [entry for entry in reached if entry[0].kind == kind]


def _table(reached: Reached) -> str:
    files: dict[str, list[tuple[Place, bool]]] = defaultdict(list)
    for place, hit in reached:
        files[place.path].append((place, hit))
    lines = [f"{'file':<40}{'functions':>12}{'lines':>12}{'branches':>12}"]
    for path, inside in [*sorted(files.items()), ("all", list(reached))]:
        found = (_of(kind, inside) for kind in LEAST)
        cells = (f"{sum(hit for _, hit in each)}/{len(each)}".rjust(12) for each in found)
        lines.append(f"{path.removeprefix('contracts/'):<40}{''.join(cells)}")
    return "\n".join(lines)


def main() -> int:
    """Exit code 0 if the tests pass and the coverage is what is demanded."""
    size = len(compile_contract(EXECUTOR_CODE).runtime_template) + DIRECTORY_SIZE
    artifact, places = probed()
    hit: set[int] = set()
    replace_executor(artifact)
    vars(pyrevm)["EVM"] = watched(hit, pyrevm.EVM)
    if code := pytest.main([*OPTIONS, *TOO_DEAR, *(sys.argv[1:] or suite())]):
        return int(code)
    reached = list(shown(places, hit))
    missed = [f"{p.path}:{p.line} {p.kind} {p.name}".rstrip() for p, found in reached if not found]
    rates = {kind: _rate(_of(kind, reached)) for kind in LEAST}
    summary: dict[str, float] = {f"{kind}_percent": round(rate, 2) for kind, rate in rates.items()}
    summary["runtime_bytes"] = size
    sys.stdout.write("\n".join([_table(reached), "", *missed, json.dumps(summary), ""]))
    enough = all(rates[kind] >= least for kind, least in LEAST.items())
    return 0 if enough and size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
