"""The alerts that are on."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, and_, delete, or_, select

from centri.store.journal_tables import sync_alert
from centri.store.upsert import upsert
from centri.sync.alerts import Known, Trouble, Which


def on(conn: Connection) -> dict[Which, Known]:
    """Which alerts are on, each since when and why."""
    rows = conn.execute(select(sync_alert).order_by(sync_alert.c.trouble, sync_alert.c.subject)).mappings()
    return {(Trouble(r["trouble"]), r["subject"]): Known(r["since"], r["why"], r["calm_since"]) for r in rows}


def keep(conn: Connection, alert: Which, known: Known) -> None:
    trouble, subject = alert
    row = {"trouble": trouble.value, "subject": subject, "since": known.since, "why": known.why, "calm_since": known.calm_since}
    upsert(conn, sync_alert, [row], ("trouble", "subject"))


def drop(conn: Connection, alerts: Iterable[Which]) -> None:
    """These are over."""
    t = sync_alert.c
    those = [and_(t.trouble == trouble.value, t.subject == subject) for trouble, subject in alerts]
    if those:
        conn.execute(delete(sync_alert).where(or_(*those)))
