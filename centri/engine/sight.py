"""The records that whoever acts may see: to others there are none, so that nobody learns of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from centri.engine.acts import Act, Row
from centri.errors import Rejected
from centri.store import access
from centri.store.access import Grant, Level, Reason, SubjectType
from centri.store.partner_tables import deal_registration

Given = tuple[str | None, str | None, Level, Reason]
"""A partner, a person of it, what they may do, and why."""

_TABLES = {"deal": "deal_registration"}


def seen(act: Act, subject: SubjectType, id: str, *, to: Level = "read") -> Row:
    """A living row that the actor may read, or ``to`` write, and nobody else can change until this act is over.

    Raises Rejected: to those who may not even read it as if there were none.
    """
    table = _TABLES.get(subject, subject)
    if act.user is None:
        return act.row(table, id)
    level = access.level(act.conn, act.user, subject, id)
    if level is None or level == "offer":
        raise _none(table, id)
    row = act.row(table, id)
    if to == "write" and level != "write":
        raise Rejected("permission", f"{act.actor} may read this {table.replace('_', ' ')}, but not change it")
    return row


def deal(act: Act, ref: str, *, to: Level = "read") -> Row:
    """A registered deal by its id, or the latest that has its number; as :func:`seen`."""
    t = deal_registration.c
    query = select(t.id).where((t.id == ref) | (t.number == ref.upper())).order_by(t.revision_no.desc())
    id = act.conn.execute(query.limit(1)).scalar()
    if id is None or (act.user and access.level(act.conn, act.user, "deal", id) is None):
        raise _none("deal_registration", ref)
    return seen(act, "deal", id, to=to)


def give(act: Act, subject: SubjectType, id: str, *grants: Given) -> None:
    """Let (partner, person, level, reason) see a record: the person where one is named, else the partner."""
    access.grant(
        act.conn,
        [
            Grant(subject, id, "partner_user" if person else "partner_account", str(person or partner), level, reason)
            for partner, person, level, reason in grants
            if person or partner
        ],
        now=act.now,
        by=act.actor,
    )


def take(act: Act, subject: SubjectType, id: str, *, reasons: Sequence[Reason]) -> None:
    """End everybody's access to a record for these reasons."""
    access.revoke(act.conn, (subject, id), now=act.now, by=act.actor, reasons=reasons)


def _none(table: str, id: str) -> Rejected:
    return Rejected("validation", f"there is no {table.replace('_', ' ')} {id}")
