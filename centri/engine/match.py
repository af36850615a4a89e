"""Match leads to the accounts and partners they belong to: the end customer, or a partner or competitor in disguise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from centri.dedupe.blocking import BLOCK_COLUMNS, Key, blocking_keys
from centri.dedupe.matcher import Match, MatchRules, match
from centri.dedupe.verdicts import Verdict
from centri.engine.project import Project
from centri.records import Record, Ref
from centri.store import audit, prm
from centri.store.database import read, write
from centri.store.prm_tables import lead

_ACTOR = "match"
_DONE = ("converted", "merged", "disqualified", "expired")
_MOST_CANDIDATES = 5000


def match_leads(project: Project, run_id: str = "") -> int:
    """Match every living lead that has not been matched since it last changed; new leads become ready. Answers how many.

    The audit names the rule, within the run that it worked in.
    """
    rules = project.mapping.matching.get("lead_account")
    total, last = 0, ""
    while True:
        with read(project.engine) as conn:
            stored = _unmatched(conn, last, project.settings.chunk_size)
            if not stored:
                return total
            last = max(stored)
            rows = prm.as_rows(conn, "lead", stored)
            found = answers(conn, list(rows.records.values()), rules) if rules else {}
        with write(project.engine) as conn:
            now = project.now()
            changes = [prm.Change(i, _values(stored[i], found.get(i)) | {"matched_at": now}, stored[i]) for i in stored]
            written = prm.write(conn, "lead", changes, actor=_ACTOR, now=now)
            entries = (entry for c in changes if c.id in written for entry in audit.of_change("lead", c))
            audit.record(conn, audit.Cause(_ACTOR, "rule", run_id, "engine", project.mapping.sha), entries, now=now)
            total += len(written)


def _unmatched(conn: Connection, after: str, most: int) -> dict[str, Mapping[str, Any]]:
    t = lead.c
    query = (
        select(lead)
        .where(t.matched_at.is_(None), t.match_locked.is_(False), t.deleted_at.is_(None), t.state.not_in(_DONE), t.id > after)
        .order_by(t.id)
        .limit(most)
    )
    return {row["id"]: dict(row) for row in conn.execute(query).mappings()}


def answers(conn: Connection, leads: Sequence[Record], rules: MatchRules) -> dict[str, tuple[Match, Record | None]]:
    """Whom each lead's company is thought to be, by lead id, with the record of the best candidate."""
    keys = {r.ref.id: blocking_keys(_subject(r).values, rules.block) for r in leads}
    by_key = _by_key(_candidates(conn, keys, rules), rules)
    found = {}
    for record in leads:
        near = {c.ref: c for key in keys[record.ref.id] for c in by_key.get(key, ())}
        answer = match(_subject(record), near.values(), rules)
        found[record.ref.id] = (answer, near.get(answer.candidate) if answer.candidate else None)
    return found


def _subject(record: Record) -> Record:
    """A lead as the comparisons read a company: its company is the name."""
    return Record(record.ref, {**record.values, "name": record.values.get("company")})


def _candidates(conn: Connection, keys: Mapping[str, set[Key]], rules: MatchRules) -> list[Record]:
    found: list[Record] = []
    for entity in ("account", "partner_account"):
        for word in rules.block:
            if column := BLOCK_COLUMNS[entity].get(word):
                texts = {text for mine in keys.values() for w, text in mine if w == word}
                rows = prm.candidates(conn, entity, column, texts, most=_MOST_CANDIDATES)
                found.extend(Record(Ref("prm", entity, row["id"]), row) for row in rows)
    return found


def _by_key(candidates: Sequence[Record], rules: MatchRules) -> dict[Key, list[Record]]:
    index: dict[Key, list[Record]] = {}
    for candidate in candidates:
        for key in blocking_keys(candidate.values, rules.block):
            index.setdefault(key, []).append(candidate)
    return index


def _values(stored: Mapping[str, Any], answer: tuple[Match, Record | None] | None) -> dict[str, Any]:
    values: dict[str, Any] = {"matched_account_id": None, "match_class": "none", "match_confidence": None}
    if stored["state"] == "new":
        values["state"] = "ready"
    verdict, account = answer or (None, None)
    if verdict is None or account is None:
        return values
    if verdict.verdict is Verdict.REVIEW:
        return values | {"match_class": "review", "match_confidence": verdict.score}
    if verdict.verdict is Verdict.MATCH:
        is_account = account.ref.object == "account"
        values |= {"match_class": _class_of(account), "match_confidence": verdict.score}
        values["matched_account_id"] = account.ref.id if is_account else None
    return values


def _class_of(account: Record) -> str:
    if account.ref.object == "partner_account":
        return "partner"
    found = account.values.get("account_class") or "prospect"
    return found if found in ("customer", "prospect", "partner", "competitor") else "prospect"
