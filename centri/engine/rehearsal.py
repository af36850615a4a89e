"""The mapping run over recorded CRMs, in a store that is thrown away: everything decides as in earnest, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from centri.connectors.memory import MemoryConnector, MemoryCrm
from centri.connectors.recorded import Fixtures
from centri.engine.project import Project, project_of
from centri.engine.sync import Round, sync
from centri.mappings.schema import MappingFile
from centri.settings import Settings
from centri.store.database import migrate

OPENING = datetime(2026, 1, 1, tzinfo=UTC)
"""When a rehearsal takes place, unless somebody says otherwise: its results may not depend on the day."""


@dataclass
class Rehearsal:
    """A project whose CRMs are dicts, by connection; time stands still until :meth:`forward`."""

    project: Project
    crms: dict[str, MemoryCrm]
    now: datetime

    def forward(self, by: timedelta = timedelta(minutes=1)) -> None:
        self.now += by

    def sync(self) -> dict[str, Round]:
        """One round of each connection. Raises what the verbs raise."""
        done = {}
        for connection in self.project.mapping.connections:
            self.forward()
            done[connection] = sync(self.project, connection)
        return done


@contextmanager
def rehearsal(mapping: MappingFile, fixtures: Fixtures | None = None, *, now: datetime = OPENING) -> Iterator[Rehearsal]:
    """The mapping's connections, stocked with what is recorded of them, over an empty store.

    Objects that are mapped and not recorded raise ConfigError when they are read.
    """
    with TemporaryDirectory(prefix="centri-") as folder:
        settings = Settings(home=Path(folder), mappings=Path(folder))
        migrate(settings.database)
        held: list[Rehearsal] = []
        project = project_of(settings, mapping, clock=lambda: held[0].now if held else now)
        crms = {name: MemoryCrm(clock=project.now) for name in mapping.connections}
        held.append(Rehearsal(project, crms, now))
        for name, crm in crms.items():
            for object in fixtures.described(name) if fixtures else ():
                assert fixtures is not None
                crm.stock(fixtures.description(name, object), fixtures.records(name, object))
            project.use(name, MemoryConnector(name, crm))
        try:
            yield held[0]
        finally:
            project.close()
