"""Random cases for each venue: how many, and from which seed (the suite's or the deep tier's).

20,000 a venue, 200,000 where `FUZZ=deep` asks for them, `FUZZ_CASES` where that is set. Each has
its own generator, seeded by `FUZZ_SEED`, the venue and the case's number, so that one case alone
can be run again. The deep tier draws a seed of its own and says which.
"""

from collections.abc import Iterator
from os import environ
from random import Random, SystemRandom

DEEP = environ.get("FUZZ") == "deep"
CASES = int(environ.get("FUZZ_CASES", "200000" if DEEP else "20000"))
SEED = environ.get("FUZZ_SEED") or (str(SystemRandom().randrange(10**9)) if DEEP else "1")
if DEEP:
    print(f"venues: {CASES} cases each, FUZZ_SEED={SEED}")  # noqa: T201 -- whoever repeats it


def cases(venue: str, share: float = 1.0) -> Iterator[tuple[str, Random]]:
    """Each case's name, to be told when it fails, and its generator."""
    for number in range(max(int(CASES * share), 1)):
        name = f"{venue}:{SEED}:{number}"
        yield name, Random(name)
