"""Bars for the long parts of matching: accounts that are read, leads that are judged, models that are tried."""

from collections.abc import Iterator
from contextlib import contextmanager

from centri.cli.output import console
from centri.engine.match_world import Progress


@contextmanager
def bars(*, quiet: bool) -> Iterator[Progress]:
    """A bar for each thing that is counted, on a terminal's stderr; they go away before the answer. None where ``quiet``."""
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    out = console(stderr=True)
    columns = (TextColumn("{task.description:<9}"), BarColumn(), TextColumn("{task.completed:>11,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True, disable=quiet or not out.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def count(what: str, done: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=None)
            shown.advance(tasks[what], done)

        yield count
