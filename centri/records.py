"""The one shape that every system's rows take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self


class Ref(NamedTuple):
    """Names one row anywhere: a connection's name or ``prm``, an object or entity, an id."""

    system: str
    object: str
    id: str


class _Missing:
    """The value of a field that a record does not carry: not ``None``, ``""``, ``0`` or ``False``."""

    _only: Any = None

    def __new__(cls) -> Self:
        if cls._only is None:
            cls._only = super().__new__(cls)
        only: Self = cls._only
        return only

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()

PRM = "prm"
"""The system name of the PRM store in a :class:`Ref`."""

IMPORT = "import"
"""The system name of the rows of files: no CRM, so nothing is told to it, owned by it, or at home there."""

PARTNERS_LIST = "lead load"
"""The stage at which rows of a partner's own list are set aside, where rows of other files are at theirs."""


def key_of(row: Ref) -> str:
    """What a row of a file is known by there; its id names the file too, since two files may use one key for two things."""
    return row.id.removeprefix(f"{row.object}:")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a CRM or of the PRM store.

    ``values`` holds JSON values only (``None``, bool, int, float, str, list, dict): money is a decimal string, a date is
    ``YYYY-MM-DD``, a date-time is UTC ``YYYY-MM-DDTHH:MM:SSZ`` (microseconds only where there are some).
    ``version`` is opaque and moves with every change. ``changed_at`` is aware UTC.
    ``merged_into`` is the survivor's id where this record lost a merge.
    ``converted_to`` names what a lead became, by entity (``account``, ``contact``, ``opportunity``); empty otherwise.
    """

    ref: Ref
    values: Mapping[str, Any]
    version: str = ""
    changed_at: datetime | None = None
    deleted: bool = False
    merged_into: str | None = None
    converted_to: Mapping[str, str] = field(default_factory=dict)


class Cursor(NamedTuple):
    """How far an object has been read: the stamp (aware UTC) and id of the last record staged."""

    stamp: datetime
    id: str


def same(a: Any, b: Any) -> bool:
    """Equal, and of one kind: 0, False, "" and None are four values, MISSING a fifth."""
    return type(a) is type(b) and bool(a == b)
