"""The ``dedupe:`` block: what is a duplicate, which record survives, and what it takes of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from centri.dedupe.duplicates.policy import DedupePolicy
from centri.dedupe.duplicates.rules import FIELDS as RULE_FIELDS
from centri.dedupe.duplicates.rules import Rules
from centri.dedupe.duplicates.survivor import DEFAULT_FIELD, DEFAULT_FIELDS, DEFAULT_ORDER, FIELDS, ORDER, Survival
from centri.mappings.words import Model, meanings, near

_REST = "default"
"""The key of ``fields:`` that stands for all fields that are not named."""


def _known(table: Mapping[str, Any], kind: str) -> AfterValidator:
    def check(found: Any) -> Any:
        for word in found.values() if isinstance(found, Mapping) else found:
            if word not in table:
                raise ValueError(f"no {kind} is called {word!r}{near(word, table)}")
        return found

    return AfterValidator(check)


_RULE = {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": f"^({'|'.join(RULE_FIELDS)})(~[0-9]+)?$"}}

AnyOf = Annotated[list[list[str]], WithJsonSchema({"type": "array", "minItems": 1, "items": _RULE})]
Order = Annotated[
    list[str], _known(ORDER, "word of survivor"), WithJsonSchema({"type": "array", "items": {"enum": sorted(ORDER)}})
]
Takings = Annotated[
    Mapping[str, str],
    _known(FIELDS, "word of fields"),
    WithJsonSchema({"type": "object", "additionalProperties": {"enum": sorted(FIELDS)}}),
]


class DedupeRules(Model):
    """Rules for what is a duplicate, in place of the model."""

    any: AnyOf = Field(
        min_length=1,
        description="Lists of fields; two records are one where all of any list agree. "
        f"`company~90` takes names that are alike to 90 of 100.\n\n{meanings(RULE_FIELDS)}",
    )

    @model_validator(mode="after")
    def _made(self) -> DedupeRules:
        Rules.of(self.any)  # raises ValueError
        return self


class Deduping(Model):
    """How duplicates of one entity are found and merged."""

    rules: DedupeRules | None = Field(default=None, description="What is a duplicate, in words. Without it the model decides.")
    survivor: Order = Field(
        default=list(DEFAULT_ORDER),
        description=f"Which record survives: asked in this order until one is left.\n\n{meanings(ORDER)}",
    )
    fields: Takings = Field(
        default=dict(DEFAULT_FIELDS),
        description=f"What the survivor takes of the others, field by field; `default` for all others.\n\n{meanings(FIELDS)}",
    )

    @property
    def policy(self) -> DedupePolicy:
        named = {name: word for name, word in self.fields.items() if name != _REST}
        survival = Survival(tuple(self.survivor), named, self.fields.get(_REST, DEFAULT_FIELD))
        return DedupePolicy(Rules.of(self.rules.any) if self.rules else None, survival)
