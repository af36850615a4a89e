"""Stage what a CRM changed since the cursor; a page's rows and the cursor behind them commit together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from centri.connectors.base import Connector, Page, PullRequest
from centri.engine.admission import refuse_paused
from centri.engine.clocks import compare
from centri.engine.conditions import watched
from centri.engine.drift import Look, look, make_peace, reread_from
from centri.engine.project import Project
from centri.engine.recording import recorded
from centri.mappings.schema import EntityMapping, crm_fields
from centri.records import Cursor, Record
from centri.store import links, staging
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.sync.filters import Filter
from centri.sync.link import Link

Progress = Callable[[int], None]
"""Called with the number of records done since it was last called."""


def silent(done: int) -> None:
    """No progress is shown."""


@dataclass(slots=True)
class Pulled:
    """What a pull brought. ``read`` counts staged records by entity; ``filtered`` those that concern no entity."""

    connection: str
    object: str
    read: Counter[str] = field(default_factory=Counter)
    filtered: int = 0
    pages: int = 0
    api_calls: int = 0
    seconds: float = 0.0
    cursor_before: Cursor | None = None
    cursor_after: Cursor | None = None
    look: Look | None = None

    @property
    def counters(self) -> dict[str, Any]:
        """The counts, as a run records them."""
        counted = {"read": dict(self.read), "filtered": self.filtered, "pages": self.pages, "api_calls": self.api_calls}
        return counted | ({"schema": drift} if self.look and (drift := self.look.counters) else {})


def pull(project: Project, connection: str, object: str, *, progress: Progress = silent) -> Pulled:
    """Read everything of an object that changed since the cursor, less the overlap, and stage what concerns an entity.

    Before anything of the object is staged or linked the mapping's filters are pushed down; later they decide only at this
    end, so that linked records which do not meet them are still seen. Raises what the connector raises, and Stop while the
    connection is paused; what was staged stays staged. Fields that are not there any more are not asked for, see
    :mod:`centri.engine.drift`.
    """
    refuse_paused(project.engine, connection)
    started, connector = time.perf_counter(), project.connector(connection)
    calls = connector.calls
    with (
        leased(project.engine, f"{connection}/{object}", now=project.now()) as lease,
        recorded(project, connection, f"pull {object}") as run,
        watched(project, connection),
    ):
        with read(project.engine) as conn:
            known = staging.cursor(conn, connection, object)
            linked = links.any_of(conn, connection, object)
        report = Pulled(connection, object, cursor_before=known, cursor_after=known)
        try:
            seen = report.look = look(project, connector, connection, object)
            for page in connector.pull(_request(project, seen, known, linked=linked)) if seen.mappings else ():
                _stage(project, seen.mappings, page, report, lease, run.id)
                progress(len(page.records))
            _stage_survivors(project, connector, seen, report, lease, run.id)
            make_peace(project, seen)
        finally:
            report.api_calls, report.seconds = connector.calls - calls, time.perf_counter() - started
            run.counters, run.cursors = report.counters, (_shown(report.cursor_before), _shown(report.cursor_after))
        compare(project, connection)
    return report


def _request(project: Project, seen: Look, known: Cursor | None, *, linked: bool) -> PullRequest:
    since = Cursor(known.stamp - project.settings.overlap, "") if known else None
    if since and seen.reread is not None:
        stamp = reread_from(seen.reread)
        since = Cursor(min(stamp, since.stamp), "") if stamp else None
    where = _entry(seen.mappings) if known is None and not linked else Filter()
    return PullRequest(seen.object, _fields(seen), since=since, where=where, page_size=project.settings.page_size)


def _fields(seen: Look) -> tuple[str, ...]:
    return crm_fields(seen.mappings)


def _entry(mappings: Sequence[EntityMapping]) -> Filter:
    """The one filter that a first load may push down: nothing is, where several entities enter by different ones."""
    filters = {m.where for m in mappings if not m.is_push_lead}
    return filters.pop() if len(filters) == 1 else Filter()


def _stage(project: Project, mappings: Sequence[EntityMapping], page: Page, report: Pulled, lease: Lease, run_id: str) -> None:
    with read(project.engine) as conn:
        rows = concerning(conn, report.connection, report.object, mappings, page.records)
    now = project.now()
    with write(project.engine) as conn:
        lease.renew(conn, now)
        staging.stage(conn, rows, run_id=run_id, now=now)
        if page.cursor and (report.cursor_after is None or page.cursor > report.cursor_after):
            staging.move_cursor(conn, report.connection, report.object, page.cursor, run_id=run_id, now=now)
            report.cursor_after = page.cursor
    report.pages += 1
    report.read.update(entity for entity, _ in rows)
    report.filtered += len(page.records) - len({record.ref.id for _, record in rows})


def concerning(
    conn: Connection, connection: str, object: str, mappings: Sequence[EntityMapping], records: Sequence[Record]
) -> list[tuple[str, Record]]:
    """(entity, record) of what of an object's records is to be staged."""
    linked = links.of_crm(conn, connection, object, [record.ref.id for record in records])
    over = [r.ref.id for r in records if r.deleted or r.merged_into is not None]
    unsettled = staging.unsettled(conn, connection, object, over)
    return [
        (m.entity, r)
        for r in records
        for m in mappings
        if (m.entity, r.ref.id) in unsettled or _concerns(m, r, linked.get(r.ref.id, ()))
    ]


def _stage_survivors(project: Project, connector: Connector, seen: Look, report: Pulled, lease: Lease, run_id: str) -> None:
    """Stage what won merges against linked records: it takes over their links, whether or not it meets a filter.

    Asked of what is staged, not of what this pull brought, so that a pull which was broken off here is made good by the next.
    An heir may have lost a merge in its turn, so it is asked until no other is named.
    """
    asked: set[tuple[str, str]] = set()
    while heirs := _heirs(project, report) - asked:
        asked |= heirs
        _stage_heirs(project, connector, seen, report, lease, run_id, heirs)


def _heirs(project: Project, report: Pulled) -> set[tuple[str, str]]:
    with read(project.engine) as conn:
        return staging.heirs(conn, report.connection, report.object)


def _stage_heirs(
    project: Project, connector: Connector, seen: Look, report: Pulled, lease: Lease, run_id: str, heirs: set[tuple[str, str]]
) -> None:
    ids = tuple(sorted({crm_id for _, crm_id in heirs}))
    request = PullRequest(report.object, _fields(seen), ids=ids, page_size=project.settings.page_size)
    for page in connector.pull(request):
        rows = [(m.entity, r) for r in page.records for m in seen.mappings if (m.entity, r.ref.id) in heirs]
        now = project.now()
        with write(project.engine) as conn:
            lease.renew(conn, now)
            staging.stage(conn, rows, run_id=run_id, now=now)
        report.read.update(entity for entity, _ in rows)


def _concerns(mapping: EntityMapping, record: Record, linked: Sequence[Link]) -> bool:
    """Filters decide entry only: a linked record is looked at whether or not it still meets them."""
    if any(link.prm.object == mapping.entity for link in linked):
        return True
    return not mapping.is_push_lead and not record.deleted and record.merged_into is None and mapping.where.passes(record.values)


def _shown(cursor: Cursor | None) -> str:
    return f"{cursor.stamp.isoformat()} {cursor.id}" if cursor else ""
