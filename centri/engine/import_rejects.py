"""The rejects file: rows that were set aside, as they were, and why. Corrected, it can be imported as it is."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from centri.connectors.spreadsheet import Row
from centri.engine.import_plan import REJECT_COLUMNS, FileImport
from centri.engine.imports import Imported, Reject, row_key

_PART = 1000


def free_name(wanted: FileImport) -> Path:
    """Where the rejects go unless a person says otherwise: beside the file, over nothing that is there."""
    folder, number = wanted.sheet.path.parent, 1
    while (path := folder / f"{wanted.source}.rejects{f'-{number}' if number > 1 else ''}.csv").exists():
        number += 1
    return path


def write_rejects(wanted: FileImport, done: Imported, path: Path) -> None:
    """Write the rows that were set aside. Raises FileExistsError where something is there already."""
    kept = [place for place, name in enumerate(wanted.sheet.columns) if name not in REJECT_COLUMNS]
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(wanted.sheet.columns[place] for place in kept), *REJECT_COLUMNS])
        for row, why in _set_aside(wanted, done):
            told = [_joined(r.kind for r in why), _joined(r.field for r in why), _joined(r.reason for r in why)]
            known_by = row_key(wanted, row) if row.number in done.known else ""
            writer.writerow([*(row.cells[place] for place in kept), *told, known_by])


def _set_aside(wanted: FileImport, done: Imported) -> Iterator[tuple[Row, Sequence[Reject]]]:
    for rows in wanted.sheet.rows(_PART):
        yield from ((row, done.rejects[row.number]) for row in rows if row.number in done.rejects)


def _joined(words: Iterator[str]) -> str:
    return "; ".join(dict.fromkeys(word for word in words if word))
