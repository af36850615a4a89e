"""What a sweep found, put where the ordinary sync finds it: staged, or marked as changed. Nothing is settled here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from centri.anomalies import Anomaly
from centri.engine.swept import Finding, Kind
from centri.records import Record, Ref
from centri.store import findings as set_aside
from centri.store import staging, sweeps


def put_right(
    conn: Connection, found: Sequence[Finding], survivors: Iterable[tuple[str, Record]], *, run_id: str, now: datetime
) -> Counter[str]:
    """Hand findings over to the next settling; answers how many, by entity. ``survivors`` are (entity, record) pairs of merges.

    The caller holds the lease of the object's pulls, and what it found is as new as that: nothing newer is staged over.
    """
    wanted = [f for f in found if f.kind is not Kind.HELD]
    rowless = [f for f in wanted if f.kind is Kind.STALE and f.revision is None]
    of_the_prm = [f for f in wanted if f.of_the_prm and f not in rowless]
    staged = [(f.entity, f.record) for f in wanted if not f.of_the_prm and f.record]
    staging.stage(conn, [*survivors, *staged], run_id=run_id, now=now)
    for connection, entity in {(f.connection, f.entity) for f in of_the_prm}:
        rows = {f.prm_id: f.revision or 0 for f in of_the_prm if (f.connection, f.entity) == (connection, entity)}
        sweeps.mark_dirty(conn, connection, entity, rows)
    set_aside.open_(conn, map(_without_row, rowless), now=now)
    return Counter(f.entity for f in wanted)


def _without_row(finding: Finding) -> Anomaly:
    """There is no row that a settling could look at, so a person is told at once."""
    ref = Ref(finding.connection, finding.object, finding.crm_id)
    raw = dict(finding.record.values) if finding.record else {}
    where = (finding.connection, finding.entity)
    return Anomaly("deleted_prm", ref, finding.note, *where, stage="reconcile", raw=raw, detail={"prm_id": finding.prm_id})
