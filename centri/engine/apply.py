"""A plan into the store: rows, links, deliveries, anomalies, what is settled; one transaction for a chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from centri.engine.conversions import reconnect
from centri.engine.decide import Decided
from centri.engine.effects import Effect, effect_of
from centri.engine.items import Chunk
from centri.engine.project import Project
from centri.engine.set_aside import WAITING, anomalies_of, homeless
from centri.store import deliveries, findings, links, prm, staging
from centri.store.database import write
from centri.store.leases import Lease
from centri.store.staging import Closing
from centri.sync.reconcile import Action


def apply(project: Project, lease: Lease, run_id: str, chunk: Chunk, decided: Sequence[Decided]) -> Counter[str]:
    """Apply decisions in one transaction; a record that the database refuses is set aside, and the rest applied without it.

    Answers how many records are newly set aside, by entity.
    """
    effects = [effect_of(project, item, decision, chunk) for item, decision in decided]
    held = _commit(project, lease, run_id, chunk, effects)
    if chunk.unseen or chunk.homeless:
        with write(project.engine) as conn:
            now = project.now()
            lease.renew(conn, now)
            held += _put_by(conn, chunk, now)
    return held


def _put_by(conn: Connection, chunk: Chunk, now: datetime) -> Counter[str]:
    """Rows that are none of this connection's business are done with; those that are nobody's are reported and stay owed."""
    prm.settled(conn, chunk.connection, chunk.entity, chunk.unseen)
    ids = [prm_id for prm_id, _ in chunk.unseen]
    findings.resolve(conn, chunk.connection, chunk.entity, "settle", crm_ids=(), prm_ids=ids, still=(), now=now)
    return findings.open_(conn, homeless(chunk), now=now)


def _commit(project: Project, lease: Lease, run_id: str, chunk: Chunk, effects: Sequence[Effect]) -> Counter[str]:
    if not effects:
        return Counter()
    try:
        with write(project.engine) as conn:
            now = project.now()
            lease.renew(conn, now)
            return enter(conn, run_id, chunk, effects, now)
    except IntegrityError as refusal:
        if len(effects) == 1:
            return _commit(project, lease, run_id, chunk, [_refused(effects[0], str(refusal.orig).strip())])
        middle = len(effects) // 2
        first = _commit(project, lease, run_id, chunk, effects[:middle])
        return first + _commit(project, lease, run_id, chunk, effects[middle:])


def _refused(effect: Effect, why: str) -> Effect:
    """The record as one that waits: the store would not take its values."""
    if effect.decision.action is Action.WAIT:
        raise RuntimeError(f"{effect.item.mapping.entity}: {why}")
    decision = replace(effect.decision, action=Action.WAIT, because=why, kind="validation", fields=())
    return Effect(effect.item, decision, anomalies=list(anomalies_of(effect.item, decision)))


def enter(conn: Connection, run_id: str, chunk: Chunk, effects: Sequence[Effect], now: datetime) -> Counter[str]:
    """Enter effects into the store, within one transaction. Answers how many records are newly set aside, by entity."""
    held: Counter[str] = Counter()
    for entity, mine in _by_entity(effects).items():
        mapping = mine[0].item.mapping
        changes = [e.change for e in mine if e.change]
        written = prm.write(conn, entity, changes, actor=mapping.connection, now=now)
        done = [e for e in mine if e.change is None or e.change.id in written]
        links.save(conn, [k for e in done for k in e.links], run_id=run_id, mapping_version=mapping.sha, now=now)
        reconnect(conn, mapping, [e.prm_id for e in done if e.decision.action is Action.ADOPT and e.item.staged], now)
        deliveries.queue(conn, [e.delivery for e in done if e.delivery], run_id=run_id, now=now)
        _answer(conn, mapping.connection, entity, [e for e in done if e.item.answers and e.delivery is None], now)
        deliveries.withdraw(conn, mapping.connection, entity, _untold(chunk, done))
        held += _report(conn, mapping.connection, entity, done, now)
        staging.close(conn, [_closing(chunk, e) for e in done if e.item.staged], now=now)
        prm.settled(conn, mapping.connection, entity, _settled(chunk, done, written))
    return held


def _answer(conn: Connection, connection: str, entity: str, effects: Sequence[Effect], now: datetime) -> None:
    """Creates whose record came in by a pull are as good as answered; searched for again they might find another's."""
    deliveries.mark(conn, [e.item.answers for e in effects], "done", now=now)
    ids = [e.prm_id for e in effects]
    findings.resolve(conn, connection, entity, "push", crm_ids=(), prm_ids=ids, still=(), now=now)


def _by_entity(effects: Sequence[Effect]) -> dict[str, list[Effect]]:
    """Parents come before the children that took them along."""
    groups: dict[str, list[Effect]] = {}
    for effect in effects:
        groups.setdefault(effect.item.mapping.entity, []).append(effect)
    return groups


def _untold(chunk: Chunk, effects: Sequence[Effect]) -> list[tuple[str, str, str]]:
    """Links that have something on its way to the CRM which this decision does not want told any more."""
    found = []
    for e in effects:
        link = e.decision.link or e.item.link
        if link and e.delivery is None and (e.prm_id, link.role) in chunk.unsent:
            found.append((link.crm.object, e.prm_id, str(link.role)))
    return found


def _report(conn: Connection, connection: str, entity: str, effects: Sequence[Effect], now: datetime) -> Counter[str]:
    anomalies = [a for e in effects for a in e.anomalies]
    held = findings.open_(conn, anomalies, now=now)
    if findings.any_unresolved(conn, connection, entity):
        crm_ids = [e.item.crm.ref.id for e in effects if e.item.crm]
        prm_ids = [e.prm_id for e in effects if e.prm_id]
        still = [findings.subject(a) for a in anomalies]
        findings.resolve(conn, connection, entity, "settle", crm_ids=crm_ids, prm_ids=prm_ids, still=still, now=now)
    return held


def _closing(chunk: Chunk, effect: Effect) -> Closing:
    assert effect.item.staged is not None
    decision, staged = effect.decision, effect.item.staged
    parent = decision.waits_for or next((f.waits_for for f in decision.held if f.waits_for), "")
    state = "waiting" if parent or decision.action in WAITING else "done"
    outcome = staging.DEFERRED if parent and chunk.first_look else str(decision.action)
    return Closing(staged.number, staged.record.version, state, outcome, decision.because, parent)


def _settled(chunk: Chunk, effects: Sequence[Effect], written: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Which dirty rows are done with: as asked about, or as just written where no other link of the row must see that."""
    for e in effects:
        if e.item.revision is not None:
            yield e.prm_id, e.item.revision
        if (
            e.prm_id in written
            and len([k for k in chunk.links.get(e.prm_id, ()) if k.crm.system == e.item.mapping.connection]) <= 1
        ):
            yield e.prm_id, written[e.prm_id]
