"""How long the event loop was held: the processor time of each callback that it ran.

Processor time of the loop's thread, so that neither other processes nor other threads show.
"""

from asyncio import Handle
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time_ns


@contextmanager
def watched_turns() -> Iterator[list[int]]:
    """Nanoseconds of each turn of any loop of this process meanwhile, in their order."""
    held: list[int] = []
    plain = vars(Handle)["_run"]

    def run(handle: Handle) -> None:
        began = thread_time_ns()
        plain(handle)
        held.append(thread_time_ns() - began)

    setattr(Handle, "_run", run)  # noqa: B010 -- no public name watches a loop's callbacks
    try:
        yield held
    finally:
        setattr(Handle, "_run", plain)  # noqa: B010
