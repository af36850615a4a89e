"""What a CRM described and some of its records, kept in files: ``metadata/`` and ``records/``, a file for each object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from centri.connectors.codec import instant, instant_text
from centri.descriptions import Description, Field, FieldType
from centri.errors import ConfigError
from centri.records import Record, Ref

_READABLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_USUAL = {f.name: f.default for f in fields(Field) if f.default is not MISSING}


@dataclass(frozen=True, slots=True)
class Fixtures:
    """A folder of recordings: ``metadata/CONNECTION/OBJECT.json`` and ``records/CONNECTION/OBJECT.json``."""

    folder: Path

    def described(self, connection: str) -> list[str]:
        """The objects of a connection whose description is recorded, by name."""
        return sorted(path.stem for path in (self.folder / "metadata" / connection).glob("*.json"))

    def description(self, connection: str, object: str) -> Description:
        """Raises ConfigError where it is not recorded, or the file cannot be read as one."""
        path = self._metadata(connection, object)
        if not path.is_file():
            raise ConfigError(f"{connection} {object} is not recorded ({path}); to record it: centri record {connection}")
        return description_of(_read(path), str(path))

    def keep_description(self, connection: str, description: Description) -> Path | None:
        """The file, or None where it held just that already."""
        return write(self._metadata(connection, description.object), _text(description_as_json(description)))

    def records(self, connection: str, object: str) -> list[Record]:
        """Empty where none are recorded. Raises ConfigError where the file cannot be read."""
        path = self._records(connection, object)
        rows = _read(path) if path.is_file() else []
        try:
            return [_record(connection, object, row) for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path} holds something else than records: {error}") from error

    def keep_records(self, connection: str, object: str, records: Iterable[Record]) -> Path | None:
        """The file, or None where it held just that already."""
        rows = [_row(record) for record in sorted(records, key=lambda record: record.ref.id)]
        return write(self._records(connection, object), _text(rows))

    def _metadata(self, connection: str, object: str) -> Path:
        return self.folder / "metadata" / connection / f"{object}.json"

    def _records(self, connection: str, object: str) -> Path:
        return self.folder / "records" / connection / f"{object}.json"


def description_as_json(description: Description) -> dict[str, Any]:
    """The fields in order of their names, each without what is usual."""
    named = sorted(description.fields.values(), key=lambda field: field.name)
    return {"object": description.object, "fields": [_unusual(field) for field in named]}


def description_of(document: Mapping[str, Any], where: str) -> Description:
    """Raises ConfigError naming ``where`` the document comes from, if it is no description."""
    try:
        described = [_field(row) for row in document["fields"]]
        return Description(document["object"], {field.name: field for field in described})
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{where} holds something else than a description: {error}") from error


def _unusual(field: Field) -> dict[str, Any]:
    return {name: value for name, value in asdict(field).items() if name not in _USUAL or value != _USUAL[name]}


def _field(row: Mapping[str, Any]) -> Field:
    listed = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return Field(**{**row, **listed, "type": FieldType(row["type"])})


def _row(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = {"id": record.ref.id, "version": record.version}
    row["changed_at"] = instant_text(record.changed_at) if record.changed_at else None
    told = {"deleted": record.deleted, "merged_into": record.merged_into, "converted_to": dict(record.converted_to)}
    return row | {name: value for name, value in told.items() if value} | {"values": dict(sorted(record.values.items()))}


def _record(connection: str, object: str, row: Mapping[str, Any]) -> Record:
    return Record(
        Ref(connection, object, row["id"]),
        row["values"],
        row["version"],
        instant(row["changed_at"]) if row["changed_at"] else None,
        row.get("deleted", False),
        row.get("merged_into"),
        row.get("converted_to", {}),
    )


def _read(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{path} is no JSON: {error}") from error


def write(path: Path, content: bytes) -> Path | None:
    """The file, or None where it held just that already: then it is not touched. Never half written."""
    if path.is_file() and path.read_bytes() == content:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    return fresh.replace(path)


def _text(document: Any) -> bytes:
    return orjson.dumps(document, option=_READABLE)
