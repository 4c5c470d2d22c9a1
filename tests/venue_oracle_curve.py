"""Two oracles of StableSwap: PyPI's `curvesim`, Curve's own models, and a contract of our own.

`curvesim` pins what does not fit this project, so it lives in an environment of its own, made at
first use. It knows plain pools; the contract adds NG's and the aToken pools' rounding, and reverts.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import vyper
from venue_oracle import ACCOUNT, Oracle, selector, words

from keeper.market.venues.curve import CurveState
from keeper.market.venues.curve_math import Rounding

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".cache" / "oracles" / "curvesim"
PACKAGES = ("curvesim==0.5.0", "gmpy2==2.3.2")
STYLES = (Rounding.PLAIN, Rounding.GUARDED, Rounding.NG)
POOL = "(uint256[],uint256[],uint256,uint256,uint256,uint256,uint256,uint256)"
EXCHANGE = f"exchange({POOL},uint256,uint256,uint256)"
_REVERTED = re.compile("^(Revert|Halt)")

Trade = tuple[int, int, int]
Answer = tuple[int, tuple[int, ...]]


def curvesim_python() -> str:
    """The interpreter of curvesim's environment, installed through PyPI when it is not there."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / "installed"
    if not (stamp.exists() and stamp.read_text() == repr(PACKAGES)):
        own = ROOT / ".cache" / "uv" / "bin" / "uv"
        uv = str(own) if own.exists() else shutil.which("uv")
        if uv is None:
            raise RuntimeError("uv is missing: run `make setup`")
        quiet = [uv, "--quiet"]
        make = ["venv", "--clear", "--python", sys.executable, str(ENVIRONMENT)]
        subprocess.run([*quiet, *make], check=True)
        install = ["pip", "install", "--python", str(python), "--no-deps", *PACKAGES]
        subprocess.run([*quiet, *install], check=True)
        stamp.write_text(repr(PACKAGES))
    return str(python)


def curvesim_answers(cases: Iterable[tuple[CurveState, Trade]]) -> Iterator[Answer | None]:
    """Output and balances after each trade, None where it takes no such trade."""
    lines = "".join(f"{json.dumps(_case(*case))}\n" for case in cases)
    run = [curvesim_python(), "-I", str(ROOT / "tests" / "venue_curvesim.py")]
    done = subprocess.run(run, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for line in done.stdout.splitlines():
        found = json.loads(line)
        yield None if found is None else (found[0], tuple(found[1]))


def _case(state: CurveState, trade: Trade) -> dict[str, object]:
    sold, bought, amount = trade
    return {
        "amp": state.amp // state.precision,
        "balances": state.balances,
        "rates": state.rates,
        "fee": state.fee_e10,
        "offpeg": state.offpeg_e10,
        "admin_fee": state.admin_fee_e10,
        "sold": sold,
        "bought": bought,
        "amount": amount,
    }


class CurveOracle(Oracle):
    """`venue_stable_swap.vy` inside pyrevm."""

    def __init__(self) -> None:
        super().__init__()
        source = (ROOT / "tests" / "venue_stable_swap.vy").read_text()
        code = vyper.compile_code(source, output_formats=["bytecode"])["bytecode"]
        self.target = str(self.evm.deploy(ACCOUNT, bytes.fromhex(code.removeprefix("0x"))))

    def exchange(self, state: CurveState, trade: Trade) -> Answer | None:
        """Output and balances after the trade; None when it reverts."""
        sold, bought, amount = trade
        answer = self._ask(EXCHANGE, state, trade)
        if answer is None:
            return None
        paid, fallen = int.from_bytes(answer[:32]), int.from_bytes(answer[32:])
        balances = list(state.balances)
        balances[sold] += amount
        balances[bought] -= fallen
        return paid, tuple(balances)

    def invariant(self, state: CurveState) -> int | None:
        """D of the pool's balances."""
        answer = self._ask(f"invariant({POOL})", state, ())
        return None if answer is None else int.from_bytes(answer)

    def _ask(self, signature: str, state: CurveState, numbers: tuple[int, ...]) -> bytes | None:
        coins = len(state.balances)
        terms = (state.amp, state.precision, state.fee_e10, state.offpeg_e10, state.admin_fee_e10)
        pool = words(
            *(8 * 32, (8 + 1 + coins) * 32, *terms, STYLES.index(state.rounding)),
            *(coins, *state.balances, coins, *state.rates),
        )
        data = words(32 * (1 + len(numbers)), *numbers) + pool
        try:
            return self.call(self.target, selector(signature) + data)
        except RuntimeError as error:
            if not _REVERTED.match(str(error)):
                raise
            return None
