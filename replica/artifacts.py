"""Creation code out of the protocols' npm packages: artifacts, flat sources, constants."""

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from keeper.chain import Address
from replica.paths import NODE_MODULES, MissingToolError, tool


class ArtifactError(RuntimeError):
    """A package's artifact has not the form the recipe expects."""


def _package_file(path: str) -> Path:
    found = NODE_MODULES / path
    if not found.is_file():
        raise MissingToolError(f"node_modules/{path} is missing: run `make setup`")
    return found


def package_version(package: str) -> str:
    """`name version` of an installed npm package, for the manifest."""
    version = json.loads(_package_file(f"{package}/package.json").read_text())["version"]
    return f"{package} {version}"


def creation_code(path: str, libraries: Mapping[str, Address] | None = None) -> bytes:
    """Creation code of an artifact below node_modules, linked with `libraries` by name."""
    artifact: dict[str, Any] = json.loads(_package_file(path).read_text())
    code = artifact["bytecode"].removeprefix("0x")
    for units in artifact.get("linkReferences", {}).values():
        for library, places in units.items():
            code = _link(code, places, _library(path, library, libraries or {}))
    try:
        return bytes.fromhex(code)
    except ValueError as error:
        raise ArtifactError(f"{path}: the bytecode is not hexadecimal or not linked") from error


def _library(path: str, name: str, libraries: Mapping[str, Address]) -> Address:
    if name not in libraries:
        raise ArtifactError(f"{path} wants library {name}, which is not placed yet")
    return libraries[name]


def _link(code: str, places: list[dict[str, int]], library: Address) -> str:
    for place in places:
        start = place["start"] * 2
        code = code[:start] + library.hex() + code[start + 40 :]
    return code


@cache
def compiled(path: str, contract: str) -> bytes:
    """Creation code of `contract` in a flat source, by the solc and settings of its authors."""
    source = _package_file(path).read_text()
    settings = {
        "optimizer": {"enabled": True, "runs": 200},
        "evmVersion": "istanbul",
        "outputSelection": {"*": {contract: ["evm.bytecode.object"]}},
    }
    job = {"language": "Solidity", "sources": {path: {"content": source}}, "settings": settings}
    solc = [tool("solc-v0.6.6"), "--standard-json"]
    done = subprocess.run(  # noqa: S603 - the set-up's own compiler
        solc, input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ArtifactError(f"{path}: solc failed: {done.stderr.strip()[:300]}")
    units = json.loads(done.stdout).get("contracts", {}).get(path, {})
    if contract not in units:
        raise ArtifactError(f"{path}: solc gave no {contract}: {done.stdout[:300]}")
    return bytes.fromhex(units[contract]["evm"]["bytecode"]["object"])


def constant(path: str, name: str) -> bytes:
    """Creation code held as a JavaScript string constant, as viem holds Multicall3's."""
    found = re.search(rf"\b{name} = '0x([0-9a-fA-F]+)'", _package_file(path).read_text())
    if found is None:
        raise ArtifactError(f"{path}: no constant {name}")
    return bytes.fromhex(found.group(1))
