"""What becomes of a group of duplicates: who survives, what it takes of the others; or why a person must decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from centri.dedupe.blocking import norms
from centri.engine import consequences
from centri.engine.likeness import Group, Standing, Taken, become_one
from centri.engine.project import Project
from centri.partners.lifecycle import LEAD, LIVE
from centri.records import Record, Ref, same
from centri.store import children, duplicates, prm
from centri.store.tables import common
from centri.store.usage import blank

Row = Mapping[str, Any]

ACCEPT = 0.85
"""Groups whose least certain member is less likely to belong are for a person to decide on."""

MOST_MEMBERS = 10
"""Larger groups are for a person to decide on."""

_LIFE = frozenset(
    {
        "state", "state_reason", "state_changed_at", "received_at", "first_assigned_at", "first_response_at", "last_activity_at",
        "expires_at", "matched_account_id", "match_class", "match_confidence", "match_locked", "matched_at", "converted_at",
        "converted_contact_id", "converted_account_id", "converted_opportunity_id", "master_lead_id", "duplicate_of_contact_id",
        "merged_into_id", "source_kind", "sourced_by_partner_id", "crm_created_at", "completeness", "priority",
    }
)  # fmt: skip
"""The columns that tell a row's own story: they are nobody else's to take."""

_HELD = ("accepted", "retained")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of one group. ``review`` says why nothing is, until somebody decides.

    ``changed`` are the survivor's fields that become something else: the value before, and what it becomes, whose it is, and
    why. ``moves`` counts what hangs on the losers, by table. ``contact`` is the contact that a lead turns out to be.
    ``siblings`` are other leads of the same organisation.
    """

    entity: str
    group: Group
    survivor: Ref
    losers: tuple[Ref, ...]
    because: str
    fields: Mapping[str, Taken]
    changed: Mapping[str, tuple[Any, Taken]]
    rows: Mapping[str, Row]
    contact: Ref | None = None
    moves: Mapping[str, int] = field(default_factory=dict)
    siblings: Sequence[Row] = ()
    review: str = ""

    @property
    def merges(self) -> int:
        """How many records go into another."""
        return 0 if self.review else len(self.losers)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of all members of some groups, by id."""

    records: Mapping[str, Record]
    stored: Mapping[str, Row]
    hanging: Mapping[str, Row]
    live: Mapping[str, Row]
    born: Mapping[str, str]
    certain: Collection[Ref]


def plan(
    project: Project, conn: Connection, entity: str, groups: Iterable[Group], *, certain: Collection[Ref] = (), shown: bool = True
) -> list[Plan]:
    """A plan for each group in which something is to be done. ``certain`` are records that people said are duplicates.

    Not ``shown``, what only people read is left out: numbers of what moves, siblings.
    """
    wanted = [group for group in groups if any(ref.object == entity for ref in group.members)]
    facts = _facts(conn, entity, wanted, certain)
    made = [one for group in wanted if (one := _plan(project, entity, group, facts))]
    return _shown(conn, entity, made) if shown else made


def _facts(conn: Connection, entity: str, groups: Sequence[Group], certain: Collection[Ref]) -> _Facts:
    ids = sorted({ref.id for group in groups for ref in group.members if ref.object == entity})
    rows = prm.read(conn, entity, ids)
    live = duplicates.live_assignments(conn, ids, LIVE) if entity == "lead" else {}
    hanging, born = duplicates.hanging(conn, entity, ids), duplicates.being_born(conn, entity, ids)
    return _Facts(rows.records, rows.stored, hanging, live, born, frozenset(certain))


def _plan(project: Project, entity: str, group: Group, facts: _Facts) -> Plan | None:
    mine = [facts.records[r.id] for r in group.members if r.object == entity and _alive(facts.records.get(r.id))]
    contact = _contact(entity, group)
    if not mine or (len(mine) == 1 and (contact is None or mine[0].values["duplicate_of_contact_id"])):
        return None
    inside = frozenset(record.ref.id for record in mine)
    said = [replace(record, values=_said(entity, record.values, inside)) for record in mine]
    standings = {record.ref: _standing(facts.stored[record.ref.id], facts.hanging[record.ref.id]) for record in mine}
    merged = become_one(project, entity, said, standings, first=_first(entity, mine, facts))
    before = facts.records[merged.survivor.id].values
    changed = {n: (before.get(n), t) for n, t in merged.fields.items() if t.of and not same(t.value, before.get(n))}
    rows = {record.ref.id: facts.stored[record.ref.id] for record in mine}
    made = Plan(entity, group, merged.survivor, merged.merged, merged.because, merged.fields, changed, rows, contact)
    return replace(made, review=_review(made, facts))


def _alive(record: Record | None) -> bool:
    return record is not None and not record.deleted and prm.master(record) is None


def _contact(entity: str, group: Group) -> Ref | None:
    """The contact that a group of leads turns out to be: of several the one that the evidence is strongest for."""
    contacts = [ref for ref in group.members if ref.object == "contact"] if entity == "lead" else []
    return max(contacts, key=lambda ref: (group.scores.get(ref, 1.0), ref.id), default=None)


def _said(entity: str, values: Row, inside: Collection[str]) -> dict[str, Any]:
    """What a row says of itself: not what is worked out, tells its story, stands there by default, or names a member."""
    defaults, left_out = blank(entity), _left_out(entity)
    kept = {name: value for name, value in values.items() if name in prm.ENTITIES[entity].c and name not in left_out}
    return {
        n: v
        for n, v in kept.items()
        if not (v is not None and same(v, defaults.get(n))) and not (isinstance(v, str) and v in inside)
    }


def _left_out(entity: str) -> frozenset[str]:
    columns = prm.ENTITIES[entity].c.keys()
    return _LIFE | {column.name for column in common()} | set(norms(entity, dict.fromkeys(columns))) | consequences.KEPT


def _standing(row: Row, hanging: Row) -> Standing:
    created = min(time for name in ("created_at", "received_at", "crm_created_at") if (time := row.get(name)) is not None)
    return Standing(
        hanging["open_opportunities"],
        hanging["activities"],
        created,
        row["updated_at"],
        _latest(row, hanging["last_activity_at"]),
    )


def _latest(row: Row, last: datetime | None) -> datetime | None:
    return max((time for time in (row.get("last_activity_at"), last) if time), default=None)


def _first(entity: str, mine: Sequence[Record], facts: _Facts) -> Ref | None:
    """The lead that must survive because a partner works on it, or should because one is asked; None where any may."""
    if entity != "lead":
        return None
    asked = [record.ref for record in mine if record.ref.id in facts.live]
    return next(iter([*_bound(mine, facts), *asked]), None)


def _bound(mine: Iterable[Record], facts: _Facts) -> list[Ref]:
    """The leads that cannot go into another: a partner has them, or their state forbids it."""
    return [
        record.ref
        for record in mine
        if "merged" not in LEAD.following(record.values["state"])
        or (record.ref.id in facts.live and facts.live[record.ref.id]["state"] in _HELD)
    ]


def _review(made: Plan, facts: _Facts) -> str:
    """Why a person must decide; blank where nobody need."""
    return next(_reasons(made, facts), "")


def _reasons(made: Plan, facts: _Facts) -> Iterator[str]:
    least = min((score for ref, score in made.group.scores.items() if ref not in facts.certain), default=1.0)
    if least < ACCEPT:
        yield f"a probability of {least:.2f}, and {ACCEPT} is asked"
    if len(made.group.members) > MOST_MEMBERS:
        yield f"{len(made.group.members)} records, and more than {MOST_MEMBERS} are not merged by themselves"
    for ref in made.losers:
        if ref.id in facts.born:
            yield f"{made.entity} {ref.id} is on its way to {facts.born[ref.id]}; once it is there it can be merged"
    losers = [facts.records[ref.id] for ref in made.losers]
    if made.entity == "lead" and (bound := _bound(losers, facts)):
        yield f"partners work on lead {made.survivor.id} and on {', '.join(ref.id for ref in bound)}"


def _shown(conn: Connection, entity: str, plans: Sequence[Plan]) -> list[Plan]:
    found = duplicates.siblings(conn, [p.rows[p.survivor.id] for p in plans]) if entity == "lead" else {}
    told = []
    for one in plans:
        inside = {ref.id for ref in one.group.members}
        others = [row for row in found.get(one.survivor.id, ()) if row["id"] not in inside]
        told.append(replace(one, siblings=others, moves=children.counted(conn, entity, [ref.id for ref in one.losers])))
    return told
