"""Python's search for cycles of garbage, kept away from the state of thousands of pools."""

import gc

ALLOCATIONS = 100_000
"""Between two searches. By default, 700, one runs a thousand times a second under load."""


def settle() -> None:
    """Take what lives now for lasting: later searches pass it over, and come seldom.

    The hot path makes no cycles, so reference counts free all that it drops. This takes a tenth of
    a second: call it before the market comes, and `keep` once it is known.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 10, 10)


def keep() -> None:
    """Take what lives now for lasting without a search, which would hold the loop."""
    gc.freeze()
