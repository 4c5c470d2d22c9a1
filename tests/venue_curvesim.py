"""Run by the oracle's own interpreter: JSON lines of pools and trades in, `curvesim`'s answers out.

The packages above its pool module import plotting and network libraries that arithmetic does not
need; they are entered as bare packages, so that the pool module is all that is loaded.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from sysconfig import get_paths
from types import ModuleType


def load_pool() -> type:
    root = Path(get_paths()["purelib"])
    for name in ("curvesim", "curvesim.pool", "curvesim.pool.stableswap"):
        package = ModuleType(name)
        package.__path__ = [str(root / name.replace(".", "/"))]
        sys.modules[name] = package
    found: type = import_module("curvesim.pool.stableswap.pool").CurvePool
    return found


def answer(pool_type: type, case: dict) -> list | None:
    pool = pool_type(
        case["amp"],
        case["balances"],
        len(case["balances"]),
        rates=case["rates"],
        fee=case["fee"],
        # the contracts take multipliers up to 1 as none, which curvesim leaves to its caller
        fee_mul=case["offpeg"] if case["offpeg"] > 10**10 else None,
        admin_fee=case["admin_fee"],
    )
    try:
        paid, _ = pool.exchange(case["sold"], case["bought"], case["amount"])
    except AssertionError:
        return None
    return [int(paid), [int(balance) for balance in pool.balances]]


if __name__ == "__main__":
    kind = load_pool()
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(answer(kind, json.loads(line)))}\n")
