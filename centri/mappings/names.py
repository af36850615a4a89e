"""The names that a block of the file may refer to: fields, entities, connections, value maps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationInfo

from centri.mappings.choices import ValueMap


@dataclass(frozen=True, slots=True)
class Names:
    """What a block may refer to. None means: not known here, so not checked."""

    entity: str = ""
    choices: Mapping[str, ValueMap] = field(default_factory=dict)
    prm_fields: Collection[str] | None = None
    mapped_fields: Collection[str] = ()
    mapped_entities: Collection[str] | None = None
    connections: Collection[str] | None = None

    @classmethod
    def of(cls, info: ValidationInfo) -> Names:
        return info.context if isinstance(info.context, Names) else cls()
