"""Which CRM record and which PRM record are the same thing, and what each held when they last agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from centri.records import MISSING, Ref


class Role(StrEnum):
    """What a CRM record is to a PRM record."""

    ORIGIN = "origin"
    """The PRM record was born from it."""
    MIRROR = "mirror"
    """It was born from the PRM record, or adopted."""
    PUSH_LEAD = "push_lead"
    """A CRM lead that carries a PRM opportunity."""
    CONVERTED_TO = "converted_to"
    """What the CRM made of a lead."""
    SECONDARY = "secondary"
    """A row of a file that told of the PRM record: it owns nothing of it."""


class LinkState(StrEnum):
    ACTIVE = "active"
    DISCONNECTED = "disconnected"
    MERGED = "merged"
    DELETED_REMOTE = "deleted_remote"
    UNLINKED = "unlinked"


ERASED = "$erased"
"""All that a link remembers once the person on its two sides was erased here: the CRM fields that tell of her."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two records that are the same thing.

    ``crm_seen`` holds the CRM's own values by CRM field, ``prm_seen`` the PRM's own by PRM field. A side changed exactly
    when it differs from *its own* seen values.
    """

    crm: Ref
    prm: Ref
    role: Role = Role.ORIGIN
    state: LinkState = LinkState.ACTIVE
    crm_seen: Mapping[str, Any] = field(default_factory=dict)
    prm_seen: Mapping[str, Any] = field(default_factory=dict)
    crm_version: str = ""
    crm_changed_at: datetime | None = None
    converted: bool = False
    """The CRM lead behind this link was converted: it is read-only from then on."""
    changes: int = 0
    """How often the CRM took back lately what we wrote to it, see sync.breaker."""
    changes_since: datetime | None = None
    changes_of: Mapping[str, str] = field(default_factory=dict)
    """The CRM fields that we wrote lately: ``told``, or ``changed`` by the CRM since."""

    @property
    def erased(self) -> bool:
        """It is a tombstone: whatever the CRM says of the record, nothing of it comes back."""
        return self.state is LinkState.UNLINKED and ERASED in self.crm_seen


_UNDECIDED, _AGREED = "$undecided", "$agreed"


def undecided(value: Any, agreed: Any = MISSING) -> dict[str, Any]:
    """What a link remembers of a value that was seen but is not agreed: the value, and what was agreed before, if anything."""
    seen = {_UNDECIDED: None if value is MISSING else value}
    return seen if agreed is MISSING else {**seen, _AGREED: agreed}


def agreed(remembered: Any) -> Any:
    """The value that was last agreed. Of a side that never agreed it is a value which nothing equals."""
    return remembered.get(_AGREED, remembered) if _is_undecided(remembered) else remembered


def never_agreed(remembered: Any) -> bool:
    """Whether a value was seen and set aside, and none was ever agreed."""
    return _is_undecided(remembered) and _AGREED not in remembered


def recall(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a side held when it was last heard of, agreed or not."""
    return {name: value[_UNDECIDED] if _is_undecided(value) else value for name, value in seen.items()}


def _is_undecided(remembered: Any) -> bool:
    return isinstance(remembered, dict) and _UNDECIDED in remembered
