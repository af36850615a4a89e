"""What remains of records that become one: which of them survives, and for each field whose value it takes, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from centri.records import Record, Ref

_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of a record besides its values: numbers of what hangs on it, and aware times."""

    open_opportunities: int = 0
    activities: int = 0
    created_at: datetime | None = None
    changed_at: datetime | None = None
    last_activity_at: datetime | None = None


Ranking = Callable[[Record, Standing], Any]


def has_open_opportunity(record: Record, standing: Standing) -> bool:
    """One that an open opportunity hangs on."""
    return standing.open_opportunities > 0


def most_open_opportunities(record: Record, standing: Standing) -> int:
    """The one that most open opportunities hang on."""
    return standing.open_opportunities


def most_activities(record: Record, standing: Standing) -> int:
    """The one with most activities."""
    return standing.activities


def latest_activity(record: Record, standing: Standing) -> datetime:
    """The one that something happened to last."""
    return standing.last_activity_at or _EARLIEST


def most_complete(record: Record, standing: Standing) -> int:
    """The one with most fields filled in."""
    return sum(not _blank(value) for value in record.values.values())


def oldest(record: Record, standing: Standing) -> float:
    """The one that was created first."""
    return -(standing.created_at or _LATEST).timestamp()


def newest(record: Record, standing: Standing) -> float:
    """The one that was created last."""
    return (standing.created_at or _EARLIEST).timestamp() if standing.created_at else float("-inf")


def last_changed(record: Record, standing: Standing) -> datetime:
    """The one that was changed last."""
    return _changed(record, standing)


ORDER: Mapping[str, Ranking] = {
    f.__name__: f
    for f in (
        has_open_opportunity,
        most_open_opportunities,
        most_activities,
        latest_activity,
        most_complete,
        oldest,
        newest,
        last_changed,
    )
}
"""The words of ``survivor:``, asked in their order until one record is left; the lowest id decides among equals."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What the survivor's field becomes: the value, the records that it is of (none for a value nobody has), and why."""

    value: Any
    of: tuple[Ref, ...]
    because: str


Said = Sequence[tuple[Ref, Any]]
"""The values of a field that are not blank: the survivor's first, the others' in the order in which they would survive."""

Taking = Callable[[Said, Ref], Taken]


def survivor_then_fill_blank(said: Said, survivor: Ref) -> Taken:
    """The survivor's value; where it has none, that of the best of the others."""
    ref, value = said[0]
    return Taken(value, (ref,), "the survivor's own" if ref == survivor else f"the survivor has none, {ref.id} has")


def survivor_only(said: Said, survivor: Ref) -> Taken:
    """The survivor's value, also where it has none."""
    ref, value = said[0]
    return Taken(value, (ref,), "the survivor's own") if ref == survivor else Taken(None, (), "the survivor has none")


def longest(said: Said, survivor: Ref) -> Taken:
    """The longest text."""
    ref, value = max(said, key=lambda held: len(str(held[1])))
    return Taken(value, (ref,), f"the longest, of {ref.id}")


def maximum(said: Said, survivor: Ref) -> Taken:
    """The largest number, amount or date."""
    return _extreme(said, 1, "the largest")


def minimum(said: Said, survivor: Ref) -> Taken:
    """The smallest number, amount or date."""
    return _extreme(said, -1, "the smallest")


def concatenate(said: Said, survivor: Ref) -> Taken:
    """All texts that differ, one below the other."""
    texts: dict[str, Ref] = {}
    for ref, value in said:
        texts.setdefault(str(value).strip(), ref)
    return Taken(
        _BREAK.join(texts),
        tuple(dict.fromkeys(texts.values())),
        f"{len(texts)} texts one below the other" if len(texts) > 1 else "the only text",
    )


def any_true(said: Said, survivor: Ref) -> Taken:
    """Yes where any says yes: an objection of one holds for all."""
    ref, value = next(((ref, value) for ref, value in said if value is True), said[0])
    return Taken(value, (ref,), f"{ref.id} says yes" if value is True else "nobody says yes")


def union(said: Said, survivor: Ref) -> Taken:
    """All choices of lists."""
    lists = [(ref, value if isinstance(value, list) else [value]) for ref, value in said]
    chosen = list(dict.fromkeys(choice for _, value in lists for choice in value))
    return Taken(chosen, tuple(ref for ref, _ in lists), "all that any has")


def newest_value(said: Said, survivor: Ref) -> Taken:
    """The value of the record that was changed last."""
    ref, value = said[0]
    return Taken(value, (ref,), f"the newest, of {ref.id}")


NEWEST = "newest"

FIELDS: Mapping[str, Taking] = {
    "survivor_then_fill_blank": survivor_then_fill_blank,
    "survivor": survivor_only,
    NEWEST: newest_value,
    "longest": longest,
    "max": maximum,
    "min": minimum,
    "concatenate": concatenate,
    "any_true": any_true,
    "union": union,
}
"""The words of ``fields:``. What ``newest`` is given stands in the order of the last change."""

DEFAULT_ORDER = ("has_open_opportunity", "most_activities", "most_complete", "oldest")
DEFAULT_FIELD = "survivor_then_fill_blank"
DEFAULT_FIELDS: Mapping[str, str] = MappingProxyType(
    {"score": "max", "notes": "concatenate", "email_opt_out": "any_true", "do_not_call": "any_true"}
)


@dataclass(frozen=True, slots=True)
class Survival:
    """``order``: words of ORDER. ``fields``: a word of FIELDS for a field; ``default`` for all others. Raises ValueError."""

    order: tuple[str, ...] = DEFAULT_ORDER
    fields: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_FIELDS))
    default: str = DEFAULT_FIELD

    def __post_init__(self) -> None:
        _known("survivor", self.order, ORDER)
        _known("fields", (*self.fields.values(), self.default), FIELDS)


def _known(what: str, words: Iterable[str], table: Mapping[str, object]) -> None:
    for word in words:
        if word not in table:
            raise ValueError(f"{what}: no word is called {word!r}; there are {', '.join(table)}")


@dataclass(frozen=True, slots=True)
class Merged:
    """The decision: ``survivor`` stays, ``merged`` go into it, the best of them first; ``fields`` is what it takes."""

    survivor: Ref
    because: str
    merged: tuple[Ref, ...]
    fields: Mapping[str, Taken]

    def changes(self, survivor: Record) -> dict[str, Any]:
        """The fields of the surviving record that become something else."""
        return {name: taken.value for name, taken in self.fields.items() if taken.value != survivor.values.get(name)}


def merged(records: Iterable[Record], standings: Mapping[Ref, Standing], survival: Survival | None = None) -> Merged:
    """What becomes of records that are one; the order in which they are given does not matter. Raises ValueError for none."""
    how = survival or Survival()
    held = {record.ref: record for record in records}
    if not held:
        raise ValueError("nothing survives of no records")
    ranked = sorted(held.values(), key=lambda record: record.ref)
    for word in reversed(how.order):
        ranked.sort(key=lambda record: ORDER[word](record, standings.get(record.ref, Standing())), reverse=True)
    names = sorted({name for record in ranked for name in record.values})
    taken = {name: found for name in names if (found := _taken(name, ranked, standings, how))}
    return Merged(ranked[0].ref, _because(ranked, standings, how), tuple(record.ref for record in ranked[1:]), taken)


def _because(ranked: Sequence[Record], standings: Mapping[Ref, Standing], how: Survival) -> str:
    if len(ranked) == 1:
        return "the only one"
    first, second = ((record, standings.get(record.ref, Standing())) for record in ranked[:2])
    word = next((word for word in how.order if ORDER[word](*first) != ORDER[word](*second)), "lowest id")
    return f"{word.replace('_', ' ')}, before {second[0].ref.id}"


def _taken(name: str, ranked: Sequence[Record], standings: Mapping[Ref, Standing], how: Survival) -> Taken | None:
    word = how.fields.get(name, how.default)
    said = [(record, record.values[name]) for record in ranked if not _blank(record.values.get(name))]
    if not said:
        return None
    if word == NEWEST:
        said.sort(key=lambda held: _changed(held[0], standings.get(held[0].ref, Standing())), reverse=True)
    return FIELDS[word]([(record.ref, value) for record, value in said], ranked[0].ref)


def _changed(record: Record, standing: Standing) -> datetime:
    return standing.changed_at or record.changed_at or standing.created_at or _EARLIEST


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not (value.strip() if isinstance(value, str) else value))


def _extreme(said: Said, sign: int, told: str) -> Taken:
    """The largest (1) or smallest (-1); numbers and amounts as numbers, anything else as text, and those come after numbers."""
    numbers = [(number, ref, value) for ref, value in said if (number := _number(value)) is not None]
    if numbers:
        _, ref, value = max(numbers, key=lambda held: sign * held[0])
        return Taken(value, (ref,), f"{told}, of {ref.id}")
    texts = sorted(said, key=lambda held: str(held[1]), reverse=sign > 0)
    return Taken(texts[0][1], (texts[0][0],), f"{told}, of {texts[0][0].id}")


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and not isinstance(value, bool) else None
