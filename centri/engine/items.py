"""One pair to be decided on, and everything a chunk of pairs must know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from centri.mappings.schema import EntityMapping
from centri.records import Record
from centri.store.deliveries import Of, Queued
from centri.store.staging import Staged
from centri.sync.link import Link, Role
from centri.sync.references import References


@dataclass(frozen=True, slots=True)
class Item:
    """One pair: what was staged of the CRM's side (or what the link remembers), the link, the PRM row.

    ``role`` is the role of the link that will be made where there is none. ``because`` says what identity was found by.
    ``revision`` is the PRM revision that the dirty list asks about. ``needed`` marks a parent taken along by its child.
    ``answers`` is the id of the create that made the CRM record and never heard of it.
    """

    mapping: EntityMapping
    crm: Record | None = None
    link: Link | None = None
    prm: Record | None = None
    role: Role = Role.ORIGIN
    staged: Staged | None = None
    revision: int | None = None
    because: str = ""
    review: str = ""
    duplicate_of: str = ""
    needed: bool = False
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Pairs decided on together, with the facts that one query each brought for all of them.

    ``stored`` are the PRM rows as stored, by id; ``links`` all active links of those rows, by PRM id; ``unsent`` the
    (PRM id, role) pairs on their way to the CRM; ``refused`` what the CRM refused last of each link. ``now`` is the time.
    """

    connection: str
    entity: str
    items: Sequence[Item]
    refs: References
    stored: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    links: Mapping[str, Sequence[Link]] = field(default_factory=dict)
    unsent: frozenset[tuple[str, str]] = frozenset()
    refused: Mapping[Of, Queued] = field(default_factory=dict)
    now: datetime | None = None
    undoing: Mapping[Of, Queued] = field(default_factory=dict)
    """What undone runs have yet to tell the CRM of each link."""
    first_look: bool = False
    """A parent that is missing may still come: it is deferred, not reported."""
    unseen: Sequence[tuple[str, int]] = ()
    """Dirty rows (id, revision) that concern nothing on this connection."""
    channel: str = "log"
    """By which channel people are told who have no preference."""
    mastered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of rows of a file: the PRM fields that each connection owns of the records linked to it."""
    homeless: Sequence[Record] = ()
    """PRM-born rows that belong to no CRM, or to several: they stay owed."""
