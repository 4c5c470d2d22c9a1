"""How kernels are compiled and cached.

Numba's own cache notices an edit of the function's file, not one of the functions it calls, so the
cache's directory is named by all kernel sources, the compiler's version and the processor.
"""

import os
import platform
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import llvmlite  # type: ignore[import-untyped]
import llvmlite.binding  # type: ignore[import-untyped]
import numba
from numba import types
from numba.core import config as _config

_P = ParamSpec("_P")
_R = TypeVar("_R")

config: Any = _config
JIT = not config.DISABLE_JIT
"""False under `NUMBA_DISABLE_JIT=1`, where kernels run as the Python they are written in."""

_ROOM = Path(__file__).resolve().parent
_STRATEGIES = _ROOM.parents[1] / "strategies"
_MESSAGES = _ROOM.parents[1] / "relay" / "messages.toml"
_COMPILES = b"kernels.compiler import"
CACHE_VARIABLE = "ALPHAPULSE_KERNELS"


def sources() -> list[Path]:
    """All files that functions are compiled from, the table of messages too, in a fixed order."""
    further = (path for path in _STRATEGIES.rglob("*.py") if _COMPILES in path.read_bytes())
    return sorted((*_ROOM.glob("*.py"), *further, _MESSAGES))


def cache_key(files: Iterable[Path], *further: str) -> str:
    """A name that changes with any byte of the sources, the compiler or the processor."""
    digest = sha256()
    for path in files:
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    for fact in (numba.__version__, llvmlite.__version__, platform.python_version(), *further):
        digest.update(f"\0{fact}".encode())
    return digest.hexdigest()[:20]


@cache
def cache_directory() -> Path:
    """Where compiled kernels lie: beside the checkout, or where `ALPHAPULSE_KERNELS` says."""
    named = os.environ.get(CACHE_VARIABLE)
    root = Path(named) if named else _ROOM.parents[2] / ".cache" / "kernels"
    processor = llvmlite.binding.get_host_cpu_name()
    features = llvmlite.binding.get_host_cpu_features().flatten()
    return root / cache_key(sources(), processor, features)


_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False}


def kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile for callers in Python: without the GIL, floats in order, cached between runs."""
    if JIT:
        config.CACHE_DIR = str(cache_directory())
    return cast("Callable[_P, _R]", numba.njit(cache=True, **_OPTIONS)(function))


def inner(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile for other kernels only, into whose code it goes; that spares most of the time."""
    return _inner(function, is_part=False)


def part(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """As `inner`, but never called: its code stands where it is used, so that should be one place.

    A call hands over seven words of every array in a tuple like `FlatPools`, which takes longer
    than a short function does.
    """
    return _inner(function, is_part=True)


def _inner(function: Callable[_P, _R], *, is_part: bool) -> Callable[_P, _R]:
    options: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    dispatcher = numba.njit(**options, forceinline=is_part)(function)
    if JIT:
        _compile_once(dispatcher)
    return cast("Callable[_P, _R]", dispatcher)


def _compile_once(dispatcher: Any) -> None:  # noqa: ANN401 -- numba's own type
    """Compile for `int` where it would compile anew for each constant that is passed."""
    resolve = dispatcher.get_call_template
    unliteral: Any = types.unliteral

    def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:  # noqa: ANN401
        plain = {name: unliteral(kind) for name, kind in kws.items()}
        return resolve(tuple(unliteral(kind) for kind in args), plain)

    dispatcher.get_call_template = get_call_template
