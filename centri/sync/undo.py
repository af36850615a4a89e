"""The inverse of what a run did: which change goes back, which is left as it is, and because of what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from centri.records import MISSING, Ref, same
from centri.sync.link import Link, LinkState, agreed, recall

LINK = "$link"
"""The field of a change that made a link to a row, or undid one."""
DELETED = "deleted_at"


class Fate(StrEnum):
    """What undoing does about one change."""

    BACK = "back"
    """The PRM field takes its old value again."""
    REMOVED = "removed"
    """The row that the run made is deleted in the PRM, and not linked any more."""
    TOLD_BACK = "told back"
    """The CRM is told what it held before, at the next push."""
    DONE = "already back"
    LEFT = "left alone"
    BY_HAND = "by hand"
    """Nothing is deleted in a CRM: a person does that, if anybody wants it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the audit: ``field`` None is a new row, whose values are ``new``. ``by_rule``: not the run's own doing."""

    field: str | None
    old: Any
    new: Any
    by_rule: bool = False


@dataclass(frozen=True, slots=True)
class Inverse:
    """What happens to one field, or (``field`` empty) to one record. ``ref`` is the row or CRM record concerned.

    ``now`` is what the run put there, ``back`` what was there before.
    """

    fate: Fate
    entity: str
    ref: Ref
    field: str = ""
    now: Any = None
    back: Any = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A PRM row as it is now; ``values`` is None where it is gone.

    ``users`` says who refers to it, ``blank`` what a field of a new row holds that nobody gave a value. ``following`` names
    the fields that the engine keeps itself.
    """

    ref: Ref
    values: Mapping[str, Any] | None
    users: Sequence[str] = ()
    blank: Mapping[str, Any] = field(default_factory=dict)
    following: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A CRM write that was done: the values sent, those the CRM made of them where it made others, those it held before.

    ``key`` is the CRM field with our id, which stays as long as the link does.
    """

    entity: str
    ref: Ref
    creates: bool
    values: Mapping[str, Any]
    stored: Mapping[str, Any]
    seen: Mapping[str, Any]
    key: str = ""

    def wrote(self, name: str) -> Any:
        return self.stored.get(name, self.values[name])


def undo_row(changes: Sequence[Change], row: Row) -> list[Inverse]:
    """The inverse of all that a run did to one PRM row. What only a rule did, following a change of somebody else, stays."""
    if all(c.by_rule for c in changes):
        return []
    made = next((c.new for c in changes if c.field is None), None)
    linked = [
        Inverse(Fate.LEFT, row.ref.object, Ref(*c.new[:3]), because="matched to a row that was there; the link stays")
        for c in changes
        if c.field == LINK and c.new
    ]
    net = _net(changes)
    if made is not None:
        return [_unmade({**row.blank, **made, **{name: new for name, (_, new) in net.items()}}, row)]
    return [*_fields(net, row), *linked]


def _net(changes: Sequence[Change]) -> dict[str, tuple[Any, Any]]:
    """By field: the value before the first change, and after the last."""
    found: dict[str, tuple[Any, Any]] = {}
    for change in changes:
        if change.field not in (None, LINK):
            first = found.get(change.field, (change.old, None))[0]
            found[change.field] = (first, change.new)
    return {name: (old, new) for name, (old, new) in found.items() if not same(old, new)}


def _unmade(made: Mapping[str, Any], row: Row) -> Inverse:
    whole = Inverse(Fate.REMOVED, row.ref.object, row.ref, because="the run made it")
    if row.values is None or row.values.get(DELETED) is not None:
        return replace(whole, fate=Fate.DONE, because="it is deleted")
    worked_on = [n for n, v in made.items() if n not in row.following and not same(row.values.get(n), v)]
    if worked_on:
        return replace(whole, fate=Fate.LEFT, because=f"worked on since: {', '.join(sorted(worked_on))}")
    return replace(whole, fate=Fate.LEFT, because=f"in use: {', '.join(row.users)}") if row.users else whole


def _fields(net: Mapping[str, tuple[Any, Any]], row: Row) -> Iterator[Inverse]:
    gone = row.values is None or (row.values.get(DELETED) is not None and DELETED not in net)
    for name, (old, new) in net.items():
        one = Inverse(Fate.BACK, row.ref.object, row.ref, name, new, old)
        now = (row.values or {}).get(name)
        if gone:
            yield replace(one, fate=Fate.LEFT, because="the row is deleted")
        elif same(now, new):
            yield one
        elif same(now, old):
            yield replace(one, fate=Fate.DONE)
        elif name not in row.following:
            yield replace(one, fate=Fate.LEFT, because="changed since")


def undo_told(told: Told, link: Link | None, waiting: Mapping[str, Any]) -> list[Inverse]:
    """The inverse of one CRM write. ``waiting`` is what the CRM is going to be told of that record anyway."""
    if told.creates:
        ref = link.crm if link else told.ref
        return [Inverse(Fate.BY_HAND, told.entity, ref, because="the run made it; delete it by hand, if wanted")]
    closed = _closed(told, link)
    remembered = recall(link.crm_seen) if link else {}
    names = [n for n in told.values if n != told.key or (link and link.state is LinkState.UNLINKED)]
    return [i for name in names if (i := _untold(told, name, closed, remembered.get(name, MISSING), waiting))]


def _closed(told: Told, link: Link | None) -> str:
    """Why a CRM record is told nothing any more."""
    if link is None or link.state not in (LinkState.ACTIVE, LinkState.UNLINKED):
        return "it is not linked any more"
    if link.crm.id != told.ref.id:
        return f"it was merged into {link.crm.id} since"
    return "it is read-only since its conversion" if link.converted else ""


def _untold(told: Told, name: str, closed: str, now: Any, waiting: Mapping[str, Any]) -> Inverse | None:
    wrote, before = told.wrote(name), told.seen.get(name, MISSING)
    if same(wrote, before):
        return None
    one = Inverse(Fate.TOLD_BACK, told.entity, told.ref, name, wrote, None if before is MISSING else before)
    if closed:
        return replace(one, fate=Fate.LEFT, because=closed)
    if before is MISSING:
        return replace(one, fate=Fate.LEFT, because="what it held before is not known")
    if same(now, before) or same(waiting.get(name, MISSING), before):
        return replace(one, fate=Fate.DONE, because="" if same(now, before) else "on its way")
    return one if same(now, wrote) else replace(one, fate=Fate.LEFT, because="changed since")


def rewound(link: Link, fields: Mapping[str, tuple[str, Any, Any]]) -> Link:
    """The link after PRM fields went back: it remembers the PRM's old value beside what the CRM holds, as agreed.

    ``fields`` gives the CRM field, the value gone and the value that is back, by PRM field. So neither side counts as changed,
    and nothing flows until somebody edits one of them. A value of the CRM's that waits for its decision goes on waiting,
    unless the value gone was not agreed with it yet.
    """
    crm_seen, prm_seen = dict(link.crm_seen), dict(link.prm_seen)
    known = recall(link.crm_seen)
    for name, (crm_field, gone, back) in fields.items():
        if not same(agreed(prm_seen.get(name, MISSING)), gone) and crm_field in known:
            crm_seen[crm_field] = known[crm_field]
        prm_seen[name] = back
    return replace(link, crm_seen=crm_seen, prm_seen=prm_seen)
