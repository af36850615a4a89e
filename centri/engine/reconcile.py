"""Find what no feed tells: sweep the objects of a connection and say where CRM and store do not agree.

Nothing is decided or deleted here. A report writes only what the sweep itself needs; a repair also stages what it found, for
the next sync to settle by its policies and within its limits.
"""

from __future__ import annotations

import time

from centri.engine.conditions import watched
from centri.engine.project import Project
from centri.engine.pull import Progress, silent
from centri.engine.recording import recorded
from centri.engine.sweep import Sweep, Told, Wait
from centri.engine.swept import Finding, Swept
from centri.engine.sync import pull_order
from centri.errors import CentriError, ConfigError, RetryLater
from centri.mappings.schema import EntityMapping
from centri.store.leases import leased
from centri.sync.budget import Purpose


def unheard(finding: Finding) -> None:
    """Nobody wants to hear of a finding."""


def reconcile(
    project: Project, connection: str, entity: str | None = None, *, repair: bool = False,
    told: Told = unheard, progress: Progress = silent, wait: Wait = time.sleep,
) -> list[Swept]:  # fmt: skip
    """Sweep every object of a connection, or those of one entity, and tell each finding as it is made.

    What breaks a sweep off is its ``failure``, and the other objects are swept all the same; only where the CRM is away
    nothing further is tried. A repair pauses by ``wait`` while a pull of the object is at work. Raises ConfigError for an
    unknown connection, or an entity that it does not map.
    """
    mappings = project.mappings(connection, entity=entity)
    if not mappings:
        raise ConfigError(f"{connection} maps no entity called {entity!r}")
    done: list[Swept] = []
    for object in pull_order(mappings):
        swept = Swept(connection, object)
        done.append(swept)
        try:
            _sweep(project, _followed(project, swept, entity), swept, repair, told, progress, wait)
        except CentriError as failure:
            swept.failure = failure
            if isinstance(failure, RetryLater):
                break
    return done


def _followed(project: Project, swept: Swept, entity: str | None) -> list[EntityMapping]:
    """The mappings of one object under its schema as it was last seen. Raises ConfigError where one cannot be followed."""
    wanted = project.mappings(swept.connection, entity=entity, object=swept.object)
    if lost := {m.entity for m in wanted} & set(why := project.suspended(swept.connection)):
        raise ConfigError(*(f"{swept.connection} {name} cannot be compared: {why[name]}" for name in sorted(lost)))
    return project.followed(swept.connection, entity=entity, object=swept.object)


def _sweep(
    project: Project, mappings: list[EntityMapping], swept: Swept, repair: bool, told: Told, progress: Progress, wait: Wait
) -> None:
    started, connector = time.perf_counter(), project.connector(swept.connection, Purpose.RECONCILIATION)
    calls = connector.calls
    with (
        leased(project.engine, f"sweep {swept.connection}/{swept.object}", now=project.now()) as lease,
        recorded(project, swept.connection, f"reconcile {swept.object}") as run,
        watched(project, swept.connection),
    ):
        try:
            Sweep(project, mappings, swept, lease, run.id, repair=repair, told=told, progress=progress, wait=wait).run()
        finally:
            swept.api_calls, swept.seconds = connector.calls - calls, time.perf_counter() - started
            counts = {entity: tally.as_json() for entity, tally in swept.tallies.items()}
            run.counters = {"records": swept.records, "api_calls": swept.api_calls, **counts}
