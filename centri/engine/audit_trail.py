"""The trail of a record, field by field, from the lead to the deal: when, who, because of what, from which value to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, select

from centri.engine.acts import person
from centri.engine.project import Project
from centri.errors import ConfigError, Rejected
from centri.mappings.personal import Kind, of_prm
from centri.mappings.words import near
from centri.store import access, audit, followed
from centri.store.database import read
from centri.store.followed import Subject
from centri.store.prm_tables import partner_user

Row = Mapping[str, Any]

MASKED = "***"
ELSEWHERE = "(another partner)"
"""Who acts where a partner reads of what another did."""

_PARTNERS = ("_partner_id", "partner_account_id", "partner_user_id", "vendor_user_id")
"""How the columns end that name a partner or a person."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one field; ``field`` None stands for a new row, whose values are ``new``."""

    at: datetime
    about: Subject
    entity: str
    id: str
    field: str | None
    old: Any
    new: Any
    actor: str
    cause: str


@dataclass(frozen=True, slots=True)
class Trail:
    """The records told of, in the order in which one came of the other, and all that changed about them, oldest first."""

    subjects: Sequence[Subject]
    changes: Sequence[Change]


def trail(project: Project, word: str, id: str, *, follow: bool = False, actor: str | None = None) -> Trail:
    """The trail of a record; with ``follow`` that of what came of it too.

    A partner's person reads of the records that it may see, and of its own partner's part in them; personal data are masked.
    Raises Rejected where there is no such record or it may not be seen, ConfigError for a word that names no record.
    """
    if word not in followed.TABLES:
        raise ConfigError(f"nothing called {word!r} is audited{near(word, followed.TABLES)}")
    with read(project.engine) as conn:
        user, _ = person(conn, actor) if actor else (None, None)
        first = followed.subject(conn, word, id)
        if first is None or not _may_see(conn, user, first):
            raise Rejected("validation", f"there is no {word} {id}")
        subjects = [first, *(s for s in (followed.after(conn, first) if follow else ()) if _may_see(conn, user, s))]
        changes = [change for subject in subjects for change in _changes(conn, subject, user)]
        if user:
            changes = list(_veiled(conn, changes, user))
    return Trail(subjects, sorted(changes, key=lambda c: c.at))


def _may_see(conn: Connection, user: Row | None, subject: Subject) -> bool:
    word = cast("access.SubjectType", subject.word)
    return user is None or access.level(conn, user, word, subject.id) is not None


def _changes(conn: Connection, subject: Subject, user: Row | None) -> Iterator[Change]:
    rows = followed.rows_of(conn, subject, user["partner_account_id"] if user else None)
    entities, ids = {entity for entity, _ in rows}, {id for _, id in rows}
    for entry in audit.story(conn, entities, ids):
        cause = f"{entry['cause_type'] or ''} {entry['cause_ref'] or ''}".strip()
        told = (entry["entity"], entry["entity_id"], entry["field"], entry["old"], entry["new"])
        yield Change(entry["at"], subject, *told, entry["actor"] or "", cause)


def _veiled(conn: Connection, changes: Iterable[Change], user: Row) -> Iterator[Change]:
    """As a partner's person reads them: no personal data, and nothing of who other partners are."""
    t = partner_user.c
    everybody = conn.execute(select(t.id, t.email, t.partner_account_id)).all()
    others = {p.email for p in everybody if p.partner_account_id != user["partner_account_id"]}
    ours = {p.id for p in everybody if p.partner_account_id == user["partner_account_id"]} | {user["partner_account_id"]}
    for change in changes:
        actor = ELSEWHERE if change.actor in others else change.actor
        old, new = (_veil(change.entity, change.field, value, ours) for value in (change.old, change.new))
        yield Change(change.at, change.about, change.entity, change.id, change.field, old, new, actor, change.cause)


def _veil(entity: str, field: str | None, value: Any, ours: set[str]) -> Any:
    if field is None and isinstance(value, Mapping):
        return {name: _veil(entity, name, inner, ours) for name, inner in value.items()}
    if value is None or field is None:
        return value
    whose = field.endswith(_PARTNERS) or field in ("author_id", "actor_id", "created_by", "updated_by", "submitted_by")
    if whose:
        return value if value in ours else MASKED
    personal = of_prm(entity, field) >= Kind.WEBSITE or field in ("title", "contact_name", "outcome", "reason", "end_reason")
    return MASKED if personal else value
