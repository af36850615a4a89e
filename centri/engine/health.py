"""How one entity of a connection, and the connection's account of calls, stand: what checks are decided by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from centri.engine.connections import listed
from centri.engine.project import Project
from centri.store import findings, links
from centri.store.database import read
from centri.sync.budget import Allowance

Row = Mapping[str, Any]

SHOWN = 50
"""Anomalies that are told one by one."""


@dataclass(frozen=True, slots=True)
class Health:
    """``linked`` records of an entity, how many are ``held`` for a reason, ``kinds`` of reasons, and the latest anomalies."""

    linked: int
    held: int
    kinds: Mapping[str, int]
    latest: list[Row]

    @property
    def share(self) -> float:
        """What part of all records that are known is set aside, from 0 to 1."""
        return self.held / max(self.linked + self.held, 1)


def health(project: Project, connection: str, entity: str) -> Health:
    """How an entity stands now."""
    with read(project.engine) as conn:
        kinds = findings.about(conn, connection, entity)
        held = findings.set_aside(conn, connection, entity) if kinds else 0
        latest = findings.latest_about(conn, connection, entity, most=SHOWN) if kinds else []
        return Health(links.count(conn, connection, entity), held, kinds, latest)


def allowance(project: Project, connection: str) -> Allowance | None:
    """The limit on the connection's calls with the fewest left; None where none is known."""
    return next((s.allowance for s in listed(project) if s.name == connection), None)
