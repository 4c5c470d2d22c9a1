"""Creation code compiled from the sources in npm packages, with their authors' settings."""

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

from replica.artifacts import ArtifactError, package_file
from replica.imports import closure
from replica.paths import tool


@dataclass(frozen=True, slots=True)
class Settings:
    """A compiler and what its authors told it; `remappings` are prefix=path below node_modules."""

    solc: str
    evm_version: str
    runs: int
    via_ir: bool = False
    bytecode_hash: str = "ipfs"
    remappings: tuple[str, ...] = ()

    def standard_json(self) -> dict[str, Any]:
        """The `settings` of solc's standard JSON input."""
        written: dict[str, Any] = {
            "optimizer": {"enabled": True, "runs": self.runs},
            "evmVersion": self.evm_version,
            "metadata": {"bytecodeHash": self.bytecode_hash},
            "remappings": list(self.remappings),
            "outputSelection": {"*": {"*": ["evm.bytecode.object", "evm.bytecode.linkReferences"]}},
        }
        return written | ({"viaIR": True} if self.via_ir else {})


@cache
def compiled(path: str, contract: str, settings: Settings) -> bytes:
    """Creation code of `contract` in the source at `path` below node_modules; it links nothing."""
    units = compile_sources((path,), settings).get(path, {})
    if contract not in units:
        raise ArtifactError(f"{path}: solc {settings.solc} gave no {contract}")
    return bytes.fromhex(units[contract]["evm"]["bytecode"]["object"])


@cache
def compile_sources(paths: tuple[str, ...], settings: Settings) -> dict[str, dict[str, Any]]:
    """All contracts of the sources at `paths` and of what they import: by path, then by name."""
    job = {
        "language": "Solidity",
        "sources": closure(paths, settings.remappings, lambda path: package_file(path).read_text()),
        "settings": settings.standard_json(),
    }
    solc = [tool(f"solc-v{settings.solc}"), "--standard-json"]
    done = subprocess.run(  # noqa: S603 - the set-up's own compiler
        solc, input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ArtifactError(f"{paths[0]}: solc failed: {done.stderr.strip()[:300]}")
    output = json.loads(done.stdout)
    wrong = [e["formattedMessage"] for e in output.get("errors", ()) if e["severity"] == "error"]
    if wrong:
        raise ArtifactError(f"{paths[0]}: {wrong[0][:300]}")
    contracts: dict[str, dict[str, Any]] = output["contracts"]
    return contracts
