"""What there is to settle, a chunk at a time: what a CRM changed, and what the PRM changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from centri.engine import gather
from centri.engine.items import Chunk
from centri.engine.project import Project
from centri.mappings.schema import EntityMapping
from centri.store import prm, staging
from centri.store.database import read
from centri.store.staging import Staged

Which = Callable[..., list[Staged]]
"""Pages of staged rows: those nobody has decided on, or those that waited."""


def staged(project: Project, mappings: Sequence[EntityMapping]) -> Iterator[Chunk]:
    """Chunks of staged records, leads that carry an opportunity before opportunities: they say what became of them."""
    ordered = sorted(mappings, key=lambda m: not m.is_push_lead)
    for mapping in ordered:
        yield from _rows(project, mapping, staging.fresh, first_look=True)
    for mapping in ordered:
        yield from _rows(project, mapping, staging.due, first_look=False)


def _rows(project: Project, mapping: EntityMapping, which: Which, *, first_look: bool) -> Iterator[Chunk]:
    last = 0
    while True:
        with read(project.engine) as conn:
            most = project.settings.chunk_size
            rows = which(conn, mapping.connection, mapping.entity, mapping.object, after=last, most=most)
            if not rows:
                return
            last = rows[-1].number
            chunk = gather.from_staged(project, conn, mapping, rows)
        yield replace(chunk, first_look=first_look)


def dirty(project: Project, connection: str, entity: str) -> Iterator[Chunk]:
    last = ""
    while True:
        with read(project.engine) as conn:
            rows = prm.dirty(conn, connection, entity, after=last, most=project.settings.chunk_size)
            if not rows:
                return
            last = rows[-1][0]
            chunk = gather.from_dirty(project, conn, connection, entity, rows)
        yield chunk
