"""How far a mapping can be followed when the CRM's schema has changed."""

from dataclasses import replace

import pytest

from centri.anomalies import Untranslatable
from centri.descriptions import Field, FieldType
from centri.mappings.following import follow, peaceful
from centri.mappings.loader import interpret
from centri.mappings.source import parse
from centri.sync.references import References

TEXT = """
connections: {acme: {type: memory}}
choices:
  status: {inward: {New: new, Dead: disqualified}}
entities:
  account:
    acme: {object: Account, fields: {name: Name}}
  lead:
    acme:
      object: Lead
      create: always
      where: {Distribute: true}
      key: PrmId
      fields:
        last_name: LastName
        company: {crm: Company}
        state: {crm: Status, transform: {choice: status}}
        country_code: {crm: Country, transform: country}
        phone_e164: {crm: Phone, transform: {phone: {region_from: country_code}}}
        score: {crm: Score, transform: integer, direction: in}
        account_id: {crm: AccountId, reference: account}
        source: {crm: Source, direction: out, constant: Partner}
"""
BEFORE = {
    f.name: f
    for f in (
        Field("LastName", FieldType.TEXT, "Last Name", length=80, required=True),
        Field("Company", FieldType.TEXT, "Company", length=255),
        Field("Status", FieldType.CHOICE, "Status", choices=("New", "Dead")),
        Field("Country", FieldType.TEXT, "Country"),
        Field("Phone", FieldType.TEXT, "Phone", length=40),
        Field("Score", FieldType.INTEGER, "Score"),
        Field("AccountId", FieldType.REFERENCE, "Account"),
        Field("Source", FieldType.TEXT, "Source"),
        Field("PrmId", FieldType.TEXT, "PRM"),
        Field("Distribute", FieldType.BOOLEAN, "Distribute"),
    )
}
FILE = interpret(parse(TEXT))
LEAD = FILE.get("acme", "lead")


def followed(required=("last_name",), **changes):
    now = {n: (replace(f, **c) if (c := changes.get(n, {})) else f) for n, f in BEFORE.items() if changes.get(n, {}) is not None}
    now |= {n: c for n, c in changes.items() if isinstance(c, Field)}
    return follow(LEAD, now, BEFORE, required)


def told(found):
    return [(a.kind, a.ref.id, a.field, a.note) for a in found.anomalies]


def test_nothing_is_left_out_of_what_stands():
    found = followed()
    assert (told(found), found.mapping.left_out, found.mapping.unfed) == ([], (), ())
    assert found.mapping.crm_fields == LEAD.crm_fields


LEFT_OUT = {
    "removed": ({"Company": None}, {"company"}, ("schema_drift", "Company")),
    "hidden": ({"Company": {"readable": False}}, {"company"}, ("permission", "Company")),
    "a form that no transform takes": ({"Company": {"type": FieldType.NUMBER}}, {"company"}, ("schema_drift", "Company")),
    "a form that its transform does not take": ({"Score": {"type": FieldType.BOOLEAN}}, {"score"}, ("schema_drift", "Score")),
    "a reference that names nothing": ({"AccountId": {"type": FieldType.MONEY}}, {"account_id"}, ("schema_drift", "AccountId")),
    "what is read by another's help": ({"Country": None}, {"country_code", "phone_e164"}, ("schema_drift", "Country")),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_cannot_be_read_is_left_out_and_the_rest_goes_on(case):
    changes, fields, (kind, name) = LEFT_OUT[case]
    found = followed(**changes)
    assert {rule.prm for rule in found.mapping.left_out} == fields
    assert set(found.mapping.fields) == set(LEAD.fields) - fields
    assert (kind, name) in {(k, n) for k, n, _, _ in told(found)}
    assert {f for _, _, f, _ in told(found)} == fields
    assert not found.fits({LEAD.fields[f].crm: "x" for f in sorted(fields)})
    assert found.fits({"LastName": "Wong"})


TAKEN = {"number as text": {"Score": {"type": FieldType.TEXT}}, "a choice for a text": {"Company": {"type": FieldType.CHOICE}}}


@pytest.mark.parametrize("case", TAKEN)
def test_a_type_that_the_rule_takes_is_no_trouble(case):
    assert (told(followed(**TAKEN[case])), followed(**TAKEN[case]).mapping.left_out) == ([], ())


SUSPENDED = {
    "the filter's field removed": ({"Distribute": None}, "its filter needs Lead.Distribute"),
    "the filter's field hidden": ({"Distribute": {"readable": False}}, "its filter needs Lead.Distribute"),
    "the filter's field of another form": ({"Distribute": {"type": FieldType.TEXT}}, "its filter needs Lead.Distribute"),
    "the key removed": ({"PrmId": None}, "our id stands in Lead.PrmId"),
    "the key closed": ({"PrmId": {"createable": False, "updateable": False}}, "our id stands in Lead.PrmId"),
    "a required field removed": ({"LastName": None}, "lead needs last_name"),
}


@pytest.mark.parametrize("case", SUSPENDED)
def test_without_what_it_needs_nothing_of_a_mapping_is_followed(case):
    changes, why = SUSPENDED[case]
    found = followed(**changes)
    assert (found.mapping, found.suspended) == (None, why)
    assert found.anomalies
    assert all(note.endswith("; lead is suspended") for _, _, _, note in told(found))
    assert not found.fits({})


def test_a_rename_is_told_with_the_new_name():
    found = followed(Company=None, Firm__c=Field("Firm__c", FieldType.TEXT, "Company"))
    assert told(found) == [
        ("schema_drift", "Company", "company", "Lead has no field 'Company' any more; it seems to be called 'Firm__c' now")
    ]


def outward(found, **values):
    return {n: v for rule in found.mapping.rules for n, v in rule.outward(values, References()).items() if rule.prm in values}


def refused(found, **values):
    with pytest.raises(Untranslatable) as refusal:
        outward(found, **values)
    return refusal.value.kind


def test_a_narrowed_text_is_held_where_it_does_not_fit_and_told_where_it_does():
    found = followed(Company={"length": 6})
    assert told(found) == [("schema_drift", "Company", "company", "Lead.Company takes 6 characters now; longer texts are held")]
    assert outward(found, company="Globex", last_name="Wong-Meyer-Schmidt") == {
        "Company": "Globex",
        "LastName": "Wong-Meyer-Schmidt",
    }
    assert refused(found, company="Globex1") == "too_long"
    assert found.fits({"Company": "Globex"})
    assert not found.fits({"Company": "Globex1"})


def test_a_choice_that_is_gone_is_held_and_the_others_are_told():
    found = followed(Status={"choices": ("New",)})
    note = "Lead.Status does not offer 'Dead' any more; records that would tell it are held"
    assert told(found) == [("picklist_value", "Status", "state", note)]
    assert outward(found, state="new") == {"Status": "New"}
    assert refused(found, state="disqualified") == "picklist_value"


def test_a_choice_that_the_map_does_not_know_is_told():
    found = followed(Status={"choices": ("New", "Dead", "Hot")})
    assert told(found) == [("picklist_value", "Status", "state", "Lead.Status may hold 'Hot', which the value map does not know")]
    assert found.mapping.left_out == ()


def test_what_may_not_be_written_any_more_is_still_read():
    found = followed(Company={"updateable": False}, Source={"updateable": False})
    assert {(k, n) for k, n, _, _ in told(found)} == {("permission", "Company"), ("permission", "Source")}
    assert "Company" in found.mapping.crm_fields
    assert refused(found, company="Globex") == "permission"
    assert refused(found, source="x") == "permission"
    assert found.mapping.fields["company"].inward({"Company": "Globex"}, References()) == "Globex"


@pytest.mark.parametrize(
    ("changes", "unfed"),
    [
        ({"Distribute": {"required": True}}, ("Distribute",)),
        ({"Rank": Field("Rank", FieldType.TEXT, required=True)}, ("Rank",)),
        ({"Company": {"required": True}}, ()),
        ({"Company": {"required": True, "type": FieldType.NUMBER}}, ("Company",)),
        ({"Rank": Field("Rank", FieldType.TEXT, required=True, createable=False)}, ()),
    ],
)
def test_new_records_wait_for_what_became_required_and_nothing_feeds(changes, unfed):
    assert followed(**changes).mapping.unfed == unfed


def test_what_was_always_required_keeps_nobody_waiting():
    before = {**BEFORE, "Rank": Field("Rank", FieldType.TEXT, required=True)}
    found = follow(LEAD, before, before)
    assert (found.mapping.unfed, [k for k, _, _, _ in told(found)]) == ((), ["missing_required"])


def test_the_parsed_mapping_is_left_as_it_is():
    followed(Company=None)
    assert (set(LEAD.fields), LEAD.left_out, "Company" in LEAD.crm_fields) == ({*LEAD.fields, "company"}, (), True)


def test_only_what_is_in_trouble_is_remembered_as_it_was():
    now = {**BEFORE, "Company": replace(BEFORE["Company"], length=6), "Phone": replace(BEFORE["Phone"], length=6)}
    del now["Score"]
    assert peaceful(BEFORE, now, {"Company", "Score", "Status"}) == {n: BEFORE[n] for n in ("Company", "Score")}
