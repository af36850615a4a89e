"""Schema drift, looked for at each run: what a CRM's description says against what is remembered of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from centri.anomalies import Anomaly
from centri.connectors.base import Connector
from centri.descriptions import Field
from centri.engine.project import Project
from centri.engine.schemas import Schema, Trouble, followed
from centri.errors import ObjectMissing, RetryLater
from centri.mappings.drift import Drift, compare, renamed
from centri.mappings.following import STAGE, Followed, peaceful
from centri.mappings.schema import EntityMapping, crm_fields
from centri.store import findings, prm, schemas, staging
from centri.store.database import write
from centri.store.deliveries import Queued


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an object found.

    ``mappings`` can be followed now. ``over`` are the troubles that have ended: what changed meanwhile is read again, from
    ``reread`` (None: from the cursor; empty: from the beginning), before anybody decides on the fields again. ``held`` counts
    what is in trouble newly, by entity; ``suspended`` says why, by entity, nothing is done about it.
    """

    connection: str
    object: str
    schema: Schema
    mappings: Sequence[EntityMapping]
    changes: Sequence[Drift] = ()
    over: Mapping[str, Trouble] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)
    suspended: Mapping[str, str] = field(default_factory=dict)

    @property
    def reread(self) -> str | None:
        return min((trouble.since for trouble in self.over.values()), default=None)

    @property
    def counters(self) -> dict[str, Any]:
        """What a run records of it; empty where nothing changed and nothing is left out."""
        left_out = sorted({f"{m.entity}.{rule.prm}" for m in self.mappings for rule in m.left_out})
        found = {
            "changes": dict(Counter(str(change.change) for change in self.changes)),
            "changed": [f"{c.change}: {c.field} {c.detail}".strip() for c in self.changes[:_SHOWN]],
            "left_out": left_out,
            "suspended": dict(self.suspended),
        }
        return {name: value for name, value in found.items() if value}


_SHOWN = 20
LISTED = timedelta(days=1)
"""How long a CRM's lists are believed where each costs a call."""


def look(project: Project, connector: Connector, connection: str, object: str) -> Look:
    """Compare an object with what is remembered of it; remember it, and open anomalies about mappings that it concerns.

    Raises what describing raises: a CRM that could not be looked at has lost nothing. What has ended is remembered as it was
    until :func:`make_peace`.
    """
    old = project.schemas.of(connection, object, fresh=True)
    described, listed = _described(project, connector, connection, object, old)
    before = old.peaceful if old else described
    renames = _renames(old, described)
    same = old is not None and (old.fields, old.renames) == (described, renames)
    following = project.schemas.follow if same else Schema(described, before, renames=renames).follow
    pairs = [(m, following(m)) for m in project.mappings(connection, object=object)]
    anomalies = [a for _, f in pairs for a in f.anomalies]
    schema = Schema(
        described,
        peaceful(before, described, {a.ref.id for a in anomalies}),
        {findings.subject(a): _trouble(a, old) for a in anomalies},
        renames,
        listed,
    )
    over = {s: t for s, t in old.troubles.items() if s not in schema.troubles} if old else {}
    seen = Look(
        connection,
        object,
        schema,
        _rest(project, pairs, connection, object),
        compare(old.fields, described) if old else (),
        over,
        suspended={m.entity: f.suspended for m, f in pairs if f.suspended},
    )
    project.schemas.note(connection, object)
    if anomalies or old is None or seen.changes or (described, listed) != (old.fields, old.listed) or over:
        return _remember(project, seen, old, anomalies)
    return seen


def _described(
    project: Project, connector: Connector, connection: str, object: str, old: Schema | None
) -> tuple[Mapping[str, Field], str]:
    """The fields of an object, and when its lists were asked for.

    None where one that was there is gone: the connection's others go on. Of a CRM that tells its lists by a call each they are
    asked for once in a while, and as they were meanwhile.
    """
    now = project.now()
    listing = old is None or not old.listed or now - datetime.fromisoformat(old.listed) >= LISTED
    lists = crm_fields(project.mappings(connection, object=object)) if listing else ()
    try:
        fields = connector.describe(object, lists).fields
    except ObjectMissing:
        if old is None:
            raise
        return {}, old.listed
    if not fields:
        raise RetryLater(f"{connection} describes no fields of {object}")
    if old is None or listing:
        return fields, now.isoformat()
    return {name: _with_choices(one, old.fields.get(name)) for name, one in fields.items()}, old.listed


def _with_choices(now: Field, known: Field | None) -> Field:
    return replace(now, choices=known.choices) if known and known.type is now.type and not now.choices else now


def look_once(project: Project, connector: Connector, connection: str, object: str) -> None:
    """Look at an object unless this run has done so. What has ended stays so until the next pull."""
    if not project.schemas.seen(connection, object):
        look(project, connector, connection, object)


def make_peace(project: Project, seen: Look) -> None:
    """What has ended is over: its anomalies are closed, and every row that it concerned is looked at again."""
    if not seen.over:
        return
    with write(project.engine) as conn:
        now = project.now()
        project.schemas.save(conn, seen.connection, seen.object, seen.schema, now)
        about = {"connection": seen.connection, "object": seen.object, "stage": STAGE, "state": list(findings.UNRESOLVED)}
        ended = [a["id"] for a in findings.matching(conn, **about) if a["subject"] not in seen.schema.troubles]
        findings.close(conn, ended, "resolved", now=now)
        for entity in _concerned(project, seen):
            schemas.ask_again(conn, seen.connection, entity)


def sendable(project: Project, connection: str, queued: Sequence[Queued]) -> tuple[list[Queued], list[Queued]]:
    """What the CRM, as it stands, can be told, and what it cannot, which stays owed and must be decided on again."""
    suspended = project.suspended(connection)
    mappings = {(m.entity, m.object): project.schemas.follow(m) for m in project.mappings(connection)}
    fit: list[Queued] = []
    unfit: list[Queued] = []
    for one in queued:
        about = mappings.get((one.entity, one.object))
        fits = one.entity not in suspended and (about is None or about.fits(one.values))
        (fit if fits else unfit).append(one)
    return fit, unfit


def decide_again(project: Project, conn: Connection, unfit: Sequence[Queued]) -> None:
    """Have what cannot be told as it is decided on again; what is suspended would only come to the same."""
    for connection, entity, object in {(one.connection, one.entity, one.object) for one in unfit}:
        if entity not in project.suspended(connection):
            schemas.ask_again_unsent(conn, connection, entity, object)


def _rest(project: Project, pairs: Sequence[tuple[EntityMapping, Followed]], connection: str, object: str) -> list[EntityMapping]:
    """What can be followed here, less the entities of which a mapping to another object cannot be."""
    elsewhere = [(m, project.schemas.follow(m)) for m in project.mappings(connection) if m.object != object]
    return [m for m in followed([*pairs, *elsewhere]) if m.object == object]


def _renames(old: Schema | None, described: Mapping[str, Field]) -> dict[str, str]:
    """What was found when a field went stays said as long as it is gone."""
    found = {**renamed(old.fields, described), **old.renames} if old else {}
    return {gone: new for gone, new in found.items() if gone not in described and new in described}


def _trouble(anomaly: Anomaly, old: Schema | None) -> Trouble:
    known = old.troubles.get(findings.subject(anomaly)) if old else None
    return known or Trouble(anomaly.entity, anomaly.ref.id, _NEW)


_NEW = "new"


def _remember(project: Project, seen: Look, old: Schema | None, anomalies: Sequence[Anomaly]) -> Look:
    """Save what was seen, with what has ended as it was, and open the anomalies."""
    with write(project.engine) as conn:
        now = project.now()
        begun = {trouble.entity for trouble in seen.schema.troubles.values() if trouble.since == _NEW}
        since = _since(project, conn, seen) if begun else ""
        dated = {s: replace(t, since=since) if t.since == _NEW else t for s, t in seen.schema.troubles.items()}
        schema = replace(seen.schema, troubles=dated)
        project.schemas.save(conn, seen.connection, seen.object, _meanwhile(schema, old, seen.over), now)
        held = findings.open_(conn, anomalies, now=now)
        for entity in begun:
            schemas.ask_again_unsent(conn, seen.connection, entity, seen.object)
    return replace(seen, schema=schema, held=held)


def _meanwhile(schema: Schema, old: Schema | None, over: Mapping[str, Trouble]) -> Schema:
    """The schema with the fields of ended troubles as they were, until what changed meanwhile has been read again."""
    if old is None or not over:
        return schema
    troubled = {trouble.field for trouble in schema.troubles.values()}
    ended = {trouble.field for trouble in over.values()} - troubled
    fields: dict[str, Field] = {name: fact for name, fact in schema.fields.items() if name not in ended}
    fields |= {name: old.fields[name] for name in ended if name in old.fields}
    before = {**schema.before, **{name: old.before[name] for name in ended if name in old.before}}
    return Schema(fields, before, {**schema.troubles, **over}, {**old.renames, **schema.renames}, schema.listed)


def _since(project: Project, conn: Connection, seen: Look) -> str:
    """The stamp from which everything must be read again one day: nobody has decided on what was read after it."""
    cursor = staging.cursor(conn, seen.connection, seen.object)
    if cursor is None:
        return ""
    owed = staging.owed_since(conn, seen.connection, seen.object)
    return min(cursor.stamp - project.settings.overlap, owed or cursor.stamp).isoformat()


def _concerned(project: Project, seen: Look) -> list[str]:
    """The entities of ended troubles, and those whose newborn records take theirs along."""
    mine = {trouble.entity for trouble in seen.over.values()}
    return [
        entity
        for entity in dict.fromkeys(m.entity for m in project.mappings(seen.connection))
        if entity in mine or mine & _parents(project, seen.connection, entity)
    ]


def _parents(project: Project, connection: str, entity: str) -> set[str]:
    referred = {parent for m in project.mappings(connection, entity=entity) for parent in m.parents}
    return referred | set(prm.PARENTS.get(entity, {}).values())


def reread_from(stamp: str) -> datetime | None:
    """The stamp of :attr:`Look.reread`; None for the beginning."""
    return datetime.fromisoformat(stamp) if stamp else None
