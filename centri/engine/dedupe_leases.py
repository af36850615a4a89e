"""Nobody settles records of an entity while they are merged, or merges are taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from centri.engine.project import Project
from centri.records import IMPORT
from centri.store.leases import Lease, leased


@contextmanager
def undisturbed(project: Project, entity: str) -> Iterator[Sequence[Lease]]:
    """Hold the leases of everything that works on an entity. Raises RetryLater where something does."""
    connections = sorted({m.connection for m in project.mapping.mappings if m.entity == entity} | {IMPORT})
    with ExitStack() as held:
        names = (f"dedupe/{entity}", *(f"{connection}/{entity}" for connection in connections))
        yield [held.enter_context(leased(project.engine, name, now=project.now())) for name in names]
