"""Make the companies of the store searchable: rows in chunks, names taken apart by several processes, arrays put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Engine

from centri.dedupe.companies.company import Company, company
from centri.dedupe.companies.joining import joined, parts
from centri.dedupe.companies.segment import segment
from centri.dedupe.dictionaries import Anybody
from centri.dedupe.identity import ANYBODY
from centri.engine.match_pool import pool, processors
from centri.engine.match_snapshot import Manifest, Snapshot
from centri.store import match_marks, match_rows
from centri.store.database import read_as_of_now
from centri.store.match_rows import CompanyRow

ALONE = 20_000
"""Companies up to which starting further processes takes longer than it saves."""

Progress = Callable[[int], None]
"""Told how many more companies are done."""


def silent(done: int) -> None:
    """Nobody looks on."""


def company_of(row: CompanyRow, anybody: Anybody) -> Company:
    """The company of a row; ``anybody`` says nothing about it."""
    values = {"name": row.name, "website": row.website or row.domain, "country_code": row.country, "city": row.city}
    return company(row.id, values, row.aliases, row.domains, anybody)


def build(
    engine: Engine,
    anybody: Anybody = ANYBODY,
    *,
    named: bool = True,
    processes: int | None = None,
    progress: Progress = silent,
) -> Snapshot:
    """A snapshot in memory of all companies, as of one moment. Raises RetryLater where the store cannot be read.

    One that is to be kept names its store, which must have a name for that; else nothing is written.
    """
    if named:
        match_marks.named(engine)
    with read_as_of_now(engine) as conn:
        store, as_of = match_marks.identity(conn), match_marks.mark(conn)
        workers = 1 if match_rows.count(conn) <= ALONE else processors(processes)
        with pool(workers) as spread:
            made = list(spread.each(partial(_prepared, anybody), _counted(match_rows.every(conn), progress)))
    found = joined(made) if made else segment([])
    return Snapshot.of(found, Manifest(store, as_of, len(found), anybody.digest))


def _counted(chunks: Iterable[list[CompanyRow]], progress: Progress) -> Iterator[list[CompanyRow]]:
    for chunk in chunks:
        yield chunk
        progress(len(chunk))


def _prepared(anybody: Anybody, rows: Sequence[CompanyRow]) -> dict[str, Any]:
    return parts(segment([company_of(row, anybody) for row in rows]))
