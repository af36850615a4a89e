"""A mapping against a CRM's description of its objects."""

from dataclasses import replace

import pytest

from centri.descriptions import Description, Field, FieldType
from centri.mappings.loader import interpret
from centri.mappings.preflight import preflight
from centri.mappings.source import parse

TEXT = """
connections: {acme: {type: memory}}
choices:
  status: {inward: {New: new, Dead: disqualified}}
entities:
  lead:
    acme:
      object: Lead
      create: always
      where: {Distribute: true}
      key: PrmId
      fields:
        company: {crm: Company, transform: {truncate: 100}}
        state: {crm: Status, transform: {choice: status}}
        score: {crm: Score, direction: in}
"""
FIELDS = {
    f.name: f
    for f in (
        Field("Company", FieldType.TEXT, length=255, required=True),
        Field("Status", FieldType.CHOICE, choices=("New", "Dead"), restricted=True),
        Field("Score", FieldType.INTEGER, createable=False, updateable=False),
        Field("Distribute", FieldType.BOOLEAN),
        Field("PrmId", FieldType.TEXT, length=36, external_key=True),
    )
}


def findings(text=TEXT, **changed):
    fields = {**FIELDS, **{name: replace(FIELDS[name], **change) for name, change in changed.items() if change}}
    fields = {name: field for name, field in fields.items() if changed.get(name, True)}
    (mapping,) = interpret(parse(text)).mappings
    return [(a.kind, a.ref.id, a.note) for a in preflight(mapping, Description("Lead", fields))]


def test_a_fitting_mapping_has_nothing_to_report():
    assert findings() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"Company": None},
            ("schema_drift", "Company", "Lead has no field 'Company'; there are Distribute, PrmId, Score, Status"),
        ),
        (
            {"Distribute": None},
            ("schema_drift", "Distribute", "Lead has no field 'Distribute'; there are Company, PrmId, Score, Status"),
        ),
        (
            {"PrmId": {"createable": False}},
            ("permission", "PrmId", "Lead.PrmId may not be written by our user; it is to carry our id"),
        ),
        ({"Score": {"readable": False}}, ("permission", "Score", "Lead.Score may not be read by our user")),
        (
            {"Company": {"length": 80}},
            ("too_long", "Company", "Lead.Company takes 80 characters, and the mapping lets 100 through"),
        ),
        (
            {"Company": {"updateable": False}},
            ("permission", "Company", "Lead.Company may not be changed by our user; let it flow in only"),
        ),
        (
            {"Company": {"createable": False}},
            ("permission", "Company", "Lead.Company may not be set by our user on a new record"),
        ),
        (
            {"Status": {"choices": ("New", "Dead", "Recycled")}},
            ("picklist_value", "Status", "Lead.Status may hold 'Recycled', which the value map does not know"),
        ),
        (
            {"Status": {"choices": ("New",)}},
            ("picklist_value", "Status", "Lead.Status does not take 'Dead', which the value map tells it"),
        ),
        (
            {"Distribute": {"required": True}},
            ("missing_required", "Distribute", "Lead.Distribute is required, and nothing feeds it on new records"),
        ),
    ],
)
def test_each_fault_is_one_anomaly(changed, expected):
    assert findings(**changed) == [expected]


def test_what_is_written_once_need_not_be_changeable():
    assert findings(TEXT.replace("key:", "append_only: true\n      key:"), Company={"updateable": False}) == []


def test_what_is_never_born_in_the_crm_needs_no_feeding():
    assert findings(TEXT.replace("create: always", "create: never"), Distribute={"required": True}) == []
