"""A plan into the store: rows, links, deliveries, anomalies, what is settled; one transaction for a chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from centri.engine.arrivals import arrived
from centri.engine.conversions import reconnect
from centri.engine.decide import Decided
from centri.engine.effects import Effect, effect_of
from centri.engine.items import Chunk
from centri.engine.project import Project
from centri.engine.set_aside import LEFT, WAITING, anomalies_of, homeless, meets_filter
from centri.mappings.schema import EntityMapping
from centri.store import audit, creates, deliveries, findings, links, prm, staging
from centri.store.audit import Cause
from centri.store.database import write
from centri.store.leases import Lease
from centri.store.staging import Closing
from centri.sync import breaker
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


def enter(
    conn: Connection, run_id: str, chunk: Chunk, effects: Sequence[Effect], now: datetime, *, cause: Cause | None = None
) -> Counter[str]:
    """Enter effects into the store, within one transaction. Answers how many records are newly set aside, by entity.

    The audit names the run as the cause, unless another one is given.
    """
    held: Counter[str] = Counter()
    for entity, mine in _by_entity(effects).items():
        mapping = mine[0].item.mapping
        changes = [e.change for e in mine if e.change]
        written = prm.write(conn, entity, changes, actor=mapping.connection, now=now)
        done = [e for e in mine if e.change is None or e.change.id in written]
        why = cause or Cause(mapping.connection, "run", run_id, mapping_sha=mapping.sha)
        audit.record(conn, why, _audited(entity, done), now=now)
        arrived(conn, entity, [e.change for e in done if e.change], now, chunk.channel)
        links.save(conn, [k for e in done for k in e.links], run_id=run_id, mapping_version=mapping.sha, now=now)
        reconnect(conn, mapping, [e.prm_id for e in done if e.item.staged and _found(e)], now)
        queued = creates.named(conn, [e.delivery for e in done if e.delivery])
        deliveries.queue(conn, queued, run_id=run_id, now=now)
        _answer(conn, mapping.connection, entity, [e for e in done if e.item.answers and e.delivery is None], now)
        _withdraw(conn, chunk, mapping.connection, entity, done, now)
        _reconsidered(conn, mapping, [e.prm_id for e in done if _gives_up(chunk, e)], now)
        held += _report(conn, mapping.connection, entity, done, [e for e in done if not _deferred(chunk, e)], now)
        staging.close(conn, [_closing(chunk, e) for e in done if e.item.staged], now=now)
        prm.settled(conn, mapping.connection, entity, _settled(chunk, done, written))
    return held


def _found(effect: Effect) -> bool:
    """Whether a record of the CRM turns out to be one of ours."""
    return effect.decision.action is Action.ADOPT or bool(effect.item.answers)


def _audited(entity: str, effects: Iterable[Effect]) -> Iterator[audit.Entry]:
    for e in effects:
        if e.change:
            yield from audit.of_change(entity, e.change)
        if e.decision.action is Action.ADOPT:
            yield from (audit.of_link(link, made=True) for link in e.links[:1])


def _answer(conn: Connection, connection: str, entity: str, effects: Sequence[Effect], now: datetime) -> None:
    """Creates whose record came in by a pull are as good as answered; searched for again they might find another's."""
    deliveries.mark(conn, [e.item.answers for e in effects], "done", now=now)
    ids = [e.prm_id for e in effects]
    findings.resolve(conn, connection, entity, "push", crm_ids=(), prm_ids=ids, still=(), now=now)


def _withdraw(conn: Connection, chunk: Chunk, connection: str, entity: str, effects: Sequence[Effect], now: datetime) -> None:
    """Take back what has nothing to tell any more, and with it the complaint that it could not be delivered."""
    withdrawn = deliveries.withdraw(conn, connection, entity, _untold(chunk, effects))
    refused = {prm_id for _, prm_id, _ in chunk.refused}
    ids = [prm_id for prm_id in withdrawn if prm_id not in refused]
    findings.resolve(conn, connection, entity, "push", crm_ids=(), prm_ids=ids, still=(), now=now)


def _gives_up(chunk: Chunk, effect: Effect) -> bool:
    """Whether what the CRM refused is not to be told any more: the two sides agree without."""
    item, decision = effect.item, effect.decision
    link = decision.link or item.link
    refused = link is not None and (item.mapping.object, effect.prm_id, str(link.role)) in chunk.refused
    over = decision.action in (Action.UPDATE, Action.NOTHING) and not decision.held
    return refused and over and effect.delivery is None and not decision.withheld


def _reconsidered(conn: Connection, mapping: EntityMapping, prm_ids: Sequence[str], now: datetime) -> None:
    """Forget refusals, and close their anomalies."""
    deliveries.forgive(conn, mapping.connection, mapping.entity, prm_ids, objects=[mapping.object])
    findings.resolve(conn, mapping.connection, mapping.entity, "push", crm_ids=(), prm_ids=prm_ids, still=(), now=now)


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


def _report(
    conn: Connection, connection: str, entity: str, effects: Sequence[Effect], decided: Sequence[Effect], now: datetime
) -> Counter[str]:
    """Open what the effects set aside, and close what is over of those whose decision will not be asked for once more."""
    anomalies = [a for e in effects for a in e.anomalies]
    held = findings.open_(conn, anomalies, now=now)
    if findings.any_unresolved(conn, connection, entity):
        crm_ids = [e.item.crm.ref.id for e in decided if e.item.crm]
        prm_ids = [e.prm_id for e in decided if e.prm_id]
        still = [findings.subject(a) for a in anomalies]
        findings.resolve(conn, connection, entity, "settle", crm_ids=crm_ids, prm_ids=prm_ids, still=still, now=now)
        back = [e.item.crm.ref.id for e in effects if e.item.crm and meets_filter(e.item)]
        findings.over(conn, connection, entity, LEFT, back, now=now)
    return held


def _closing(chunk: Chunk, effect: Effect) -> Closing:
    assert effect.item.staged is not None
    decision, staged = effect.decision, effect.item.staged
    parent = _parent(effect)
    owed = parent or decision.action in WAITING or decision.kind == "deleted_prm"  # it may come back, and must learn of this then
    state = "waiting" if owed else "done"
    outcome = staging.DEFERRED if _deferred(chunk, effect) else str(decision.action)
    return Closing(staged.number, staged.record.version, state, outcome, decision.because, parent)


def _parent(effect: Effect) -> str:
    """The CRM id of the parent that a record, or a field of it, waits for."""
    decision = effect.decision
    return decision.waits_for or next((f.waits_for for f in decision.fields if f.waits_for), "")


def _deferred(chunk: Chunk, effect: Effect) -> bool:
    """Whether a record is asked about once more within this settling, because its parent may have come by then."""
    return chunk.first_look and bool(_parent(effect))


def _unborn(effect: Effect) -> bool:
    """Whether a record waits to be born in the CRM."""
    return effect.decision.action is Action.WAIT and effect.item.crm is None


def _settled(chunk: Chunk, effects: Sequence[Effect], written: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Which dirty rows are done with: as asked about, or as just written where no other link of the row must see that."""
    owed = {e.prm_id for e in effects if e.decision.kind == breaker.KIND or _unborn(e)}
    for e in (e for e in effects if e.prm_id not in owed):
        if e.item.revision is not None:
            yield e.prm_id, e.item.revision
        if (
            e.prm_id in written
            and len([k for k in chunk.links.get(e.prm_id, ()) if k.crm.system == e.item.mapping.connection]) <= 1
        ):
            yield e.prm_id, written[e.prm_id]
