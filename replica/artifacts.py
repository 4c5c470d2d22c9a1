"""Creation code out of the protocols' npm packages: artifacts and constants."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keeper.chain import Address
from replica.paths import NODE_MODULES, MissingToolError


class ArtifactError(RuntimeError):
    """A package's artifact has not the form the recipe expects."""


def package_file(path: str) -> Path:
    """A file below node_modules; raises `MissingToolError` naming it and the fix."""
    found = NODE_MODULES / path
    if not found.is_file():
        raise MissingToolError(f"node_modules/{path} is missing: run `make setup`")
    return found


def package_version(package: str) -> str:
    """`name version` of an installed npm package, for the manifest."""
    version = json.loads(package_file(f"{package}/package.json").read_text())["version"]
    return f"{package} {version}"


def creation_code(path: str, libraries: Mapping[str, Address] | None = None) -> bytes:
    """Creation code of an artifact below node_modules, linked with `libraries` by name."""
    artifact: dict[str, Any] = json.loads(package_file(path).read_text())
    # hardhat and truffle write text, foundry an object
    written = artifact["bytecode"]
    code = (written if isinstance(written, str) else written["object"]).removeprefix("0x")
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


def constant(path: str, name: str) -> bytes:
    """Creation code held as a JavaScript string constant, as viem holds Multicall3's."""
    found = re.search(rf"\b{name} = '0x([0-9a-fA-F]+)'", package_file(path).read_text())
    if found is None:
        raise ArtifactError(f"{path}: no constant {name}")
    return bytes.fromhex(found.group(1))
