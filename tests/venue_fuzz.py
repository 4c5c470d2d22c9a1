"""Random cases for each venue: how many, and from which seed (the suite's or the deep tier's).

`FUZZ_CASES` cases a venue (20,000 unless set), each from its own generator, seeded by `FUZZ_SEED`,
the venue and the case's number, so that one case alone can be run again.
"""

from collections.abc import Iterator
from os import environ
from random import Random

CASES = int(environ.get("FUZZ_CASES", "20000"))
SEED = environ.get("FUZZ_SEED", "1")


def cases(venue: str, share: float = 1.0) -> Iterator[tuple[str, Random]]:
    """Each case's name, to be told when it fails, and its generator."""
    for number in range(max(int(CASES * share), 1)):
        name = f"{venue}:{SEED}:{number}"
        yield name, Random(name)
