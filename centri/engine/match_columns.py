"""Files of accounts, leads and labels: which column holds what, and the rows read one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from centri.connectors.spreadsheet import BLANKS, Sheet, open_sheet
from centri.errors import ConfigError, Problem
from centri.mappings.columns import called, plain
from centri.mappings.words import near

Names = Mapping[str, tuple[str, ...]]

FIELDS: Mapping[str, Names] = {
    "accounts": {
        "account_id": ("id",),
        "name": ("account_name",),
        "website": (),
        "domain": (),
        "email": (),
        "country": (),
        "city": (),
        "aliases": (),
        "domains": (),
        "type": ("account_type",),
        "status": (),
        "created": (),
        "last_activity": (),
        "parent_id": (),
        "contacts": (),
        "open_opportunities": (),
    },
    "leads": {
        "lead_id": ("id",),
        "company": ("name",),
        "first_name": (),
        "last_name": (),
        "email": (),
        "website": (),
        "domain": (),
        "country": (),
        "city": (),
    },
    "labels": {"lead_id": ("id",), "gold_ids": ("account_id", "account_ids")},
}
"""Of each file the fields that are read, each with further names that its column may have beside those that imports know."""

_ENTITIES = {"accounts": "account", "leads": "lead"}
_KNOWN_AS = {"country": "country_code"}

MEANING: Mapping[str, str] = {
    "account_id": "what an account is known by, each once",
    "name": "the account's name",
    "lead_id": "what a lead is known by",
    "company": "the company that a lead names",
    "first_name": "the first name of the lead's person, by which other leads of the same person are known",
    "last_name": "the last name of the lead's person",
    "website": "the address of a web site",
    "domain": "a domain, where there is no web site",
    "email": "an e-mail address",
    "country": "a country, as a code or by its name",
    "city": "a city",
    "aliases": "other names of an account, divided by `|`",
    "domains": "other domains of an account, divided by `|`",
    "type": "`account`, `named`, `partner` or `competitor`",
    "status": "`customer`, `prospect` or `former`",
    "created": "when an account was made",
    "last_activity": "when something happened with it last",
    "parent_id": "the account_id of its parent",
    "contacts": "how many contacts it has",
    "open_opportunities": "how many open opportunities it has",
    "gold_ids": "the right accounts of a lead, divided by `|`; blank where none is right",
}
"""What each field holds, for people."""

REQUIRED: Mapping[str, str] = {"accounts": "account_id", "leads": "lead_id", "labels": "lead_id"}

Values = dict[str, str]


@dataclass(frozen=True)
class Columns:
    """A file of rows. ``places`` says which cell of a row holds which field."""

    sheet: Sheet
    kind: str
    places: Mapping[str, int]

    def rows(self) -> Iterator[tuple[int, Values]]:
        """The number and the fields of each row that is not blank; cells as text, tidied. Raises ConfigError."""
        places = sorted(self.places.items())
        widest = max(self.places.values())
        for number, cells in self.sheet.lines():
            if (width := len(cells)) > widest:
                values = {field: cells[at].strip(BLANKS) for field, at in places}
            else:
                values = {field: cells[at].strip(BLANKS) for field, at in places if at < width}
            if any(values.values()):
                yield number, values

    @property
    def unread(self) -> list[str]:
        """The columns that hold nothing that is read."""
        return [name for at, name in enumerate(self.sheet.columns) if at not in self.places.values()]

    def parts(self, size: int) -> Iterator[list[Values]]:
        """The rows in lists of at most ``size``. Raises ConfigError, for a row without its id too."""
        rows = self._known()
        while part := list(islice(rows, size)):
            yield part

    def _known(self) -> Iterator[Values]:
        key = REQUIRED[self.kind]
        for number, values in self.rows():
            if not values.get(key):
                told = (
                    f"the row has no {key} (column {self.sheet.columns[self.places[key]]!r}); give it one, or leave the row out"
                )
                raise ConfigError(Problem(told, str(self.sheet.path), number))
            yield values


def open_columns(files: Mapping[str, Path], given: Sequence[str] = ()) -> dict[str, Columns]:
    """Open files of accounts, leads and labels, by kind. ``given`` are texts such as ``name=Company,leads.country=Land``.

    Raises ConfigError, with all that is wrong with the columns at once.
    """
    sheets = {kind: open_sheet(path) for kind, path in files.items()}
    said, problems = _said(sheets, given)
    opened = {kind: Columns(sheet, kind, _places(sheet, kind, said[kind])) for kind, sheet in sheets.items()}
    problems += [problem for columns in opened.values() if (problem := _missing(columns))]
    if problems:
        raise ConfigError(*problems)
    return opened


def _said(sheets: Mapping[str, Sheet], given: Sequence[str]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """What ``--columns`` says of each file, field -> column, and what is wrong with it."""
    said: dict[str, dict[str, str]] = {kind: {} for kind in sheets}
    problems = []
    for pair in (pair.strip() for text in given for pair in text.split(",") if pair.strip()):
        left, equals, column = (part.strip() for part in pair.partition("="))
        kind, _, field = left.rpartition(".")
        if problem := _wrong(sheets, kind, field, column if equals else None, pair):
            problems.append(Problem(f"--columns: {problem}"))
            continue
        for each in [kind] if kind else sheets:
            if field in FIELDS[each] and column in sheets[each].columns:
                said[each][field] = column
    return said, problems


def _wrong(sheets: Mapping[str, Sheet], kind: str, field: str, column: str | None, pair: str) -> str | None:
    if not column:
        return f"it takes FIELD=COLUMN, such as name=Company, not {pair!r}"
    if kind and kind not in sheets:
        return f"{pair!r}: there is no file of {kind!r}{near(kind, sheets)}"
    kinds = [kind] if kind else [each for each in sheets if field in FIELDS[each]]
    known = {name for each in ([kind] if kind else sheets) for name in FIELDS[each]}
    if field not in known:
        turned = f"; write {column}={field}" if column in known else near(field, known)
        return f"no field is called {field!r}{turned}"
    if any(column in sheets[each].columns for each in kinds):
        return None
    return "; ".join(f"{sheets[each].path} has no column {column!r}{_columns(sheets[each], column)}" for each in kinds)


def _columns(sheet: Sheet, name: str) -> str:
    """The near miss among a file's columns, and all that it has."""
    close, everything = near(name, sheet.columns), ", ".join(sheet.columns)
    return close if close.startswith("; there are") else f"{close}; it has {everything}"


def _places(sheet: Sheet, kind: str, said: Mapping[str, str]) -> dict[str, int]:
    folded = {plain(name): at for at, name in reversed(list(enumerate(sheet.columns)))}
    taken = {sheet.columns.index(column) for column in said.values()}
    found = {field: sheet.columns.index(column) for field, column in said.items()}
    for field, others in FIELDS[kind].items():
        names = _names(kind, field, others)
        at = next((folded[name] for name in names if name in folded and folded[name] not in taken), None)
        if field not in found and at is not None:
            found[field] = at
            taken.add(at)
    return found


def _names(kind: str, field: str, others: Sequence[str]) -> list[str]:
    """What a field's column may be called, its own name first."""
    known = called(_ENTITIES[kind], _KNOWN_AS.get(field, field)) if kind in _ENTITIES else frozenset()
    return [plain(field), *map(plain, others), *sorted(known)]


def _missing(columns: Columns) -> Problem | None:
    """What a file must have and has not."""
    kind, needed = columns.kind, REQUIRED[columns.kind]
    lacks = [needed] if needed not in columns.places else []
    if not any(field in columns.places for field in _SPEAKING[kind]):
        lacks.append(_SPEAKING[kind][0])
    if not lacks:
        return None
    hint = ",".join(f"{kind}.{field}={_likely(field, columns.sheet)}" for field in lacks)
    told = f"no column for {' and '.join(lacks)}; it has {', '.join(columns.sheet.columns)}. Say which it is: --columns {hint}"
    return Problem(told, str(columns.sheet.path))


_SPEAKING = {
    "accounts": ("name", "website", "domain", "email"),
    "leads": ("company", "website", "domain", "email"),
    "labels": ("gold_ids",),
}
"""Fields of which a file needs one, or nothing could be compared."""


def _likely(field: str, sheet: Sheet) -> str:
    found = near(field, sheet.columns)
    return found.partition("'")[2].partition("'")[0] or "COLUMN"
