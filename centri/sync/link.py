"""Which CRM record and which PRM record are the same thing, and what each held when they last agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from centri.records import Ref


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


class LinkState(StrEnum):
    ACTIVE = "active"
    DISCONNECTED = "disconnected"
    MERGED = "merged"
    DELETED_REMOTE = "deleted_remote"
    UNLINKED = "unlinked"


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
