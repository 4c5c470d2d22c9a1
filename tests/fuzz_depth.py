"""How deep the random tests of the executor go: short in the suite, deep in `make fuzz`, and brief
where they judge one faulty contract after another."""

import os
import random

TIER = os.environ.get("FUZZ", "")
DEEP = TIER == "deep"
BRIEF = 8
"""By how much less a brief run does than a short one."""


def rounds(short: int, deep: int) -> int:
    """So many rounds here; `FUZZ=deep` asks for the deep tier, `FUZZ=brief` for the brief one."""
    return deep if DEEP else short // BRIEF if TIER == "brief" else short


def seed(name: str) -> int:
    """This run's seed, printed: `FUZZ_SEED` repeats a run, and the deep tier draws a new one."""
    given = os.environ.get("FUZZ_SEED")
    drawn = random.SystemRandom().randrange(10**9) if DEEP else 1
    chosen = int(given) if given else drawn
    print(f"{name}: FUZZ_SEED={chosen}")  # noqa: T201 - whoever repeats the run needs it
    return chosen
