"""A store that came back from a dump: what it has still to tell the CRMs may have been told already."""

from __future__ import annotations

from centri.engine.project import Project
from centri.engine.settle import settle
from centri.engine.sync import entities
from centri.store import creates
from centri.store.database import write


def restored(project: Project, connection: str) -> int:
    """Decides on everything that the dump owes, and takes each create for one that was sent: it is searched for first.

    Nothing is pulled or pushed; the next sync, which must not come before, finds what was made since the dump and links it.
    Answers how many creates are in doubt. Raises what settling raises.
    """
    for entity in entities(project.mappings(connection)):
        settle(project, connection, entity)
    with write(project.engine) as conn:
        return creates.doubt(conn, connection, now=project.now())
