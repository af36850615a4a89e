"""Telling people what happened: queued in the transaction of what it tells of, each once, as they want to be told.

``centri.engine.notify_send`` sends what is queued.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, select

from centri.engine.acts import Act
from centri.engine.notice_texts import shown
from centri.partners.notice_kinds import KINDS
from centri.partners.notices import Preference, due, preferred
from centri.store import notices as store
from centri.store import prm
from centri.store.prm_tables import partner_account, partner_user, vendor_user

Recipient = tuple[Literal["partner_user", "vendor_user", "address"], str]
"""One of a partner's people or of the vendor's, by id; or an e-mail address."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell. ``kind`` is a word of KINDS, ``key`` names the event: nobody is told twice of the same of a kind.

    ``data`` are the values of the kind's template, by name: what it does not show is not stored, so a whole row may be given.
    ``about`` names the record, as in ``("lead", id)``.
    """

    kind: str
    key: str
    recipients: Sequence[Recipient]
    data: Mapping[str, Any] = field(default_factory=dict)
    about: tuple[str, str] | None = None


def notify(
    act: Act,
    kind: str,
    key: str,
    recipients: Iterable[Recipient],
    data: Mapping[str, Any] | None = None,
    about: tuple[str, str] | None = None,
) -> int:
    """Tell these people, once each, with the act; see :class:`Notice`. Answers how many had not been told yet."""
    return notify_all(act, [Notice(kind, key, tuple(recipients), data or {}, about)])


def notify_all(act: Act, notices: Collection[Notice]) -> int:
    """As :func:`notify`, for many at once."""
    return queue(act.conn, notices, now=act.now, channel=act.channel)


def queue(conn: Connection, notices: Collection[Notice], *, now: datetime, channel: str) -> int:
    """As :func:`notify`, of what is no act. ``channel`` is that of people who have no preference."""
    ids = {id for notice in notices for _, id in notice.recipients}
    wanted = store.preferences(conn, ids)
    digested = [id for id, held in wanted.items() if any(p.mode in ("daily", "weekly") for p in held.values())]
    zones = store.zones(conn, digested)
    rows = [row for notice in notices for row in _rows(notice, wanted, zones, now, channel)]
    return len(store.add(conn, rows))


def partner_people(act: Act, partner_id: str, roles: Collection[str] = ("cpa",)) -> list[Recipient]:
    """A partner's active people of these roles; where it has none of them, all who may receive leads."""
    return people_of(act.conn, [partner_id], roles)[partner_id]


def people_of(conn: Connection, partner_ids: Collection[str], roles: Collection[str] = ("cpa",)) -> dict[str, list[Recipient]]:
    """As :func:`partner_people`, of many partners, by the partner's id."""
    t = partner_user.c
    active = (t.partner_account_id.in_(partner_ids), t.status == "active", t.deleted_at.is_(None))
    query = select(t.id, t.partner_account_id, t.role, t.receives_leads).where(*active).order_by(t.email)
    people = defaultdict(list)
    for row in conn.execute(query) if partner_ids else ():
        people[row.partner_account_id].append(row)
    found = {id: [r for r in rows if r.role in roles] or [r for r in rows if r.receives_leads] for id, rows in people.items()}
    return {id: [("partner_user", row.id) for row in found.get(id, ())] for id in partner_ids}


def channel_managers(act: Act, partner_id: str | None = None) -> list[Recipient]:
    """The partner's channel manager; where it has none that is active, all the vendor's channel managers, else its admins."""
    t = vendor_user.c
    active = select(t.id, t.role).where(t.active, t.deleted_at.is_(None)).order_by(t.email)
    if partner_id:
        mine = select(partner_account.c.channel_manager_id).where(partner_account.c.id == partner_id)
        if found := act.conn.execute(active.where(t.id.in_(mine))).first():
            return [("vendor_user", found.id)]
    people = act.conn.execute(active).all()
    return [("vendor_user", p.id) for p in people if p.role == "channel_manager"] or [
        ("vendor_user", p.id) for p in people if p.role == "admin"
    ]


def _rows(
    notice: Notice, wanted: Mapping[str, Mapping[str, Preference]], zones: Mapping[str, str], now: datetime, channel: str
) -> Iterator[dict[str, Any]]:
    kept = {name: prm.tell(notice.data[name]) for name in shown(notice.kind) if notice.data.get(name) is not None}
    subject_type, subject_id = notice.about or (None, None)
    for whom, id in notice.recipients:
        _may_be_told(notice.kind, whom)
        wish = preferred(notice.kind, wanted.get(id, {}))
        off = wish.mode == "off"
        yield {
            "kind": notice.kind,
            "dedupe_key": f"{notice.kind}:{notice.key}:{id}",
            "recipient_type": whom,
            "recipient_id": id,
            "channel": wish.channel or channel,
            "mode": "individual" if off else wish.mode,
            "data": kept,
            "subject_type": subject_type,
            "subject_id": subject_id,
            "queued_at": now,
            "due_at": due(wish.mode, now, _zone(zones.get(id))),
            "state": "suppressed" if off else "queued",
            "message_id": str(uuid4()),
        }


def _may_be_told(kind: str, whom: str) -> None:
    """A kind with words for the vendor, which may name partners, never goes to a partner, nor the other way round."""
    meant = KINDS[kind].to
    if meant != "both" and (meant == "partner") != (whom == "partner_user"):
        raise ValueError(f"{kind} is for the {meant}'s people, not for a {whom}")


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
