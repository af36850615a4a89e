"""A SOQL query as values: its columns, conditions and order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Path:
    """A field, by way of parents: ``Account.Owner.Name``; with the place where it stands.

    ``function``, in small letters, is what is taken of its date: ``calendar_year``.
    """

    names: tuple[str, ...]
    line: int
    column: int
    alias: str | None = None
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``SUM(Amount) total``. ``function`` is in small letters."""

    function: str
    path: Path
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class AllFields:
    """``FIELDS(ALL)``. ``which`` is ``all``, ``standard`` or ``custom``."""

    which: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Children:
    """``(SELECT Id FROM Contacts)``: the query's object is a child relationship."""

    query: Query


@dataclass(frozen=True, slots=True)
class ByType:
    """``TYPEOF Parent WHEN Account THEN Phone ELSE Name END``: columns of a parent by its object, ``""`` for the rest."""

    path: Path
    columns: tuple[tuple[str, tuple[Path, ...]], ...]


Column = Path | Aggregate | AllFields | Children | ByType


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written. ``kind`` is the grammar's word for it; text is unescaped."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """``operator`` is one of ``= != < <= > >= like in includes``; ``value`` is a tuple for the last two, or a query for
    ``in``. An aggregate in place of a path stands in HAVING alone.
    """

    path: Path | Aggregate
    operator: str
    value: Literal | tuple[Literal, ...] | Query


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    part: Condition


Condition = Comparison | Every | AnyOf | Negated


@dataclass(frozen=True, slots=True)
class Sort:
    path: Path | Aggregate
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """``columns`` is empty for ``count()``; ``text`` is the whole query's, also in a query inside another."""

    text: str
    columns: tuple[Column, ...]
    object: Path
    alias: str | None
    where: Condition | None
    groups: tuple[Path, ...]
    having: Condition | None
    sorts: tuple[Sort, ...]
    limit: int | None
    offset: int

    @property
    def aggregated(self) -> bool:
        return bool(self.groups) or any(isinstance(column, Aggregate) for column in self.columns)
