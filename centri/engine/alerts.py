"""Alerts: what is wrong is looked for, and each change of state is told once, by the ways that notifications go."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from centri.anomalies import KINDS, Severity
from centri.engine.conditions import AUTH
from centri.engine.connections import Standing
from centri.engine.notices import Notice, Recipient, queue
from centri.engine.project import Project
from centri.engine.status import Status, status
from centri.mappings.schema import MappingFile
from centri.store import alerts as store
from centri.store.database import read, write
from centri.store.deliveries import UNSENT_STATES
from centri.store.locks import one_at_a_time
from centri.sync.alerts import MEANINGS, Change, Failure, Known, Move, Seen, Trouble, Which, decide, remedy, stale, troubles
from centri.sync.budget import Budget

LOG = logging.getLogger("centri.alerts")

DRIFT, UNTOLD = "schema_drift", "undelivered"

RUN = "run"
"""The step that fails where a run of Dagster's failed before any step of the engine began."""

_TOLD = {Move.BEGINS: "alert", Move.ENDS: "alert_over"}
_ROOM: Recipient = ("address", "chat")


def look(project: Project) -> list[Change]:
    """What would become of every alert now, without its becoming so."""
    found = now_of(project)
    return _decided(project.mapping, found, project.now())


def evaluate(project: Project) -> list[Change]:
    """Decide on every alert, keep what is on, and queue what people are to be told, all or nothing. Answers what changed."""
    found = now_of(project)
    with write(project.engine) as conn:
        one_at_a_time(conn, "alerts")
        changes = _decided(project.mapping, found, project.now(), store.on(conn))
        _keep(conn, changes, project.now())
        queue_all(project, conn, [_notice(change) for change in changes if change.move in _TOLD])
    for change in changes:
        _log(change)
    return [change for change in changes if change.move is not Move.STAYS]


def out_of_date(project: Project) -> dict[str, str]:
    """The connections of which an object was not read for too long, each with which and since when."""
    found, limits = now_of(project), project.mapping.alerts.limits
    wrong = {one.subject: troubles(one, limits(one.subject), project.now()) for one in seen(project.mapping, found)}
    return {subject: told[Trouble.STALE] for subject, told in wrong.items() if Trouble.STALE in told}


def unread(project: Project) -> dict[tuple[str, str], datetime]:
    """The objects, by connection, that were not read to their end for too long, each with when they last were."""
    found, limits = now_of(project), project.mapping.alerts.limits
    late = {one.subject: stale(one, limits(one.subject), project.now()) for one in seen(project.mapping, found)}
    return {(subject, object): at for subject, objects in late.items() for object, at in objects.items()}


def trial(project: Project) -> int:
    """Queue a message that says that nothing is wrong; answers for how many recipients."""
    LOG.warning("alert: a trial, nothing is wrong")
    with write(project.engine) as conn:
        return queue_all(project, conn, [("alert_test", str(uuid4()), {})])


def now_of(project: Project) -> Status:
    """How things stand, of the connections of the mapping."""
    return status(project.engine, budgets(project.mapping), now=project.now(), last_runs=1)


def budgets(mapping: MappingFile) -> dict[str, Budget]:
    return {name: config.allowed for name, config in mapping.connections.items()}


def seen(mapping: MappingFile, found: Status) -> Iterator[Seen]:
    """What the decision has to know: of each connection that works, and of the whole."""
    for standing in found.standings:
        if standing.name in mapping.connections and not standing.paused:
            yield _of_connection(mapping, found, standing)
    late = [row["since"] for row in found.unsent if row["state"] == "queued"]
    yield Seen(undelivered=found.anomalies.get(("", UNTOLD), 0), due_since=min(late, default=None))


def queue_all(project: Project, conn: Connection, told: Collection[tuple[str, str, Mapping[str, object]]]) -> int:
    """Queue messages, each a kind, its key and its values, for all who are to be told."""
    ways: dict[str, list[Recipient]] = {"email": [("address", address) for address in project.mapping.alerts.to]}
    if project.mapping.alerts.chat:
        ways["chat"] = [_ROOM]
    return sum(
        queue(conn, [Notice(kind, key, whom, values) for kind, key, values in told], now=project.now(), channel=channel)
        for channel, whom in ways.items()
        if whom
    )


def _decided(mapping: MappingFile, found: Status, now: datetime, on: Mapping[Which, Known] | None = None) -> list[Change]:
    """Of a connection that is paused nothing is said: its alerts stay as they are."""
    on = found.alerts if on is None else on
    paused = {s.name for s in found.standings if s.paused}
    wrong = {
        (trouble, one.subject): why
        for one in seen(mapping, found)
        for trouble, why in troubles(one, mapping.alerts.limits(one.subject), now).items()
    }
    known = {which: alert for which, alert in on.items() if which[1] not in paused}
    return decide(wrong, known, mapping.alerts.limits().calm, now)


def _of_connection(mapping: MappingFile, found: Status, standing: Standing) -> Seen:
    name = standing.name
    kinds: Counter[str] = Counter()
    for (connection, kind), number in found.anomalies.items():
        if connection == name and KINDS[kind].severity is not Severity.INFO:
            kinds[kind] += number
    allowance = standing.allowance
    return Seen(
        name,
        failures=list(_failures(mapping, found, name)),
        read_at=_read_at(mapping, found, name),
        anomalies=kinds.total(),
        used=allowance.used / allowance.limit if allowance and allowance.limit else 0.0,
        refused="the CRM refuses our credentials" if kinds[AUTH] else "",
        changed=kinds[DRIFT],
        owed_since=found.owed_since.get(name) if standing.armed else None,
    )


def _read_at(mapping: MappingFile, found: Status, connection: str) -> dict[str, datetime]:
    pulls = {f"pull {object}": object for object in mapping.objects(connection)}
    mine = [row for row in found.steps if row["connection"] == connection and row["name"] in pulls]
    return {pulls[row["name"]]: row["succeeded_at"] for row in mine if row["succeeded_at"]}


def _failures(mapping: MappingFile, found: Status, connection: str) -> Iterator[Failure]:
    """The steps that failed when they last ran, and would run again: not the push of what is not owed any more."""
    current = {RUN, *_due(mapping, found, connection)}
    for row in found.steps:
        if row["connection"] == connection and row["failures"] and row["name"] in current:
            yield Failure(row["name"], row["failures"], row["error"] or "")


def _due(mapping: MappingFile, found: Status, connection: str) -> Iterator[str]:
    for object in mapping.objects(connection):
        yield f"pull {object}"
        yield f"reconcile {object}"
        if any(found.deliveries.get((connection, object, state)) for state in UNSENT_STATES):
            yield f"push {object}"
    for entity in {m.entity for m in mapping.of(connection)}:
        if entity == "lead" or found.staged.get((connection, entity)) or found.changed.get((connection, entity)):
            yield f"settle {entity}"


def _keep(conn: Connection, changes: Sequence[Change], now: datetime) -> None:
    for change in changes:
        if change.move in (Move.BEGINS, Move.RETURNS):
            store.keep(conn, change.which, Known(change.since, change.why))
        elif change.move is Move.CALMS:
            store.keep(conn, change.which, Known(change.since, change.why, now))
    store.drop(conn, [change.which for change in changes if change.move is Move.ENDS])


def _notice(change: Change) -> tuple[str, str, dict[str, object]]:
    """Its key holds the moment at which the alert began, so that the next time is told of again."""
    trouble, subject = change.which
    values = {"trouble": MEANINGS[trouble].title, "connection": subject, "why": change.why, "since": change.since}
    values["remedy"] = remedy(change.which)
    return _TOLD[change.move], f"{trouble}:{subject}:{change.since.isoformat()}", values


def _log(change: Change) -> None:
    trouble, subject = change.which
    about = {"alert": trouble.value, "connection": subject or None, "why": change.why}
    if change.move is Move.BEGINS:
        LOG.warning("alert %s begins: %s: %s", trouble.value, subject or "the whole", change.why, extra=about)
    elif change.move is Move.ENDS:
        LOG.info("alert %s is over: %s", trouble.value, subject or "the whole", extra=about)


def as_json(which: Which, known: Known) -> dict[str, object]:
    """An alert that is on, as it is printed."""
    trouble, subject = which
    return {
        "alert": trouble.value,
        "connection": subject or None,
        "since": known.since,
        "why": known.why,
        "calm_since": known.calm_since,
        "remedy": remedy(which),
    }


def on(project: Project) -> dict[Which, Known]:
    """The alerts that are on."""
    with read(project.engine) as conn:
        return store.on(conn)
