"""Who an unlinked CRM record is in the PRM: by our own id in the CRM, by a create that was answered too late, by matching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from centri.anomalies import Untranslatable
from centri.dedupe.blocking import BLOCK_COLUMNS, blocking_keys
from centri.dedupe.matcher import MatchRules, match
from centri.dedupe.verdicts import Verdict
from centri.engine.items import Item
from centri.records import MISSING, Record, Ref
from centri.store import deliveries, links, prm
from centri.sync.link import Link, Role
from centri.sync.references import References

MOST_CANDIDATES = 5000
"""How many PRM rows are compared for one chunk at most; a domain that thousands share is cut there."""


@dataclass(slots=True)
class Found:
    """Items with their counterparts, and the PRM rows and links read on the way."""

    items: list[Item]
    stored: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    links: dict[str, list[Link]] = field(default_factory=dict)


def identify(conn: Connection, items: Sequence[Item], refs: References, rules: MatchRules | None) -> Found:
    """Give each unlinked item the PRM row it stands for, if there is one that may be taken."""
    if not items:
        return Found([])
    mapping = items[0].mapping
    known = _known_ids(conn, items)
    subjects = {i.crm.ref.id: _subject(i, refs) for i in items if i.crm and i.crm.ref.id not in known} if rules else {}
    stored = _candidates(conn, mapping.entity, subjects.values(), rules) if rules else {}
    stored |= prm.read(conn, mapping.entity, set(known.values()) - set(stored)).stored
    rows = prm.as_rows(conn, mapping.entity, stored).records
    found = Found([], stored, links.of_prm(conn, mapping.entity, stored))
    taken: set[str] = set()
    for item in items:
        found.items.append(_settled(item, known, subjects, rows, found.links, taken, rules))
    return found


def _known_ids(conn: Connection, items: Sequence[Item]) -> dict[str, str]:
    """CRM id -> PRM id, where the CRM record carries our id or was made by a delivery whose answer was lost."""
    key = items[0].mapping.key
    ids = [item.crm.ref.id for item in items if item.crm]
    known = {d.id: d.prm_id for d in deliveries.load(conn, ids)}
    for item in items:
        if key and item.crm and (ours := item.crm.values.get(key.crm)):
            known[item.crm.ref.id] = ours
    return known


def _subject(item: Item, refs: References) -> Record:
    """The CRM record as the PRM would hold it; what cannot be translated is left out of the comparison."""
    assert item.crm is not None
    values = {}
    for rule in item.mapping.rules:
        try:
            value = rule.inward(item.crm.values, refs)
        except Untranslatable:
            continue
        if value is not MISSING:
            values[rule.prm] = value
    return Record(Ref(item.crm.ref.system, item.mapping.entity, item.crm.ref.id), values)


def _candidates(conn: Connection, entity: str, subjects: Any, rules: MatchRules) -> dict[str, Mapping[str, Any]]:
    wanted: dict[str, set[str]] = {}
    for subject in subjects:
        for word, key in blocking_keys(subject.values, rules.block):
            if column := BLOCK_COLUMNS[entity].get(word):
                wanted.setdefault(column, set()).add(key)
    rows = (row for c, keys in wanted.items() for row in prm.candidates(conn, entity, c, keys, most=MOST_CANDIDATES))
    return {row["id"]: row for row in rows}


def _settled(
    item: Item, known: Mapping[str, str], subjects: Mapping[str, Record], rows: Mapping[str, Record],
    linked: Mapping[str, Sequence[Link]], taken: set[str], rules: MatchRules | None,
) -> Item:  # fmt: skip
    assert item.crm is not None
    here = (item.mapping.connection, item.mapping.object)

    def free(prm_id: str) -> bool:
        return prm_id not in taken and not any((k.crm.system, k.crm.object) == here for k in linked.get(prm_id, ()))

    prm_id = known.get(item.crm.ref.id)
    if prm_id in rows and prm_id is not None and free(prm_id):
        taken.add(prm_id)
        return replace(item, prm=rows[prm_id], role=Role.MIRROR, because="it carries our id")
    if rules is None or item.crm.ref.id not in subjects:
        return item
    return _matched(item, subjects[item.crm.ref.id], rows, free, taken, rules)


def _matched(item: Item, subject: Record, rows: Mapping[str, Record], free: Any, taken: set[str], rules: MatchRules) -> Item:
    keys = blocking_keys(subject.values, rules.block)
    near = [row for row in rows.values() if keys & blocking_keys(row.values, rules.block)]
    answer = match(subject, near, rules)
    if answer.candidate is None or answer.verdict is Verdict.NONE:
        return item
    if not free(answer.candidate.id):
        exact = answer.verdict is Verdict.MATCH
        return replace(item, duplicate_of=answer.candidate.id, because=answer.because) if exact else item
    if answer.verdict is Verdict.REVIEW:
        return replace(item, review=answer.candidate.id, because=answer.because)
    taken.add(answer.candidate.id)
    return replace(item, prm=rows[answer.candidate.id], role=Role.MIRROR, because=f"matched: {answer.because}")
