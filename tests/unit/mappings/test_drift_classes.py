"""What changed from one description to the other, by class."""

import pytest

from centri.descriptions import Field, FieldType
from centri.mappings.drift import Change, Drift, compare, renamed

BEFORE = {
    f.name: f
    for f in (
        Field("Name", FieldType.TEXT, "Account Name", length=255, required=True),
        Field("Website", FieldType.TEXT, "Website", length=255),
        Field("Status", FieldType.CHOICE, "Status", choices=("New", "Dead")),
        Field("Amount", FieldType.MONEY, "Amount"),
        Field("Notes", FieldType.TEXT, "Notes"),
    )
}


def with_(**changes):
    """The fields after some were replaced, removed (None) or added."""
    facts = {name: changes.get(name, fact) for name, fact in BEFORE.items()}
    return {name: fact for name, fact in {**facts, **changes}.items() if fact is not None}


def field(name, type=FieldType.TEXT, label="", **facts):
    return Field(name, type, label, **facts)


def as_(name, **facts):
    kept = {f: getattr(BEFORE[name], f) for f in ("type", "label", "length", "required", "choices")}
    return Field(name, **{**kept, **facts})


CASES = {
    "nothing": (with_(), []),
    "added": (with_(Rank=field("Rank")), [Drift(Change.ADDED, "Rank")]),
    "removed": (with_(Website=None), [Drift(Change.REMOVED, "Website")]),
    "renamed, by its label": (
        with_(Website=None, Url__c=field("Url__c", label="Website")), [Drift(Change.RENAMED, "Website", "Url__c")],
    ),
    "renamed, by its name": (
        with_(Website=None, Web_Site__c=field("Web_Site__c", label="Link")), [Drift(Change.RENAMED, "Website", "Web_Site__c")],
    ),
    "another type is no rename": (
        with_(Website=None, Website__c=field("Website__c", FieldType.NUMBER, "Website")),
        [Drift(Change.REMOVED, "Website"), Drift(Change.ADDED, "Website__c")],
    ),
    "another name and label is no rename": (
        with_(Website=None, Rank=field("Rank", label="Rank")), [Drift(Change.REMOVED, "Website"), Drift(Change.ADDED, "Rank")],
    ),
    "narrowed": (with_(Name=as_("Name", length=80)), [Drift(Change.NARROWED, "Name", "80 characters, was 255")]),
    "narrowed from any length": (
        with_(Notes=as_("Notes", length=80)), [Drift(Change.NARROWED, "Notes", "80 characters, was any number")],
    ),
    "widened": (with_(Name=as_("Name", length=300)), []),
    "widened to any length": (with_(Name=as_("Name", length=0)), []),
    "another label": (with_(Name=as_("Name", label="Company")), []),
    "another type": (with_(Notes=as_("Notes", type=FieldType.NUMBER)), [Drift(Change.RETYPED, "Notes", "number, was text")]),
    "a choice more": (
        with_(Status=as_("Status", choices=("New", "Dead", "Hot"))), [Drift(Change.CHOICE_ADDED, "Status", "Hot")],
    ),
    "a choice less": (with_(Status=as_("Status", choices=("New",))), [Drift(Change.CHOICE_REMOVED, "Status", "Dead")]),
    "one choice for another": (
        with_(Status=as_("Status", choices=("New", "Hot"))),
        [Drift(Change.CHOICE_ADDED, "Status", "Hot"), Drift(Change.CHOICE_REMOVED, "Status", "Dead")],
    ),
    "choices that are not told": (with_(Status=as_("Status", choices=())), []),
    "became required": (with_(Website=as_("Website", required=True)), [Drift(Change.REQUIRED, "Website")]),
    "not required any more": (with_(Name=as_("Name", required=False)), []),
    "closed": (with_(Website=as_("Website", updateable=False)), [Drift(Change.CLOSED, "Website", "updateable")]),
    "hidden": (
        with_(Website=as_("Website", readable=False, updateable=False)),
        [Drift(Change.CLOSED, "Website", "readable, updateable")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_told_by_its_class(case):
    now, expected = CASES[case]
    assert list(compare(BEFORE, now)) == expected


def test_each_new_field_is_the_new_name_of_one_old_field_at_most():
    before = {n: field(n, label="Zip") for n in ("Zip1", "Zip2")}
    now = {"Zip3": field("Zip3", label="Zip")}
    assert renamed(before, now) == {"Zip1": "Zip3"}


def test_the_likest_is_taken():
    before = {"City": field("City", label="City")}
    now = {"Cities__c": field("Cities__c", label="Cities"), "Town": field("Town", label="City")}
    assert renamed(before, now) == {"City": "Town"}
