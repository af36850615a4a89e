"""What every connector does: describe, pull, push. New needs become fields of the request and reply objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from centri.records import Cursor, Record
from centri.sync.delivery import Delivery, Outcome
from centri.sync.filters import Filter


class Guard(StrEnum):
    """How a connector keeps a write from overwriting an edit it has not seen."""

    ATOMIC = "atomic"
    """The CRM compares the version itself."""
    PREREAD = "preread"
    """Versions are read right before the write; an edit inside that window becomes a conflict entry."""


class FieldType(StrEnum):
    """The kinds of field that matter to a mapping; a CRM's own type names are mapped onto these."""

    ID = "id"
    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    REFERENCE = "reference"
    EMAILS = "emails"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Field:
    """One field as a CRM describes it. ``length`` is in characters, 0 where there is none."""

    name: str
    type: FieldType
    label: str = ""
    length: int = 0
    readable: bool = True
    createable: bool = True
    updateable: bool = True
    required: bool = False
    choices: tuple[str, ...] = ()
    restricted: bool = False
    references: tuple[str, ...] = ()
    external_key: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """An object as the CRM describes it, and who is asking: ``org`` pins the instance, ``user`` is our own user's id."""

    object: str
    fields: Mapping[str, Field]
    org: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Which records of an object to read, oldest change first.

    Exactly one of three: ``since`` (strictly after this cursor in (stamp, id) order, so from its stamp on where its id is
    empty; None reads from the beginning),
    ``ids``, or ``window`` (changed from, inclusive, to, exclusive).
    ``where`` is pushed down to the CRM. Deleted and merged records are included when ``deleted`` is true.
    """

    object: str
    fields: tuple[str, ...]
    since: Cursor | None = None
    ids: tuple[str, ...] | None = None
    window: tuple[datetime, datetime] | None = None
    where: Filter = field(default_factory=Filter)
    deleted: bool = True
    page_size: int = 2000


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in (stamp, id) order and the cursor behind the last of them (None for a page read by ids)."""

    records: Sequence[Record]
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class PushRequest:
    """Deliveries for one object, at most one for each record."""

    object: str
    deliveries: Sequence[Delivery] = field(default_factory=tuple)


class Connector(Protocol):
    """One CRM, spoken to over its API.

    Every method raises ConfigError (secret refused, object or field unknown), RetryLater (unreachable, throttled, daily
    limit) or Stop. ``calls`` counts the API calls made so far, log-ins left out.
    """

    name: str
    guard: Guard

    @property
    def calls(self) -> int: ...

    def describe(self, object: str) -> Description: ...

    def pull(self, request: PullRequest) -> Iterator[Page]: ...

    def push(self, request: PushRequest) -> list[Outcome]:
        """One outcome for each delivery, in order."""
        ...

    def close(self) -> None: ...
