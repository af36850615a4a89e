"""Which partner, or which of its people, may see a record, and as what: granted, taken away, and asked by every query.

A grant to a person is that person's. A grant to a partner is its administrators' (``cpa``), and its viewers' to read; its reps
see what is granted to them by name. The vendor's people see everything, and nothing is granted to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, case, or_, select, true, update

from centri.store.partner_tables import deal_registration, record_access
from centri.store.prm_tables import account, contact, lead, opportunity
from centri.store.upsert import upsert

SubjectType = Literal["lead", "opportunity", "deal", "account", "contact"]
PrincipalType = Literal["partner_account", "partner_user"]
Level = Literal["offer", "read", "write"]
Reason = Literal["owner", "cpa", "originator", "offer", "grant", "registered"]
Row = Mapping[str, Any]

SUBJECTS: Mapping[str, Table] = {
    "lead": lead,
    "opportunity": opportunity,
    "deal": deal_registration,
    "account": account,
    "contact": contact,
}
"""The table of each kind of record that is granted."""

LEVELS: tuple[Level, ...] = ("offer", "read", "write")
"""From the least to the most: who may write may read, and who may read was offered it."""

OVERSEERS = ("cpa", "viewer")
"""The partner's people who see all that their partner was granted; a viewer never writes."""

_STANDING = record_access.c.revoked_at.is_(None)
_KEY = ("subject_type", "subject_id", "principal_type", "principal_id", "reason")


class Grant(NamedTuple):
    """Somebody's access to a record, for a reason; the same principal may have it for several."""

    subject_type: SubjectType
    subject_id: str
    principal_type: PrincipalType
    principal_id: str
    level: Level
    reason: Reason


def grant(conn: Connection, grants: Sequence[Grant], *, now: datetime, by: str) -> None:
    """Let these stand. One that stands already, for the same reason, takes the new level."""
    who = {"created_by": by, "updated_by": by, "granted_at": now, "updated_at": now}
    rows = [{**given._asdict(), **who} for given in grants]
    raised = {"revision": record_access.c.revision + 1}
    fresh = ("level", "updated_by", "updated_at")
    upsert(conn, record_access, rows, _KEY, update=fresh, also=raised, where=_STANDING)


def revoke(
    conn: Connection,
    subject: tuple[SubjectType, str],
    *,
    now: datetime,
    by: str,
    principal: tuple[PrincipalType, str] | None = None,
    reasons: Sequence[Reason] = (),
    apart_from: Sequence[str] = (),
) -> int:
    """Take access to a record away: one principal's, or everybody's but those with the ids ``apart_from``.

    With ``reasons`` only what stands for one of them. Answers how many grants ended.
    """
    t = record_access.c
    ended = [_STANDING, t.subject_type == subject[0], t.subject_id == subject[1]]
    if principal:
        ended += [t.principal_type == principal[0], t.principal_id == principal[1]]
    if reasons:
        ended.append(t.reason.in_(reasons))
    if apart_from:
        ended.append(t.principal_id.not_in(apart_from))
    values = {"revoked_at": now, "updated_at": now, "updated_by": by, "revision": t.revision + 1}
    return conn.execute(update(record_access).where(*ended).values(values)).rowcount


def standing(conn: Connection, subject_type: SubjectType, subject_id: str) -> list[Grant]:
    """Everybody's access to a record, oldest first."""
    t = record_access.c
    query = select(*(t[name] for name in Grant._fields)).where(
        _STANDING, t.subject_type == subject_type, t.subject_id == subject_id
    )
    return [Grant(*row) for row in conn.execute(query.order_by(t.granted_at, t.id))]


def held(conn: Connection, user: Row, subject_type: SubjectType) -> dict[str, Level]:
    """What a partner's person has access to, by record id, and at which level at most."""
    t = record_access.c
    query = select(t.subject_id, _granted(user)).where(_STANDING, t.subject_type == subject_type, _mine(user))
    found: dict[str, Level] = {}
    for id, level in conn.execute(query):
        found[id] = max(level, found.get(id, level), key=LEVELS.index)
    return found


def level(conn: Connection, user: Row, subject_type: SubjectType, subject_id: str) -> Level | None:
    """The most that a partner's person may do with one record; None where it shall not learn that there is one."""
    t = record_access.c
    mine = (_STANDING, t.subject_type == subject_type, t.subject_id == subject_id, _mine(user))
    found: list[Any] = list(conn.execute(select(_granted(user)).where(*mine)).scalars())
    return max(found, key=LEVELS.index) if found else None


def visible(subject_type: SubjectType, user: Row | None, *, least: Level = "offer") -> ColumnElement[bool]:
    """A condition on the rows of a kind of record: those that a partner's person may see, at ``least`` at this level.

    Without a ``user`` it is the vendor who looks, and all are visible.
    """
    if user is None:
        return true()
    t = record_access.c
    subject = SUBJECTS[subject_type].c.id
    enough = _granted(user).in_(LEVELS[LEVELS.index(least) :])
    granted = and_(_STANDING, t.subject_type == subject_type, t.subject_id == subject, _mine(user), enough)
    return select(t.id).where(granted).correlate(SUBJECTS[subject_type]).exists()


def _mine(user: Row) -> ColumnElement[bool]:
    """The grants that count for a person."""
    t = record_access.c
    own = and_(t.principal_type == "partner_user", t.principal_id == user["id"])
    if user["role"] not in OVERSEERS:
        return own
    return or_(own, and_(t.principal_type == "partner_account", t.principal_id == user["partner_account_id"]))


def _granted(user: Row) -> ColumnElement[str]:
    """The level of a grant, as it counts for a person."""
    t = record_access.c
    return case((t.level == "write", "read"), else_=t.level) if user["role"] == "viewer" else t.level
