"""Bars for the long parts of matching: accounts that are read, leads that are judged, models that are tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from centri.cli.output import console
from centri.engine.match_world import Progress


@contextmanager
def bars(*, quiet: bool) -> Iterator[Progress]:
    """A bar for each thing that is counted, on a terminal's stderr; they go away before the answer. None where ``quiet``.

    The first match of a version compiles its search, which no bar counts: that is said beforehand, on a terminal or not.
    """
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    out = console(stderr=True)
    if not quiet and not _compiled():
        out.print("compiling the matcher, once for each version: this takes about a minute")
    columns = (TextColumn("{task.description:<9}"), BarColumn(), TextColumn("{task.completed:>11,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True, disable=quiet or not out.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def count(what: str, done: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=None)
            shown.advance(tasks[what], done)

        yield count


def _compiled() -> bool:
    """Whether a process compiled the search of this version before."""
    from centri.dedupe.companies import search

    return kept_since(Path(search.find.stats.cache_path or ""), Path(search.__file__))


def kept_since(folder: Path, source: Path) -> bool:
    """Whether what numba made of a source lies in a folder, and is no older than the source."""
    made = source.stat().st_mtime
    return any(index.stat().st_mtime >= made for index in folder.glob(f"{source.stem}.*.nbi"))
