"""Creates that a store may know nothing of: their ids, and the doubt whether the CRM has carried them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection, select, union_all, update

from centri.store.deliveries import UNSENT_STATES, Of, Queued
from centri.store.journal_tables import sync_delivery, sync_link

_OURS = UUID("d7c1f4b0-6a52-4f0e-9f4e-3f6f1d0b8a57")


def named(conn: Connection, queued: Sequence[Queued]) -> list[Queued]:
    """Gives creates the ids that the same rows would be given again by a store that has forgotten them.

    A CRM that takes our id for its record's is so asked for the very record, even by a store from an older dump. A row whose
    record is gone, or was refused, makes another one. The queued are of one connection and entity.
    """
    creates = [q for q in queued if q.crm_id is None]
    before = _before(conn, creates) if creates else Counter()
    return [replace(q, id=_id(q, before[q.of])) if q.crm_id is None else q for q in queued]


def doubt(conn: Connection, connection: str, *, now: datetime) -> int:
    """Takes every create that is not sent yet for one that was: it is searched for before it is made. Answers how many."""
    t = sync_delivery.c
    where = (t.connection == connection, t.op == "create", t.state.in_(UNSENT_STATES), t.attempts == 0)
    return conn.execute(update(sync_delivery).where(*where).values(attempts=1, updated_at=now)).rowcount


def _id(queued: Queued, before: int) -> str:
    return str(uuid5(_OURS, "/".join((queued.connection, queued.object, queued.entity, queued.prm_id, queued.role, str(before)))))


def _before(conn: Connection, creates: Sequence[Queued]) -> Counter[Of]:
    """How many records each row has had there, or failed to get."""
    first, ids = creates[0], {q.prm_id for q in creates}
    linked, sent = sync_link.c, sync_delivery.c
    had = select(linked.object, linked.prm_id, linked.role).where(
        linked.connection == first.connection, linked.entity == first.entity, linked.prm_id.in_(ids)
    )
    failed = select(sent.object, sent.prm_id, sent.role).where(
        sent.connection == first.connection, sent.entity == first.entity, sent.prm_id.in_(ids),
        sent.op == "create", sent.state.in_(("dropped", "rejected")),
    )  # fmt: skip
    return Counter((object, prm_id, role) for object, prm_id, role in conn.execute(union_all(had, failed)))
