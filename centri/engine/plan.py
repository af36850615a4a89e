"""What a sync would do: the sync itself, on a copy of the store, with CRMs that are read in earnest and written to in thought.

So nothing here decides anything. What is planned is done, only not here: the copy is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from centri.engine.admission import refuse_paused
from centri.engine.changes import Changes
from centri.engine.dry import DryCrm
from centri.engine.project import Project, project_of
from centri.engine.pull import Progress, silent
from centri.engine.recording import recorded
from centri.engine.sync import Round, entities, pull_order, sync
from centri.engine.unfilled import Unfilled, unfilled
from centri.errors import CentriError, ConfigError
from centri.mappings.words import near
from centri.store import connections, staging
from centri.store.database import read, write
from centri.store.replica import replicate


@dataclass(slots=True)
class Planned:
    """What a sync of one connection would come to. ``failure`` is why it could not be planned to its end, or would be refused.

    ``looking`` counts the API calls that planning cost, ``doing`` those of the sync; of a sample, which does not read
    everything, they are the least that it costs. ``waiting`` says that writes would wait, for the connection is not armed.
    ``first`` says that nothing was ever read, so that the whole CRM is.
    """

    connection: str
    round: Round
    planned: list[str] = field(default_factory=list)
    failure: CentriError | None = None
    looking: int = 0
    doing: int = 0
    waiting: bool = False
    first: bool = False
    unfilled: list[Unfilled] = field(default_factory=list)

    @property
    def entities(self) -> list[str]:
        """Those that were planned, in the order of the mapping, and those that are concerned besides."""
        besides = [e for e, t in self.round.tallies.items() if t.read or t.to_prm or t.to_crm or t.created or t.held]
        return list(dict.fromkeys([*self.planned, *besides]))

    @property
    def held(self) -> int:
        return sum(t.held for t in self.round.tallies.values())

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do, as far as could be seen."""
        tallies = self.round.tallies.values()
        return self.failure is None and not any(t.to_prm or t.to_crm or t.created or t.held for t in tallies)


class Planning:
    """Plans connections one after the other, each on what the ones before it would leave behind."""

    def __init__(self, project: Project, copy: Project, *, sample: int | None, progress: Progress) -> None:
        self._project, self._copy, self._sample, self._progress = project, copy, sample, progress
        self.changes = Changes(project, copy)

    def plan(self, connection: str, entity: str | None = None, *, told: Callable[[str], None] = lambda _: None) -> Planned:
        """Plan one connection, or one entity of it. Raises ConfigError for an unknown name, and nothing else of the CRM's."""
        mappings = self._project.mappings(connection, entity=entity)
        if not mappings:
            known = {m.entity for m in self._project.mappings(connection)}
            raise ConfigError(f"{connection} maps no entity {entity!r}{near(entity or '', known)}")
        planned = Planned(connection, Round(connection), entities(mappings))
        with recorded(self._project, connection, "plan") as run:
            try:
                self._plan(planned, entity, pull_order(mappings), told)
            except CentriError as failure:
                planned.failure = failure
            run.counters = {"api_calls": planned.looking, "entities": planned.round.as_json()}
        return planned

    def _plan(self, planned: Planned, entity: str | None, objects: list[str], told: Callable[[str], None]) -> None:
        connection, copy = planned.connection, self._copy
        refuse_paused(copy.engine, connection)
        with read(copy.engine) as conn:
            planned.first = all(staging.cursor(conn, connection, o) is None for o in objects)
            planned.unfilled = unfilled(conn, copy.mappings(connection, entity=entity))
        crm = DryCrm(self._project.meter(connection), sample=self._sample, progress=self._progress)
        copy.use(connection, crm)
        planned.waiting = self._arm(connection)
        read_by_then = 0

        def step(words: str) -> None:
            nonlocal read_by_then
            if not words.startswith("push"):
                read_by_then = 0
            read_by_then = read_by_then or crm.made
            told(words)

        try:
            sync(copy, connection, entity, told=step, watch=self.changes.watch, result=planned.round)
        finally:
            planned.looking = crm.made
            planned.doing = read_by_then if planned.waiting else crm.calls

    def _arm(self, connection: str) -> bool:
        """Let the copy's writes go; answers whether they would have waited."""
        waiting = not self._copy.meter(connection).armed()
        if waiting:
            with write(self._copy.engine) as conn:
                connections.arm(conn, connection, "plan", now=self._copy.now())
        return waiting


@contextmanager
def planning(project: Project, *, sample: int | None = None, progress: Progress = silent) -> Iterator[Planning]:
    """Copy the store to plan on. At most ``sample`` changed records of each object are read, where that is given.

    In the store itself only runs, API calls and handshakes are entered; the copy, which holds what the store holds, lies in the
    working folder and is deleted at the end. Time stands still in it. Raises RetryLater where the store cannot be read.
    """
    home = project.settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    now = project.now()
    with TemporaryDirectory(prefix="plan-", dir=home) as folder:
        settings: Any = replace(project.settings, database_url=f"sqlite:///{Path(folder) / 'plan.db'}")
        replicate(project.engine, settings.database)
        copy = project_of(settings, project.mapping, clock=lambda: now)
        try:
            yield Planning(project, copy, sample=sample, progress=progress)
        finally:
            copy.close()
