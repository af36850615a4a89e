"""Send the raw records of open anomalies through today's mapping, and see what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from centri.engine.project import Project
from centri.engine.retry import again
from centri.engine.settle import settle
from centri.engine.sync import entities
from centri.errors import ConfigError
from centri.store import findings
from centri.store.database import read, write

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One anomaly before, and as it is ``now``. ``news`` are the anomalies that its record has instead, or besides."""

    before: Row
    now: Row
    news: Sequence[Row] = ()

    @property
    def done(self) -> bool:
        return self.now["state"] != "open" and not self.news


def replay(
    project: Project, connection: str | None = None, entity: str | None = None, *, kind: str | None = None
) -> list[Replayed]:
    """Have open anomalies decided on again, and settle. What a CRM must be told goes out at its next push.

    Raises ConfigError for an unknown connection, or an entity that it does not map, and what settling raises.
    """
    if connection and not project.mappings(connection, entity=entity):
        raise ConfigError(f"{connection} maps no entity called {entity!r}")
    wanted = {"state": "open", "connection": connection, "entity": entity, "kind": kind}
    with write(project.engine) as conn:
        found = findings.matching(conn, **{name: value for name, value in wanted.items() if value})
        last = findings.latest(conn)
        again(conn, found, now=project.now())
    _settle(project, found)
    with read(project.engine) as conn:
        now = {a["id"]: a for a in findings.matching(conn, id=[a["id"] for a in found])}
        fresh = [a for a in findings.matching(conn, state="open") if a["id"] > last]
    return [Replayed(a, now[a["id"]], [n for n in fresh if _subject(n) == _subject(a)]) for a in found]


def _settle(project: Project, found: Sequence[Row]) -> None:
    wanted = {(a["connection"], a["entity"]) for a in found}
    for connection in project.mapping.connections:
        for entity in entities(project.mappings(connection)):
            if (connection, entity) in wanted or (entity == "lead" and ("", "lead") in wanted):
                settle(project, connection, entity)


def _subject(anomaly: Row) -> tuple[Any, ...]:
    return anomaly["connection"], anomaly["entity"], anomaly["crm_id"] or anomaly["prm_id"]
