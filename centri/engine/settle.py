"""Settle what a CRM and the PRM changed: standardize, match, decide, and write the plan into the store, chunk by chunk."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from centri.engine import gather
from centri.engine.admission import refuse_paused
from centri.engine.apply import apply
from centri.engine.assign import assign
from centri.engine.chunks import dirty, staged
from centri.engine.decide import Decided, decide, demanded
from centri.engine.items import Chunk, Item
from centri.engine.leaving import withdraw_left
from centri.engine.match import match_leads
from centri.engine.merges import follow_merges
from centri.engine.project import Project
from centri.engine.pull import Progress, silent
from centri.engine.recording import recorded
from centri.engine.routing import route_leads
from centri.engine.safety import refuse_if_unsafe
from centri.mappings.schema import EntityMapping, Entry
from centri.store import prm, staging
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.sync.plan import Counts, Plan, count
from centri.sync.reconcile import Action, Decision

_SHOWN = 50

Watch = Callable[[Sequence[Decided]], None]
"""Shown the decisions of a chunk once they are applied."""


def unwatched(decided: Sequence[Decided]) -> None:
    """Nobody looks on."""


@dataclass(slots=True)
class Settled:
    """What a settling did, by entity, parents under their own: decisions, records newly ``held``, the first decisions."""

    connection: str
    entity: str
    counts: dict[str, Counts] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)
    plans: list[Plan] = field(default_factory=list)
    seconds: float = 0.0
    suspended: str = ""
    """Why nothing was decided: the CRM's schema has lost what the mapping cannot do without."""


def settle(
    project: Project, connection: str, entity: str, *,
    progress: Progress = silent, watch: Watch = unwatched, gives_way: bool = False,
) -> Settled:  # fmt: skip
    """Decide on everything staged for an entity, then on every PRM row of it that changed, and apply the decisions.

    Raises ConfigError for an unknown connection, RetryLater where another run holds the entity, Stop where too large a share
    of the linked records would change, or the connection is paused: nothing is applied then.
    """
    refuse_paused(project.engine, connection)
    started, report = time.perf_counter(), Settled(connection, entity)
    mappings = project.followed(connection, entity=entity)
    report.suspended = project.suspended(connection).get(entity, "")
    if entity != "lead" and not _owes(project, connection, entity):
        return report
    with (
        leased(project.engine, f"{connection}/{entity}", now=project.now(), gives_way=gives_way) as lease,
        recorded(project, connection, f"settle {entity}") as run,
    ):
        if not report.suspended:
            _ask_again(project, mappings)
            refuse_if_unsafe(project, mappings)
            follow_merges(project, lease, connection, entity)
        for chunk in staged(project, mappings):
            _apply(project, lease, run.id, chunk, report, watch)
            progress(len(chunk.items))
        if entity == "lead":
            match_leads(project, run.id)
            withdraw_left(project, connection)
            assign(project)
            if project.mapping.routing.rule_sets:
                route_leads(project)
        for chunk in dirty(project, connection, entity) if not report.suspended else ():
            _apply(project, lease, run.id, chunk, report, watch)
        report.seconds = time.perf_counter() - started
        run.counters = {e: {name: getattr(c, name) for name in c.__slots__} for e, c in report.counts.items()}
    return report


def _ask_again(project: Project, mappings: Sequence[EntityMapping]) -> None:
    """Those whom nobody here was are looked at again once somebody here is new or has changed."""
    connection, entity = mappings[0].connection, mappings[0].entity
    if any(m.enter is Entry.MATCHED for m in mappings):
        with write(project.engine) as conn:
            if prm.count_dirty(conn, connection, entity):
                staging.ask_again(conn, connection, entity)


def _owes(project: Project, connection: str, entity: str) -> bool:
    """Whether there is anything to settle; leads may also wait to be matched or offered."""
    with read(project.engine) as conn:
        return bool(staging.count_owed(conn, connection, entity) or prm.count_dirty(conn, connection, entity))


def _apply(project: Project, lease: Lease, run_id: str, chunk: Chunk, report: Settled, watch: Watch) -> None:
    decided = decide(chunk)
    family = [*_with_parents(project, report.connection, chunk, decided), *decided]
    report.held += apply(project, lease, run_id, chunk, family)
    watch(family)
    for item, decision in family:
        report.counts.setdefault(item.mapping.entity, Counts()).add(count(decision))
        _show(report, item, decision)


def _with_parents(project: Project, connection: str, chunk: Chunk, decided: Sequence[Decided]) -> list[Decided]:
    """The parents that newborn records take along, grandparents first."""
    mappings = {m.entity: m for m in project.followed(connection) if not m.is_push_lead}
    family: list[Decided] = []
    wanted = demanded(decided, mappings)
    while wanted:
        with read(project.engine) as conn:
            parents = [
                pair for entity, ids in wanted.items() for pair in decide(gather.parents(project, conn, mappings[entity], ids))
            ]
        known = {(i.mapping.entity, i.prm.ref.id) for i, _ in family if i.prm}
        fresh = [(i, d) for i, d in parents if i.prm and (i.mapping.entity, i.prm.ref.id) not in known]
        family = [*fresh, *family]
        wanted = demanded(fresh, mappings)
    return sorted(family, key=lambda pair: list(mappings).index(pair[0].mapping.entity))


def _show(report: Settled, item: Item, decision: Decision) -> None:
    """Keep the first decisions that change something, for people to read."""
    if decision.action is Action.NOTHING or sum(len(p.decisions) for p in report.plans) >= _SHOWN:
        return
    if decision.action is Action.UPDATE and not (decision.to_prm or decision.to_crm or decision.held):
        return
    last = report.plans[-1] if report.plans else None
    if last and (last.entity, last.object) == (item.mapping.entity, item.mapping.object):
        report.plans[-1] = Plan(last.connection, last.entity, last.object, (*last.decisions, decision))
    else:
        report.plans.append(Plan(item.mapping.connection, item.mapping.entity, item.mapping.object, (decision,)))
