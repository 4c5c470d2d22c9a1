"""A bar on the terminal for what takes a while; nothing where nobody looks."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from keeper.collector.records import Progress as Told


@contextmanager
def bar(what: str, total: int) -> Iterator[Told]:
    """Give a function that is told of each step how much of `total` it finished."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=total)

        def told(done: int) -> None:
            shown.advance(task, done)

        yield told
