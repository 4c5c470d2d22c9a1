"""The set-up's own tools, found also where no Makefile set the environment."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".cache" / "bin"
RECORDS = ROOT / "deployments"


def use_pinned_tools() -> None:
    """Put the pinned anvil and solc where ape looks for them."""
    os.environ.setdefault("SOLCX_BINARY_PATH", str(TOOLS))
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if str(TOOLS) not in path:
        os.environ["PATH"] = os.pathsep.join((str(TOOLS), *path))
