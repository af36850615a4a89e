"""What to do with a field that both sides changed. Each function is a word of the mapping language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

SIMULTANEOUS = timedelta(seconds=2)
"""Two changes no further apart than this have no order that anybody could tell.

A CRM's stamp says only in which second it was set (Salesforce's SystemModstamp, SugarCRM's date_modified), and clocks that
NTP keeps may still be a good part of a second apart: with up to a second of each, two seconds.
"""


class Take(StrEnum):
    """Whose value a field takes."""

    NONE = "none"
    """Nothing to do: as last agreed."""
    CRM = "crm"
    PRM = "prm"
    EITHER = "either"
    """Both keep what they have, and that is remembered as agreed."""
    HOLD = "hold"
    """A person decides."""
    MERGED = "merged"
    """Both take a value that was made of the two."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed: the CRM's value (as the PRM would hold it), the PRM's, and when each record changed."""

    field: str
    crm: Any
    prm: Any
    crm_at: datetime | None = None
    prm_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """A value made of both sides', as the PRM would hold it; both take it."""

    value: Any


Policy = Callable[[Conflict], Take | Merged]


def crm_wins(conflict: Conflict) -> Take:
    """The CRM's value is taken."""
    return Take.CRM


def prm_wins(conflict: Conflict) -> Take:
    """The PRM's value is taken."""
    return Take.PRM


def newest(conflict: Conflict) -> Take:
    """The value of the record that changed later is taken; where they changed within two seconds, a person decides."""
    if conflict.crm_at is None or conflict.prm_at is None or abs(conflict.crm_at - conflict.prm_at) <= SIMULTANEOUS:
        return Take.HOLD
    return Take.CRM if conflict.crm_at > conflict.prm_at else Take.PRM


def fill_blanks(conflict: Conflict) -> Take:
    """A blank side, or an unticked one, takes the other's value; two different values stay as they are."""
    if _blank(conflict.prm):
        return Take.CRM
    return Take.PRM if _blank(conflict.crm) else Take.EITHER


def union(conflict: Conflict) -> Take | Merged:
    """For lists of choices: both take what either has, the CRM's first. Of two values that are no lists a person decides."""
    if _blank(conflict.crm) or _blank(conflict.prm):
        return Take.PRM if _blank(conflict.crm) else Take.CRM
    if not (isinstance(conflict.crm, list) and isinstance(conflict.prm, list)):
        return Take.HOLD
    only_prm = [value for value in conflict.prm if value not in conflict.crm]
    if not only_prm:
        return Take.CRM
    return Merged([*conflict.crm, *only_prm]) if any(v not in conflict.prm for v in conflict.crm) else Take.PRM


def hold(conflict: Conflict) -> Take:
    """A person decides."""
    return Take.HOLD


def _blank(value: Any) -> bool:
    return value is None or value is False or value in ("", [])


POLICIES: Mapping[str, Policy] = {f.__name__: f for f in (crm_wins, prm_wins, newest, fill_blanks, union, hold)}
