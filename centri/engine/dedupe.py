"""Find duplicates in the store, show what becomes of them, and merge them group by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from centri.engine.dedupe_apply import ChangedMeanwhile, apply
from centri.engine.dedupe_leases import undisturbed
from centri.engine.dedupe_plan import Plan, plan
from centri.engine.likeness import Group, Groups, Link, groups_of
from centri.engine.project import Project
from centri.engine.recording import recorded
from centri.engine.safety import FEW
from centri.errors import Stop
from centri.records import PRM, Record, Ref
from centri.store import duplicates
from centri.store.database import read, write
from centri.store.leases import Lease

ENTITIES = ("lead", "contact", "account")
SHOWN = 50

Watch = Callable[[str, int, int], None]
"""Told what is being done, how many more of it are done, and of how many."""


def unwatched(doing: str, more: int, of: int) -> None:
    """Nobody looks on."""


@dataclass(slots=True)
class Deduped:
    """What there is of duplicates, and what was done. ``shown`` are the first plans; ``run_id`` is the run's, once it is applied.

    ``records`` are those that were looked at, ``merges`` how many of them go into another, ``linked`` how many leads are
    contacts, ``review`` how many groups wait for a person; ``meanwhile`` counts groups that somebody worked on meanwhile.
    ``refused`` are pairs that people said are one and whom another word of theirs keeps apart.
    """

    entity: str
    records: int = 0
    groups: int = 0
    merges: int = 0
    linked: int = 0
    review: int = 0
    meanwhile: int = 0
    applied: int = 0
    run_id: str = ""
    refusal: str = ""
    most: int = SHOWN
    shown: list[Plan] = field(default_factory=list)
    refused: Sequence[Link] = ()
    merged: list[int] = field(default_factory=list)

    def add(self, found: Sequence[Plan]) -> None:
        self.groups += len(found)
        for one in found:
            self.merges += one.merges
            self.linked += bool(one.contact and not one.review)
            self.review += bool(one.review)
            if len(self.shown) < self.most:
                self.shown.append(one)


def dedupe(project: Project, entity: str, *, yes: bool = False, most: int = SHOWN, watch: Watch = unwatched) -> Deduped:
    """Find the duplicates of an entity, and with ``yes`` merge those that nobody need decide on.

    Raises Stop where too large a share of the records would go: nothing is done then. Raises RetryLater while another run
    works on them.
    """
    report = Deduped(entity, most=most)
    groups, certain = _found(project, report, watch)
    accepted: list[Group] = []
    size = project.settings.chunk_size
    for some in (groups[at : at + size] for at in range(0, len(groups), size)):
        with read(project.engine) as conn:
            found = plan(project, conn, entity, some, certain=certain)
        report.add(found)
        accepted += [one.group for one in found if not one.review]
        watch("planning", len(some), len(groups))
    report.refusal = _refusal(project, report)
    if yes and report.refusal:
        raise Stop(report.refusal)
    if yes and accepted:
        _apply(project, report, accepted, certain, watch)
    return report


def _found(project: Project, report: Deduped, watch: Watch) -> tuple[Sequence[Group], frozenset[Ref]]:
    entities = ("lead", "contact") if report.entity == "lead" else (report.entity,)
    with read(project.engine) as conn:
        must, cannot = duplicates.pairs(conn, entities)
        report.records = duplicates.count(conn, report.entity)
        total = sum(duplicates.count(conn, entity) for entity in entities)
    found: Groups = groups_of(project, report.entity, _records(project, entities, total, watch), must, cannot)
    report.refused = found.refused
    return found.groups, frozenset(ref for pair in must for ref in pair)


def _records(project: Project, entities: Sequence[str], total: int, watch: Watch) -> Iterator[Record]:
    for entity in entities:
        last = ""
        while True:
            with read(project.engine) as conn:
                some = duplicates.candidates(conn, entity, after=last, most=project.settings.page_size)
            if not some:
                break
            last = some[-1].ref.id
            watch("reading", len(some), total)
            yield from some


def _refusal(project: Project, report: Deduped) -> str:
    """Why so many are not merged at once; blank where it is few enough."""
    asked = [m.refuse_over for m in project.mapping.mappings if m.entity == report.entity] or [0.3]
    most = max(project.settings.allow or 0.0, min(asked))
    if report.records < FEW or report.merges <= most * report.records:
        return ""
    share = report.merges / report.records
    return (
        f"{report.merges} of {report.records} {report.entity}s would go into another ({share:.0%}, over {most:.0%}); nothing was "
        f"changed. If that is meant: centri dedupe {report.entity}s --yes --allow {min(100, int(share * 100) + 1)}%"
    )


def _apply(project: Project, report: Deduped, groups: Sequence[Group], certain: frozenset[Ref], watch: Watch) -> None:
    with undisturbed(project, report.entity) as leases, recorded(project, PRM, f"dedupe {report.entity}") as run:
        report.run_id = run.id
        for group in groups:
            _apply_one(project, report, leases, group, certain)
            watch("merging", 1, len(groups))
        run.counters = {name: getattr(report, name) for name in ("groups", "applied", "linked", "review", "meanwhile")}


def _apply_one(project: Project, report: Deduped, leases: Sequence[Lease], group: Group, certain: frozenset[Ref]) -> None:
    """Plan and merge one group in one transaction, as things are by now."""
    try:
        with write(project.engine) as conn:
            for lease in leases:
                lease.renew(conn, project.now())
            found = [one for one in plan(project, conn, report.entity, [group], certain=certain, shown=False) if not one.review]
            numbers = [number for one in found for number in apply(project, conn, report.run_id, one)]
    except ChangedMeanwhile:
        found = []
    report.meanwhile += not found
    report.applied += bool(found)
    report.merged += numbers if found else []
