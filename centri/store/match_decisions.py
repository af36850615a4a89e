"""What people answered about leads: it is kept, and it is what a model is trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from centri.store.match_tables import match_decision, match_override
from centri.store.prm_tables import lead

FIELDS = ("company", "email", "website", "country_code", "city")
"""What is kept of a lead as it was when somebody decided: all that its company is found by."""

_PAGE = 1_000


def keep(conn: Connection, stored: Mapping[str, Any], company: str | None, *, right: bool, actor: str, now: datetime) -> None:
    """Somebody said that a lead is (``right``), or is not, a company (``entity/id``); None is no company of the store."""
    told = {"lead_id": stored["id"], "company": company, "right": right, "actor": actor, "at": now}
    conn.execute(insert(match_decision).values(told | {"lead": {name: stored[name] for name in FIELDS}}))


def labelled(conn: Connection) -> Iterator[tuple[dict[str, Any], str | None, bool]]:
    """(lead values, account id, right): what people decided, the last word on each pair; then their overrides of single leads.

    A lead that is none of the companies has account id None, and ``right``.
    """
    yield from _decisions(conn)
    yield from _overrides(conn)


def _decisions(conn: Connection) -> Iterator[tuple[dict[str, Any], str | None, bool]]:
    t = match_decision.c
    last = select(func.max(t.id).label("id")).group_by(t.lead_id, t.company).subquery()
    query = select(match_decision).join(last, last.c.id == t.id).order_by(t.id)
    after = 0
    while rows := conn.execute(query.where(t.id > after).limit(_PAGE)).mappings().all():
        for row in rows:
            yield {**row["lead"], "id": row["lead_id"]}, row["company"], row["right"]
        after = rows[-1]["id"]


def _overrides(conn: Connection) -> Iterator[tuple[dict[str, Any], str | None, bool]]:
    t = match_override.c
    columns = (*(lead.c[name] for name in ("id", *FIELDS)), t.company.label("said"), t.verdict)
    query = select(*columns).join(match_override, (t.kind == "lead") & (t.key == lead.c.id)).order_by(t.id)
    for row in conn.execute(query).mappings():
        yield {name: row[name] for name in ("id", *FIELDS)}, row["said"], row["verdict"] == "always"
