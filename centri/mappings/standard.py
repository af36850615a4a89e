"""What a starting mapping knows beforehand of the PRM's entities: ``standard.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from centri.errors import ConfigError
from centri.mappings.source import read
from centri.mappings.words import Model, near


class StandardField(Model):
    """How CRMs call a PRM field, best name first, and the rule that it usually has."""

    names: tuple[str, ...] = ()
    rule: Mapping[str, Any] = Field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    otherwise: str | None = None
    one_of: tuple[str, ...] = ()
    truncate: bool | str = False
    whole: Mapping[str, str] = Field(default_factory=dict)
    """CRM fields that hold this one along with others: name -> the transform that takes it out."""
    to: tuple[str, ...] = ()
    """The entities that it may name, where the PRM's table does not say."""
    type_field: str = ""


class Only(Model):
    """The field that tells an entity's records from others of the same object, and words in its values."""

    field: tuple[str, ...]
    like: tuple[str, ...]


class Standard(Model):
    """What is known of an entity."""

    objects: tuple[str, ...]
    about: str
    keys: Mapping[str, Any] = Field(default_factory=dict)
    key: str = "along"
    create: str = ""
    only: Only | None = None
    flag: tuple[str, ...] = ()
    matching: Mapping[str, Any] = Field(default_factory=dict)
    fields: Mapping[str, StandardField]
    ours: tuple[str, ...] = ()

    def rank(self, prm: str) -> int:
        return list(self.fields).index(prm)


@cache
def standards() -> Mapping[str, Standard]:
    """By entity, in the order in which a mapping file has them."""
    source = read(Path(__file__).with_name("standard.yaml"))
    return {entity: Standard.model_validate(block) for entity, block in source.data.items()}


def entities_of(object: str) -> tuple[str, ...]:
    """The entities that a CRM keeps in an object. ``Object=entity`` names one for an object of another name.

    Raises ConfigError for an object that nothing is known of, and for an unknown entity.
    """
    name, _, entity = object.partition("=")
    if entity:
        if entity not in standards():
            raise ConfigError(f"the PRM has no entity {entity!r}{near(entity, standards())}")
        return (entity,)
    found = tuple(e for e, known in standards().items() if name.casefold() in {o.casefold() for o in known.objects})
    if not found:
        usual = {o for known in standards().values() for o in known.objects}
        raise ConfigError(f"no entity is known for the object {name!r}{near(name, usual)}; to name one: {name}=lead")
    return found
