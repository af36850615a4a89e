"""Read again what a CRM holds already: a time window, everything, or one record, with the feed's cursor left where it is.

A backfill can wait. It goes page by page, each read, staged and settled under the leases of the object's pulls and pushes, so
that no older state is decided on behind a newer one; between two pages it gives way to whoever else works on the object, and
it remembers how far it is.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from centri.connectors.base import Page, PullRequest
from centri.engine import gather
from centri.engine.admission import refuse_paused
from centri.engine.decide import Decided, decide
from centri.engine.drift import look
from centri.engine.project import Project
from centri.engine.pull import Progress, concerning, silent
from centri.engine.recording import recorded
from centri.engine.safety import FEW, changed
from centri.engine.settle import settle
from centri.errors import ConfigError, TooMany
from centri.mappings.schema import EntityMapping, crm_fields
from centri.mappings.words import near
from centri.records import Cursor, Record
from centri.store import backfills, links, staging
from centri.store.backfills import Backfill
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.store.staging import Staged
from centri.sync.budget import Purpose
from centri.sync.plan import Counts, Plan, count

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_ROUNDS = 10
"""A window that is open at its end is read so often, each time from where it ended before: what changed meanwhile left it."""

_AHEAD = timedelta(days=1)
"""So far a CRM's clock may be before ours: a window that is open at its end misses nothing for it."""

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be read again: records of an entity that changed from ``since`` on, before ``until``; None leaves it open.

    With ``records`` those alone, by their ids in the CRM. ``fields`` are PRM fields to take from the CRM again even where it
    did not change them; without any those are filled that the mapping gained since.
    """

    connection: str
    entity: str
    since: datetime | None = None
    until: datetime | None = None
    fields: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


@dataclass(slots=True)
class Backfilled:
    """What a backfill of one object did, or would do: records read, staged, what was decided of them by entity.

    ``resumed`` says that it went on where an earlier one had stopped. ``changed`` counts linked PRM records.
    """

    connection: str
    object: str
    entity: str
    read: int = 0
    staged: int = 0
    changed: int = 0
    api_calls: int = 0
    seconds: float = 0.0
    resumed: bool = False
    counts: dict[str, Counts] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)

    @property
    def counters(self) -> dict[str, Any]:
        """The counts, as a run records them."""
        plain = {name: getattr(self, name) for name in ("read", "staged", "changed", "api_calls")}
        return plain | {e: {name: getattr(c, name) for name in c.__slots__} for e, c in self.counts.items()}


def backfill(project: Project, wish: Wish, *, progress: Progress = silent) -> list[Backfilled]:
    """Read again, object by object, and settle. The same wish goes on where it was stopped.

    Raises ConfigError for what the mapping does not know, TooMany where too large a share of the linked records would
    change (counted over the whole), and what pulling and settling raise; what is done until then stays done.
    """
    refuse_paused(project.engine, wish.connection)
    return [_Backfiller(project, wish, mapping, progress).run() for mapping in _mappings(project, wish)]


def planned(project: Project, wish: Wish, *, progress: Progress = silent) -> list[Backfilled]:
    """What a backfill would do. Everything is read, nothing is staged."""
    refuse_paused(project.engine, wish.connection)
    return [_Backfiller(project, wish, mapping, progress).plan() for mapping in _mappings(project, wish)]


def _mappings(project: Project, wish: Wish) -> list[EntityMapping]:
    """As the CRM's schema lets them be followed now. Raises ConfigError for an unknown entity, or a field that none feeds."""
    mapped = project.mappings(wish.connection)
    for object in dict.fromkeys(m.object for m in mapped if m.entity == wish.entity):
        look(project, project.connector(wish.connection, Purpose.BACKFILL), wish.connection, object)
    mine = [m for m in project.followed(wish.connection) if m.entity == wish.entity]
    if not mine:
        raise ConfigError(f"{wish.connection} maps no entity {wish.entity!r}{near(wish.entity, {m.entity for m in mapped})}")
    known = {rule.prm for m in mine for rule in m.rules}
    if strange := sorted(set(wish.fields) - known):
        raise ConfigError(*(f"{wish.connection} maps no field {name!r} of {wish.entity}{near(name, known)}" for name in strange))
    if wish.since and wish.until and wish.since >= wish.until:
        raise ConfigError(f"--from {wish.since:%Y-%m-%dT%H:%MZ} is not before --to {wish.until:%Y-%m-%dT%H:%MZ}")
    own = [m for m in mine if not wish.fields or set(wish.fields) & {rule.prm for rule in m.rules}]
    return [m for m in own if not m.append_only] or own


class _Backfiller:
    """The backfill of one object's records of one entity."""

    def __init__(self, project: Project, wish: Wish, mapping: EntityMapping, progress: Progress) -> None:
        self.project, self.wish, self.mapping, self.progress = project, wish, mapping, progress
        self.here = (wish.connection, mapping.object)
        self.connector = project.connector(wish.connection, Purpose.BACKFILL)
        self.report = Backfilled(*self.here, mapping.entity)
        self.fields = crm_fields([mapping])

    def run(self) -> Backfilled:
        name = f"backfill {self.mapping.object}"
        started, calls = time.perf_counter(), self.connector.calls
        with recorded(self.project, self.wish.connection, name) as run:
            try:
                if self.wish.records:
                    self._records(run.id)
                else:
                    self._window(run.id)
            finally:
                self.report.api_calls, self.report.seconds = self.connector.calls - calls, time.perf_counter() - started
                run.counters = self.report.counters
        return self.report

    def plan(self) -> Backfilled:
        started, calls = time.perf_counter(), self.connector.calls
        ids = self.wish.records or None
        window = None if ids else (self.wish.since or BEGINNING, self.wish.until or self.project.now() + _AHEAD)
        for page in self._pages(window=window, ids=ids):
            self._look(page.records, show=True)
            self.progress(len(page.records))
        self.report.api_calls, self.report.seconds = self.connector.calls - calls, time.perf_counter() - started
        return self.report

    def _records(self, run_id: str) -> None:
        with self._leases() as leases, closing(self._pages(ids=self.wish.records)) as pages:
            for page in pages:
                self._page(page, leases, run_id, None)
        if missing := len(self.wish.records) - self.report.read:
            raise ConfigError(f"{' '.join(self.here)}: the CRM does not know {missing} of these records, or hides them from us")

    def _window(self, run_id: str) -> None:
        """Page by page up to the end; one that is open is caught up with, since what changes meanwhile moves there."""
        wish = self.wish
        with write(self.project.engine) as conn:
            asked = (*self.here, wish.entity, wish.since, wish.until, wish.fields)
            known = backfills.begin(conn, *asked, now=self.project.now())
        self.report.resumed, self.report.changed = known.cursor is not None, int(known.counters.get("changed", 0))
        cursor = known.cursor
        for _ in range(_ROUNDS):
            before, until = cursor, wish.until or self.project.now() + _AHEAD
            cursor = self._up_to(until, known, cursor, run_id)
            if wish.until or cursor == before:
                break
        with write(self.project.engine) as conn:
            backfills.end(conn, known.id, now=self.project.now())

    def _up_to(self, until: datetime, known: Backfill, cursor: Cursor | None, run_id: str) -> Cursor | None:
        """Everything before ``until``, from behind the cursor; answers the last record's. Gives way wherever somebody waits."""
        window, over = (self.wish.since or BEGINNING, until), False
        while not over:
            with self._leases() as leases, closing(self._pages(window=window, since=cursor)) as pages:
                over = True
                for page in pages:
                    self._page(page, leases, run_id, known)
                    cursor = page.cursor or cursor
                    if self._wanted(leases):
                        over = False
                        break
        return cursor

    def _pages(self, **which: Any) -> Generator[Page, None, None]:
        size = self.project.settings.page_size
        yield from self.connector.pull(PullRequest(self.mapping.object, self.fields, page_size=size, **which))

    @contextmanager
    def _leases(self) -> Iterator[list[Lease]]:
        """Nobody pulls or pushes the object while a page is read, staged and settled."""
        where, now = "/".join(self.here), self.project.now()
        with ExitStack() as held:
            names = (where, f"push {where}")
            yield [held.enter_context(leased(self.project.engine, name, now=now, gives_way=True)) for name in names]

    def _wanted(self, leases: Sequence[Lease]) -> bool:
        with read(self.project.engine) as conn:
            return any(lease.wanted(conn) for lease in leases)

    def _page(self, page: Page, leases: Sequence[Lease], run_id: str, known: Backfill | None) -> None:
        rows = self._look(page.records)
        self._refuse_if_unsafe()
        now = self.project.now()
        with write(self.project.engine) as conn:
            for lease in leases:
                lease.renew(conn, now)
            staging.stage(conn, rows, run_id=run_id, now=now, again=self.wish.fields)
        if rows:
            self._settle()
        if known:
            with write(self.project.engine) as conn:
                for lease in leases:
                    lease.renew(conn, now)
                backfills.come_to(conn, known.id, page.cursor, self.report.counters)
        self.progress(len(page.records))

    def _look(self, records: Sequence[Record], *, show: bool = False) -> list[tuple[str, Record]]:
        """What of a page is to be staged; what would become of it is counted."""
        with read(self.project.engine) as conn:
            rows = concerning(conn, *self.here, [self.mapping], records)
            staged = [Staged(0, entity, record, again=self.wish.fields) for entity, record in rows]
            decided = decide(gather.from_staged(self.project, conn, self.mapping, staged)) if staged else []
        self.report.read += len(records)
        self.report.staged += len(rows)
        self.report.changed += len(changed(decided))
        if show:
            self._show(decided)
        return rows

    def _show(self, decided: Sequence[Decided]) -> None:
        counts = self.report.counts.setdefault(self.mapping.entity, Counts())
        for _, decision in decided:
            counts.add(count(decision))
        told = [d for _, d in decided if d.to_prm or d.to_crm or d.held]
        if told and sum(len(plan.decisions) for plan in self.report.plans) < _SHOWN:
            self.report.plans.append(Plan(self.wish.connection, self.wish.entity, self.mapping.object, tuple(told[:_SHOWN])))

    def _refuse_if_unsafe(self) -> None:
        """Raises TooMany before anything of a page is staged that brings the whole over the share."""
        most = max(self.project.settings.allow or 0.0, self.mapping.refuse_over)
        with read(self.project.engine) as conn:
            linked = links.count(conn, self.wish.connection, self.wish.entity)
        if linked >= FEW and self.report.changed > most * linked:
            share = self.report.changed / linked
            raise TooMany(
                f"{self.wish.connection} {self.wish.entity}: {self.report.changed} of {linked} linked records would be changed "
                f"so far ({share:.0%}, over {most:.0%}); the rest was not touched. To see what it would come to: --plan. If that "
                "is meant: the same command with --allow 100%"
            )

    def _settle(self) -> None:
        report = settle(self.project, self.wish.connection, self.wish.entity, gives_way=True)
        for entity, counts in report.counts.items():
            self.report.counts.setdefault(entity, Counts()).add(counts)
        shown = sum(len(plan.decisions) for plan in self.report.plans)
        self.report.plans += report.plans if shown < _SHOWN else []
