"""Who may be a duplicate, what hangs on each, who else is of the same organisation, what people said of pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select

from centri.dedupe.identity import ANYBODY
from centri.partners.lifecycle import LEAD
from centri.records import PRM, Record, Ref
from centri.store import prm
from centri.store.journal_tables import sync_delivery
from centri.store.merge_tables import match_pair
from centri.store.prm_tables import account, activity, contact, lead, lead_assignment, note, opportunity
from centri.store.upsert import upsert

Pair = tuple[Ref, Ref]
Row = Mapping[str, Any]

SAME, APART = "same", "apart"

_WHO = (
    "first_name", "last_name", "email", "phone_e164", "title", "company", "name", "website", "domain", "street", "city",
    "state_code", "postal_code", "country_code",
)  # fmt: skip
_MOST_SIBLINGS = 5000
_UNSENT = ("queued", "waiting", "sending")


def count(conn: Connection, entity: str) -> int:
    """How many rows of an entity may be a duplicate."""
    return int(conn.execute(select(func.count()).select_from(prm.ENTITIES[entity]).where(*_living(entity))).scalar_one())


def candidates(conn: Connection, entity: str, *, after: str, most: int) -> list[Record]:
    """What rows that may be duplicates say of who they are, in order from behind ``after``."""
    t = prm.ENTITIES[entity].c
    query = _who(entity).where(*_living(entity), t.id > after).order_by(t.id).limit(most)
    return [_record(entity, dict(row)) for row in conn.execute(query).mappings()]


def _who(entity: str) -> Select[Any]:
    table = prm.ENTITIES[entity]
    columns = [table.c[name] for name in _WHO if name in table.c]
    if entity != "contact":
        return select(table.c.id, *columns)
    employer = account.alias()
    joined = table.outerjoin(employer, employer.c.id == contact.c.account_id)
    return select(table.c.id, *columns, employer.c.name.label("company"), employer.c.website).select_from(joined)


def _record(entity: str, row: dict[str, Any]) -> Record:
    return Record(Ref(PRM, entity, row.pop("id")), row)


def _living(entity: str) -> tuple[ColumnElement[bool], ...]:
    t = prm.ENTITIES[entity].c
    over = (t.state.not_in(sorted(LEAD.terminal)),) if entity == "lead" else ()
    return (t.deleted_at.is_(None), t[prm.MASTER[entity]].is_(None), *over)


def hanging(conn: Connection, entity: str, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """What hangs on rows, by id: numbers of ``activities`` (notes too) and ``open_opportunities``, the ``last_activity_at``."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"activities": 0, "open_opportunities": 0, "last_activity_at": None})
    if not ids:
        return found
    a, n, o = activity.c, note.c, opportunity.c
    done = select(a.subject_id, func.count(), func.max(a.occurred_at)).where(a.subject_type == entity, a.subject_id.in_(ids))
    for id, number, last in conn.execute(done.where(a.deleted_at.is_(None)).group_by(a.subject_id)):
        found[id] |= {"activities": number, "last_activity_at": last}
    noted = select(n.parent_id, func.count()).where(n.parent_type == entity, n.parent_id.in_(ids), n.deleted_at.is_(None))
    for id, number in conn.execute(noted.group_by(n.parent_id)):
        found[id]["activities"] += number
    key = {"lead": o.originating_lead_id, "contact": o.primary_contact_id, "account": o.account_id}[entity]
    open_ = select(key, func.count()).where(key.in_(ids), o.deleted_at.is_(None), o.stage_category == "open")
    for id, number in conn.execute(open_.group_by(key)):
        found[id]["open_opportunities"] = number
    return found


def live_assignments(conn: Connection, ids: Collection[str], states: Collection[str]) -> dict[str, Row]:
    """The assignments of leads in some states, by lead."""
    t = lead_assignment.c
    query = select(lead_assignment).where(t.lead_id.in_(ids), t.state.in_(states), t.deleted_at.is_(None))
    return {row["lead_id"]: dict(row) for row in conn.execute(query).mappings()} if ids else {}


def being_born(conn: Connection, entity: str, ids: Collection[str]) -> dict[str, str]:
    """Row -> the connection where it is about to be born: its record there may be made already, and not known yet."""
    t = sync_delivery.c
    where = (t.entity == entity, t.prm_id.in_(ids), t.op == "create", t.state.in_(_UNSENT))
    return {row.prm_id: row.connection for row in conn.execute(select(t.prm_id, t.connection).where(*where))} if ids else {}


def siblings(conn: Connection, leads: Sequence[Row]) -> dict[str, list[Row]]:
    """Of each lead the other living leads of the same organisation: of its account, its company's name or its e-mail domain."""
    keys = {row["id"]: set(_organisations(row)) for row in leads}
    wanted: dict[str, set[str]] = defaultdict(set)
    for column, value in set().union(*keys.values()):
        wanted[column].add(value)
    if not wanted:
        return {}
    t = lead.c
    columns = (t.id, t.first_name, t.last_name, t.company, t.state, *(t[c] for c in _ORGANISED))
    found = select(*columns).where(t.deleted_at.is_(None), t.master_lead_id.is_(None))
    found = found.where(or_(*(t[c].in_(values) for c, values in wanted.items()))).order_by(t.id).limit(_MOST_SIBLINGS)
    by_key: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in map(dict, conn.execute(found).mappings()):
        for key in _organisations(row):
            by_key[key][row["id"]] = row
    return {id: [r for r in _together(by_key, mine) if r["id"] != id] for id, mine in keys.items()}


_ORGANISED = ("matched_account_id", "company_norm", "email_domain")


def _organisations(row: Row) -> Iterator[tuple[str, str]]:
    for column in _ORGANISED:
        if row[column] and not (column == "email_domain" and row[column] in ANYBODY.domains):
            yield column, row[column]


def _together(by_key: Mapping[tuple[str, str], Mapping[str, Row]], keys: Collection[tuple[str, str]]) -> list[Row]:
    found: dict[str, Row] = {}
    for key in sorted(keys):
        found |= by_key.get(key, {})
    return list(found.values())


def pairs(conn: Connection, entities: Collection[str]) -> tuple[list[Pair], list[Pair]]:
    """The pairs that people said are the same, and those that they said are not."""
    t = match_pair.c
    query = select(match_pair).where(t.one_entity.in_(entities), t.other_entity.in_(entities)).order_by(t.id)
    found: dict[str, list[Pair]] = {SAME: [], APART: []}
    for row in conn.execute(query).mappings():
        pair = (Ref(PRM, row["one_entity"], row["one_id"]), Ref(PRM, row["other_entity"], row["other_id"]))
        found[row["word"]].append(pair)
    return found[SAME], found[APART]


def say(conn: Connection, word: str, one: Ref, other: Ref, *, actor: str, why: str, now: datetime) -> None:
    """Note what somebody says of two rows; it takes the place of what was said before."""
    upsert(conn, match_pair, [_key(one, other) | {"word": word, "actor": actor, "why": why, "at": now}], _PAIR)


def unsay(conn: Connection, one: Ref, other: Ref) -> bool:
    """Forget what was said of two rows; whether anything was."""
    where = (match_pair.c[name] == value for name, value in _key(one, other).items())
    return conn.execute(delete(match_pair).where(*where)).rowcount > 0


_PAIR = ("one_entity", "one_id", "other_entity", "other_id")


def _key(one: Ref, other: Ref) -> dict[str, str]:
    first, second = sorted((one, other))
    return dict(zip(_PAIR, (first.object, first.id, second.object, second.id), strict=True))
