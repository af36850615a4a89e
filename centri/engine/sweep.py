"""One object of a CRM, read from beginning to end and compared with the store.

A sweep may take an hour, so it holds nothing that the sync needs: pulls, settlings and pushes go on beside it. What it
believes to have found is read a second time at the end, by id, before it is told, and only these ids are kept until then.
Only while it hands a batch of that over to the sync does it hold the lease of the object's pulls, so that no older state is
staged behind a newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from centri.connectors.base import PullRequest
from centri.connectors.paging import chunks
from centri.engine.absences import absence, unborn
from centri.engine.differences import Compared, compare, is_ahead
from centri.engine.project import Project
from centri.engine.pull import Progress
from centri.engine.repair import put_right
from centri.engine.safety import FEW
from centri.engine.swept import Finding, Kind, Swept, Tally
from centri.errors import RetryLater, Stop
from centri.mappings.schema import EntityMapping, crm_fields
from centri.records import Record
from centri.store import staging, sweeps
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.sync.budget import Purpose

Told = Callable[[Finding], None]
Wait = Callable[[float], None]

_TRIES = 10
"""How often the lease of an object's pulls is asked for, some four minutes in all: longer than most pulls take."""


class Sweep:
    """The reading of one object. ``run_id`` marks the links that it meets; each step adds to ``report``."""

    def __init__(
        self, project: Project, mappings: Sequence[EntityMapping], report: Swept, lease: Lease, run_id: str, *,
        repair: bool, told: Told, progress: Progress, wait: Wait,
    ) -> None:  # fmt: skip
        self.project, self.mappings, self.report, self.lease, self.run_id = project, mappings, report, lease, run_id
        self.repair, self.told, self.progress, self.wait = repair, told, progress, wait
        self.connector = project.connector(report.connection, Purpose.RECONCILIATION)
        self.fields = crm_fields(mappings)
        self.here = (report.connection, report.object)
        self.suspects: dict[tuple[str, str], None] = {}  # (CRM id, entity), in the order in which they were met
        with read(project.engine) as conn:
            self.cursor = staging.cursor(conn, *self.here)
            self.upto = sweeps.last_link(conn)
        report.tallies.update((m.entity, Tally()) for m in mappings)

    def run(self) -> None:
        """Read everything, then look for what was not met. Raises what the connector raises, and Stop."""
        size = self.project.settings.page_size
        for page in self.connector.pull(PullRequest(self.report.object, self.fields, deleted=False, page_size=size)):
            self._page([r for r in page.records if not r.deleted])
            self.progress(len(page.records))
        for suspects in chunks(list(self.suspects), self.project.settings.chunk_size):
            self._look_again(set(suspects))
        for mapping in self.mappings:
            self._refuse_if_unsafe(mapping)
        for mapping in self.mappings:
            self._unmet(mapping)
            if mapping.create.by_itself:
                self._unborn(mapping)
        self._count()

    def _page(self, records: Sequence[Record]) -> None:
        with write(self.project.engine) as conn:
            self.lease.renew(conn, self.project.now())
            sweeps.mark(conn, *self.here, [r.ref.id for r in records], self.run_id)
        self.report.records += len(records)
        for mapping, found in self._compared(records):
            self.report.tallies[mapping.entity].in_crm += found.unlinked
            self.report.tallies[mapping.entity].underway += found.underway
            self._tell([f for f in found.findings if f.kind is Kind.HELD])
            self.suspects |= dict.fromkeys((f.crm_id, f.entity) for f in found.findings if f.kind is not Kind.HELD)

    def _compared(self, records: Sequence[Record]) -> Iterator[tuple[EntityMapping, Compared]]:
        for mapping in self.mappings:
            for part in chunks(records, self.project.settings.chunk_size):
                with read(self.project.engine) as conn:
                    found = compare(self.project, conn, mapping, part, self.cursor)
                yield mapping, found

    def _look_again(self, suspects: Collection[tuple[str, str]]) -> None:
        """What was settled or pushed since the page was read is no finding any more."""
        with self._undisturbed() as pulling:
            live = [r for r in self._by_ids(sorted({crm_id for crm_id, _ in suspects})) if not r.deleted]
            found = [f for _, some in self._compared(live) for f in some.findings]
            self._enter([f for f in found if (f.crm_id, f.entity) in suspects], pulling)

    def _refuse_if_unsafe(self, mapping: EntityMapping) -> None:
        """Raises Stop where so much was not met that the sweep itself is to be doubted."""
        with read(self.project.engine) as conn:
            missing = sweeps.count_unmet(conn, *self.here, mapping.entity, self.run_id, upto=self.upto)
            linked = sweeps.count_linked(conn, *self.here, mapping.entity)
        allowed = self.project.settings.allow or 0.0
        most = max(allowed, mapping.refuse_over)
        where, over = " ".join(self.here), f"--allow {-(-100 * missing // max(linked, 1))}%"
        again = f"nothing counts as gone. If that is meant: centri reconcile {self.here[0]} {mapping.entity} {over}"
        if missing and not self.report.records and allowed < 1:
            raise Stop(f"{where}: the CRM answered no record at all, and {linked} are linked ({mapping.entity}); {again}")
        if linked >= FEW and missing > most * linked:
            share = f"{missing / linked:.0%}, over {most:.0%}"
            raise Stop(f"{where}: {missing} of {linked} linked records ({mapping.entity}) were not met ({share}); {again}")

    def _unmet(self, mapping: EntityMapping) -> None:
        """Every link that was not met is asked for by id: deleted, merged, unknown to the CRM, or there after all."""
        last, size = 0, self.project.settings.chunk_size
        while rows := self._next_unmet(mapping, after=last, most=size):
            last = rows[-1]["id"]
            with self._undisturbed() as pulling:
                answers = {r.ref.id: r for r in self._by_ids([row["crm_id"] for row in rows])}
                with read(self.project.engine) as conn:
                    coming = sweeps.staged(conn, *self.here, mapping.entity, [row["crm_id"] for row in rows])
                found = [f for row in rows if (f := absence(mapping, row, answers.get(row["crm_id"])))]
                news = [f for f in found if coming.get(f.crm_id) != "open" and not self._ahead(answers.get(f.crm_id))]
                self.report.tallies[mapping.entity].underway += len(found) - len(news)
                self._enter(news, pulling)

    def _next_unmet(self, mapping: EntityMapping, *, after: int, most: int) -> list[sweeps.Row]:
        with read(self.project.engine) as conn:
            return sweeps.unmet(conn, *self.here, mapping.entity, self.run_id, upto=self.upto, after=after, most=most)

    def _ahead(self, record: Record | None) -> bool:
        return record is not None and is_ahead(record, self.cursor)

    def _unborn(self, mapping: EntityMapping) -> None:
        """PRM rows that belong into this CRM by the mapping's ``create``, and that nobody is about to tell it."""
        last, size = "", self.project.settings.chunk_size
        while True:
            with read(self.project.engine) as conn:
                rows = sweeps.unlinked(conn, mapping.connection, mapping.entity, after=last, most=size)
                found = list(unborn(self.project, conn, mapping, rows))
            if not rows:
                return
            last = rows[-1].ref.id
            self._enter(found, None)

    def _by_ids(self, ids: Sequence[str]) -> list[Record]:
        """What the CRM holds under these ids now, deleted records included."""
        size = self.project.settings.page_size
        request = PullRequest(self.report.object, self.fields, ids=tuple(ids), page_size=size)
        return [record for page in self.connector.pull(request) for record in page.records]

    @contextmanager
    def _undisturbed(self) -> Iterator[Lease | None]:
        """While a repair looks and stages, no pull does; waits for one that is at work. A mere report disturbs nobody."""
        if not self.repair:
            yield None
            return
        busy = retry_if_exception_type(RetryLater)
        turn = Retrying(retry=busy, stop=stop_after_attempt(_TRIES), wait=wait_exponential(max=60), sleep=self.wait, reraise=True)
        with ExitStack() as stack:
            yield turn(lambda: stack.enter_context(leased(self.project.engine, "/".join(self.here), now=self.project.now())))

    def _enter(self, found: Sequence[Finding], pulling: Lease | None) -> None:
        """Tell findings, and where this is a repair hand them over."""
        self._tell(found)
        if not self.repair or not found:
            return
        survivors, now = self._survivors(found), self.project.now()
        with write(self.project.engine) as conn:
            for lease in filter(None, (self.lease, pulling)):
                lease.renew(conn, now)
            for entity, done in put_right(conn, found, survivors, run_id=self.run_id, now=now).items():
                self.report.tallies[entity].handed_over += done

    def _survivors(self, found: Sequence[Finding]) -> list[tuple[str, Record]]:
        """What records were merged into, by entity: their links will follow, so it must be looked at as well."""
        wanted = {(f.entity, f.record.merged_into) for f in found if f.record and f.record.merged_into}
        there = {r.ref.id: r for r in self._by_ids(sorted({i for _, i in wanted}))} if wanted else {}
        return [(entity, there[i]) for entity, i in sorted(wanted) if i in there and not there[i].deleted]

    def _tell(self, found: Sequence[Finding]) -> None:
        for finding in found:
            self.report.tallies[finding.entity].found[finding.kind] += 1
            self.told(finding)

    def _count(self) -> None:
        for mapping in self.mappings:
            tally, about = self.report.tallies[mapping.entity], (*self.here, mapping.entity)
            with read(self.project.engine) as conn:
                tally.in_crm += sweeps.count_met(conn, *about, self.run_id)
                tally.linked, tally.in_prm = sweeps.count_linked(conn, *about), sweeps.count_in_prm(conn, *about)
                tally.waiting, tally.anomalies = sweeps.count_waiting(conn, *about), sweeps.count_anomalies(conn, *about)
