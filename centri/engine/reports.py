"""Run a report: for the vendor, or for a partner's person, who is told of nothing but its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text

from centri.engine.acts import person
from centri.engine.project import Project
from centri.engine.report_catalog import REPORTS
from centri.engine.report_kinds import Report
from centri.engine.report_values import Column, Row, read
from centri.errors import ConfigError, Rejected
from centri.mappings.words import near
from centri.store import views
from centri.store.database import read_as_of_now
from centri.store.prm_tables import partner_account
from centri.store.tables import UtcDateTime
from centri.store.views.narrowing import Reach, Sight, sources

OVERSEERS = ("cpa", "viewer")
"""The partner's people for whom counts what the partner was granted; others see what they were granted by name."""


@dataclass(frozen=True)
class Answer:
    """What a report told: its rows by column, at which moment, of which time, and for which partner (blank: the vendor)."""

    report: Report
    rows: Sequence[Row]
    as_of: datetime
    since: datetime | None = None
    until: datetime | None = None
    partner: str = ""


def run(
    project: Project,
    name: str,
    *,
    actor: str | None = None,
    partner: str | None = None,
    as_of: datetime | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Answer:
    """The rows of a report, ages told as of ``as_of`` (else now), of what happened from ``since`` on and before ``until``.

    ``actor`` is the e-mail address of who looks, or ``partner`` the id of a partner, for which its administrator would look;
    with neither everything is told. Raises ConfigError for a report that there is not, a time that it does not take, and a store
    whose views are another version's; Rejected for who may not see it.
    """
    report = named(name)
    _timed(report, since, until)
    with read_as_of_now(project.engine) as conn:
        if stale := views.stale(conn):
            raise ConfigError(f"{len(stale)} views of the store ({stale[0]}, ...) are missing or old: run `centri migrate`")
        sight = _sight(conn, actor, partner)
        _allowed(report, sight)
        moment = as_of or project.now()
        found = _fetched(conn, report, sight, since, until)
        rows = report.shape(found, moment) if report.shape else found
        whose = _name(conn, sight.partner_id) if sight else ""
    kept = [{c.name: row[c.name] for c in report.columns} for row in _sorted(rows, report.order)]
    return Answer(report, kept, moment, since, until, whose)


def named(name: str) -> Report:
    """Raises ConfigError where no report has this name."""
    if name not in REPORTS:
        raise ConfigError(f"no report is called {name!r}{near(name, REPORTS)}; `centri report` lists them")
    return REPORTS[name]


def _timed(report: Report, since: datetime | None, until: datetime | None) -> None:
    if (since or until) and not report.dated:
        raise ConfigError(f"the report {report.name} takes no --since and --until: its rows have no moment of their own")
    if since and until and since >= until:
        raise ConfigError(f"--since must lie before --until; {since:%Y-%m-%d %H:%M} does not lie before {until:%Y-%m-%d %H:%M}")


def _sight(conn: Connection, actor: str | None, partner: str | None) -> Sight | None:
    """What limits who looks; None for the vendor, who sees all. Raises Rejected where nobody active has the address."""
    if actor:
        user, _ = person(conn, actor)
        return Sight(user["partner_account_id"], user["id"], user["role"] in OVERSEERS) if user else None
    return Sight(partner) if partner else None


def _allowed(report: Report, sight: Sight | None) -> None:
    if sight is None:
        return
    if report.reach is Reach.NOTHING:
        raise Rejected("permission", f"the report {report.name} is the vendor's; `centri report --as EMAIL` lists a partner's")
    if report.reach is Reach.OWN and not sight.oversees:
        why = "tells of a partner as a whole; ask its administrator (cpa), or see partner_leads and partner_opportunities"
        raise Rejected("permission", f"the report {report.name} {why}")


def allowed(project: Project, actor: str | None = None) -> list[Report]:
    """The reports that somebody may see, all where nobody is named. Raises Rejected where nobody active has the address."""
    with read_as_of_now(project.engine) as conn:
        sight = _sight(conn, actor, None)
    refused = set() if sight is None else {Reach.NOTHING} | (set() if sight.oversees else {Reach.OWN})
    return [report for report in REPORTS.values() if report.reach not in refused]


def _fetched(
    conn: Connection, report: Report, sight: Sight | None, since: datetime | None, until: datetime | None
) -> list[dict[str, Any]]:
    columns = report.fetched or report.columns
    statement = text(_statement(conn.dialect.name, report, columns, sight, since=bool(since), until=bool(until)))
    given: Mapping[str, Any] = {
        "partner": sight.partner_id if sight else None,
        "person": sight.user_id if sight else None,
        "since": since,
        "until": until,
    }
    used = {name: given[name] for name in statement.compile().params}
    typed = [bindparam(name, type_=UtcDateTime()) for name in used if name in ("since", "until")]
    rows = conn.execute(statement.bindparams(*typed), used)
    return [{c.name: read(c, value, conn.dialect) for c, value in zip(columns, row, strict=True)} for row in rows]


def _statement(dialect: str, report: Report, columns: Sequence[Column], sight: Sight | None, *, since: bool, until: bool) -> str:
    """What is asked: the view itself, or where less is to be told the same over narrower sources."""
    view = views.BY_NAME[report.view]
    narrow = sight or since or until
    asked = sources(sight, report.reach, report.dated, since=since, until=until)
    rows = f"({view.select(dialect, asked)})" if narrow else view.name
    names = [c.name for c in columns if c.name != report.counted]
    counted = [f"count(*) AS {report.counted}"] if report.counted else []
    query = f"SELECT {', '.join([*names, *counted])} FROM {rows} r"  # noqa: S608 - our own names
    if report.top:
        query += f" WHERE place <= {report.top}"
    return f"{query} GROUP BY {', '.join(names)}" if report.counted else query


def _sorted(rows: Sequence[Row], order: Sequence[str]) -> list[Row]:
    """In the same order on every database; what is blank comes last."""
    found = list(rows)
    for name in reversed(order):
        column = name.removeprefix("-")
        blank = [row for row in found if row[column] is None]
        told = sorted((row for row in found if row[column] is not None), key=lambda row: row[column], reverse=name != column)
        found = [*told, *blank]
    return found


def _name(conn: Connection, partner_id: str) -> str:
    """Raises Rejected where there is no such partner."""
    found: str | None = conn.execute(select(partner_account.c.name).where(partner_account.c.id == partner_id)).scalar()
    if found is None:
        raise Rejected("validation", f"there is no partner {partner_id}")
    return found
