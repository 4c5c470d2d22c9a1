"""Where the recipe finds its inputs and keeps what it built."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
CACHE = ROOT / ".cache" / "replica"


class MissingToolError(RuntimeError):
    """A tool or package that set-up installs is not there; the message names it and the fix."""


def tool(name: str) -> str:
    """Path of an executable: the set-up's own first, then PATH."""
    own = ROOT / ".cache" / "bin" / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        raise MissingToolError(f"{name} is not installed: run `make setup`")
    return found
