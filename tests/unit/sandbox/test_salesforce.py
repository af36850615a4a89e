"""The sandbox's Salesforce over real HTTP, by hand and through simple-salesforce."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import requests
from salesforce_caller import Caller, Loopback, T, error
from simple_salesforce import Salesforce, SalesforceMoreThanOneRecord, SalesforceResourceNotFound
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from centri.sandbox.salesforce_describe import describe_field
from centri.sandbox.salesforce_org import SalesforceOrg

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "salesforce" / "describe"
PECULIAR = {("Fiscal", "byteLength")}
OF_ONE_ORG = {"ns__Description__c", "History__c", "Primary_Contact__c", "ns__LinkedAccount__c"}
TOO_LONG = f"SIC Code: data value too large: {'1' * 21} (max length=20)"
NOT_WRITEABLE = (
    "Unable to create/update fields: Name. Please check the security settings of this field and verify that "
    "it is read/write for your profile or permission set."
)


class Client(Caller):
    """A caller that is told of refused queries too: ``query`` answers (status, body)."""

    @property
    def headers(self):
        return self.answer.headers

    def query(self, soql, **headers):
        return self("GET", f"/query?q={quote_plus(soql)}", **headers)


@pytest.fixture
def call(sandbox, org):
    return Client(sandbox.salesforce_url)


# -- logging in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({"grant_type": "password", "username": "integration@centri.example", "password": "sandbox-passwordTOKEN"}, None),
        ({"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}, None),
        ({"grant_type": "password", "username": "x", "password": "y"}, ("invalid_grant", "authentication failure")),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, ("invalid_grant", "expired access/refresh token")),
        ({"grant_type": "client_credentials", "client_secret": "x"}, ("invalid_client", "invalid client credentials")),
        ({"grant_type": "client_credentials", "client_id": "x"}, ("invalid_client_id", "client identifier invalid")),
        ({"grant_type": "magic"}, ("unsupported_grant_type", "grant type not supported")),
    ],
)
def test_the_token_endpoint_says_who_may_come_in(sandbox, org, form, answer):
    given = {"client_id": "centri-sandbox", "client_secret": "sandbox-secret"} | form
    reply = requests.post(f"{sandbox.salesforce_url}/services/oauth2/token", data=given)
    if answer is None:
        assert reply.status_code == 200
        assert reply.json()["instance_url"] == sandbox.salesforce_url
        assert "Sforce-Limit-Info" not in reply.headers
    else:
        assert (reply.status_code, reply.json()) == (400, {"error": answer[0], "error_description": answer[1]})


def test_simple_salesforce_logs_in_by_soap_and_hears_a_wrong_password(sandbox, org):
    session = requests.Session()
    session.mount("https://", Loopback(sandbox.salesforce_url))
    person = {"username": "integration@centri.example", "security_token": "T", "session": session, "version": "62.0"}
    assert Salesforce(password="sandbox-password", **person).query("SELECT Id FROM User")["totalSize"] == 1
    with pytest.raises(SalesforceAuthenticationFailed, match="Invalid username, password, security token; or user locked out"):
        Salesforce(password="wrong", **person)


def test_a_token_dies_and_simple_salesforce_logs_in_again(simple, org, call):
    org.sessions.expire()
    assert call("GET", "/sobjects") == (401, error("INVALID_SESSION_ID", "Session expired or invalid"))
    assert simple.query("SELECT Id FROM User")["totalSize"] == 1


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_row_is_made_read_changed_and_deleted(call, org):
    status, made = call("POST", "/sobjects/account/", {"name": "  Acme  ", "AnnualRevenue": "12.4"})
    assert (status, made["success"], made["errors"]) == (201, True, [])
    path = f"/sobjects/Account/{made['id']}"
    assert call.headers["Location"] == f"/services/data/v62.0{path}"
    status, row = call("GET", path)
    assert row["attributes"] == {"type": "Account", "url": f"/services/data/v62.0{path}"}
    assert (row["Name"], row["AnnualRevenue"], row["BillingAddress"]) == ("Acme", 12.0, None)
    assert row["SystemModstamp"] == row["CreatedDate"] == "2026-01-01T00:00:00.000+0000"
    org.clock.set(T + 5, frozen=True)
    assert call("PATCH", f"/sobjects/Account/{made['id'][:15]}", {"BillingCity": "Bonn"}) == (204, None)
    _, row = call("GET", f"{path}?fields=Name,LastModifiedDate,BillingAddress")
    assert (row["LastModifiedDate"], row["BillingAddress"]["city"]) == ("2026-01-01T00:00:05.000+0000", "Bonn")
    assert call("DELETE", path) == (204, None)
    gone = (404, error("ENTITY_IS_DELETED", "entity is deleted", []))
    assert [call("GET", path), call("PATCH", path, {}), call("DELETE", path)] == [gone] * 3


@pytest.mark.parametrize(
    ("object", "values", "code", "message", "fields"),
    [
        ("Lead", {"Company": "x"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
        ("Contact", {"LastName": " "}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
        ("Lead", {"Foo__c": 1}, "INVALID_FIELD", "No such column 'Foo__c' on sobject of type Lead", None),
        ("Account", {"Name": "x", "Sic": "1" * 21}, "STRING_TOO_LONG", TOO_LONG, ["Sic"]),
        (
            "Account",
            {"Name": "x", "CENTRI_Partner_Status__c": "gone"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Partner Status: bad value for restricted picklist field: gone",
            ["CENTRI_Partner_Status__c"],
        ),
        ("Contact", {"LastName": "x", "Email": "a@b"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@b", ["Email"]),
        ("Contact", {"LastName": "x", "AccountId": "0035g0000000001AAA"}, "MALFORMED_ID",
         "Account ID: id value of incorrect type: 0035g0000000001AAA", ["AccountId"]),
        ("Note", {"Title": "x", "ParentId": "0015g000000zzzz"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []),
        ("Contact", {"LastName": "x", "Name": "y"}, "INVALID_FIELD_FOR_INSERT_UPDATE", NOT_WRITEABLE, ["Name"]),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_to_the_letter(call, org, object, values, code, message, fields):
    assert call("POST", f"/sobjects/{object}", values) == (400, error(code, message, fields))
    assert org.count(object) == 0


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [("City", 5, "string"), ("AnnualRevenue", "much", "double"), ("NumberOfEmployees", 1.5, "int"),
     ("CENTRI_Close_Date__c", "01.02.2026", "date"), ("CENTRI_Accepted_At__c", "2026-01-01T00:00:00", "dateTime"),
     ("CENTRI_Distribute__c", "yes", "boolean")],
)  # fmt: skip
def test_a_value_of_another_type_is_not_read(call, field, value, wanted):
    status, answer = call("POST", "/sobjects/Lead", {"LastName": "x", "Company": "y", field: value})
    assert (status, answer[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert answer[0]["message"].startswith(f"Cannot deserialize instance of {wanted} from VALUE_")


def test_rows_that_are_not_there_are_told_apart(call, org):
    missing = error("NOT_FOUND", "The requested resource does not exist")
    assert call("GET", "/sobjects/Account/0015g000000zzzzAAA") == (404, missing)
    assert call("GET", "/sobjects/Xyzzy/describe") == (404, missing)
    unknown = (404, error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []))
    assert [call(method, "/sobjects/Account/0015g000000zzzzAAA", {}) for method in ("PATCH", "DELETE")] == [unknown] * 2
    wrong = error("MALFORMED_ID", "Account ID: id value of incorrect type: 0035g0000000001", ["Id"])
    assert call("GET", "/sobjects/Account/0035g0000000001") == (400, wrong)
    status, answer = call("PUT", "/sobjects/Account", {})
    assert (status, answer[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_upsert_creates_once_then_updates_and_will_not_choose_among_several(call, simple, org):
    path = "/sobjects/Lead/CENTRI_Opportunity_Id__c/a%2Fb+c"
    status, made = call("PATCH", path, {"LastName": "Doe", "Company": "Acme"})
    assert (status, made["created"]) == (201, True)
    assert org.get("Lead", made["id"]).get("CENTRI_Opportunity_Id__c") == "a/b c"
    assert call("PATCH", path, {"LastName": "Roe"}) == (200, {"id": made["id"], "success": True, "errors": [], "created": False})
    assert org.get("Lead", made["id"]).get("LastName") == "Roe"
    other = org.create("Lead", {"LastName": "x", "Company": "y", "CENTRI_Opportunity_Id__c": "A/B C"})
    urls = [f"/services/data/v62.0/sobjects/Lead/{id}" for id in (made["id"], other.id)]
    assert call("PATCH", path, {"LastName": "Zoe"}) == (300, urls)
    with pytest.raises(SalesforceMoreThanOneRecord):
        simple.Lead.upsert("CENTRI_Opportunity_Id__c/a%2Fb+c", {"LastName": "Zoe"})
    assert {row.get("LastName") for row in org.rows("Lead")} == {"Roe", "x"}
    message = "Provided external ID field does not exist or is not accessible: Company"
    assert call("PATCH", "/sobjects/Lead/Company/x", {}) == (404, error("NOT_FOUND", message))


def test_a_unique_value_is_taken_only_once(call, org):
    first = org.create("Account", {"Name": "a", "CENTRI_PRM_Id__c": "p1"})
    message = f"duplicate value found: CENTRI_PRM_Id__c duplicates value on record with id: {first.id[:15]}"
    twice = call("POST", "/sobjects/Account", {"Name": "b", "CENTRI_PRM_Id__c": "P1"})
    assert twice == (400, error("DUPLICATE_VALUE", message, []))
    assert call("PATCH", f"/sobjects/Account/{first.id}", {"CENTRI_PRM_Id__c": "P1"}) == (204, None)


def test_a_parent_may_be_named_by_its_external_id(call, org):
    parent = org.create("Account", {"Name": "a", "CENTRI_PRM_Id__c": "p1"})
    _, made = call("POST", "/sobjects/Contact", {"LastName": "x", "Account": {"CENTRI_PRM_Id__c": "p1"}})
    assert org.get("Contact", made["id"]).get("AccountId") == parent.id
    status, answer = call("POST", "/sobjects/Contact", {"LastName": "x", "Account": {"CENTRI_PRM_Id__c": "P2"}})
    assert (status, answer[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert answer[0]["message"].startswith("Foreign key external ID: p2 not found for field CENTRI_PRM_Id__c")


def test_null_clears_a_field_but_not_one_that_must_be_there(call, org):
    row = org.create("Account", {"Name": "a", "Phone": "1"})
    assert call("PATCH", f"/sobjects/Account/{row.id}", {"Phone": None, "NumberOfEmployees": None}) == (204, None)
    assert org.get("Account", row.id).get("Phone") is None
    missing = error("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"])
    assert call("PATCH", f"/sobjects/Account/{row.id}", {"Name": None}) == (400, missing)


def test_a_change_can_be_made_to_depend_on_the_time_of_the_last_one(call, org):
    row = org.create("Account", {"Name": "a"})
    old = {"If-Unmodified-Since": "Wed, 31 Dec 2025 23:59:59 GMT"}
    assert call("PATCH", f"/sobjects/Account/{row.id}", {"Name": "b"}, **old)[0] == 412
    fresh = {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert call("PATCH", f"/sobjects/Account/{row.id}", {"Name": "b"}, **fresh)[0] == 204


def test_children_fall_with_their_account_and_come_back_with_it(call, org):
    account = org.create("Account", {"Name": "a"})
    contact = org.create("Contact", {"LastName": "x", "AccountId": account.id})
    earlier = org.create("Contact", {"LastName": "y", "AccountId": account.id})
    deal = org.create(
        "Opportunity", {"Name": "d", "StageName": "Prospecting", "CloseDate": "2026-02-01", "AccountId": account.id}
    )
    note = org.create("Note", {"Title": "n", "ParentId": deal.id})
    org.delete("Contact", earlier.id)
    org.clock.set(T + 60, frozen=True)
    assert call("DELETE", f"/sobjects/Account/{account.id}") == (204, None)
    _, found = call("GET", "/queryAll?q=SELECT+Id,IsDeleted+FROM+Note")
    assert [(row["Id"], row["IsDeleted"]) for row in found["records"]] == [(note.id, True)]
    org.undelete("Account", account.id)
    live = {row.id for object in ("Contact", "Opportunity", "Note") for row in org.rows(object)}
    assert live == {contact.id, deal.id, note.id}


def test_names_and_stages_are_worked_out(call, org):
    lead = org.create("Lead", {"FirstName": "Ann", "LastName": "Doe", "Company": "Acme"})
    _, row = call("GET", f"/sobjects/Lead/{lead.id}")
    assert (row["Name"], row["Status"], row["IsConverted"]) == ("Ann Doe", "Open - Not Contacted", False)
    deal = {"Name": "d", "StageName": "Closed Won", "CloseDate": "2026-05-01", "Amount": 100}
    _, made = call("POST", "/sobjects/Opportunity", deal)
    _, row = call("GET", f"/sobjects/Opportunity/{made['id']}")
    assert (row["IsClosed"], row["IsWon"], row["Probability"], row["ExpectedRevenue"]) == (True, True, 100.0, 100.0)
    assert (row["Fiscal"], row["FiscalQuarter"], row["ForecastCategoryName"]) == ("2026 2", 2, "Closed")
    call("PATCH", f"/sobjects/Opportunity/{made['id']}", {"StageName": "Needs Analysis"})
    _, row = call("GET", f"/sobjects/Opportunity/{made['id']}")
    assert (row["IsClosed"], row["Probability"]) == (False, 20.0)


# -- queries -----------------------------------------------------------------------------------------------------------


def test_a_long_answer_comes_in_pages_for_the_session_that_asked(call, sandbox, org):
    for number in range(450):
        org.load("Account", {"Name": str(number)}, modified=T)
    status, page = call.query("SELECT Name FROM Account ORDER BY Id", **{"Sforce-Query-Options": "batchSize=200"})
    assert (status, page["totalSize"], page["done"], len(page["records"])) == (200, 450, False, 200)
    names, first = [row["Name"] for row in page["records"]], page["nextRecordsUrl"]
    while not page["done"]:
        _, page = call("GET", page["nextRecordsUrl"].removeprefix("/services/data/v62.0") + "?q=ignored")
        names += [row["Name"] for row in page["records"]]
    assert names == [str(number) for number in range(450)]
    bad = (400, error("INVALID_QUERY_LOCATOR", "invalid query locator"))
    assert Client(sandbox.salesforce_url)("GET", first.removeprefix("/services/data/v62.0")) == bad
    assert call("GET", "/query/01g5g0000000xyz-200") == bad


def test_simple_salesforce_reads_counts_and_describes(simple, org):
    for number in range(2100):
        org.load("Lead", {"LastName": str(number), "Company": "x"}, modified=T)
    assert simple.query_all("SELECT Id FROM Lead")["totalSize"] == 2100
    assert len(list(simple.query_all_iter("SELECT Id FROM Lead ORDER BY SystemModstamp, Id"))) == 2100
    assert simple.query("SELECT count() FROM Lead")["totalSize"] == 2100
    assert {one["name"] for one in simple.describe()["sobjects"]} >= {"Lead", "Account", "Contact", "Note", "Opportunity", "User"}
    assert simple.Lead.describe()["keyPrefix"] == "00Q"
    assert simple.limits()["DailyApiRequests"]["Remaining"] < 1_000_000
    with pytest.raises(SalesforceResourceNotFound):
        simple.Lead.get("00Q5g000000zzzzAAA")


def test_what_changed_and_went_since_a_minute(call, simple, org):
    kept, gone = (org.create("Account", {"Name": name}) for name in "ab")
    org.clock.set(T + 90, frozen=True)
    org.delete("Account", gone.id)
    org.clock.set(T + 240, frozen=True)
    last = org.create("Account", {"Name": "in the last minute of the window"})
    org.clock.set(T + 300, frozen=True)
    window = "start=2026-01-01T00:00:30Z&end=2026-01-01T00:04:00%2B00:00"
    assert call("GET", f"/sobjects/Account/updated/?{window}")[1] == {
        "ids": [kept.id, last.id],
        "latestDateCovered": "2026-01-01T00:04:00.000+0000",
    }
    _, deleted = call("GET", f"/sobjects/Account/deleted/?{window}")
    assert deleted["deletedRecords"] == [{"id": gone.id, "deletedDate": "2026-01-01T00:01:30.000+0000"}]
    status, answer = call("GET", "/sobjects/Account/deleted?start=2025-12-01T00:00:00Z&end=2026-01-01T00:00:00Z")
    assert (status, answer[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_every_data_call_counts_and_the_last_one_of_the_day_is_the_last(call, org):
    call.query("SELECT Id FROM Lead")
    assert call.headers["Sforce-Limit-Info"] == "api-usage=1/1000000"
    assert call.query("SELECT")[0] == 400
    assert call.headers["Sforce-Limit-Info"] == "api-usage=2/1000000"
    org.daily_calls = 2
    try:
        limit = error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        assert call.query("SELECT Id FROM Lead") == (403, limit)
    finally:
        org.daily_calls = 1_000_000


def test_versions_are_listed_for_anyone_old_ones_are_gone_and_long_addresses_refused(call, sandbox):
    listed = requests.get(f"{sandbox.salesforce_url}/services/data/").json()
    assert {"label": "Winter '25", "url": "/services/data/v62.0", "version": "62.0"} in listed
    statuses = {}
    for version in ("v20.0", "v51.0", "v67.0", "v99.0"):
        statuses[version] = call.session.get(f"{sandbox.salesforce_url}/services/data/{version}/limits").status_code
    assert statuses == {"v20.0": 410, "v51.0": 200, "v67.0": 200, "v99.0": 404}
    assert call.query("SELECT Id FROM Lead WHERE LastName = '" + "x" * 17_000 + "'")[0] == 414


# -- collections -------------------------------------------------------------------------------------------------------


def records(*values, object="Account"):
    return [{"attributes": {"type": object}, **one} for one in values]


def test_a_collection_reports_row_by_row(call, org):
    status, made = call("POST", "/composite/sobjects", {"records": records({"Name": "a"}, {}, {"Name": "c"})})
    assert (status, [one["success"] for one in made]) == (200, [True, False, True])
    missing = {"statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [Name]", "fields": ["Name"]}
    assert made[1] == {"success": False, "errors": [missing]}
    ids = [one["id"] for one in made if one["success"]]
    changes = records({"id": ids[0], "Name": "A"}, {"Name": "no id"}, {"Id": "0015g000000zzzzAAA", "Name": "x"})
    _, changed = call("PATCH", "/composite/sobjects/", {"records": changes})
    assert changed[0] == {"id": ids[0], "success": True, "errors": []}
    assert [one["errors"][0]["statusCode"] for one in changed[1:]] == ["MISSING_ARGUMENT", "INVALID_CROSS_REFERENCE_KEY"]
    _, read = call("GET", f"/composite/sobjects/Account?ids={ids[1]},0015g000000zzzzAAA,{ids[0]}&fields=Name")
    assert [one and one["Name"] for one in read] == ["c", None, "A"]
    _, gone = call("DELETE", f"/composite/sobjects?ids={ids[0]},{ids[0]}")
    assert [one["success"] for one in gone] == [True, False]
    assert gone[1]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"
    assert [row.id for row in org.rows("Account")] == [ids[1]]


def test_all_or_none_leaves_nothing_behind(call, org):
    body = {"allOrNone": True, "records": records({"Name": "a"}, {"Name": "b" * 256})}
    status, answer = call("POST", "/composite/sobjects", body)
    assert status == 200
    codes = [one["errors"][0]["statusCode"] for one in answer]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "STRING_TOO_LONG"]
    assert org.rows("Account", deleted=True) == []


def test_a_collection_is_upserted_by_a_key(call, org):
    known = org.create("Account", {"Name": "a", "CENTRI_PRM_Id__c": "p1"})
    given = records({"centri_prm_id__c": "P1", "Name": "A"}, {"CENTRI_PRM_Id__c": "p2", "Name": "B"}, {"Name": "keyless"})
    _, answer = call("PATCH", "/composite/sobjects/Account/CENTRI_PRM_Id__c", {"records": given})
    assert [one.get("created") for one in answer] == [False, True, None]
    assert answer[0]["id"] == known.id
    assert {row.get("Name") for row in org.rows("Account")} == {"A", "B"}


def test_a_collection_has_from_one_to_two_hundred_rows(call):
    empty = error("REQUIRED_FIELD_MISSING", "At least 1 record is required", [])
    assert call("POST", "/composite/sobjects", {"records": []}) == (400, empty)
    status, answer = call("POST", "/composite/sobjects", {"records": records(*[{"Name": "x"}] * 201)})
    assert (status, answer[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    status, answer = call("POST", "/composite/sobjects", {"records": records({"Name": "x"}, object="Xyzzy")})
    assert (status, answer[0]["errors"][0]["statusCode"]) == (200, "INVALID_TYPE")


# -- describe ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded describes are not at hand")
@pytest.mark.parametrize("object", ["Account", "Contact", "Lead", "Opportunity"])
def test_standard_fields_are_described_as_by_a_real_org(object):
    schema = SalesforceOrg().table(object).schema
    recorded = json.loads((RECORDED / f"sobjects_{object}_describe.json").read_text())["fields"]
    by_heart = {"extraTypeInfo", "defaultValue", "permissionable", "caseSensitive", "picklistValues"}
    for field in recorded:
        if field["name"] in OF_ONE_ORG:
            continue
        ours = describe_field(schema, schema.fields[field["name"]])
        assert set(ours) == set(field)
        said = {key for key in field if ours[key] != field[key]} - by_heart
        assert {key: (ours[key], field[key]) for key in said if (field["name"], key) not in PECULIAR} == {}
        assert [one["value"] for one in ours["picklistValues"]] == [one["value"] for one in field["picklistValues"]]
