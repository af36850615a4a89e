"""Many rehearsals of one mapping, one after another: each over an empty store, which is a copy of one that was made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from centri.connectors.memory import MemoryConnector, MemoryCrm
from centri.descriptions import Description
from centri.engine.project import Project, project_of
from centri.engine.rehearsal import Rehearsal
from centri.mappings.schema import MappingFile
from centri.settings import Settings
from centri.store.database import migrate, open_engine, write

_WHOLE = 1.0


@dataclass
class Rehearsals:
    """Opens one rehearsal at a time. The engine lives as long as they all do, for it knows the statements by then."""

    mapping: MappingFile
    settings: Settings
    template: Path
    engine: Engine
    described: tuple[tuple[str, Description], ...]

    def open(self, now: datetime) -> Rehearsal:
        """A rehearsal whose CRMs have the described objects, all empty. The one before it is over."""
        self.engine.dispose()
        for file in self._file().parent.glob(self._file().name + "*"):
            file.unlink()
        shutil.copyfile(self.template, self._file())
        held: list[Rehearsal] = []
        project = Project(self.settings, self.mapping, self.engine, clock=lambda: held[0].now if held else now)
        crms = {name: MemoryCrm(clock=project.now) for name in self.mapping.connections}
        for connection, description in self.described:
            crms[connection].stock(description)
        for name, crm in crms.items():
            project.use(name, MemoryConnector(name, crm))
        held.append(Rehearsal(project, crms, now))
        return held[0]

    def _file(self) -> Path:
        return Path(str(self.engine.url.database))


@contextmanager
def rehearsals(mapping: MappingFile, described: tuple[tuple[str, Description], ...]) -> Iterator[Rehearsals]:
    """Rehearsals of a mapping whose CRMs have these objects, by connection. Nothing is refused as too large a share."""
    with TemporaryDirectory(prefix="centri-") as folder:
        first = Settings(home=Path(folder) / "template", mappings=Path(folder))
        migrate(first.database)
        _declare(first, mapping)
        settings = Settings(home=Path(folder), mappings=Path(folder), allow=_WHOLE)
        made = Path(str(open_engine(first.database).url.database))
        engine = open_engine(f"sqlite:///{folder}/case.db")
        try:
            yield Rehearsals(mapping, settings, made, engine, described)
        finally:
            engine.dispose()


def _declare(settings: Settings, mapping: MappingFile) -> None:
    """Make the store know the mapping; afterwards its file holds everything, and no log stands beside it."""
    project = project_of(settings, mapping)
    with write(project.engine):
        pass
    with project.engine.connect() as conn:
        conn.exec_driver_sql("COMMIT")
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        conn.exec_driver_sql("BEGIN")
    project.close()
