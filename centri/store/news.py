"""Whether anything waits for a connection's next round, told by a few rows of indexed tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from centri.store import hints
from centri.store.journal_tables import sync_delivery, sync_dirty


@dataclass(frozen=True, slots=True)
class News:
    """``hinted``: when a CRM last said that something changed; ``changed``: the newest revision of PRM rows not asked about yet
    and how many they are; ``due``: the writes that may be sent now.
    """

    hinted: datetime | None = None
    changed: tuple[int, int] = (0, 0)
    due: int = 0

    @property
    def any(self) -> bool:
        return bool(self.hinted or self.changed[1] or self.due)


NOTHING = News()


def of(conn: Connection, connection: str, *, now: datetime) -> News:
    """What waits now. That something waits does not mean that a round settles it: a row may wait for another CRM."""
    d, q = sync_dirty.c, sync_delivery.c
    newest, number = conn.execute(select(func.max(d.revision), func.count()).where(d.connection == connection)).one()
    unsent = (q.connection == connection, q.state.in_(("queued", "waiting")), (q.next_at.is_(None)) | (q.next_at <= now))
    due = conn.execute(select(func.count()).select_from(sync_delivery).where(*unsent)).scalar_one()
    return News(hints.waiting(conn).get(connection), (newest or 0, number), due)
