"""What every connector does: describe, pull, push. New needs become fields of the request and reply objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from centri.descriptions import Description
from centri.records import Cursor, Record
from centri.sync.budget import Allowance
from centri.sync.delivery import Delivery, Outcome
from centri.sync.filters import Filter


class Guard(StrEnum):
    """How a connector keeps a write from overwriting an edit it has not seen."""

    ATOMIC = "atomic"
    """The CRM compares the version itself."""
    PREREAD = "preread"
    """Versions are read right before the write; an edit inside that window becomes a conflict entry."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """Who answers: ``org`` names the instance for good. ``loopback`` says that it is on this machine: nobody's CRM of record."""

    org: str
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clock says now, give or take ``doubt``."""

    now: datetime
    doubt: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Which records of an object to read, oldest change first.

    Exactly one of three: ``since`` (strictly after this cursor in (stamp, id) order, so from its stamp on where its id is
    empty; None reads from the beginning),
    ``ids``, or ``window`` (changed from, inclusive, to, exclusive), which goes on behind ``since`` where both are given.
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


Linked = Callable[[Collection[str]], Collection[str]]


def _none(crm_ids: Collection[str]) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class PushRequest:
    """Deliveries for one object, at most one for each record.

    ``linked`` answers which of some CRM ids are linked to a record of an entity already: a create that is searched for was
    never what made them.
    """

    object: str
    deliveries: Sequence[Delivery] = field(default_factory=tuple)
    linked: Linked = _none


@dataclass(frozen=True, slots=True)
class Cost:
    """API calls that a push costs where every write is taken at once; ``once`` names those that a session makes only once."""

    calls: int
    once: frozenset[str] = frozenset()


class Connector(Protocol):
    """One CRM, spoken to over its API.

    Every method raises ConfigError (secret refused, object or field unknown), RetryLater (unreachable, throttled, daily
    limit) or Stop. ``calls`` counts the API calls made so far, log-ins left out; ``allowance`` is what the CRM last told of
    its daily calls, and ``clock`` what its clock says now by its last answer, both None where it does not tell.
    """

    name: str
    guard: Guard

    @property
    def calls(self) -> int: ...

    @property
    def allowance(self) -> Allowance | None: ...

    @property
    def clock(self) -> Reading | None: ...

    def handshake(self) -> Handshake:
        """Logs in, where only that tells who answers. Costs no API call."""
        ...

    def describe(self, object: str, lists: Collection[str] = ()) -> Description:
        """The object's fields. ``lists`` names those whose choices must be told: a CRM may tell each by a call of its own.

        Raises ObjectMissing where the CRM has no such object, or our user may not see it.
        """
        ...

    def pull(self, request: PullRequest) -> Iterator[Page]: ...

    def push(self, request: PushRequest) -> list[Outcome]:
        """One outcome for each delivery, in order."""
        ...

    def cost(self, request: PushRequest) -> Cost:
        """What a push would cost, by figures alone. The object was described before; no earlier try made anything."""
        ...

    def close(self) -> None: ...
