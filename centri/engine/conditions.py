"""What is wrong with a connection as a whole: one anomaly for it, not one for each record, closed when calls pass again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from centri.anomalies import Anomaly
from centri.engine.project import Project
from centri.errors import LoginRefused, RetryLater
from centri.records import Ref
from centri.store import findings
from centri.store.database import read, write

AUTH, RATE_LIMITED = "auth", "rate_limited"
"""A refused log-in, and a throttle that outlasted our patience."""


@dataclass(slots=True)
class Watch:
    """What the CRM ``said`` of the connection, by anomaly kind, and whether calls ``passed``."""

    said: dict[str, str] = field(default_factory=dict)
    passed: bool = True


@contextmanager
def watched(project: Project, connection: str) -> Iterator[Watch]:
    """Open or close the connection's anomalies by what becomes of the calls inside, an exception or what is entered."""
    watch = Watch()
    try:
        yield watch
    except BaseException as error:
        watch.passed = False
        if isinstance(error, LoginRefused):
            watch.said[AUTH] = str(error)
        if isinstance(error, RetryLater) and error.kind:
            watch.said[error.kind] = str(error)
        raise
    finally:
        _enter(project, connection, watch)


def _enter(project: Project, connection: str, watch: Watch) -> None:
    over = _over(watch)
    with read(project.engine) as conn:
        known = findings.matching(conn, connection=connection, entity="", kind=list(over), state=list(findings.UNRESOLVED))
    if not known and not watch.said:
        return
    with write(project.engine) as conn:
        findings.open_(conn, [_anomaly(connection, kind, note) for kind, note in watch.said.items()], now=project.now())
        findings.close(conn, [a["id"] for a in known], "resolved", now=project.now())


def _over(watch: Watch) -> tuple[str, ...]:
    """Which kinds are over. Who is asked to slow down has been let in."""
    if watch.said:
        return () if AUTH in watch.said else (AUTH,)
    return (AUTH, RATE_LIMITED) if watch.passed else ()


def _anomaly(connection: str, kind: str, note: str) -> Anomaly:
    return Anomaly(kind, Ref(connection, "", ""), note, connection, stage="call")
