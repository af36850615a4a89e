"""What was set aside, and the catalogue of reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from centri.records import Ref


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Kind:
    """One reason for setting something aside: its title, what it means, and what to do about it."""

    title: str
    meaning: str
    remedy: str
    severity: Severity = Severity.ERROR


KINDS: Mapping[str, Kind] = {
    "validation": Kind("Validation", "The CRM refused the values of a record.", "Correct the record, then retry."),
    "missing_required": Kind(
        "Required field missing",
        "A field that the target requires has no value.",
        "Fill the field, or give the mapping a default.",
    ),
    "picklist_value": Kind(
        "Unknown choice", "A value has no counterpart in the value map or the target's list.", "Add the value to the map."
    ),
    "type_mismatch": Kind(
        "Wrong type", "A value does not have the form its field needs.", "Correct the value, or map it with a transform."
    ),
    "too_long": Kind(
        "Too long", "A text is longer than the target's field.", "Shorten the text, or map it with a truncating transform."
    ),
    "reference_missing": Kind(
        "Parent not synced",
        "A record refers to one that has not arrived.",
        "Sync the parent; the record follows by itself.",
        Severity.WARNING,
    ),
    "duplicate_in_crm": Kind(
        "Duplicate in the CRM", "The CRM's duplicate rule refused a new record.", "Link the record to the one the CRM names."
    ),
    "ambiguous_identity": Kind(
        "Ambiguous match", "Several records match about equally well.", "Decide which is meant.", Severity.WARNING
    ),
    "possible_duplicate": Kind(
        "Possible duplicate",
        "A new record looks like one that is already linked.",
        "Merge them in the CRM, or leave them.",
        Severity.INFO,
    ),
    "keyless": Kind(
        "No identity", "A record has nothing to be recognised by.", "Give it a name, an e-mail address or a phone number."
    ),
    "permission": Kind("Not permitted", "The CRM denies our user this act.", "Grant our user the permission."),
    "owner_unmapped": Kind(
        "Unknown owner",
        "The owner's e-mail belongs to no user here.",
        "Add the user; the record was synced without owner.",
        Severity.WARNING,
    ),
    "automation_error": Kind(
        "CRM automation", "A rule or trigger of the CRM refused a write.", "Read the CRM's text; correct the record or the rule."
    ),
    "rate_limited": Kind("Rate limited", "The CRM asked us to slow down.", "Nothing; the next run goes on.", Severity.WARNING),
    "auth": Kind("Log-in refused", "The CRM refused our credentials.", "Renew the credentials."),
    "not_found_remote": Kind("Not found in the CRM", "A linked record is not there.", "Reconcile the connection."),
    "deleted_remote": Kind(
        "Deleted in the CRM", "A linked record was deleted in the CRM.", "Restore it there, or unlink it.", Severity.WARNING
    ),
    "deleted_prm": Kind(
        "Deleted in the PRM", "A linked record was deleted in the PRM.", "Restore it, or unlink it.", Severity.WARNING
    ),
    "merged_remote": Kind(
        "Merged in the CRM", "A linked record lost a merge in the CRM.", "Nothing; the link follows the survivor.", Severity.INFO
    ),
    "disconnected_conversion": Kind(
        "Converted without opportunity",
        "A lead carrying an opportunity was converted without one.",
        "Convert with an opportunity, or link one.",
    ),
    "rli_model": Kind(
        "Several revenue line items",
        "What an opportunity is to be told comes from its line items in this Sugar, and it has several, or can get none.",
        "Change the line items in SugarCRM; the PRM follows.",
    ),
    "ping_pong": Kind(
        "Written back and forth",
        "The CRM changes a field of a record again each time that we write it.",
        "Mend the CRM's rule, or map the field another way; then retry. One write an hour is tried until then.",
    ),
    "schema_drift": Kind("Schema changed", "A mapped field changed in the CRM.", "Adapt the mapping."),
    "illegal_transition": Kind(
        "Illegal transition", "A state cannot follow the one before it.", "Correct the state on the side that is wrong."
    ),
    "conflict_open": Kind(
        "Conflict", "Both sides changed a field and the policy is to ask.", "Resolve the conflict.", Severity.WARNING
    ),
    "owned_elsewhere": Kind(
        "Owned by another CRM",
        "This CRM changed a field that another connection owns.",
        "Change it where it is owned.",
        Severity.INFO,
    ),
    "left_filter": Kind(
        "Left the filter",
        "A linked record no longer meets the mapping's filter.",
        "Nothing; it stays in step, and the mapping's `on_leave` says what becomes of a lead that a partner has.",
        Severity.INFO,
    ),
    "no_home": Kind(
        "No home connection", "A record born here belongs to no CRM, or to several.", "Link its partner to exactly one CRM."
    ),
    "not_assignable": Kind(
        "Cannot be assigned", "The partner that was named cannot be given the lead.", "Name another partner.", Severity.WARNING
    ),
    "currency_unknown": Kind("Unknown currency", "A currency code is not known.", "Add the currency to the mapping."),
    "clock_skew": Kind(
        "Clock skew",
        "The CRM's clock and ours are more than five minutes apart, so `newest` may take the older of two values.",
        "Correct the clock that is wrong.",
        Severity.WARNING,
    ),
    "undelivered": Kind(
        "Nobody was told",
        "A notification could not be delivered.",
        "Correct the address or the `notifications` block, then: centri notifications retry.",
    ),
    "unknown": Kind("Unknown", "The CRM answered something unforeseen.", "Read its words; tell the maintainers."),
}


class Untranslatable(Exception):
    """A value cannot be taken over as it is; ``kind`` is a key of KINDS. ``waits_for`` is the CRM id of a missing parent.

    ``without``: the other side takes a blank meanwhile, instead of keeping what it has.
    """

    def __init__(self, kind: str, note: str, *, waits_for: str = "", without: bool = False) -> None:
        super().__init__(note)
        self.kind = kind
        self.note = note
        self.waits_for = waits_for
        self.without = without


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something set aside, with its raw record. One is open for each (connection, ref, field, kind); repeats count up."""

    kind: str
    ref: Ref
    note: str
    connection: str = ""
    entity: str = ""
    field: str = ""
    stage: str = ""
    raw: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    detail: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    mapping_version: str = ""

    @property
    def severity(self) -> Severity:
        return KINDS[self.kind].severity
