"""A CRM's records, masked by what its descriptions and the mapping say of their fields, with a key that stays here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from centri.descriptions import Description
from centri.errors import ConfigError
from centri.mappings.masks import Mask
from centri.mappings.personal import Kind, kinds
from centri.mappings.schema import EntityMapping
from centri.records import Record
from centri.settings import Settings

KEY_VARIABLE = "CENTRI_MASKING_KEY"
"""The environment variable by which several machines mask alike."""


def masking_key(settings: Settings) -> bytes:
    """The key in the environment, else that of the working folder, which is made where there is none. Raises ConfigError."""
    if given := settings.environment.get(KEY_VARIABLE):
        return given.encode()
    path = settings.home / "masking.key"
    try:
        if not path.exists():
            _make(path)
        return path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"cannot keep the key of the masks in {path}: {error.strerror}; or set {KEY_VARIABLE}") from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(token_hex(32) + "\n", encoding="ascii")


@dataclass
class Masked:
    """One connection's rows and records, masked field by field. An object must be :meth:`learnt` before its rows come.

    A field that its object's description does not know is taken for free text.
    """

    mask: Mask
    mappings: tuple[EntityMapping, ...]
    _kinds: dict[str, dict[str, Kind]] = field(default_factory=dict)

    def learn(self, description: Description) -> None:
        mine = [m for m in self.mappings if m.object == description.object]
        self._kinds[description.object] = kinds(mine, description.fields)

    def row(self, object: str, row: Mapping[str, Any]) -> dict[str, Any]:
        known = self._kinds.get(object, {})
        return {name: self.mask.value(known.get(name, Kind.TEXT), value) for name, value in row.items()}

    def record(self, record: Record) -> Record:
        return replace(record, values=self.row(record.ref.object, record.values))
