"""The language of mapping test cases: what is given, what happens, and what must have come of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from centri.dedupe.verdicts import Verdict
from centri.mappings.transform import Flag
from centri.mappings.words import Model
from centri.sync.link import Role

CASES_SCHEMA_FILE = Path(__file__).with_name("cases.schema.json")

NAMED = "$"
"""Begins a name of a PRM row where it stands among values, and what is said of a CRM record besides its fields."""

MARKS = ("$changed_at", "$deleted", "$merged_into", "$converted_to")
"""What a CRM record may say besides its fields."""

Values = Mapping[str, Any]


def _row(given: str) -> str:
    if not given.startswith(NAMED):
        raise ValueError(f"{given!r} names no row; write $NAME")
    return given


def _record(given: str) -> str:
    if given.count("/") < 2:
        raise ValueError(f"{given!r} names no record; write CONNECTION/OBJECT/ID")
    return given


RowName = Annotated[str, AfterValidator(_row)]
RecordName = Annotated[str, AfterValidator(_record)]
CrmRecords = Mapping[str, Mapping[str, Mapping[str, Values]]]
PrmRows = Mapping[str, Mapping[str, Values]]


def _aware(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A time, UTC unless it names a zone."""


class When(StrEnum):
    """What happens in a case."""

    MATCHED = "matched"
    """The CRMs are read, and nothing is decided: only `match` can be said of it."""
    PULLED = "pulled"
    """The CRMs are read and everything is decided on; the CRMs are told nothing."""
    PUSHED = "pushed"
    """Nothing is read: what changed in the PRM is decided on, and the CRMs are told."""
    SYNCED = "synced"
    """A whole round."""


class Untouched(StrEnum):
    """Who must hold just what was given."""

    EVERYWHERE = "everywhere"
    PRM = "prm"
    CRM = "crm"


class Agreed(Model):
    """What the two sides of a link held when they last agreed, as far as it is something else than what they hold now."""

    crm: Values = Field(default_factory=dict, description="By CRM field.")
    prm: Values = Field(default_factory=dict, description="By PRM field.")


class GivenLink(Model):
    """A CRM record and a PRM row that are known to be the same."""

    prm: RowName = Field(description="The PRM row: $NAME.")
    crm: RecordName = Field(description="The CRM record: CONNECTION/OBJECT/ID.")
    role: Role = Field(
        default=Role.ORIGIN, description="What the CRM record is to the row: origin, mirror, push_lead, converted_to."
    )
    converted: Flag = Field(default=False, description="The CRM lead behind it was converted.")
    agreed: Agreed = Field(
        default=Agreed(),
        description="What they last agreed on; what both hold now, unless given.",
        json_schema_extra={"default": {}},
    )


class Given(Model):
    """The world before: CRM records, PRM rows, and which of them are the same."""

    crm: CrmRecords = Field(
        default_factory=dict,
        description="CONNECTION, OBJECT, ID: the fields of a record; also $deleted, $merged_into, $converted_to, $changed_at.",
    )
    recorded: Mapping[str, Mapping[str, tuple[str, ...]]] = Field(
        default_factory=dict, description="CONNECTION, OBJECT: ids of records that are taken from fixtures/records."
    )
    prm: PrmRows = Field(default_factory=dict, description="ENTITY, NAME: the fields of a PRM row, which the case calls $NAME.")
    links: tuple[GivenLink, ...] = Field(default=(), description="Which CRM record is which PRM row.")
    cassettes: Mapping[str, str] = Field(
        default_factory=dict,
        description="CONNECTION: the recorded answers (fixtures/cassettes) that its real connector reads.",
    )


class ExpectedAnomaly(Model):
    """Something that is set aside or remarked. What is not said of it is not compared."""

    kind: str = Field(min_length=1, description="Its kind, see the catalogue of anomalies.")
    field: str | None = Field(default=None, description="The PRM field that it is about.")
    about: str | None = Field(default=None, description="Whom it is about: the id of a CRM record, or $NAME of a row.")


class ExpectedMatch(Model):
    """What matching says of a record, asked of the PRM as it was given."""

    record: str = Field(
        min_length=1, description="CONNECTION/OBJECT/ID of a CRM record; $NAME of a lead with `as: lead_account`."
    )
    rules: str = Field(
        alias="as", min_length=1, description="Which rules under `matching` are asked: an entity, or lead_account."
    )
    verdict: Verdict = Field(description="match, review (a person decides) or none.")
    row: RowName | None = Field(default=None, description="The PRM row that it is thought to be: $NAME.")
    at_least: float | None = Field(default=None, ge=0, le=1, description="The least score.")
    at_most: float | None = Field(default=None, ge=0, le=1, description="The greatest score.")


class Then(Model):
    """The world afterwards. Only what is named is compared; anomalies that are not named may not be there."""

    prm: PrmRows = Field(
        default_factory=dict,
        description="ENTITY, NAME: fields of a PRM row. One that the case made is called by the id of its CRM record.",
    )
    crm: CrmRecords = Field(
        default_factory=dict,
        description="CONNECTION, OBJECT, ID: fields of a CRM record. One that the case made is called by $NAME of its PRM row.",
    )
    anomalies: tuple[ExpectedAnomaly, ...] = Field(default=(), description="What is set aside or remarked.")
    match: tuple[ExpectedMatch, ...] = Field(default=(), description="What matching says.")
    nothing: Untouched | None = Field(default=None, description="Nothing is written: everywhere, in the prm, in the crm.")


class Case(Model):
    """One test of the mapping."""

    file: str = Field(alias="$file", default="")
    number: int = Field(alias="$number", default=0)

    name: str = Field(min_length=1, description="What it shows, in words; each name once in a file.")
    now: Moment = Field(
        default=datetime(2026, 1, 1, tzinfo=UTC),
        description="When it happens; time stands still.",
        json_schema_extra={"default": "2026-01-01T00:00:00Z"},
    )
    golden: Flag = Field(default=False, description="`then` names everything that changed, and is written by --update.")
    given: Given = Field(default=Given(), description="The world before.", json_schema_extra={"default": {}})
    when: When = Field(default=When.SYNCED, description="What happens: matched, pulled, pushed, synced.")
    then: Then = Field(default=Then(), description="The world afterwards.", json_schema_extra={"default": {}})

    @property
    def whole(self) -> bool:
        """Whether all that changed must be named: a golden case, or one that names nothing."""
        return self.golden or not self.then.model_fields_set


class CaseFile(Model):
    """A file of cases."""

    cases: tuple[Case, ...] = Field(min_length=1, description="The cases, in the order in which they are told.")


def cases_schema() -> dict[str, Any]:
    """The JSON Schema of a case file, for editors."""
    schema = CaseFile.model_json_schema()
    for block in schema["$defs"].values():
        for name in [name for name in block.get("properties", {}) if name.startswith(NAMED)]:
            del block["properties"][name]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "mapping test cases"}


def cases_schema_text() -> str:
    """The schema as the committed file holds it."""
    return json.dumps(cases_schema(), indent=2, ensure_ascii=False) + "\n"
