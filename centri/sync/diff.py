"""What two mappings make of the same records: the worlds that they leave behind, compared record by record and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from centri.records import same

Values = Mapping[str, Any]


class Place(NamedTuple):
    """One CRM record as one PRM entity; of the CRM record itself the entity is empty."""

    connection: str
    entity: str
    object: str
    crm_id: str


class Subject(NamedTuple):
    """What an anomaly is about."""

    place: Place
    field: str
    kind: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is set aside; a mere remark holds nothing up."""

    note: str
    remark: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What a mapping leaves behind.

    ``rows`` are the PRM rows by the CRM record that they stand for, ``crm`` the CRM records, ``held`` what is set aside, and
    ``outside`` why a record is no row. Ids that were made up on the way are told by the records that they stand for.
    """

    rows: Mapping[Place, Values] = field(default_factory=dict)
    crm: Mapping[Place, Values] = field(default_factory=dict)
    held: Mapping[Subject, Reason] = field(default_factory=dict)
    outside: Mapping[Place, str] = field(default_factory=dict)


class Arrival(StrEnum):
    """When a store that the base mapping filled comes to hold what a fresh load by the head mapping would."""

    AT_ONCE = "at once"
    """With the first sync."""
    CRM_EDIT = "when the CRM's record next changes"
    PRM_EDIT = "when the PRM's field next changes"
    STAYS = "stays as it is"
    """Only a fresh load makes the difference: neither side changed since both last agreed."""


class Change(StrEnum):
    """What becomes of one record."""

    CHANGED = "changed"
    ENTERED = "entered"
    LEFT = "left"
    TOLD = "told"
    """The CRM's record is told something else."""
    CREATED = "created"
    """A CRM record is made that was not."""
    NOT_CREATED = "not created"


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field: what it holds by the base mapping, by the head mapping, and when the latter is seen in a store that is there."""

    field: str
    old: Any
    new: Any
    arrives: Arrival


@dataclass(frozen=True, slots=True)
class RecordDiff:
    place: Place
    change: Change
    arrives: Arrival
    because: str = ""
    fields: tuple[FieldDiff, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldDiff:
    """What is set aside by one of the two mappings alone."""

    subject: Subject
    reason: Reason
    arrives: Arrival


@dataclass(frozen=True, slots=True)
class Diff:
    """``held`` is set aside newly, ``released`` no longer."""

    records: tuple[RecordDiff, ...] = ()
    held: tuple[HeldDiff, ...] = ()
    released: tuple[HeldDiff, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.records or self.held or self.released)


def compare(base: World, head: World, once: World, later: World, *, words: tuple[World, World] = (World(), World())) -> Diff:
    """``base`` and ``head`` are fresh loads by each mapping; ``once`` is what the head mapping makes of the base's store at
    once, ``later`` what it makes of it when every record has come again. ``words`` are CRM records as each mapping would write
    them, should the PRM's row change.
    """
    found = [*_rows(base, head, once, later), *_told(base, head, once, later, words)]
    return Diff(
        tuple(sorted(found, key=lambda diff: (diff.place, diff.change))),
        tuple(_held(head, base, once, later, there=True)),
        tuple(_held(base, head, once, later, there=False)),
    )


def _rows(base: World, head: World, once: World, later: World) -> Iterator[RecordDiff]:
    for place in base.rows.keys() | head.rows.keys():
        old, new = base.rows.get(place), head.rows.get(place)
        if old is None:
            arrives = _presence(place in once.rows, place in later.rows)
            yield RecordDiff(place, Change.ENTERED, arrives, base.outside.get(place, "it was not mapped"))
        elif new is None:
            arrives = _presence(place not in once.rows, place not in later.rows)
            yield RecordDiff(place, Change.LEFT, arrives, head.outside.get(place, "it is not mapped any more"))
        elif fields := _fields(old, new, once.rows.get(place, old), later.rows.get(place, old)):
            yield RecordDiff(place, Change.CHANGED, _soonest(fields), "", fields)


def _told(base: World, head: World, once: World, later: World, words: tuple[World, World]) -> Iterator[RecordDiff]:
    for place in base.crm.keys() | head.crm.keys() | later.crm.keys():
        old = base.crm.get(place, {})
        new, first, last = (world.crm.get(place, {} if world is head else old) for world in (head, once, later))
        fields = {f.field: f for f in _fields(old, new, first, last)}
        before, after = ({**old, **world.crm.get(place, {})} for world in words)
        for f in _fields(before, after, before, before):
            fields.setdefault(f.field, FieldDiff(f.field, f.old, f.new, Arrival.PRM_EDIT))
        if fields:
            change = Change.CREATED if place not in base.crm else Change.TOLD if place in head.crm else Change.NOT_CREATED
            told = tuple(fields[name] for name in sorted(fields))
            yield RecordDiff(place, change, _soonest(told), "", told)


def _fields(old: Values, new: Values, once: Values, later: Values) -> tuple[FieldDiff, ...]:
    return tuple(
        found
        for name in sorted(old.keys() | new.keys() | later.keys())
        if (found := _field(name, *(values.get(name) for values in (old, new, once, later))))
    )


def _field(name: str, old: Any, new: Any, once: Any, later: Any) -> FieldDiff | None:
    """Where the fresh loads agree and the store that is there is changed all the same, that is the news.

    A field that is not there counts as blank.
    """
    if same(old, new) and same(old, later):
        return None
    target = later if same(old, new) else new
    arrives = _presence(same(once, target), same(later, target))
    return FieldDiff(name, old, target, arrives)


def _held(of: World, other: World, once: World, later: World, *, there: bool) -> Iterator[HeldDiff]:
    for subject in sorted(of.held.keys() - other.held.keys()):
        arrives = _presence((subject in once.held) is there, (subject in later.held) is there)
        yield HeldDiff(subject, of.held[subject], arrives)


def _presence(once: bool, later: bool) -> Arrival:
    return Arrival.AT_ONCE if once else Arrival.CRM_EDIT if later else Arrival.STAYS


def _soonest(fields: tuple[FieldDiff, ...]) -> Arrival:
    return min((f.arrives for f in fields), key=list(Arrival).index)
