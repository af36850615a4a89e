"""Fills a sandbox's CRM from files: one CSV or JSON-lines file for each object, columns by API name."""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import IO, Any

import orjson

from centri.sandbox.dialects import Dialect, dialect_of
from centri.sandbox.rows import Row, Table
from centri.sandbox.state import Org, Refused

YEAR = 365 * 24 * 3600
SUFFIXES = (".csv", ".jsonl")
BIGGEST_CELL = 10_000_000
REMEMBERED = 2000
"""How many different cells of a column are read once and shared: cities and choices come again and again."""


class LoadError(ValueError):
    """A file that cannot be loaded: which one, and, where they are known, the line and the field."""

    def __init__(self, message: str, file: Path, line: int | None = None, field: str | None = None) -> None:
        where = ":".join(str(part) for part in (file, line) if part is not None)
        super().__init__(f"{where}: {f'{field}: ' if field else ''}{message}")
        self.file, self.line, self.field = file, line, field


def load_directory(org: Org, directory: str | Path) -> dict[str, int]:
    """Load every ``<Object>.csv|jsonl`` (also ``.gz``) in a folder; returns the number of rows by object.

    An id is made where none is given. Times spread over the past year unless given, the same way each time. A field that
    is custom by its name and unknown becomes a text field. Objects without a file stay empty, as all do when the folder
    is not there. Raises LoadError.
    """
    counts: dict[str, int] = {}
    for file in sorted(Path(directory).glob("*")):
        name, suffix = _named(file)
        if suffix not in SUFFIXES:
            continue
        table = _table(org, file, name)
        loaded = _Columns(org, table, file).load(_csv(file) if suffix == ".csv" else _jsonl(file))
        counts[table.schema.name] = counts.get(table.schema.name, 0) + loaded
    return counts


class _Columns:
    """How the columns of one file become the fields of rows; worked out once for each column, when it first comes up."""

    def __init__(self, org: Org, table: Table, file: Path) -> None:
        self._org, self._table, self._file = org, table, file
        self._dialect: Dialect = dialect_of(org)
        self._readers: dict[str, Callable[[Any, dict[str, Any]], None]] = {}
        self._random = Random(f"{org.name} {table.schema.name}")
        self._now = org.clock.now()
        self._defaults = self._dialect.defaults(org, table)

    def load(self, lines: Iterable[tuple[int, dict[str, Any]]]) -> int:
        count = 0
        for number, cells in lines:
            self._table.put(self._row(self._values(cells, number), number), sort_later=True)
            count += 1
        return count

    def _values(self, cells: dict[str, Any], number: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        readers, column = self._readers, ""
        try:
            for column, cell in cells.items():
                if cell is not None and cell != "":
                    (readers.get(column) or self._reader(column))(cell, values)
        except (Refused, ValueError) as error:
            raise LoadError(str(error), self._file, number, column) from None
        return values

    def _reader(self, column: str) -> Callable[[Any, dict[str, Any]], None]:
        """Puts a cell among the values, in its stored form; the system's own under their role. Raises ValueError."""
        dialect, schema = self._dialect, self._table.schema
        field = schema.field(column)
        if field is None and column.endswith(dialect.custom_suffix):
            schema.add(field := dialect.text_field(column))
        if field is None:
            raise ValueError(f"{schema.name} has no such field")
        role = dialect.roles.get(field.name)
        name, known, org, read = role or dialect.home(schema, field), field, self._org, dialect.read
        seen: dict[str, Any] = {}

        def put(cell: Any, values: dict[str, Any]) -> None:
            value = seen.get(cell) if cell.__class__ is str else None
            if value is None:
                value = read(org, known, cell) if name else None
                if cell.__class__ is str and len(seen) < REMEMBERED and isinstance(value, str | int | float):
                    seen[cell] = value
            if value is not None and value is not False:
                values[name or ""] = value

        return self._readers.setdefault(column, put)

    def _row(self, values: dict[str, Any], number: int) -> Row:
        given = {role: values.pop(role, None) for role in self._dialect.roles.values()}
        key = given["@id"] or self._org.new_id(self._table)
        if not key.startswith(self._table.schema.prefix):
            raise LoadError(f"{key} is no id of {self._table.schema.name}", self._file, number, self._dialect.id_field)
        if self._table.get(key) and key != self._org.integration_user:
            raise LoadError(f"{key} is given twice", self._file, number, self._dialect.id_field)
        created, modified = self._times(given["@created"], given["@modified"], given.get("@stamp"))
        born, last = (given[role] or self._org.integration_user for role in ("@created_by", "@modified_by"))
        stamp = given.get("@stamp") or modified
        return Row(key, {**self._defaults, **values}, created, born, modified, last, stamp, bool(given["@deleted"]))

    def _times(self, created: int | None, modified: int | None, stamp: int | None) -> tuple[int, int]:
        """When a row came to be and was last changed: as given, else some time within the past year."""
        if modified is None:
            earliest = created if created is not None else self._now - YEAR
            modified = stamp if stamp is not None else self._random.randint(min(earliest, self._now), self._now)
        return (modified if created is None else created), modified


def _named(file: Path) -> tuple[str, str]:
    """``Account.csv.gz`` is a ``.csv`` for ``Account``."""
    plain = file.name.removesuffix(".gz")
    return Path(plain).stem, Path(plain).suffix


def _table(org: Org, file: Path, name: str) -> Table:
    try:
        return org.table(name)
    except KeyError:
        raise LoadError(f"there is no object {name}; there are {', '.join(org.tables)}", file) from None


def _open(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _csv(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row with the number of its last line. Raises LoadError for a row that is longer than the header."""
    csv.field_size_limit(BIGGEST_CELL)
    with _open(file) as text:
        reader = csv.reader(text)
        header = [sys.intern(name.strip()) for name in next(reader, [])]
        for cells in reader:
            if len(cells) > len(header):
                raise LoadError(f"{len(cells)} cells under {len(header)} columns", file, reader.line_num)
            if cells:
                yield reader.line_num, dict(zip(header, cells, strict=False))


def _jsonl(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with _open(file) as text:
        for number, line in enumerate(text, start=1):
            if not line.strip():
                continue
            try:
                cells = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise LoadError(f"not JSON: {error}", file, number) from None
            if not isinstance(cells, dict):
                raise LoadError("each line holds one object", file, number)
            yield number, cells
