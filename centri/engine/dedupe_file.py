"""Duplicates in a plain file of leads, without any store: each lead with the number of its group and how certain it is."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from centri.dedupe.duplicates.find import Groups, find
from centri.dedupe.duplicates.judging import Judge
from centri.dedupe.duplicates.rules import Rules
from centri.errors import ConfigError
from centri.records import Record, Ref

ID = "lead_id"
READ = (
    ID, "first_name", "last_name", "email", "phone", "company", "website", "country", "city", "postal_code", "street", "title",
)  # fmt: skip
"""The columns that are understood; ``lead_id`` must be there, and one more."""

WRITTEN = (ID, "group", "score")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Deduped:
    """What came of a file: its leads, the groups of more than one, and what was compared."""

    leads: int
    groups: Groups

    @property
    def duplicates(self) -> int:
        """Leads that another one of their group makes unnecessary."""
        return sum(len(group.members) - 1 for group in self.groups.groups)


def dedupe_file(
    leads: Path,
    out: Path,
    columns: Mapping[str, str] | None = None,
    judge: Judge | Rules | None = None,
    progress: Progress = lambda read: None,
) -> Deduped:
    """Find the duplicates among the rows of a CSV file and write lead_id, group, score for each of them, in their order.

    ``columns`` says what a column is where its name does not. A group is named after its first lead; the score is the
    probability that the lead belongs to it, blank for one that stands alone. Files that end in .gz are compressed. ``progress``
    is told how many rows more were read. Raises ConfigError.
    """
    if leads.resolve() == out.resolve():
        raise ConfigError(f"--out names the file of the leads itself ({leads}); name another file")
    records = list(_records(leads, columns or {}, progress))
    found = find(records, judge)
    _write(out, (record.ref for record in records), found)
    return Deduped(len(records), found)


def _records(path: Path, columns: Mapping[str, str], progress: Progress) -> Iterator[Record]:
    seen: set[str] = set()
    with _opened(path, "r") as file:
        rows = csv.reader(file)
        fields = _fields(path, next(rows, []), columns)
        for row in rows:
            values = {name: text.strip() for name, text in zip(fields, row, strict=False) if name and text.strip()}
            if not values:
                continue
            yield _record(path, rows.line_num, values, seen)
            progress(1)


def _record(path: Path, line: int, values: dict[str, str], seen: set[str]) -> Record:
    name = values.pop(ID, "")
    if not name or name in seen:
        what = f"two rows have the {ID} {name!r}" if name else f"a row without {ID}"
        raise ConfigError(f"{path}, line {line}: {what}; each lead needs one of its own")
    seen.add(name)
    return Record(Ref(path.name, "lead", name), values)


def _fields(path: Path, header: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """For each column what it is; "" for one that is not understood. Raises ConfigError with all that is wrong."""
    given = [name.strip().removeprefix("\ufeff") for name in header]
    wrong = [f"{path} has no column {name!r}" for name in columns if name not in given]
    wrong += [
        f"{word!r} is nothing that a column can be; there are {', '.join(READ)}" for word in columns.values() if word not in READ
    ]
    fields = [columns.get(name, name if name in READ else "") for name in given]
    wrong += [f"{path}: two columns are {name}" for name in READ if fields.count(name) > 1]
    if ID not in fields:
        wrong.append(f"{path} has no column {ID}: --columns COLUMN={ID} names the one that holds it")
    elif not set(fields) - {ID, ""}:
        wrong.append(f"{path} has no column that is understood besides {ID}: --columns COLUMN=email, for one")
    if wrong:
        raise ConfigError("\n".join(wrong))
    return fields


def _write(path: Path, refs: Iterable[Ref], found: Groups) -> None:
    with _opened(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(WRITTEN)
        for ref in refs:
            held = found.of(ref)
            writer.writerow((ref.id, held.members[0].id, f"{held.scores.get(ref, 1.0):.6f}") if held else (ref.id, ref.id, ""))


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[IO[str]]:
    """A text file, compressed where its name says so. Raises ConfigError where it cannot be read or written."""
    opened: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
    doing = "read" if mode == "r" else "written"
    try:
        with opened(path, f"{mode}t", encoding="utf-8", newline="") as file:
            yield file
    except (OSError, EOFError) as error:
        raise ConfigError(f"{path} cannot be {doing} ({getattr(error, 'strerror', None) or error})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text; save it as UTF-8 and try again") from error
    except csv.Error as error:
        raise ConfigError(f"{path} is not a CSV file ({error})") from error
