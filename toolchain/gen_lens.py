"""Compile `contracts/lens/PoolLens.vy` into the bytes that the keeper carries with its calls.

Run as `python -m toolchain.gen_lens`; with `--check` it writes nothing and fails on drift.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "contracts" / "lens" / "PoolLens.vy"
OUTPUT = ROOT / "keeper" / "collector" / "pool_lens.bin"


def creation_code() -> bytes:
    """What deploys the lens."""
    return _compiled("bytecode")


def runtime_code() -> bytes:
    """What stands at a deployed lens, and what a state override may put elsewhere."""
    return _compiled("bytecode_runtime")


def carrier(lens: bytes) -> bytes:
    """Creation code that makes the lens, asks it what follows these bytes, and returns its answer.

    A node runs it for an `eth_call` without a receiver, as it would run any contract's creation.
    """
    total = (_TAIL_AT + len(lens)).to_bytes(2)
    size = len(lens).to_bytes(2)
    loader = b"".join(
        (
            b"\x61" + size,  # PUSH2  size of the lens' creation code
            b"\x60" + bytes([_TAIL_AT]),  # PUSH1  where it begins
            b"\x5f\x39",  # PUSH0 CODECOPY  to memory 0
            b"\x61" + size + b"\x5f\x5f\xf0",  # PUSH2 PUSH0 PUSH0 CREATE          [lens]
            b"\x61" + total + b"\x38\x03",  # PUSH2 CODESIZE SUB          [lens, question size]
            b"\x80\x61" + total + b"\x5f\x39",  # DUP1 PUSH2 PUSH0 CODECOPY  question to memory 0
            b"\x5f\x5f\x82\x5f\x85\x5a\xfa",  # PUSH0 PUSH0 DUP3 PUSH0 DUP6 GAS STATICCALL
            b"\x3d\x5f\x5f\x3e",  # RETURNDATASIZE PUSH0 PUSH0 RETURNDATACOPY
            b"\x60" + bytes([_TAIL_AT - 4]) + b"\x57",  # PUSH1 JUMPI  if it succeeded
            b"\x3d\x5f\xfd",  # RETURNDATASIZE PUSH0 REVERT
            b"\x5b\x3d\x5f\xf3",  # JUMPDEST RETURNDATASIZE PUSH0 RETURN
        )
    )
    assert len(loader) == _TAIL_AT
    return loader + lens


_TAIL_AT = 45


def _compiled(form: str) -> bytes:
    vyper = [sys.executable, "-m", "vyper.cli.vyper_compile", "--no-bytecode-metadata"]
    done = subprocess.run(  # noqa: S603 -- the set-up's own compiler
        [*vyper, "-f", form, str(SOURCE)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{SOURCE.name}: vyper failed: {done.stderr.strip()[-2000:]}")
    return bytes.fromhex(done.stdout.strip().removeprefix("0x"))


def is_drifted() -> bool:
    """Whether the keeper's bytes are not those of the source."""
    return not OUTPUT.exists() or OUTPUT.read_bytes() != carrier(creation_code())


def main() -> int:
    """Write the bytes, or with `--check` only say that they drifted."""
    if "--check" in sys.argv[1:]:
        drifted = is_drifted()
        if drifted:
            sys.stderr.write(f"{OUTPUT.name} differs from {SOURCE.name}; regenerate it\n")
        return drifted
    OUTPUT.write_bytes(carrier(creation_code()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
