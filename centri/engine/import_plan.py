"""What is to be imported: a file, whose columns are matched to fields, and by what its rows are known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from centri.connectors.spreadsheet import Row, Sheet, open_sheet
from centri.engine.prm_fields import prm_fields
from centri.engine.project import Project
from centri.errors import ConfigError
from centri.mappings.columns import Column, matched, names_of
from centri.mappings.schema import EntityMapping
from centri.mappings.spreadsheet import mapping_as, mapping_of
from centri.mappings.words import near
from centri.store import prm

REJECT_COLUMNS = ("centri_kind", "centri_field", "centri_reason", "centri_row")
"""What a rejects file has behind the columns of the file that it came from."""

_OF_REJECTS = re.compile(r"\.rejects(-\d+)?$")

_KNOWN_BY = {"lead": ("last_name", "company", "email", "phone_e164")}
"""Entities of which no one field is required, but one of these."""


@dataclass(frozen=True)
class Options:
    """What a person says of a file. ``given`` is column -> field; ``key`` the column that a row is known by."""

    given: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    key: str | None = None
    exported_by: str | None = None
    sheet: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class FileImport:
    """A file that can be imported. ``kinds`` are the kinds of the fields that its columns hold."""

    sheet: Sheet
    source: str
    columns: tuple[Column, ...]
    mapping: EntityMapping
    kinds: Mapping[str, str]
    key: str | None = None
    exported_by: str | None = None

    def cell(self, row: Row, column: str) -> str:
        return row.cells[self.sheet.columns.index(column)]

    def key_in(self, row: Row) -> str:
        """What the row is known by, where it is not its content."""
        before = self.cell(row, REJECT_COLUMNS[-1]) if REJECT_COLUMNS[-1] in self.sheet.columns else ""
        return (self.cell(row, self.key) if self.key else "") or before

    def read_as(self, column: Column) -> str:
        """What the mapping calls a column; blank for one that it does not read."""
        if self.exported_by:
            return column.field
        return column.name if column.field else ""


def open_import(project: Project, path: Path, entity: str, options: Options) -> FileImport:
    """Look at a file and match its columns. Raises ConfigError for whatever keeps it from being imported, all at once."""
    if entity not in prm.ENTITIES or entity == "note":
        known = [e for e in prm.ENTITIES if e != "note"]
        raise ConfigError(f"no rows can be imported as {entity!r}{near(entity, known)}; there are {', '.join(known)}")
    sheet = open_sheet(path, sheet=options.sheet)
    source = options.source or _OF_REJECTS.sub("", path.stem)
    key = _column(sheet, options.key)
    if options.exported_by:
        return _exported(project, sheet, source, entity, key, options)
    prm_side = {n: f for n, f in prm_fields(entity).items() if not f.derived and f.kind != "reference"}
    columns = matched(_ours(sheet), names_of(entity, prm_side), options.given)
    _require(path, entity, columns)
    mapping = mapping_of(entity, source, columns, prm_side, region=options.region)
    return FileImport(sheet, source, _all(sheet, columns), mapping, {n: f.kind for n, f in prm_side.items()}, key)


def _exported(project: Project, sheet: Sheet, source: str, entity: str, key: str | None, options: Options) -> FileImport:
    connection = options.exported_by or ""
    found = [m for m in project.mappings(connection, entity=entity) if not m.is_push_lead]
    if not found:
        known = {m.entity for m in project.mappings(connection)}
        raise ConfigError(f"{connection} maps no entity {entity!r}{near(entity, known)}")
    mapping, schema = found[0], project.schemas.of(connection, found[0].object)
    described = schema.fields if schema else {}
    names = {f: {f, described[f].label} - {""} if f in described else {f} for f in mapping.crm_fields}
    given = {c: mapping.fields[f].crm if f in mapping.fields and f not in names else f for c, f in options.given.items()}
    columns = matched(_ours(sheet), names, given, likeness=False)
    kinds = {name: str(described[name].type) for name in names if name in described}
    held = mapping_as(mapping, source, columns)
    missing = prm.required(entity) - {rule.prm for rule in held.rules}
    if missing:
        wanted = ", ".join(f"{mapping.fields[m].crm} ({m})" if m in mapping.fields else m for m in sorted(missing))
        raise ConfigError(f"{sheet.path}: {entity} of {connection} needs {wanted}, and no column is called so")
    return FileImport(sheet, source, _all(sheet, columns), held, kinds, key, connection)


def _ours(sheet: Sheet) -> list[str]:
    return [name for name in sheet.columns if name not in REJECT_COLUMNS]


def _all(sheet: Sheet, columns: list[Column]) -> tuple[Column, ...]:
    """A column for each of the file's, those of a rejects file holding nothing."""
    by_name = {c.name: c for c in columns}
    return tuple(by_name.get(name, Column(name)) for name in sheet.columns)


def _column(sheet: Sheet, name: str | None) -> str | None:
    if name is None:
        return None
    found = next((c for c in sheet.columns if c.casefold() == name.casefold()), None)
    if found is None:
        raise ConfigError(f"--key: the file has no column {name!r}{near(name, sheet.columns)}; it has {', '.join(sheet.columns)}")
    return found


def _require(path: Path, entity: str, columns: list[Column]) -> None:
    held = {c.field for c in columns if c.field}
    missing = sorted(prm.required(entity) - held)
    free = ", ".join(c.name for c in columns if not c.field) or "none"
    if parents := prm.required(entity) & {n for n, f in prm_fields(entity).items() if f.kind == "reference"}:
        named = ", ".join(sorted(parents))
        raise ConfigError(f"{entity} needs {named}, a record that only the CRM which exported the file can name: --as CONNECTION")
    if missing:
        say = ",".join(f"COLUMN={name}" for name in missing)
        raise ConfigError(
            f"{path}: {entity} needs {', '.join(missing)}; say which columns they are: --map {say!r}. Free are: {free}"
        )
    wanted = _KNOWN_BY.get(entity, ())
    if wanted and not held & set(wanted):
        raise ConfigError(
            f"{path}: a {entity} needs one of {', '.join(wanted)}, and no column is one;"
            f" say which: --map 'COLUMN={wanted[0]}'. Free are: {free}"
        )
