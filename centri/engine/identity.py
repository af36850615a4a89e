"""Who an unlinked CRM record is in the PRM: by our own id in the CRM, by a create that was answered too late, by matching."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from centri.anomalies import Untranslatable
from centri.dedupe.blocking import BLOCK_COLUMNS, Key, blocking_keys
from centri.dedupe.matcher import Match, MatchRules, match
from centri.dedupe.verdicts import Verdict
from centri.engine.items import Item
from centri.engine.parcels import with_parents
from centri.mappings.schema import EntityMapping
from centri.records import IMPORT, MISSING, Record, Ref, key_of
from centri.store import deliveries, links, prm
from centri.store.deliveries import Queued
from centri.sync.delivery import holds
from centri.sync.link import Link, Role
from centri.sync.memory import born, received
from centri.sync.references import References

MOST_CANDIDATES = 5000
"""How many PRM rows are compared for one chunk at most; a domain that thousands share is cut there."""


@dataclass(slots=True)
class Found:
    """Items with their counterparts, and the PRM rows and links read on the way."""

    items: list[Item]
    stored: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    links: dict[str, list[Link]] = field(default_factory=dict)


def identify(conn: Connection, items: Sequence[Item], refs: References, rules: MatchRules | None, ids_of: str = "") -> Found:
    """Give each unlinked item the PRM row it stands for, if there is one that may be taken.

    ``ids_of`` is the connection whose ids the items hold, where it is another than their own: rows of a file that it exported.
    """
    if not items:
        return Found([])
    entity = items[0].mapping.entity
    files = items[0].mapping.connection == IMPORT
    known = _known_ids(conn, items) | _linked_there(conn, items, ids_of)
    made = _made(conn, items, known)
    known |= {crm_id: create.prm_id for crm_id, create in made.items()}
    subjects = {i.crm.ref.id: _subject(i, refs) for i in items if i.crm and i.crm.ref.id not in known} if rules else {}
    stored = _candidates(conn, entity, subjects.values(), rules) if rules else {}
    stored |= prm.read(conn, entity, set(known.values()) - set(stored)).stored
    linked = links.of_prm(conn, entity, stored, files=files)
    chooser = _Chooser(items[0].mapping, prm.as_rows(conn, entity, stored).records, linked, rules)
    settled = [chooser.settled(i, known, subjects) for i in items]
    return Found([_answering(i, made) for i in settled], stored, linked)


def weigh(conn: Connection, item: Item, refs: References, rules: MatchRules) -> Match:
    """What matching alone says of a CRM record: without our ids in it, and whoever is linked to whom."""
    subject = _subject(item, refs)
    stored = _candidates(conn, item.mapping.entity, [subject], rules)
    rows = prm.as_rows(conn, item.mapping.entity, stored).records
    return match(subject, _Chooser(item.mapping, rows, {}, rules).near(subject), rules)


def _known_ids(conn: Connection, items: Sequence[Item]) -> dict[str, str]:
    """CRM id -> PRM id, where the CRM record carries our id or was made by a delivery whose answer was lost."""
    key = items[0].mapping.key
    ids = [item.crm.ref.id for item in items if item.crm]
    known = {d.id: d.prm_id for d in deliveries.load(conn, ids)}
    for item in items:
        if key and item.crm and (ours := item.crm.values.get(key.crm)):
            known[item.crm.ref.id] = ours
    return known


def _linked_there(conn: Connection, items: Sequence[Item], connection: str) -> dict[str, str]:
    """Id -> PRM id of rows of a file that a CRM exported, whose records of the CRM are linked."""
    mapping = items[0].mapping
    if mapping.connection != IMPORT or connection in ("", IMPORT):
        return {}
    theirs = {i.crm.ref.id: key_of(i.crm.ref) for i in items if i.crm}
    found = links.prm_ids(conn, connection, {mapping.entity: set(theirs.values())})
    return {ours: found[mapping.entity, crm_id] for ours, crm_id in theirs.items() if (mapping.entity, crm_id) in found}


def _made(conn: Connection, items: Sequence[Item], known: Mapping[str, str]) -> dict[str, Queued]:
    """CRM id -> the unanswered create that made the record, each create once.

    A record that carries our id was made by a create of that row; in an object without a key it holds just what one sent.
    """
    mapping = items[0].mapping
    creates = with_parents(conn, deliveries.tried(conn, mapping.connection, mapping.entity, mapping.object))
    made: dict[str, Queued] = {}
    for crm in (item.crm for item in items if item.crm):
        ours, used = crm.ref.id in known, {create.id for create in made.values()}
        mine = [d for d in creates if d.id not in used and known.get(crm.ref.id, d.prm_id) == d.prm_id]
        alike = next((d for d in mine if holds(crm.values, d.values)), mine[0] if mine and ours else None)
        if alike and (ours or not mapping.key):
            made[crm.ref.id] = alike
    return made


def _answering(item: Item, made: Mapping[str, Queued]) -> Item:
    """The item with the answer that its create never got: the link that would have been made then."""
    create = made.get(item.crm.ref.id) if item.crm else None
    if create is None or item.crm is None or item.prm is None or item.prm.ref.id != create.prm_id:
        return item
    link = born(item.crm.ref, item.prm.ref, create.role, (*item.mapping.rules, *item.mapping.left_out))
    return replace(item, answers=create.id, link=received(link, create.values, create.sent), role=create.role)


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


class _Chooser:
    """Gives PRM rows to CRM records of one chunk, each row at most once and only where nothing of that object is linked to it."""

    def __init__(
        self, mapping: EntityMapping, rows: Mapping[str, Record], linked: Mapping[str, Sequence[Link]], rules: MatchRules | None
    ) -> None:
        self.rows, self.rules = rows, rules
        here = (mapping.connection, mapping.object)
        self.taken = {i for i, some in linked.items() if any((k.crm.system, k.crm.object) == here for k in some)}
        self.by_key: dict[Key, list[Record]] = defaultdict(list)
        for row in rows.values() if rules else ():
            for key in blocking_keys(row.values, rules.block if rules else ()):
                self.by_key[key].append(row)

    def settled(self, item: Item, known: Mapping[str, str], subjects: Mapping[str, Record]) -> Item:
        assert item.crm is not None
        prm_id = known.get(item.crm.ref.id, "")
        if prm_id in self.rows and prm_id not in self.taken:
            return self._take(item, prm_id, "it carries our id")
        subject = subjects.get(item.crm.ref.id)
        return self._matched(item, subject, self.rules) if subject and self.rules else item

    def _matched(self, item: Item, subject: Record, rules: MatchRules) -> Item:
        near = self.near(subject)
        if not near:
            return self._new(item, subject, rules)
        answer = match(subject, near, rules)
        if answer.candidate is None or answer.verdict is Verdict.NONE:
            return self._new(item, subject, rules)
        if answer.candidate.id in self.taken:
            exact = answer.verdict is Verdict.MATCH
            return replace(item, duplicate_of=answer.candidate.id, because=answer.because) if exact else item
        if answer.verdict is Verdict.REVIEW:
            return replace(item, review=answer.candidate.id, because=answer.because)
        return self._take(item, answer.candidate.id, f"matched: {answer.because}")

    def _new(self, item: Item, subject: Record, rules: MatchRules) -> Item:
        """Nobody is like it. Files have people twice more often than not, so a row is also held against those before it."""
        if item.mapping.connection == IMPORT:
            self.taken.add(subject.ref.id)
            for key in blocking_keys(subject.values, rules.block):
                self.by_key[key].append(subject)
        return item

    def near(self, subject: Record) -> list[Record]:
        """The rows that share a blocking key with a record."""
        keys = blocking_keys(subject.values, self.rules.block) if self.rules else ()
        return list({row.ref: row for key in keys for row in self.by_key.get(key, ())}.values())

    def _take(self, item: Item, prm_id: str, because: str) -> Item:
        self.taken.add(prm_id)
        role = item.role if item.role is Role.SECONDARY else Role.MIRROR
        return replace(item, prm=self.rows[prm_id], role=role, because=because)
