"""Both Bulk APIs of the sandbox's Salesforce, by hand and through simple-salesforce."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest
from salesforce_caller import T, error

SPACE = "{http://www.force.com/2009/06/asyncapi/dataload}"
CSV = {"Content-Type": "text/csv; charset=UTF-8"}


def rows(text, **how):
    return list(csv.reader(io.StringIO(text), **how))


def ingest(call, text, operation="insert", object="Account", **spec):
    """A job from its making to its end; returns its id and its last answer."""
    status, job = call("POST", "/jobs/ingest", {"object": object, "operation": operation, **spec})
    assert (status, job["state"]) == (200, "Open")
    assert job["contentUrl"] == f"services/data/v62.0/jobs/ingest/{job['id']}/batches"
    upload = call.raw("PUT", f"/jobs/ingest/{job['id']}/batches", iter([text.encode()]), **CSV)
    assert (upload.status_code, upload.content) == (201, b"")
    status, closed = call("PATCH", f"/jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    assert (status, closed["state"]) == (200, "UploadComplete")
    assert not {"contentUrl", "lineEnding", "columnDelimiter"} & set(closed)
    return job["id"], call("GET", f"/jobs/ingest/{job['id']}")[1]


def test_a_load_tells_row_by_row_what_became_of_it(call, org):
    id, job = ingest(call, "Name,AnnualRevenue,Sic\nAcme,12.5,\n,1,\nBeta,much,\n")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 3, 2)
    assert (job["jobType"], job["apiVersion"], job["concurrencyMode"]) == ("V2Ingest", 62.0, "Parallel")
    made = org.rows("Account")
    good = call.raw("GET", f"/jobs/ingest/{id}/successfulResults/")
    assert good.text == f'"sf__Id","sf__Created",Name,AnnualRevenue,Sic\n"{made[0].id}","true",Acme,12.5,\n'
    bad = rows(call.raw("GET", f"/jobs/ingest/{id}/failedResults").text)
    assert bad[0] == ["sf__Id", "sf__Error", "Name", "AnnualRevenue", "Sic"]
    assert bad[1][:2] == ["", "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"]
    wrong = "Failed to deserialize field at col 1. Due to, 'much' is not a valid value for the type xsd:double"
    assert bad[2][:2] == ["", f"INVALID_FIELD:{wrong}:AnnualRevenue --"]
    for name in ("unprocessedRecords", "unprocessedrecords"):
        assert call.raw("GET", f"/jobs/ingest/{id}/{name}").text == "Name,AnnualRevenue,Sic\n"


def test_an_empty_cell_says_nothing_and_a_marked_one_clears(call, org):
    row = org.create("Account", {"Name": "Acme", "Phone": "1", "Fax": "2"})
    _, job = ingest(call, f"Id,Phone,Fax\n{row.id},,#N/A\n", "update")
    assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 0)
    assert (org.get("Account", row.id).get("Phone"), org.get("Account", row.id).get("Fax")) == ("1", None)


def test_an_upsert_passes_over_an_empty_first_id_and_finds_by_key(call, org):
    known = org.create("Account", {"Name": "old", "CENTRI_PRM_Id__c": "p1"})
    text = "Id,CENTRI_PRM_Id__c,Name\n,p1,new\n,p2,Beta\n"
    id, job = ingest(call, text, "upsert", externalIdFieldName="CENTRI_PRM_Id__c")
    assert job["externalIdFieldName"] == "CENTRI_PRM_Id__c"
    good = rows(call.raw("GET", f"/jobs/ingest/{id}/successfulResults").text)
    assert [line[1] for line in good] == ["sf__Created", "false", "true"]
    assert good[1][0] == known.id
    assert {row.get("Name") for row in org.rows("Account")} == {"new", "Beta"}


def test_a_parent_is_named_by_its_key_in_the_header(call, org):
    parent = org.create("Account", {"Name": "a", "CENTRI_PRM_Id__c": "p1"})
    ingest(call, "LastName,Account.CENTRI_PRM_Id__c\nDoe,p1\n", object="Contact")
    assert org.rows("Contact")[0].get("AccountId") == parent.id


def test_delimiters_and_line_endings_are_the_callers(call, org):
    id, job = ingest(call, "Name;Phone\r\nA;1\r\n", columnDelimiter="SEMICOLON", lineEnding="CRLF")
    assert (job["columnDelimiter"], job["lineEnding"], job["numberRecordsProcessed"]) == ("SEMICOLON", "CRLF", 1)
    text = call.raw("GET", f"/jobs/ingest/{id}/successfulResults").content.decode()
    assert text.splitlines(keepends=True)[0] == '"sf__Id";"sf__Created";Name;Phone\r\n'


def test_an_unknown_column_breaks_the_whole_job(call, org):
    id, job = ingest(call, "Name,Nonsense\nAcme,1\n")
    assert (job["state"], job["errorMessage"]) == ("Failed", "InvalidBatch : Field name not found : Nonsense")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"], org.count("Account")) == (0, 0, 0)
    assert rows(call.raw("GET", f"/jobs/ingest/{id}/unprocessedrecords").text)[1:] == [["Acme", "1"]]


def test_rows_are_deleted_softly_or_for_good(call, org):
    soft, hard = (org.create("Account", {"Name": name}).id for name in "ab")
    ingest(call, f"Id\n{soft}\n0015g000000zzzzAAA\n", "delete")
    ingest(call, f"Id\n{hard}\n", "hardDelete")
    assert [row.id for row in org.rows("Account", deleted=True)] == [soft]
    assert org.get("Account", soft).deleted


def test_jobs_are_listed_aborted_and_deleted(call):
    _, job = call("POST", "/jobs/ingest", {"object": "Lead", "operation": "insert"})
    path = f"/jobs/ingest/{job['id']}"
    assert call("DELETE", path)[0] == 400
    assert call("PATCH", path, {"state": "Aborted"})[1]["state"] == "Aborted"
    assert job["id"] in [one["id"] for one in call("GET", "/jobs/ingest")[1]["records"]]
    assert call("DELETE", path) == (204, None)
    assert call("GET", path)[0] == 404
    assert call("POST", "/jobs/ingest", {"object": "Lead", "operation": "upsert"})[0] == 400
    assert call("POST", "/jobs/ingest", {"object": "Xyzzy", "operation": "insert"})[0] == 400


def test_a_job_in_two_parts_starts_at_once(call, org):
    job = json.dumps({"object": "Account", "operation": "insert"})
    files = {"job": ("", job, "application/json"), "content": ("content", "Name\nAcme\n", "text/csv")}
    answer = call.session.post(f"{call.url}/services/data/v62.0/jobs/ingest", files=files).json()
    assert answer["state"] == "UploadComplete"
    assert call("GET", f"/jobs/ingest/{answer['id']}")[1]["state"] == "JobComplete"
    assert org.count("Account") == 1


def test_a_job_takes_as_many_looks_as_the_org_says(call):
    call.control("settings", {"bulk_polls": 1})
    _, job = call("POST", "/jobs/query", {"operation": "query", "query": "SELECT Id FROM User"})
    assert job["state"] == "UploadComplete"
    states = [call("GET", f"/jobs/query/{job['id']}")[1]["state"] for _ in range(2)]
    assert states == ["InProgress", "JobComplete"]


# -- queries -----------------------------------------------------------------------------------------------------------


def test_a_query_comes_in_the_order_of_its_columns_and_in_pages_of_the_callers_size(call, org):
    for number in range(5):
        org.load("Account", {"Name": f'"{number}"', "AnnualRevenue": number * 1.0} if number else {"Name": "0"}, modified=T)
    soql = "SELECT Name, Owner.Username, AnnualRevenue, IsDeleted, SystemModstamp FROM Account ORDER BY Id"
    _, job = call("POST", "/jobs/query", {"operation": "query", "query": soql})
    call("GET", f"/jobs/query/{job['id']}")
    whole = call.raw("GET", f"/jobs/query/{job['id']}/results")
    assert (whole.headers["Sforce-Locator"], whole.headers["Sforce-NumberOfRecords"]) == ("null", "5")
    lines = rows(whole.text)
    assert lines[0] == ["Name", "Owner.Username", "AnnualRevenue", "IsDeleted", "SystemModstamp"]
    assert lines[1] == ["0", "integration@centri.example", "", "false", "2026-01-01T00:00:00.000Z"] or lines[1][1] == ""
    assert lines[2][0::2] == ['"1"', "1.0", "2026-01-01T00:00:00.000Z"]
    seen, locator = [], ""
    while locator != "null":
        page = call.raw("GET", f"/jobs/query/{job['id']}/results?maxRecords=2" + (locator and f"&locator={locator}"))
        assert rows(page.text)[0] == lines[0]
        seen += rows(page.text)[1:]
        locator = page.headers["Sforce-Locator"]
    assert seen == lines[1:]
    assert call("GET", f"/services/data/v61.0/jobs/query/{job['id']}/results")[0] == 409


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT BillingAddress FROM Account", "API_ERROR"),
        ("SELECT COUNT(Id) FROM Account", "API_ERROR"),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 1", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Id FROM Xyzzy", "INVALID_TYPE"),
    ],
)
def test_what_only_rest_can_query_is_refused(call, soql, code):
    status, answer = call("POST", "/jobs/query", {"operation": "query", "query": soql})
    assert (status, answer[0]["errorCode"]) == (400, code)


def test_simple_salesforce_loads_and_queries_by_bulk2(simple, org):
    done = simple.bulk2.Account.insert(records=[{"Name": "A", "Phone": "1"}, {"Name": "B", "Phone": ""}], wait=0)
    assert [(one["numberRecordsProcessed"], one["numberRecordsFailed"]) for one in done] == [(2, 0)]
    good = simple.bulk2.Account.get_successful_records(done[0]["job_id"])
    assert {row.id for row in org.rows("Account")} == {line[0] for line in rows(good)[1:]}
    assert rows(simple.bulk2.Account.get_unprocessed_records(done[0]["job_id"]))[1:] == []
    pages = list(simple.bulk2.Account.query("SELECT Name FROM Account ORDER BY Name", wait=0))
    assert rows(pages[0]) == [["Name"], ["A"], ["B"]]


# -- Bulk 1.0 ----------------------------------------------------------------------------------------------------------


def test_simple_salesforce_loads_and_queries_by_bulk1(simple, org):
    made = simple.bulk.Account.insert([{"Name": "A", "AnnualRevenue": 5}, {"AnnualRevenue": 1}])
    assert [(one["success"], one["created"]) for one in made] == [(True, True), (False, False)]
    assert made[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    changed = simple.bulk.Account.update([{"Id": made[0]["id"], "Name": "B"}])
    assert (changed[0]["success"], changed[0]["created"]) == (True, False)
    found = simple.bulk.Account.query("SELECT Id, Name, CreatedDate, AnnualRevenue, Phone FROM Account")
    assert [{key: one[key] for key in ("Name", "CreatedDate", "AnnualRevenue", "Phone")} for one in found] == [
        {"Name": "B", "CreatedDate": T * 1000, "AnnualRevenue": 5.0, "Phone": None}
    ]
    assert simple.bulk.Account.delete([{"Id": made[0]["id"]}])[0]["success"]
    assert len(simple.bulk.Account.query_all("SELECT Id FROM Account")) == 1


def bulk1(call, method, path, data=None, kind="application/json"):
    del call.session.headers["Authorization"]
    headers = {"X-SFDC-Session": call.token} | ({"Content-Type": kind} if kind else {})
    try:
        return call.raw(method, f"/services/async/61.0/{path}", data, **headers)
    finally:
        call.session.headers["Authorization"] = f"Bearer {call.token}"


def test_a_csv_job_made_in_json_answers_its_batches_in_xml(call, org):
    org.create("Account", {"Name": "Acme, Inc."})
    job = bulk1(call, "POST", "job", json.dumps({"operation": "queryAll", "object": "Account", "contentType": "CSV"}))
    assert job.status_code == 201
    path = f"job/{job.json()['id']}"
    batch = bulk1(call, "POST", f"{path}/batch", "SELECT Name FROM Account", "text/csv")
    root = ET.fromstring(batch.text)
    assert (batch.status_code, root.tag, root.findtext(f"{SPACE}state")) == (201, f"{SPACE}batchInfo", "Queued")
    id = root.findtext(f"{SPACE}id")
    assert bulk1(call, "POST", path, json.dumps({"state": "Closed"})).json()["state"] == "Closed"
    state = ET.fromstring(bulk1(call, "GET", f"{path}/batch/{id}").text).findtext(f"{SPACE}state")
    listed = ET.fromstring(bulk1(call, "GET", f"{path}/batch").text)
    assert (state, [one.findtext(f"{SPACE}id") for one in listed]) == ("Completed", [id])
    results = ET.fromstring(bulk1(call, "GET", f"{path}/batch/{id}/result").text)
    assert results.tag == f"{SPACE}result-list"
    text = bulk1(call, "GET", f"{path}/batch/{id}/result/{results[0].text}", kind="text/csv").text
    assert text == '"Name"\n"Acme, Inc."\n'


def test_an_xml_job_is_xml_throughout(call, org):
    info = f'<jobInfo xmlns="{SPACE[1:-1]}"><operation>insert</operation><object>Account</object></jobInfo>'
    job = ET.fromstring(bulk1(call, "POST", "job", info, "application/xml").text)
    path = f"job/{job.findtext(f'{SPACE}id')}"
    row = f'<sObjects xmlns="{SPACE[1:-1]}"><sObject><Name>A&amp;B</Name></sObject></sObjects>'
    batch = ET.fromstring(bulk1(call, "POST", f"{path}/batch", row, "application/xml").text).findtext(f"{SPACE}id")
    result = ET.fromstring(bulk1(call, "GET", f"{path}/batch/{batch}/result", kind=None).text)
    made = org.rows("Account")[0]
    assert (made.get("Name"), result[0].findtext(f"{SPACE}id"), result[0].findtext(f"{SPACE}success")) == ("A&B", made.id, "true")


def test_a_csv_load_answers_in_csv(call, org):
    job = bulk1(call, "POST", "job", json.dumps({"operation": "insert", "object": "Account", "contentType": "CSV"})).json()
    path = f"job/{job['id']}/batch"
    batch = ET.fromstring(bulk1(call, "POST", path, "Name,Phone\nAcme,1\n,2\n", "text/csv").text).findtext(f"{SPACE}id")
    text = bulk1(call, "GET", f"{path}/{batch}/result").text
    missing = "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    id = org.rows("Account")[0].id
    assert rows(text) == [["Id", "Success", "Created", "Error"], [id, "true", "true", ""], ["", "false", "false", missing]]


def test_bulk1_words_its_errors_as_one_object(call):
    unknown = bulk1(call, "GET", "job/750xx0000000001")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (400, "application/json")
    assert unknown.json() == {"exceptionCode": "InvalidJob", "exceptionMessage": "Unable to find job for id: 750xx0000000001"}
    call.token = "nonsense"
    assert bulk1(call, "GET", "job/750xx0000000001").json()["exceptionCode"] == "InvalidSessionId"
    assert call("GET", "/limits") == (401, error("INVALID_SESSION_ID", "Session expired or invalid"))


def test_a_batch_with_a_bad_query_fails_and_says_why(call):
    job = bulk1(call, "POST", "job", json.dumps({"operation": "query", "object": "Account", "contentType": "JSON"})).json()
    path = f"job/{job['id']}/batch"
    batch = bulk1(call, "POST", path, "SELECT Nonsense FROM Account").json()
    told = bulk1(call, "GET", f"{path}/{batch['id']}").json()
    assert (told["state"], told["stateMessage"].split(" : ")[0]) == ("Failed", "INVALID_FIELD")
