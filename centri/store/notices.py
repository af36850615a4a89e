"""Notifications in the store: who wants what and how, and the queue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from centri.partners.notices import Preference
from centri.store.partner_tables import notification, notification_preference
from centri.store.prm_tables import partner_user, vendor_user
from centri.store.upsert import upsert

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Rows that are a sender's own for a while, and behind which row to look for more."""

    rows: Sequence[Row]
    last: int


def preferences(conn: Connection, principals: Collection[str]) -> dict[str, dict[str, Preference]]:
    """What people want, by person and kind; nobody is in it who never said."""
    t = notification_preference.c
    query = select(t.principal, t.kind, t.channel, t.mode).where(t.principal.in_(principals), t.deleted_at.is_(None))
    found: dict[str, dict[str, Preference]] = defaultdict(dict)
    for principal, kind, channel, mode in conn.execute(query) if principals else ():
        found[principal][kind] = Preference(channel, mode)
    return found


def preference(conn: Connection, principal: str, kind: str) -> Row | None:
    """What one person wants of one kind."""
    t = notification_preference.c
    query = select(notification_preference).where(t.principal == principal, t.kind == kind)
    found = conn.execute(query).mappings().first()
    return dict(found) if found else None


def zones(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """The time zones of partners' people, of those that have one."""
    t = partner_user.c
    query = select(t.id, t.timezone).where(t.id.in_(ids), t.timezone.is_not(None))
    return {row[0]: row[1] for row in conn.execute(query)} if ids else {}


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Queue notifications; one whose ``dedupe_key`` was told of already is left out. Answers the keys of those that are new."""
    return upsert(conn, notification, rows, ("dedupe_key",), update=()) if rows else set()


def claim(conn: Connection, channels: Collection[str], *, after: int, most: int, now: datetime, until: datetime) -> Claimed:
    """Take what is due for oneself until a time, oldest first from behind the row ``after``; this counts as an attempt.

    Whoever takes it later can tell by ``attempts`` that it was taken again meanwhile.
    """
    t = notification.c
    free = (t.state == "queued", t.mode == "individual", t.channel.in_(channels), t.due_at <= now, _rested(now))
    query = select(t.id).where(*free, t.id > after).order_by(t.id).limit(most).with_for_update(skip_locked=True)
    ids = list(conn.execute(query).scalars())
    if not ids:
        return Claimed((), after)
    taken = update(notification).where(*free, t.id.in_(ids)).values(attempts=t.attempts + 1, next_at=until)
    rows = conn.execute(taken.returning(*t)).mappings().all()
    return Claimed(sorted((dict(row) for row in rows), key=lambda row: int(row["id"])), ids[-1])


def finish(conn: Connection, row: Row, values: Mapping[str, Any]) -> bool:
    """Write down what became of a row that was claimed; False where another sender has taken it over since."""
    t = notification.c
    mine = (t.id == row["id"], t.state == "queued", t.attempts == row["attempts"])
    return conn.execute(update(notification).where(*mine).values(**values)).rowcount == 1


def digestible(conn: Connection, *, now: datetime) -> list[Row]:
    """What is to be told together now, a recipient's and channel's side by side, oldest first."""
    t = notification.c
    query = select(notification).where(t.state == "queued", t.mode != "individual", t.due_at <= now)
    ordered = query.order_by(t.recipient_id, t.channel, t.id).with_for_update(skip_locked=True)
    return [dict(row) for row in conn.execute(ordered).mappings()]


def aggregate(conn: Connection, ids: Collection[int], *, now: datetime) -> None:
    """These are told by a digest."""
    conn.execute(update(notification).where(notification.c.id.in_(ids)).values(state="aggregated", sent_at=now))


def waiting(conn: Connection, *, now: datetime) -> dict[str, int]:
    """How much is due, by channel, whoever may be at it."""
    t = notification.c
    query = select(t.channel, func.count()).where(t.state == "queued", t.due_at <= now).group_by(t.channel)
    return {row[0]: row[1] for row in conn.execute(query)}


def unsent(conn: Connection, *, now: datetime) -> list[Row]:
    """By channel and state, ``queued`` or ``failed``: how many should have been sent by now, and since when the oldest."""
    t = notification.c
    query = select(t.channel, t.state, func.count().label("count"), func.min(t.due_at).label("since"))
    late = query.where(t.state.in_(("queued", "failed")), t.due_at <= now).group_by(t.channel, t.state)
    return [dict(row) for row in conn.execute(late.order_by(t.channel, t.state)).mappings()]


def people(conn: Connection, recipients: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The e-mail addresses of recipients; those who are no active users any more are not in it."""
    found = {("address", id): id for kind, id in recipients if kind == "address"}
    for kind, table, active in (
        ("partner_user", partner_user, partner_user.c.status != "inactive"),
        ("vendor_user", vendor_user, vendor_user.c.active),
    ):
        if ids := {id for whom, id in recipients if whom == kind}:
            query = select(table.c.id, table.c.email).where(table.c.id.in_(ids), active, table.c.deleted_at.is_(None))
            found |= {(kind, id): email for id, email in conn.execute(query)}
    return found


def listed(
    conn: Connection, *, state: str | None = None, recipient: str | None = None, about: str | None = None, most: int = 100
) -> list[Row]:
    """Notifications, the latest first. ``about`` is a record's id."""
    t = notification.c
    query = select(notification).order_by(t.id.desc()).limit(most)
    for column, value in ((t.state, state), (t.recipient_id, recipient), (t.subject_id, about)):
        if value is not None:
            query = query.where(column == value)
    return [dict(row) for row in conn.execute(query).mappings()]


def requeue(conn: Connection, ids: Collection[int] | None, *, now: datetime) -> list[int]:
    """Have what failed tried again from the start; None: all of it. Answers which."""
    t = notification.c
    where = [t.state == "failed"] if ids is None else [t.state == "failed", t.id.in_(ids)]
    values = {"state": "queued", "attempts": 0, "next_at": None, "due_at": now, "error": None}
    return sorted(conn.execute(update(notification).where(*where).values(**values).returning(t.id)).scalars())


def _rested(now: datetime) -> ColumnElement[bool]:
    return or_(notification.c.next_at.is_(None), notification.c.next_at <= now)
