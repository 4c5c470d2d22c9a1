"""Prove every property, then show that each proof can fail: `make prove`."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from replica.paths import ROOT
from toolchain.prove import selectors
from toolchain.prove.weakenings import WEAKENINGS, Weakening

HALMOS = ROOT / ".cache" / "prove" / "bin" / "halmos"
ALL = "^check_"
PASSED, FAILED = 0, 1
"""Exit codes of one proof in the checker's report; others are errors, such as a timeout."""


class ProofError(RuntimeError):
    """The checker did not run, or a weakened contract passed its proofs."""


def prove(root: Path, pattern: str, **settings: str) -> dict[str, int]:
    """Exit code of each proof whose name fits, for the contracts and proofs under `root`.

    The code that is proved is the deployed one, unless `settings` of the compiler say otherwise.
    """
    report = root / ".cache" / "prove.json"
    report.unlink(missing_ok=True)
    command = [str(HALMOS), "--root", str(root), "--forge-build-out", ".cache/prove-out"]
    command += ["--contract", "Selectors", "--match-test", pattern, "--no-status"]
    # the executor's words lie in slots that are no mapping's
    command += ["--storage-layout", "generic", "--json-output", str(report)]
    environment = os.environ | {"FOUNDRY_PROFILE": "prove"} | settings
    done = subprocess.run(  # noqa: S603 - the set-up's own checker
        command, env=environment, cwd=root, capture_output=True, text=True, check=False
    )
    if not report.exists():
        raise ProofError(f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return _codes(json.loads(report.read_text()))


def _codes(report: Mapping[str, Any]) -> dict[str, int]:
    return {
        result["name"].split("(")[0]: result["exitcode"]
        for results in report["test_results"].values()
        for result in results
    }


def refute(weakening: Weakening) -> list[str]:
    """Names of the proofs that a weakened contract fails; raises `ProofError` if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for part in ("contracts", "tests/formal"):
            shutil.copytree(ROOT / part, root / part)
        shutil.copy(ROOT / "foundry.toml", root)
        (root / ".cache").mkdir()
        (root / ".cache" / "bin").symlink_to(ROOT / ".cache" / "bin")
        (root / "node_modules").symlink_to(ROOT / "node_modules")
        (root / weakening.path).write_text(weakening.text())
        codes = prove(root, weakening.checks, FOUNDRY_VIA_IR="false")  # to build in less time
        failed = [name for name, code in codes.items() if code == FAILED]
    if not failed:
        raise ProofError(f"the proofs do not notice that {weakening.name}")
    return failed


def main() -> int:
    """Exit code 0 if every proof passes and each weakened contract has a counterexample."""
    if selectors.OUTPUT.read_text() != selectors.solidity():
        raise ProofError("run `python -m toolchain.prove.selectors`: the ABI has changed")
    codes = prove(ROOT, ALL)
    for name, code in sorted(codes.items()):
        if code != PASSED:
            sys.stdout.write(f"NOT PROVED {name}: exit code {code}\n")
    broken = {}
    for weakening in WEAKENINGS:
        failed = refute(weakening)
        broken[weakening.name] = len(failed)
        sys.stdout.write(f"counterexample when {weakening.name}: {', '.join(failed)}\n")
    functions = [entry for entry in selectors.entries() if entry["type"] == "function"]
    proved = sum(code == PASSED for code in codes.values())
    summary = {"selectors": len(functions), "properties": len(codes), "proved": proved}
    summary |= {"weakenings": len(broken), "refuted": sum(count > 0 for count in broken.values())}
    sys.stdout.write(json.dumps(summary) + "\n")
    return 0 if proved == len(codes) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
