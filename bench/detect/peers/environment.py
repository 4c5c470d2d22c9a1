"""Builds a peer's environment from its pinned requirements, and runs its script there."""

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TIMEOUT_S = 900


def run_peer(requirements: str, script: str, case: object) -> Any:  # noqa: ANN401 -- JSON
    """What `script` answers to `case`, both as JSON; None, said on standard error, if it cannot.

    The environment lies under `.cache/peers` and is built by uv when its requirements are new.
    """
    try:
        python = _environment(HERE / requirements)
        done = subprocess.run(  # noqa: S603 -- our own script in our own environment
            [python, HERE / script],
            input=json.dumps(case),
            capture_output=True,
            check=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        return json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        detail = getattr(error, "stderr", "") or ""
        sys.stderr.write(f"{script} is left out: {error}\n{detail[-2_000:]}\n")
        return None


def _environment(requirements: Path) -> Path:
    key = sha256(requirements.read_bytes()).hexdigest()[:16]
    home = ROOT / ".cache" / "peers" / f"{requirements.stem}-{key}"
    python = home / "bin" / "python"
    ready = home / "ready"
    if not ready.exists():
        sys.stderr.write(f"building the environment of {requirements.stem}\n")
        uv = shutil.which("uv") or str(ROOT / ".cache" / "uv" / "bin" / "uv")
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        fill = [uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(requirements)]
        for command in (make, fill):
            subprocess.run(command, check=True, timeout=TIMEOUT_S)  # noqa: S603
        ready.touch()
    return python
