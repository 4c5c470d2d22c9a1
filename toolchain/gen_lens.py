"""Compile `contracts/lens` into the bytes that the keeper carries with its calls.

Run as `python -m toolchain.gen_lens`; with `--check` it writes nothing and fails on drift.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LENS = ROOT / "contracts" / "lens" / "PoolLens.vy"
PROBE = ROOT / "contracts" / "lens" / "TokenProbe.vy"
CARRIED = ROOT / "keeper" / "collector"


def creation_code() -> bytes:
    """What deploys the lens."""
    return _compiled(LENS, "bytecode")


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


def _compiled(source: Path, form: str) -> bytes:
    vyper = [sys.executable, "-m", "vyper.cli.vyper_compile", "--no-bytecode-metadata"]
    done = subprocess.run(  # noqa: S603 -- the set-up's own compiler
        [*vyper, "-f", form, str(source)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{source.name}: vyper failed: {done.stderr.strip()[-2000:]}")
    return bytes.fromhex(done.stdout.strip().removeprefix("0x"))


def outputs() -> dict[Path, bytes]:
    """What the keeper should carry, by file."""
    return {
        CARRIED / "pool_lens.bin": carrier(creation_code()),
        CARRIED / "token_probe.bin": _compiled(PROBE, "bytecode_runtime"),
    }


def drifted() -> list[str]:
    """Files whose bytes are not those of their source."""
    return [
        path.name
        for path, code in outputs().items()
        if not path.exists() or path.read_bytes() != code
    ]


def main() -> int:
    """Write the bytes, or with `--check` only say which of them drifted."""
    if "--check" in sys.argv[1:]:
        names = drifted()
        if names:
            sys.stderr.write(f"{', '.join(names)}: differs from contracts/lens; regenerate it\n")
        return bool(names)
    for path, code in outputs().items():
        path.write_bytes(code)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
