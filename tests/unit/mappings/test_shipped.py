"""The mappings.yaml that comes with centri: it loads, and does what the domain asks, in both directions."""

from pathlib import Path

import pytest

from centri.mappings.loader import load
from centri.mappings.translate import inward, outward
from centri.store import prm
from centri.sync.link import Role
from centri.sync.references import References, Standing

FILE = Path(__file__).parents[3] / "mappings.yaml"
PRM_FIELDS = {entity: prm.fields(entity) for entity in prm.ENTITIES}


@pytest.fixture(scope="module")
def shipped():
    return load(FILE, PRM_FIELDS)


@pytest.mark.parametrize("connection", ["salesforce", "sugarcrm"])
def test_both_crms_carry_every_entity_parents_first(shipped, connection):
    order = [m.entity for m in shipped.settle_order(connection) if m.role is Role.ORIGIN]
    assert order == ["vendor_user", "partner_account", "account", "contact", "lead", "opportunity", "note"]
    objects = shipped.objects(connection)
    assert len(objects) == 6
    contacts, leads = (next(i for i, name in enumerate(objects) if name.startswith(word)) for word in ("Contact", "Lead"))
    assert contacts < leads  # a lead that carries an opportunity names the contact


def test_a_sugarcrm_lead_comes_in(shipped):
    refs = References(by_crm={("partner_account", "sP1"): "P1"})
    found = inward(
        {
            "first_name": "Mia", "last_name": "Wong", "account_name": "Umbrella Health Sys.", "title": "VP, Info. Security",
            "email1": "Mia.Wong@umbrella-health.example", "phone_work": "089 5550101", "primary_address_country": "Germany",
            "lead_source": "Trade Show", "status": "New", "prm_partner_account_c": "sP1",
        },
        shipped.get("sugarcrm", "lead"), refs,
    )  # fmt: skip
    assert not found.findings
    assert found.values == {
        "first_name": "Mia", "last_name": "Wong", "company": "Umbrella Health Sys.", "title": "VP, Info. Security",
        "email": "mia.wong@umbrella-health.example", "phone_e164": "+49895550101", "country_code": "DE",
        "lead_source": "Trade Show", "state": "new", "target_partner_id": "P1",
    }  # fmt: skip


OPPORTUNITY = {
    "id": "O2", "name": "Banque", "amount": "120000.00", "currency": "EUR", "close_date": "2026-09-15",
    "partner_stage": "proposal", "sourced_by": "partner", "partner_id": "P3",
    "account_id": "A20", "primary_contact_id": "K20", "contact_first_name": "Jean",
    "contact_last_name": None, "contact_email": "jean@nouvellebanque.example", "contact_phone": "+33155501010",
    "contact_title": None,
    "account_name": "Nouvelle Banque SA", "account_website": None, "account_country": "FR",
}  # fmt: skip


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ("sugarcrm", {
            "opportunity_name": "Banque", "opportunity_amount": "120000.00", "prm_close_date_c": "2026-09-15",
            "prm_stage_c": "proposal",
            "account_name": "Nouvelle Banque SA", "last_name": "-", "lead_source": "Partner", "primary_address_country": "France",
            "prm_partner_account_c": "sP3", "account_id": {"$ref": ["account", "A20"]},
            "contact_id": {"$ref": ["contact", "K20"]},
        }),
        ("salesforce", {
            "CENTRI_Opportunity_Name__c": "Banque", "CENTRI_Amount__c": "120000.00", "Company": "Nouvelle Banque SA",
            "LastName": "-", "LeadSource": "Partner Referral", "CENTRI_Partner__c": "sP3",
        }),
    ],
)  # fmt: skip
def test_an_opportunity_goes_out_as_a_lead(shipped, connection, expected):
    refs = References(by_prm={("partner_account", "P3"): Standing("sP3", "partner_account")})
    told = outward(OPPORTUNITY, shipped.get(connection, "opportunity", Role.PUSH_LEAD), refs)
    assert not told.findings
    assert {name: told.values.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("connection", "stage", "approval"),
    [("sugarcrm", "sales_stage", "prm_approval_c"), ("salesforce", "StageName", "CENTRI_Approval__c")],
)
def test_a_converted_opportunity_tells_the_vendors_stage_and_takes_no_approval_back(shipped, connection, stage, approval):
    mapping = shipped.get(connection, "opportunity")
    assert inward({stage: "Qualification", approval: "Approved"}, mapping).values == {
        "vendor_stage": "qualification", "stage_category": "open", "partner_stage": "qualification", "approval_state": "approved",
    }  # fmt: skip
    assert "approval_state" not in inward({approval: "Not Submitted"}, mapping).values
    ways = {r.prm: (r.direction.value, r.insists) for r in mapping.rules}
    assert (ways["vendor_stage"], ways["partner_stage"]) == (("in", True), ("out", False))


@pytest.mark.parametrize("connection", ["salesforce", "sugarcrm"])
def test_every_state_of_a_lead_can_be_told(shipped, connection):
    from centri.store.prm_tables import LEAD_STATES

    mapping = shipped.get(connection, "lead")
    assert not any(outward({"state": state}, mapping).findings for state in LEAD_STATES)


@pytest.mark.parametrize(("connection", "flag", "value"), [("salesforce", "IsPrivate", False), ("sugarcrm", "portal_flag", True)])
def test_only_a_note_for_both_sides_leaves_the_prm(shipped, connection, flag, value):
    note = shipped.get(connection, "note")
    assert note.append_only
    assert [v for v in ("vendor", "partner", "both") if note.create.wants({"visibility": v})] == ["both"]
    told = outward({"subject": None, "body": "Asked for a demo", "visibility": "both", "parent": "lead/L1"}, note).values
    assert told[flag] is value
    assert {"$ref": ["lead", "L1"]} in told.values()
