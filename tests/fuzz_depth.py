"""How deep the random tests of the executor go: short in the suite, deep in `make fuzz`."""

import os
import random

DEEP = os.environ.get("FUZZ") == "deep"


def rounds(short: int, deep: int) -> int:
    """So many rounds here; `FUZZ=deep` asks for the deep tier."""
    return deep if DEEP else short


def seed(name: str) -> int:
    """This run's seed, printed: `FUZZ_SEED` repeats a run, and the deep tier draws a new one."""
    given = os.environ.get("FUZZ_SEED")
    drawn = random.SystemRandom().randrange(10**9) if DEEP else 1
    chosen = int(given) if given else drawn
    print(f"{name}: FUZZ_SEED={chosen}")  # noqa: T201 - whoever repeats the run needs it
    return chosen
