"""The rows of a CSV file or of an Excel sheet, every cell as text, read a part at a time.

Text is what keeps the zero that a postcode or a telephone number begins with. Whoever knows what a column means makes
numbers and dates of it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

from centri.errors import ConfigError

_HEAD = 25
"""So many rows are looked at to find the header, which may stand under a title."""
_BEYOND = 20
"""So many cells right of the last column are looked at, so that nothing there is lost unseen."""
_SEPARATORS = ",;\t|"
BLANKS = "\ufeff\u00a0\u200b \t\r\n\v\f"
"""What is no text at a cell's edges: blanks, and signs that cannot be seen."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank: its number in the sheet, its cells under the header; ``beyond`` stands further right."""

    number: int
    cells: tuple[str, ...]
    beyond: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file whose header was found. ``header`` is the number of its row; ``note`` says how the file was read."""

    path: Path
    columns: tuple[str, ...]
    header: int
    note: str
    encoding: str = ""
    separator: str = ""
    name: str = ""

    def rows(self, size: int) -> Iterator[list[Row]]:
        """The rows under the header, in parts of at most ``size``. Raises ConfigError where the file cannot be read."""
        found = _filled(self._parts(size), self.header, len(self.columns))
        while part := list(islice(found, size)):
            yield part

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """The rows under the header as they stand, each with its number, read one by one; a row without a cell is left out.

        Raises ConfigError where the file cannot be read.
        """
        parts = self._parts(_BEYOND) if self.name else self._plain()
        try:
            yield from ((number, list(cells)) for number, cells in enumerate(parts, self.header + 1) if cells)
        except (csv.Error, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
            raise ConfigError(f"{self.path}: {error}") from error

    def _plain(self) -> Iterator[list[str]]:
        with _opened(self.path, self.encoding) as file:
            yield from islice(csv.reader(file, delimiter=self.separator), self.header, None)

    def _parts(self, size: int) -> Iterator[Sequence[str]]:
        return _excel(self.path, self.name, self.header) if self.name else self._csv(size)

    def _csv(self, size: int) -> Iterator[Sequence[str]]:
        import pandas as pd

        width = len(self.columns) + _BEYOND
        with _opened(self.path, self.encoding) as file:
            for _ in islice(csv.reader(file, delimiter=self.separator), self.header):
                pass
            try:
                frames = pd.read_csv(
                    file, sep=self.separator, header=None, names=list(range(width)), index_col=False, dtype=str,
                    keep_default_na=False, na_filter=False, skip_blank_lines=False, chunksize=size, on_bad_lines="error",
                )  # fmt: skip
                for frame in frames:
                    yield from frame.itertuples(index=False, name=None)
            except pd.errors.EmptyDataError:
                return
            except (pd.errors.ParserError, UnicodeDecodeError) as error:
                raise ConfigError(f"{self.path}: {error}") from error


def open_sheet(path: Path, *, sheet: str | None = None) -> Sheet:
    """Find a file's header. Raises ConfigError for a file that is not there, of another kind, or without one."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _excel_sheet(path, sheet)
    if _kind(path) not in (".csv", ".txt", ".tsv"):
        raise ConfigError(f"{path}: a {path.suffix or 'file without ending'} cannot be read; save it as .csv or .xlsx")
    if sheet:
        raise ConfigError(f"{path}: --sheet is for Excel files; a CSV file has one sheet only")
    try:
        encoding = _encoding(path)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"{path}: {error}") from error
    with _opened(path, encoding) as file:
        text = file.read(1 << 16)
        separator = _separator(text)
        file.seek(0)
        number, columns = _header(path, list(islice(csv.reader(file, delimiter=separator), _HEAD)))
    shown = {"\t": "tab"}.get(separator, separator)
    return Sheet(path, columns, number, f"{encoding}, separated by {shown}", encoding, separator)


def _kind(path: Path) -> str:
    """The ending that says what is in the file; of one packed by gzip that before ``.gz``."""
    return Path(path.stem if _packed(path) else path.name).suffix.lower()


def _packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _encoding(path: Path) -> str:
    """UTF-8 where the file is that from end to end, UTF-16 where it says so, else what Excel saves in the West."""
    with gzip.open(path, "rb") if _packed(path) else path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[IO[str]]:
    how = {"encoding": encoding, "newline": "", "errors": "replace" if encoding == "cp1252" else "strict"}
    with gzip.open(path, "rt", **how) if _packed(path) else path.open(**how) as file:  # type: ignore[call-overload]  # one set of words for both
        yield file


def _separator(text: str) -> str:
    """The one that parts the most rows into equally many cells, more than one. Only a line's end ends a row, no form feed."""
    lines = list(islice(StringIO(text, newline=""), _HEAD))
    agreeing = {s: _agreeing(lines, s) for s in _SEPARATORS}
    return max(_SEPARATORS, key=lambda s: agreeing[s])


def _agreeing(lines: Sequence[str], separator: str) -> tuple[int, int]:
    widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if len(row) > 1)
    return max(((number, width) for width, number in widths.items()), default=(0, 0))


def _header(path: Path, rows: Sequence[Sequence[str]]) -> tuple[int, tuple[str, ...]]:
    """The first row that is filled at least half as wide as the widest; titles over it are narrower."""
    filled = [sum(1 for cell in row if tidy(cell)) for row in rows]
    widest = max(filled, default=0)
    if not widest:
        raise ConfigError(f"{path}: the file is empty; its first row must name the columns")
    number = next(n for n, count in enumerate(filled) if count * 2 > widest or count == widest)
    names = [tidy(cell) for cell in rows[number]]
    while names and not names[-1]:
        names.pop()
    return number + 1, _distinct(names)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Each column under a name of its own: one without is called by its place, and a second one is numbered."""
    found: list[str] = []
    for place, given in enumerate(names, 1):
        name, times = given or f"column {place}", 2
        while name in found:
            name, times = f"{given or 'column'} ({times})", times + 1
        found.append(name)
    return tuple(found)


def _filled(rows: Iterator[Sequence[str]], header: int, width: int) -> Iterator[Row]:
    for number, cells in enumerate(rows, header + 1):
        tidied = [tidy(cell) for cell in cells]
        if any(tidied):
            padded = (*tidied[:width], *[""] * (width - len(tidied)))
            yield Row(number, padded, next((cell for cell in tidied[width:] if cell), ""))


def tidy(cell: Any) -> str:
    """A cell's text without blanks around it; those that cannot be seen count as blanks."""
    return str(cell).strip(BLANKS) if isinstance(cell, str) else ""


def _excel_sheet(path: Path, sheet: str | None) -> Sheet:
    with _workbook(path) as book:
        if sheet and sheet not in book.sheetnames:
            raise ConfigError(f"{path}: no sheet is called {sheet!r}; it has: {', '.join(book.sheetnames)}")
        name = sheet or book.sheetnames[0]
    number, columns = _header(path, list(islice(_excel(path, name, 0), _HEAD)))
    others = len(book.sheetnames) - 1
    note = f"sheet {name!r}" + (f"; {others} more, see --sheet" if others and not sheet else "")
    return Sheet(path, columns, number, note, name=name)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    """Openpyxl's streaming reader: pandas would hold the whole sheet."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise ConfigError(f"{path}: this is no Excel file that can be read ({error}); save it as .xlsx or .csv") from error
    try:
        yield book
    finally:
        book.close()


def _excel(path: Path, name: str, after: int) -> Iterator[Sequence[str]]:
    with _workbook(path) as book:
        sheet = book[name]
        sheet.reset_dimensions()  # what the file says of its own size is often wrong
        for row in islice(sheet.iter_rows(), after, None):
            yield [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    """What a person sees in a cell, as far as it matters: dates as ISO, whole numbers without a point, leading zeros."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _digits(value, str(cell.number_format or ""))
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
        case date() | time():
            return value.isoformat()
    text = str(value)
    return "" if getattr(cell, "data_type", "") == "e" and text.startswith("#") else text


def _digits(value: float, shown: str) -> str:
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    zeros = re.fullmatch(r"0{2,}", shown)
    return str(int(value)).zfill(len(shown) if zeros else 0)
