"""What the demo's claims are checked against: the CRMs' rows and calls by HTTP, the PRM's rows by SQL, no word of the engine."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import requests
from sqlalchemy import Engine, Table, select

from centri.cli.demo_acts import Acts
from centri.cli.demo_crms import Crm, Row, Rows
from centri.store import journal_tables, prm_tables
from centri.store.database import read

_LOG_IN = re.compile(r"/oauth2/|/services/Soap/")
_READ_BY_POST = re.compile(r"/filter$")
_OBJECT = re.compile(r" FROM (\w+)|/sobjects/(\w+)|/rest/v[\d_]+/(?!metadata)(\w+)|module_filter=(\w+)")
_WAIT = 30

_BUSINESS = [t for t in vars(prm_tables).values() if isinstance(t, Table) and "revision" in t.c]


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything at one moment: by connection each CRM's rows, by table the PRM's rows by id."""

    crms: Mapping[str, Rows]
    prm: Mapping[str, Mapping[str, Row]]

    def links(self, connection: str, entity: str) -> list[Row]:
        """The links that are in force."""
        rows = self.prm[journal_tables.sync_link.name].values()
        return [r for r in rows if (r["connection"], r["entity"], r["state"]) == (connection, entity, "active")]


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls that one CRM got: those that wrote, and how many read each object."""

    writes: Sequence[str]
    reads: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Facts:
    """``pushed`` is the moment between the partners' work and the vendor's answer; ``calls`` those of the third round."""

    acts: Acts
    start: Moment
    pushed: Moment
    before: Moment
    end: Moment
    calls: Mapping[str, Calls]
    from_partner: Mapping[str, str]


def observe(crms: Sequence[Crm], engine: Engine) -> Moment:
    tables = [*_BUSINESS, journal_tables.sync_link, journal_tables.sync_anomaly]
    with read(engine) as conn:
        prm = {t.name: {row["id"]: dict(row) for row in conn.execute(select(t)).mappings()} for t in tables}
    return Moment({crm.connection: crm.rows() for crm in crms}, prm)


def forget_calls(crms: Sequence[Crm]) -> None:
    for crm in crms:
        requests.delete(f"{crm.url}/__sandbox__/log", timeout=_WAIT).raise_for_status()


def heard(crm: Crm) -> Calls:
    """The calls since they were last forgotten."""
    answer = requests.get(f"{crm.url}/__sandbox__/log", timeout=_WAIT)
    answer.raise_for_status()
    return sorted_out(answer.json()["entries"])


def sorted_out(entries: Iterable[Mapping[str, str]]) -> Calls:
    """Log-ins aside, what writes and what reads; a call that names no object reads "other"."""
    writes: list[str] = []
    reads: dict[str, int] = {}
    for entry in entries:
        method, path = entry["method"], entry["path"]
        if _LOG_IN.search(path):
            continue
        if method != "GET" and not _READ_BY_POST.search(path):
            writes.append(f"{method} {path}")
            continue
        named = _OBJECT.search(path)
        object = next(filter(None, named.groups()), "other") if named else "other"
        reads[object] = reads.get(object, 0) + 1
    return Calls(writes, reads)
