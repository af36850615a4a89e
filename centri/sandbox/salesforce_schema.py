"""The standard objects of a Salesforce org and the custom fields that centri's package adds, from one table."""

from __future__ import annotations

import csv
from importlib.resources import files

from centri.sandbox.schema import Field, Schema

OBJECTS = {
    "Account": ("Account", "Accounts", "001"),
    "Contact": ("Contact", "Contacts", "003"),
    "Lead": ("Lead", "Leads", "00Q"),
    "Opportunity": ("Opportunity", "Opportunities", "006"),
    "OpportunityContactRole": ("Opportunity Contact Role", "Opportunity Contact Role", "00K"),
    "Partner": ("Partner", "Partners", "00I"),
    "Case": ("Case", "Cases", "500"),
    "Event": ("Event", "Events", "00U"),
    "Task": ("Task", "Tasks", "00T"),
    "LeadStatus": ("Lead Status Value", "Lead Status Value", "01J"),
    "Note": ("Note", "Notes", "002"),
    "User": ("User", "Users", "005"),
    "Organization": ("Organization", "Organizations", "00D"),
}
"""API name: label, plural and the first three characters of ids."""

CHILDREN = {
    ("Account", "ParentId"): "ChildAccounts",
    ("Contact", "AccountId"): "Contacts",
    ("Opportunity", "AccountId"): "Opportunities",
    ("Note", "ParentId"): "Notes",
    ("Case", "AccountId"): "Cases",
    ("Case", "ContactId"): "Cases",
    ("Case", "ParentId"): "Cases",
    ("Event", "WhatId"): "Events",
    ("Event", "WhoId"): "Events",
    ("Task", "WhatId"): "Tasks",
    ("Task", "WhoId"): "Tasks",
    ("OpportunityContactRole", "OpportunityId"): "OpportunityContactRoles",
    ("OpportunityContactRole", "ContactId"): "OpportunityContactRoles",
    ("Partner", "OpportunityId"): "Partners",
    ("Partner", "AccountToId"): "PartnersTo",
}
"""How a parent calls its children, by the child's object and field; these fall with the parent where CASCADES says so."""

CASCADES = {
    ("Contact", "AccountId"),
    ("Opportunity", "AccountId"),
    ("Note", "ParentId"),
    ("OpportunityContactRole", "OpportunityId"),
    ("Partner", "OpportunityId"),
}

READONLY = frozenset({"User", "Organization", "LeadStatus"})
"""Objects whose rows cannot be deleted or merged."""

CLOSED_TO_CALLERS = frozenset({"Organization", "LeadStatus"})
"""Objects that get no new rows by an API."""


def schemas() -> list[Schema]:
    """A fresh schema of every object, free to be changed by its org."""
    made = {name: Schema(name, label, plural, prefix) for name, (label, plural, prefix) in OBJECTS.items()}
    text = files(__package__).joinpath("salesforce_schema.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(text.splitlines()):
        made[line["object"]].add(_field(line))
    return list(made.values())


def text_field(name: str) -> Field:
    """A custom text field as loaded data brings it along."""
    label = name.removesuffix("__c").replace("_", " ")
    return Field(name, "string", label, length=255, custom=name.endswith("__c"), extra={"flags": frozenset()})


def _field(line: dict[str, str]) -> Field:
    flags = frozenset(line["flags"].split())
    whole, _, fraction = line["size"].partition(".")
    numeric = line["type"] in ("int", "double", "currency", "percent")
    return Field(
        name=line["name"],
        type=line["type"],
        label=line["label"],
        length=0 if numeric or not whole else int(whole),
        precision=int(whole) if numeric and whole else 0,
        scale=int(fraction or 0),
        required="required" in flags,
        createable=not flags & {"readonly", "update"},
        updateable=not flags & {"readonly", "create"},
        restricted="restricted" in flags,
        choices=tuple(line["choices"].split("; ")) if line["choices"] else (),
        default=_default(line),
        external_id="external" in flags,
        unique="unique" in flags,
        keyed=bool(flags & {"keyed", "lookup"}),
        custom=line["name"].endswith("__c"),
        refers_to=tuple(line["refers_to"].split()),
        relationship=line["relationship"] or None,
        compound=line["compound"] or None,
        extra={"flags": flags},
    )


def _default(line: dict[str, str]) -> object:
    if line["type"] == "boolean":
        return line["default"] == "true"
    return line["default"] or None
