"""One intended CRM write, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from centri.errors import Rejected, RetryLater
from centri.records import MISSING, Ref, same


@dataclass(frozen=True, slots=True)
class Delivery:
    """One intended CRM write.

    ``id`` is a UUID and the idempotency key: the same delivery sent twice makes one record.
    ``crm_id`` is None for a create. ``values`` are the CRM fields to write, in the CRM's own form.
    ``expected`` is the version the CRM must still hold, ``seen`` what it held of these fields when last agreed; a
    connector whose guard is ``preread`` compares both right before it writes.
    ``key`` is the external key field and its value, where the object has one: a create becomes an upsert.
    ``attempts`` counts earlier tries: a create that was tried before is searched for before it is made again.
    """

    id: str
    object: str
    crm_id: str | None
    values: Mapping[str, Any]
    expected: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)
    key: tuple[str, str] | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the CRM now holds of the fields that were sent.

    ``values`` are the stored values where the re-read shows our own write as the latest (``ours``), else the values sent.
    """

    delivery_id: str
    ref: Ref
    version: str
    changed_at: datetime | None
    values: Mapping[str, Any]
    created: bool = False
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Moved:
    """The record changed in the CRM since it was last agreed: nothing was written, the next run sees both changes."""

    delivery_id: str
    version: str


def holds(held: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether a CRM record holds what was sent, but for the blanks around texts and the case of letters.

    CRMs cut blanks off, and SOQL does not tell cases apart either.
    """
    return all(same(_folded(value), _folded(held.get(name, MISSING))) for name, value in sent.items())


def _folded(value: Any) -> Any:
    return (value.strip().casefold() or None) if isinstance(value, str) else value


Outcome = Receipt | Moved | RetryLater | Rejected
"""What came of one delivery."""
