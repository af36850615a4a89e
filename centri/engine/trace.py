"""The whole story of one record, asked for by its CRM id or its PRM id."""

from __future__ import annotations

from centri.engine.project import Project
from centri.errors import ConfigError
from centri.mappings.words import near
from centri.records import IMPORT
from centri.store import prm
from centri.store.database import read
from centri.store.story import Story, Subject, story


def trace(project: Project, connection: str, name: str, id: str) -> Story:
    """What happened to a record. ``name`` is a CRM object or a PRM entity of the connection. Raises ConfigError for another.

    A row of a file is asked for by its source and key, under the connection ``import``.
    """
    if connection == IMPORT:
        row = Subject(IMPORT, frozenset({name}), frozenset(prm.ENTITIES), frozenset({id, f"{name}:{id}"}))
        with read(project.engine) as conn:
            return story(conn, row)
    mappings = project.mappings(connection)
    meant = [m for m in mappings if name in (m.object, m.entity)]
    if not meant:
        known = {n for m in mappings for n in (m.object, m.entity)}
        raise ConfigError(f"{connection} maps nothing called {name!r}{near(name, known)}")
    objects, entities = frozenset(m.object for m in meant), frozenset(m.entity for m in meant)
    with read(project.engine) as conn:
        return story(conn, Subject(connection, objects, entities, frozenset({id})))
