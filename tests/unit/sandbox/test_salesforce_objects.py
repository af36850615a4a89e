"""Objects beside leads and deals: cases, events and contact roles, as a real org describes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from centri.sandbox.salesforce_describe import describe_field
from centri.sandbox.salesforce_org import SalesforceOrg

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "salesforce" / "describe"
BY_HEART = {"extraTypeInfo", "defaultValue", "permissionable", "caseSensitive", "picklistValues"}
PECULIAR = {
    ("ContactId", "searchPrefilterable"), ("Comments", "aggregatable"), ("Comments", "byteLength"), ("Comments", "sortable"),
    ("ActivityDate", "aggregatable"), ("RecurrenceActivityId", "searchPrefilterable"), ("WhatId", "referenceTo"),
    ("OpportunityId", "searchPrefilterable"),
}  # fmt: skip


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded describes are not at hand")
@pytest.mark.parametrize("object", ["Case", "Event", "OpportunityContactRole"])
def test_standard_fields_are_described_as_by_a_real_org(object):
    schema = SalesforceOrg().table(object).schema
    recorded = [
        one for one in json.loads((RECORDED / f"sobjects_{object}_describe.json").read_text())["fields"] if not one["custom"]
    ]
    assert [field["name"] for field in recorded] == list(schema.fields)
    for field in recorded:
        ours = describe_field(schema, schema.fields[field["name"]])
        said = {key for key in field if ours[key] != field[key]} - BY_HEART
        assert {(field["name"], key) for key in said} <= PECULIAR


def test_a_case_has_a_number_and_is_closed_by_its_status(call, org):
    account = org.create("Account", {"Name": "a"}).id
    for subject in ("first", "second"):
        assert call("POST", "/sobjects/Case", {"Subject": subject, "AccountId": account})[0] == 201
    first, second = call.query("SELECT CaseNumber, IsClosed, Status FROM Case ORDER BY CaseNumber")
    assert (first["CaseNumber"], second["CaseNumber"], first["IsClosed"]) == ("00001000", "00001001", False)
    nested = call.query("SELECT (SELECT Subject FROM Cases) FROM Account")
    assert nested[0]["Cases"]["totalSize"] == 2
    org.update("Case", org.rows("Case")[0].id, {"Status": "Closed"})
    assert call.query("SELECT COUNT(Id) n FROM Case WHERE IsClosed = TRUE")[0]["n"] == 1


def test_a_role_falls_with_its_deal(call, org):
    deal = org.create("Opportunity", {"Name": "d", "StageName": "Prospecting", "CloseDate": "2026-02-01"}).id
    contact = org.create("Contact", {"LastName": "Doe"}).id
    role = {"OpportunityId": deal, "ContactId": contact, "Role": "Decision Maker", "IsPrimary": True}
    assert call("POST", "/sobjects/OpportunityContactRole", role)[0] == 201
    call("DELETE", f"/sobjects/Opportunity/{deal}")
    assert org.count("OpportunityContactRole") == 0


def test_text_is_searched_in_several_objects(simple, org):
    acme = org.create("Account", {"Name": "Acme Corp", "Phone": "030 1"}).id
    org.create("Account", {"Name": "Acmeine", "Phone": "1"})
    lead = org.create("Lead", {"LastName": "Doe", "Company": "ACME", "Email": "doe@acme.example"}).id
    text = "FIND {acme} IN ALL FIELDS RETURNING Account(Id, Name WHERE Phone != null), Lead(Id)"
    found = simple.search(text)["searchRecords"]
    assert [(one["attributes"]["type"], one["Id"]) for one in found] == [("Account", acme), ("Lead", lead)]
    assert found[0]["Name"] == "Acme Corp"
    assert len(simple.search("FIND {Acme*} RETURNING Account")["searchRecords"]) == 2
    assert simple.quick_search("doe")["searchRecords"][0]["Id"] == lead


def test_a_row_leads_to_its_parent_and_its_children(call, org):
    account = org.create("Account", {"Name": "a"}).id
    contact = org.create("Contact", {"LastName": "Doe", "AccountId": account}).id
    assert call("GET", f"/sobjects/Contact/{contact}/Account?fields=Name")[1]["Name"] == "a"
    children = call("GET", f"/sobjects/Account/{account}/Contacts")[1]
    assert (children["totalSize"], children["records"][0]["Id"]) == (1, contact)
    assert call("GET", f"/sobjects/Account/{account}/Nothings")[0] == 404


def test_the_statuses_of_a_lead_tell_which_are_converted(call):
    assert call.query("SELECT MasterLabel FROM LeadStatus WHERE IsConverted = TRUE")[0]["MasterLabel"] == "Closed - Converted"
    assert call("POST", "/sobjects/LeadStatus", {})[1][0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_a_task_belongs_to_a_person_and_a_deal(call, org):
    account = org.create("Account", {"Name": "a"}).id
    contact = org.create("Contact", {"LastName": "Doe", "AccountId": account}).id
    task = {"Subject": "Call", "WhoId": contact, "WhatId": account, "ActivityDate": "2026-01-05", "Priority": "High"}
    status, made = call("POST", "/sobjects/Task", task)
    assert (status, made["id"][:3]) == (201, "00T")
    (found,) = call.query("SELECT Status, IsClosed, IsHighPriority, Who.Name, What.Name FROM Task")
    assert (found["Status"], found["IsClosed"], found["IsHighPriority"]) == ("Not Started", False, True)
    assert (found["Who"]["Name"], found["What"]["Name"]) == ("Doe", "a")
    assert call("PATCH", f"/sobjects/Task/{made['id']}", {"Status": "Completed"})[0] == 204
    assert call.query("SELECT (SELECT Id FROM Tasks WHERE IsClosed = TRUE) FROM Contact")[0]["Tasks"]["totalSize"] == 1
    assert call("GET", "/sobjects/Task/describe")[1]["keyPrefix"] == "00T"
