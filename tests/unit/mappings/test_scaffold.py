"""Which CRM fields a starting mapping finds, what it proposes for them, and that a doubtful guess is never silent."""

import json
from pathlib import Path

import pytest

from centri.connectors.recorded import Fixtures
from centri.connectors.salesforce_fields import field as salesforce_field
from centri.descriptions import Field, FieldType
from centri.engine.prm_fields import prm_fields
from centri.mappings.loader import load
from centri.mappings.scaffold import Seen, draft
from centri.mappings.scaffold_match import matches, nearest
from centri.mappings.scaffold_text import block, line, scalar
from centri.mappings.scaffold_values import value_map
from centri.mappings.source import parse
from centri.mappings.standard import StandardField, standards
from centri.store import prm

ROOT = Path(__file__).parents[3]
SHIPPED = load(ROOT / "mappings.yaml")
MINE = [m for m in SHIPPED.mappings if not m.is_push_lead]
DESCRIBES = ROOT.parent / "shared" / "data" / "salesforce" / "describe"
"""What real orgs answered; kept beside the project, and left out where it is not there."""
REAL = [
    (entity, path)
    for entity, object in (("account", "Account"), ("partner_account", "Account"), ("contact", "Contact"), ("lead", "Lead"),
                           ("opportunity", "Opportunity"))
    if (path := DESCRIBES / f"sobjects_{object}_describe.json").is_file()
]  # fmt: skip
EVERYWHERE = {"id", "created_at", "created_by", "updated_at", "updated_by", "revision", "deleted_at", "origin"}

TEXT, CHOICE, MONEY, REFERENCE = FieldType.TEXT, FieldType.CHOICE, FieldType.MONEY, FieldType.REFERENCE


def wanted(entity):
    fields = prm_fields(entity)
    return {name: fields[name] for name in standards()[entity].fields}


def found(entity, fields):
    return {match.prm: match for match in matches(entity, wanted(entity), fields)}


def compared(mapping, fields):
    """How many of a mapping's fields are found again, those that are not, and those found elsewhere without a word of doubt."""
    got = found(mapping.entity, fields)
    there = {rule.prm: rule.crm for rule in mapping.rules if rule.crm in fields}
    again = [name for name, crm in there.items() if name in got and got[name].crm == crm]
    silent = {n: got[n].crm for n, crm in there.items() if n in got and got[n].crm != crm and got[n].sure}
    return len(again), sorted(set(there) - set(again)), silent


@pytest.mark.parametrize("mapping", MINE, ids=lambda m: f"{m.connection}-{m.entity}")
def test_the_fields_of_the_shipped_mapping_are_found_again(mapping):
    fields = Fixtures(ROOT / "fixtures").description(mapping.connection, mapping.object).fields
    again, missed, silent = compared(mapping, fields)
    assert silent == {}
    assert again >= 0.9 * len(mapping.fields), missed


@pytest.mark.parametrize("mapping", MINE, ids=lambda m: f"{m.connection}-{m.entity}")
def test_most_of_them_are_found_by_likeness_alone(mapping):
    """Every field of the CRM is a custom one of a like name, so that none is known beforehand."""
    described = Fixtures(ROOT / "fixtures").description(mapping.connection, mapping.object).fields.values()
    renamed = {f"Acme_{f.name}": Field(f"Acme_{f.name}", f.type, f.label, f.length, references=f.references) for f in described}
    got = found(mapping.entity, renamed)
    there = {rule.prm: f"Acme_{rule.crm}" for rule in mapping.rules}
    again = [name for name, crm in there.items() if name in got and got[name].crm == crm]
    wrong = {n: got[n] for n, crm in there.items() if n in got and got[n].crm != crm and got[n].sure}
    assert wrong == {}
    assert len(again) >= 0.5 * len(there), {n: got.get(n) for n in there if n not in again}


@pytest.mark.skipif(not REAL, reason="no recorded describes of real orgs here")
@pytest.mark.parametrize(("entity", "path"), REAL, ids=[entity for entity, _ in REAL])
def test_in_real_orgs_every_field_of_the_shipped_mapping_that_is_there_is_found(entity, path):
    fields = {f["name"]: salesforce_field(f) for f in json.loads(path.read_text())["fields"]}
    again, missed, silent = compared(SHIPPED.get("salesforce", entity), fields)
    assert (missed, silent) == ([], {})
    assert again >= 6


@pytest.mark.parametrize("entity", standards())
def test_each_prm_field_is_either_looked_for_or_ours(entity):
    known = standards()[entity]
    assert set(known.fields) | set(known.ours) == set(prm_fields(entity)) - EVERYWHERE
    assert not set(known.fields) & set(known.ours)


@pytest.mark.parametrize("entity", prm.ENTITIES)
def test_what_is_known_of_prm_fields_comes_from_the_tables(entity):
    assert set(prm_fields(entity)) == prm.fields(entity)
    assert {n for n, f in prm_fields(entity).items() if f.required} == prm.required(entity)


CASES = {
    "a known name": ("lead", "company", Field("account_name", TEXT), True),
    "a known name under a package's prefix": ("lead", "website", Field("acme__Website__c", TEXT), True),
    "the same words": ("lead", "timeframe", Field("Timeframe__c", TEXT, "Timeframe"), True),
    "the same words in the label": ("lead", "key_decision_maker", Field("KDM__c", TEXT, "Key Decision Maker"), True),
    "nearly the same words": ("lead", "current_situation", Field("Situation__c", TEXT, "Situation"), False),
    "a header of a file": ("contact", "first_name", Field("First Name", TEXT), True),
}


@pytest.mark.parametrize(("entity", "prm", "crm", "sure"), CASES.values(), ids=CASES.keys())
def test_a_field_is_found(entity, prm, crm, sure):
    match = found(entity, {crm.name: crm})[prm]
    assert (match.crm, match.sure) == (crm.name, sure)


STRANGERS = {
    "another type": ("lead", Field("Company", MONEY)),
    "another name": ("lead", Field("Shoe_Size__c", TEXT)),
    "a reference to something else": ("contact", Field("AccountId", REFERENCE, references=("Campaign",))),
    "a text that holds no id": ("contact", Field("AccountId", TEXT, length=80)),
    "an address of another kind": ("account", Field("ShippingCity", TEXT, "Shipping City")),
}


@pytest.mark.parametrize(("entity", "crm"), STRANGERS.values(), ids=STRANGERS.keys())
def test_what_does_not_fit_is_never_sure(entity, crm):
    assert not any(match.sure for match in found(entity, {crm.name: crm}).values())


def test_two_that_are_as_like_leave_a_doubt_and_name_each_other():
    fields = {name: Field(name, TEXT) for name in ("Timeframer__c", "Timeframes__c")}
    match = found("lead", fields)["timeframe"]
    assert not match.sure
    assert [match.crm, *(name for name, _ in match.rivals)] in ([*fields], [*fields][::-1])


def test_a_crm_field_may_be_asked_which_prm_field_it_is():
    free = wanted("opportunity").values()
    assert nearest("opportunity", free, Field("Lost_Reason__c", TEXT, "Lost Reason"))[0][0] == "lost_reason"


VALUES = {
    "the same": ("working", "Working", "working", True),
    "known": ("working", "In Process", "working", True),
    "nearly": ("working", "Workin", "working", True),
    "doubtful": ("disqualified", "Not qualified", None, False),
    "nothing like it": ("working", "Lunar", None, False),
}


@pytest.mark.parametrize(("choice", "value", "meant", "sure"), VALUES.values(), ids=VALUES.keys())
def test_a_picklist_value_gets_the_choice_that_is_like_it(choice, value, meant, sure):
    (one,) = value_map(["new", "working", "disqualified"], [value], StandardField(values={"working": ("In Process",)}), "Status")
    assert one.sure is sure
    if sure or meant:
        assert one.prm == meant


def test_every_value_gets_a_line_and_one_without_a_choice_the_choice_of_all_others():
    meant = value_map(["a", "other"], ["A", "Zzz"], StandardField(otherwise="other"), "Type")
    assert [(one.crm, one.prm, one.sure) for one in meant] == [("A", "a", True), ("Zzz", "other", False)]


def drafted(entity, *fields, mapped=()):
    seen = Seen("Thing", {field.name: field for field in fields})
    return draft(entity, "acme", seen, prm_fields(entity), dict.fromkeys((entity, *mapped), "Thing"))


def rule(entity, prm, *fields, mapped=()):
    return next(line(one) for one in drafted(entity, *fields, mapped=mapped).rules if one.prm == prm)


COMPANY, EMAIL, COUNTRY, PHONE = (Field(n, TEXT, length=80) for n in ("Company", "Email", "Country", "Phone"))
RULES = {
    "as it is": (("lead", "company", COMPANY), "company: Company"),
    "read-only flows in": (
        ("lead", "company", Field("Company", TEXT, createable=False, updateable=False)), "company: {crm: Company, direction: in}",
    ),
    "e-mail": (("lead", "email", EMAIL), "email: {crm: Email, transform: email, policy: newest}"),
    "a phone with its country": (
        ("lead", "phone_e164", PHONE, COUNTRY),
        "phone_e164: {crm: Phone, transform: {phone: {region_from: country_code}}, policy: fill_blanks}",
    ),
    "a phone without one": (
        ("lead", "phone_e164", PHONE),
        ("phone_e164: {crm: Phone, transform: phone, policy: fill_blanks}"
         "  # numbers without country code need a region: {phone: DE}"),
    ),
    "an amount": (("opportunity", "amount", Field("Amount", MONEY)), "amount: {crm: Amount, transform: money, policy: prm_wins}"),
    "a number as text": (
        ("lead", "employees_raw", Field("NumberOfEmployees", FieldType.INTEGER)),
        "employees_raw: {crm: NumberOfEmployees, transform: text, direction: in}",
    ),
    "a list of values": (
        ("lead", "state", Field("Status", CHOICE, choices=("New", "Dead"))),
        "state: {crm: Status, transform: {choice: acme_lead_state}, direction: none, on_create: in, nulls: ignore}",
    ),
    "a list of values that nobody knows": (
        ("note", "visibility", Field("IsPrivate", CHOICE)),
        ("# visibility: {crm: IsPrivate, direction: none, on_create: in}"
         "  # list the values of IsPrivate in a value map first; the PRM's are vendor, partner, both"),
    ),
    "a parent that is not mapped": (
        ("contact", "account_id", Field("AccountId", REFERENCE)),
        "# account_id: {crm: AccountId, reference: account}  # map account on this connection first",
    ),
    "a guess flows in, and is marked": (
        ("lead", "company", Field("Company_Nam__c", TEXT)), "company: {crm: Company_Nam__c, direction: in}  # unsure: 0.78",
    ),
    "a guess that would tell the CRM is a comment": (
        ("lead", "prm_status", Field("Statuses__c", TEXT)),
        "# prm_status: {crm: Statuses__c, direction: out}  # unsure: 0.86; it tells the CRM, so look before you let it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), RULES.values(), ids=RULES.keys())
def test_a_rule_is_proposed(given, expected):
    assert rule(*given) == expected


def test_our_id_is_never_written_into_another_systems_key():
    erp = Field("ERP_Id__c", TEXT, length=36, external_key=True)
    assert "key" not in drafted("lead", COMPANY, erp).keys
    assert drafted("lead", COMPANY, erp, Field("PRM_Id__c", TEXT, external_key=True)).keys["key"]["crm"] == "PRM_Id__c"


def test_required_and_custom_fields_that_found_nothing_are_listed_as_comments():
    text = block(
        drafted("opportunity", Field("Name", TEXT), Field("Region__c", TEXT, "Region"), Field("Budget", MONEY, required=True))
    )
    assert '  # PRM_FIELD: {crm: Budget, direction: out, default: ""}  # money\n' in text
    assert "  # PRM_FIELD: Region__c  # Region, text" in text
    assert "# create: always" in text


def test_partners_need_a_filter_that_tells_them():
    assert drafted("partner_account", Field("Name", TEXT)) is None
    kinds = Field("Type", CHOICE, choices=("Customer", "Gold Partner"))
    assert drafted("partner_account", Field("Name", TEXT), kinds).keys["where"] == {"Type": ["Gold Partner"]}


@pytest.mark.parametrize(
    "value",
    ["Customer - Direct", "true", "no", "12", "", "a: b", "a #b", "Closed, Won", "[x]", "Ünï", "- x", "!env X", "it's", "5%"],
)
def test_values_are_quoted_so_that_they_stay_text(value):
    assert parse(f"[{scalar(value)}, x]").data == [value, "x"]
    assert parse(f"{scalar(value)}: x").data == {value: "x"}
