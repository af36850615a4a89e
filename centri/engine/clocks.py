"""Whether a CRM's clock and ours agree: stamps of both sides are compared where a policy asks which change was later."""

from __future__ import annotations

from datetime import datetime, timedelta

from centri.anomalies import Anomaly
from centri.connectors.base import Reading
from centri.engine.project import Project
from centri.records import Ref
from centri.store import findings
from centri.store.database import read, write

APART = timedelta(minutes=5)
"""By so much clocks may differ before it is told: as far as a pull steps back by default, and more than any clock that is kept
by NTP is ever wrong."""

_KIND = "clock_skew"


def compare(project: Project, connection: str) -> None:
    """Open an anomaly about a connection whose CRM's clock is more than five minutes off ours; close it when it no longer is.

    Within the doubt that the time on the way leaves, everything stays as it is.
    """
    reading = project.connector(connection).clock
    if reading is None:
        return
    now = project.now()
    apart = abs(reading.now - now)
    if apart - reading.doubt > APART:
        with write(project.engine) as conn:
            findings.open_(conn, [_skewed(connection, reading, now)], now=now)
    elif apart + reading.doubt <= APART:
        _agree(project, connection)


def _skewed(connection: str, reading: Reading, now: datetime) -> Anomaly:
    minutes = round(abs(reading.now - now) / timedelta(minutes=1))
    way = "ahead of" if reading.now > now else "behind"
    detail = {"crm": reading.now.isoformat(timespec="seconds"), "prm": now.isoformat(timespec="seconds")}
    note = f"the CRM's clock is {minutes:,} minutes {way} ours"
    return Anomaly(_KIND, Ref(connection, "", ""), note, connection, stage="pull", detail=detail)


def _agree(project: Project, connection: str) -> None:
    with read(project.engine) as conn:
        known = findings.matching(conn, connection=connection, kind=_KIND, state=findings.UNRESOLVED)
    if known:
        with write(project.engine) as conn:
            findings.close(conn, [row["id"] for row in known], "resolved", now=project.now())
