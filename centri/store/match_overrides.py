"""What people said once and for all: this lead, address, domain or name is always, or never, that company."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, or_, select

from centri.dedupe.companies.company import Company
from centri.dedupe.companies.rules import Overrides, keys
from centri.store.match_tables import match_override
from centri.store.upsert import upsert

Word = Literal["always", "never"]


@dataclass(frozen=True, slots=True)
class Override:
    """``key`` is the lead's id, an address in small letters, a registered domain, or a cleaned name without blanks."""

    kind: str
    key: str
    company: str
    verdict: Word
    actor: str = ""
    note: str = ""


def keep(conn: Connection, said: Override, *, now: datetime) -> None:
    """Add it. Another ``always`` of the same key goes; what was said of the same pair before is replaced."""
    t = match_override.c
    if said.verdict == "always":
        conn.execute(delete(match_override).where(t.kind == said.kind, t.key == said.key, t.verdict == "always"))
    row = {name: getattr(said, name) for name in ("kind", "key", "company", "verdict", "actor", "note")}
    upsert(conn, match_override, [row | {"at": now}], ("kind", "key", "company"))


def remove(conn: Connection, id: int) -> Mapping[str, Any] | None:
    """Take one back; answers what it was, None where there is none of this number."""
    t = match_override.c
    found = conn.execute(select(match_override).where(t.id == id)).mappings().first()
    conn.execute(delete(match_override).where(t.id == id))
    return dict(found) if found else None


def every(conn: Connection) -> list[dict[str, Any]]:
    """All of them, in the order in which they were said."""
    return [dict(row) for row in conn.execute(select(match_override).order_by(match_override.c.id)).mappings()]


def about(conn: Connection, leads: Sequence[Company], emails: Mapping[str, str | None]) -> Overrides:
    """What people said of some leads; ``emails`` are their addresses by id. An address is as particular as the lead itself."""
    wanted = _keys(leads, emails)
    always: dict[tuple[str, str], str] = {}
    never: set[tuple[tuple[str, str], str]] = set()
    by_email: dict[str, list[str]] = {}
    for id, email in emails.items():
        if email:
            by_email.setdefault(email, []).append(id)
    found = sorted(_rows(conn, wanted), key=lambda row: row.kind != "email")  # so that a lead's own goes before its address's
    for row in found:
        named = [("lead", id) for id in by_email.get(row.key, ())] if row.kind == "email" else [(row.kind, row.key)]
        for key in named:
            if row.verdict == "always":
                always[key] = row.company
            else:
                never.add((key, row.company))
    return Overrides(always, frozenset(never))


def _keys(leads: Sequence[Company], emails: Mapping[str, str | None]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {"email": {email for email in emails.values() if email}}
    for lead in leads:
        for kind, key in keys(lead):
            wanted.setdefault(kind, set()).add(key)
    return wanted


def _rows(conn: Connection, wanted: Mapping[str, Collection[str]]) -> Sequence[Any]:
    t = match_override.c
    some = [(t.kind == kind) & t.key.in_(sorted(texts)) for kind, texts in wanted.items() if texts]
    return conn.execute(select(match_override).where(or_(*some)).order_by(t.id)).all() if some else []
