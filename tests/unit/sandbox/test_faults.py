"""Faults on demand, each felt over a real socket."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from centri.sandbox.drift import SETTINGS
from centri.sandbox.faults import KINDS
from centri.sandbox.server import Sandbox

NOW = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
DATA = "/services/data/v62.0"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(https=True) as running:
        yield running


@pytest.fixture
def org(sandbox):
    sandbox.salesforce.reset()
    sandbox.salesforce.clock.set(NOW, frozen=True)
    return sandbox.salesforce


@pytest.fixture
def sugar(sandbox):
    sandbox.sugarcrm.reset()
    return sandbox.sugarcrm


@pytest.fixture(params=["http", "https"])
def api(request, sandbox, org):
    return client(sandbox, "salesforce_https_url" if request.param == "https" else "salesforce_url")


@pytest.fixture
def plain(sandbox, org):
    return client(sandbox, "salesforce_url")


def client(sandbox, base):
    session = requests.Session()
    session.trust_env = False
    session.verify = str(sandbox.ca_file)
    form = {"grant_type": "client_credentials", "client_id": "centri-sandbox", "client_secret": "sandbox-secret"}
    url = getattr(sandbox, base)
    session.headers["Authorization"] = f"Bearer {session.post(url + '/services/oauth2/token', data=form).json()['access_token']}"

    def call(method, path, body=None, **more):
        return session.request(method, url + DATA + path, json=body, timeout=more.pop("timeout", 30), **more)

    return call


def make(api, name="Acme"):
    return api("POST", "/sobjects/Account", {"Name": name})


def names(org):
    return sorted(row.get("Name") for row in org.rows("Account"))


def asked(api, where=""):
    return api("GET", f"/query?q=SELECT Id, Name FROM Account {where} ORDER BY Name").json()


# -- which calls -------------------------------------------------------------------------------------------------------


def test_a_share_of_the_calls_is_hit_the_same_way_for_the_same_seed(plain, org):
    def run():
        org.faults.clear()
        org.faults.arm(path="limits", share=0.3, seed=7)
        return [plain("GET", "/limits").status_code for _ in range(40)]

    first = run()
    assert first == run()
    assert 3 < first.count(503) < 25
    assert set(first) == {200, 503}


def test_one_fault_of_several_can_be_disarmed(sandbox, org):
    url = sandbox.salesforce_url + "/__sandbox__/faults"
    for kind in ("reset", "drip"):
        requests.post(url, json={"kind": kind, "path": "nowhere"})
    first, second = requests.get(url).json()["faults"]
    assert [one["kind"] for one in requests.delete(url, params={"id": first["id"]}).json()["faults"]] == [second["kind"]]


@pytest.mark.parametrize("settings", [{"share": 2}, {"share": "x"}, {"kind": "flood"}, {"_gate": 1}, {"method": 7}])
def test_a_fault_that_cannot_be_is_not_armed(sandbox, org, settings):
    assert requests.post(sandbox.salesforce_url + "/__sandbox__/faults", json=settings).status_code == 400
    assert org.faults.list() == []


@pytest.mark.parametrize("word", [*KINDS, *SETTINGS])
def test_the_documentation_explains_every_kind(word):
    text = (Path(__file__).parents[3] / "docs/faults.md").read_text()
    assert f"`{word}`" in text or f'"{word}"' in text


# -- the connection ----------------------------------------------------------------------------------------------------


def test_a_connection_is_reset_before_the_write(api, org):
    org.faults.arm(method="POST", path="Account", kind="reset")
    with pytest.raises(requests.ConnectionError):
        make(api)
    assert names(org) == []
    assert make(api).status_code == 201


def test_a_connection_is_reset_after_the_write(api, org):
    org.faults.arm(method="POST", path="Account", kind="reset", after=True)
    with pytest.raises(requests.ConnectionError):
        make(api)
    assert names(org) == ["Acme"]


def test_a_reset_is_a_reset_and_not_an_end(sandbox, org):
    org.faults.arm(kind="reset")
    with socket.create_connection(sandbox.salesforce_url.removeprefix("http://").split(":")) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


def test_a_body_is_cut_short(api, org):
    whole = api("GET", "/limits").content
    org.faults.arm(path="limits", kind="truncate", bytes=20, every=True)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        api("GET", "/limits")
    answer = api("GET", "/limits", stream=True, headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, int(answer.headers["Content-Length"])) == (200, len(whole))
    assert answer.raw.read1(1000) == whole[:20]


def test_a_body_comes_drop_by_drop(api, org):
    whole = api("GET", "/limits/recordCount", headers={"Accept-Encoding": "identity"})
    org.faults.arm(path="limits", kind="drip", bytes=16, seconds=0.001)
    slow = api("GET", "/limits/recordCount", headers={"Accept-Encoding": "identity"}, stream=True)
    first = slow.raw.read1(100_000)
    assert len(first) < len(whole.content)
    assert first + slow.raw.read() == whole.content


def test_a_hanging_call_holds_up_nobody_and_goes_on_when_released(api, org):
    org.faults.arm(method="POST", path="Account", kind="hang")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(make, api)
        while not org.faults.list()[0]["hit"]:
            assert api("GET", "/limits").status_code == 200
        assert (waiting.done(), names(org)) == (False, [])
        org.faults.clear()
        assert waiting.result(30).status_code == 201


def test_a_call_whose_caller_hung_up_while_it_hung_is_not_done(plain, org):
    org.faults.arm(method="POST", path="Account", kind="hang")
    with pytest.raises(requests.ReadTimeout):
        plain("POST", "/sobjects/Account", {"Name": "x"}, timeout=0.2)
    assert plain("GET", "/limits").status_code == 200
    org.faults.clear()
    assert plain("GET", "/limits").status_code == 200
    assert names(org) == []


def test_a_call_may_hang_once_its_work_is_done(plain, org):
    org.faults.arm(method="POST", path="Account", kind="hang", after=True)
    with pytest.raises(requests.ReadTimeout):
        plain("POST", "/sobjects/Account", {"Name": "x"}, timeout=0.2)
    assert names(org) == ["x"]


def test_a_hang_ends_by_itself(plain, org):
    org.faults.arm(path="limits", kind="hang", seconds=0.01)
    assert plain("GET", "/limits").status_code == 200


def test_a_hanging_call_does_not_keep_the_sandbox_from_closing():
    with Sandbox() as own:
        own.salesforce.faults.arm(kind="hang")
        answers = []
        caller = threading.Thread(target=lambda: answers.append(requests.get(own.salesforce_url + "/services/data").status_code))
        caller.start()
        while not own.salesforce.faults.list()[0]["hit"]:
            pass
    caller.join(30)
    assert answers == [200]


# -- what the CRM says -------------------------------------------------------------------------------------------------


def test_the_daily_limit_is_worded_as_each_crm_does(sandbox, plain, org, sugar):
    org.faults.arm(kind="daily_limit", every=True)
    answer = plain("GET", "/limits")
    assert (answer.status_code, answer.json()) == (
        403,
        [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
    )
    sugar.faults.arm(kind="daily_limit")
    assert requests.get(sandbox.sugarcrm_url + "/rest/v11_20/ping").status_code == 429


def test_some_rows_of_a_collection_are_locked(plain, org):
    org.faults.arm(method="POST", path="composite", kind="row_lock", rows=[1])
    rows = [{"attributes": {"type": "Account"}, "Name": name} for name in "abc"]
    outcomes = plain("POST", "/composite/sobjects", {"records": rows}).json()
    assert [one["success"] for one in outcomes] == [True, False, True]
    assert outcomes[1]["errors"] == [
        {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}
    ]
    assert names(org) == ["a", "c"]
    assert all(one["success"] for one in plain("POST", "/composite/sobjects", {"records": rows}).json())


def test_some_rows_of_a_bulk_job_are_locked(plain, org):
    org.faults.arm(path="jobs/ingest", kind="row_lock", rows=[0, 2], every=True)
    job = plain("POST", "/jobs/ingest", {"object": "Account", "operation": "insert", "contentType": "CSV"}).json()["id"]
    plain("PUT", f"/jobs/ingest/{job}/batches", data="Name\na\nb\nc\n", headers={"Content-Type": "text/csv"})
    plain("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    while plain("GET", f"/jobs/ingest/{job}").json()["state"] != "JobComplete":
        pass
    failed = plain("GET", f"/jobs/ingest/{job}/failedResults").text
    assert failed.count("UNABLE_TO_LOCK_ROW:") == 2
    assert names(org) == ["b"]


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"Name": "new"}), ("DELETE", None)])
def test_a_single_row_is_locked(plain, org, method, body):
    row = org.create("Account", {"Name": "old"})
    org.faults.arm(method=method, path="Account", kind="row_lock")
    answer = plain(method, f"/sobjects/Account/{row.id}", body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "UNABLE_TO_LOCK_ROW")
    assert row.id in answer.json()[0]["message"]
    assert org.get("Account", row.id) is row
    assert plain(method, f"/sobjects/Account/{row.id}", body).status_code == 204


def test_a_share_of_rows_is_locked(plain, org):
    org.faults.arm(path="composite", kind="row_lock", row_share=0.5, seed=3)
    rows = [{"attributes": {"type": "Account"}, "Name": f"n{number}"} for number in range(100)]
    outcomes = plain("POST", "/composite/sobjects", {"records": rows}).json()
    assert 20 < sum(one["success"] for one in outcomes) < 80
    assert len(names(org)) == sum(one["success"] for one in outcomes)


def test_a_page_is_shorter_than_asked_for_and_the_next_is_there(sandbox, plain, org, sugar):
    for name in "abcde":
        org.create("Account", {"Name": name})
        sugar.create("Accounts", {"name": name})
    org.faults.arm(path="query", kind="short_page", rows=2)
    page, seen = asked(plain), []
    assert (len(page["records"]), page["done"], page["totalSize"]) == (2, False, 5)
    while True:
        seen += [row["Name"] for row in page["records"]]
        if page["done"]:
            break
        page = plain("GET", page["nextRecordsUrl"].removeprefix(DATA)).json()
    assert seen == list("abcde")
    sugar.faults.arm(path="Accounts", kind="short_page", rows=3)
    assert sugar_page(sandbox, sugar) == (3, 3)
    assert sugar_page(sandbox, sugar) == (5, -1)


def sugar_page(sandbox, sugar):
    form = {"grant_type": "password", "client_id": "sugar", "client_secret": "", "platform": "base"}
    form |= {"username": sugar.credentials.username, "password": sugar.credentials.password}
    token = requests.post(sandbox.sugarcrm_url + "/rest/v11_20/oauth2/token", json=form).json()["access_token"]
    url = sandbox.sugarcrm_url + "/rest/v11_20/Accounts?max_num=10"
    answer = requests.get(url, headers={"OAuth-Token": token}).json()
    return len(answer["records"]), answer["next_offset"]


def test_a_query_that_began_over_http_goes_on_over_https(sandbox, plain, org):
    for name in "abc":
        org.create("Account", {"Name": name})
    org.faults.arm(path="query", kind="short_page", rows=2)
    more = asked(plain)["nextRecordsUrl"]
    token = org.sessions.all()[-1].token
    headers = {"Authorization": f"Bearer {token}"}
    page = requests.get(sandbox.salesforce_https_url + more, headers=headers, verify=str(sandbox.ca_file)).json()
    assert [row["Name"] for row in page["records"]] == ["c"]


def test_a_request_arrives_twice(plain, org):
    org.faults.arm(method="POST", path="Account", kind="duplicate")
    made = make(plain).json()["id"]
    assert names(org) == ["Acme", "Acme"]
    assert org.get("Account", made)


# -- time --------------------------------------------------------------------------------------------------------------


def test_rows_show_late_with_the_stamp_of_when_they_were_written(plain, org):
    old = org.create("Account", {"Name": "old"})
    org.faults.arm(method="*", path="Account", kind="late", seconds=30, times=2)
    made = make(plain, "late").json()["id"]
    plain("PATCH", f"/sobjects/Account/{old.id}", {"Name": "changed"})
    org.clock.set(NOW + 20, frozen=True)
    assert [row["Name"] for row in asked(plain)["records"]] == ["old"]
    assert plain("GET", f"/sobjects/Account/{made}").status_code == 404
    org.clock.set(NOW + 30, frozen=True)
    assert [row["Name"] for row in asked(plain)["records"]] == ["changed", "late"]
    assert org.get("Account", made).stamp == NOW


def test_a_persons_edit_shows_late_over_what_was_written_meanwhile(sandbox, plain, org):
    row = org.create("Account", {"Name": "a", "Phone": "1"})
    act = {"action": "update", "object": "Account", "id": row.id, "values": {"Phone": "2"}, "late_seconds": 30}
    requests.post(sandbox.salesforce_url + "/__sandbox__/edit", json=act)
    assert org.get("Account", row.id) is row
    plain("PATCH", f"/sobjects/Account/{row.id}", {"Name": "b"})
    org.clock.set(NOW + 31, frozen=True)
    shown = plain("GET", f"/sobjects/Account/{row.id}").json()
    assert (shown["Name"], shown["Phone"]) == ("b", "2")


def test_a_call_that_was_rolled_back_hides_nothing(plain, org):
    org.faults.arm(path="composite", kind="late", seconds=5)
    rows = [{"attributes": {"type": "Account"}, "Name": name} for name in ("a", "")]
    outcomes = plain("POST", "/composite/sobjects", {"allOrNone": True, "records": rows})
    assert [one["success"] for one in outcomes.json()] == [False, False]
    org.clock.set(NOW + 60, frozen=True)
    assert asked(plain)["totalSize"] == 0


def test_hidden_writes_are_forgotten_by_a_reset(plain, org):
    org.faults.arm(path="Account", kind="late", seconds=1)
    make(plain)
    org.reset()
    org.clock.set(NOW + 60, frozen=True)
    org.show_late()
    assert names(org) == []


@pytest.mark.parametrize("seconds", [-7200, 90, 90_000])
def test_the_clock_is_wrong_for_some_calls(plain, org, seconds):
    org.faults.arm(method="POST", path="Account", kind="clock", seconds=seconds)
    first, second = make(plain), make(plain)
    assert org.get("Account", first.json()["id"]).stamp == NOW + seconds
    assert org.get("Account", second.json()["id"]).stamp == NOW
    assert parsedate_to_datetime(first.headers["Date"]).timestamp() == NOW + seconds
    assert parsedate_to_datetime(second.headers["Date"]).timestamp() == NOW


# -- the schema --------------------------------------------------------------------------------------------------------


@pytest.fixture
def drift(sandbox, org):
    def change(**wishes):
        return requests.post(sandbox.salesforce_url + "/__sandbox__/schema", json={"object": "Account", **wishes})

    yield change
    requests.delete(sandbox.salesforce_url + "/__sandbox__/schema")


def field(plain, name):
    found = [one for one in plain("GET", "/sobjects/Account/describe").json()["fields"] if one["name"] == name]
    return found[0] if found else None


def test_a_field_is_renamed_and_back(sandbox, plain, org, drift):
    row = org.create("Account", {"Name": "a", "Site": "Bonn"})
    assert drift(field="Site", rename="Place__c").status_code == 200
    assert plain("GET", "/query?q=SELECT Site FROM Account").json()[0]["errorCode"] == "INVALID_FIELD"
    assert plain("GET", "/query?q=SELECT Place__c FROM Account").json()["records"][0]["Place__c"] == "Bonn"
    assert org.get("Account", row.id).stamp == row.stamp
    requests.delete(sandbox.salesforce_url + "/__sandbox__/schema")
    assert plain("GET", "/query?q=SELECT Site FROM Account").json()["records"][0]["Site"] == "Bonn"


def test_a_renamed_key_is_still_looked_up(org, drift):
    parent = org.create("Account", {"Name": "a"})
    child = org.create("Account", {"Name": "b", "ParentId": parent.id})
    drift(field="ParentId", rename="Above__c")
    assert [row.id for row in org.table("Account").find("Above__c", parent.id)] == [child.id]
    org.reset()
    assert org.table("Account").schema.field("ParentId").keyed


def test_a_field_is_narrowed_and_made_required(plain, org, drift):
    assert drift(field="Site", length=3, required=True).status_code == 200
    assert field(plain, "Site")["length"] == 3
    missing = plain("POST", "/sobjects/Account", {"Name": "a"}).json()[0]
    assert (missing["errorCode"], missing["fields"]) == ("REQUIRED_FIELD_MISSING", ["Site"])
    long = plain("POST", "/sobjects/Account", {"Name": "a", "Site": "four"}).json()[0]
    assert long["errorCode"] == "STRING_TOO_LONG"
    org.reset()
    assert plain("POST", "/sobjects/Account", {"Name": "a", "Site": "four"}).status_code == 401  # sessions are gone too
    assert org.table("Account").schema.field("Site").length > 3


def test_a_choice_is_removed(plain, org, drift):
    gone = org.table("Account").schema.field("Industry").choices[0]
    drift(field="Industry", remove_choice=gone, restricted=True)
    assert gone not in [one["value"] for one in field(plain, "Industry")["picklistValues"]]
    refused = plain("POST", "/sobjects/Account", {"Name": "a", "Industry": gone}).json()[0]
    assert refused["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_a_field_is_removed(plain, org, drift):
    drift(field="Site", remove=True)
    assert field(plain, "Site") is None
    assert plain("POST", "/sobjects/Account", {"Name": "a", "Site": "x"}).json()[0]["errorCode"] == "INVALID_FIELD"


def test_a_change_that_cannot_be_is_answered_with_why(drift):
    assert drift(field="Xyzzy", length=3).status_code == 400
    assert drift(field="Site", colour="red").status_code == 400


# -- bytes -------------------------------------------------------------------------------------------------------------


def test_bodies_are_packed_both_ways(api, org):
    packed = gzip.compress(json.dumps({"Name": "packed"}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert api("POST", "/sobjects/Account", data=packed, headers=headers).status_code == 201
    assert names(org) == ["packed"]
    answer = api("GET", "/sobjects/Account/describe")
    assert answer.headers["Content-Encoding"] == "gzip"
    loose = api("GET", "/sobjects/Account/describe", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in loose.headers
    assert answer.json() == loose.json()
    assert len(loose.content) == int(loose.headers["Content-Length"]) > int(answer.headers["Content-Length"])


def test_a_body_comes_in_chunks(api, org):
    parts = iter([b'{"Na', b'me": "chunked"}'])
    answer = api("POST", "/sobjects/Account", data=parts, headers={"Content-Type": "application/json"})
    assert (answer.status_code, names(org)) == (201, ["chunked"])


def test_the_log_tells_which_fault_struck(sandbox, plain, org):
    org.faults.arm(path="describe", kind="reset", after=True)
    with pytest.raises(requests.ConnectionError):
        plain("GET", "/sobjects/Account/describe")
    entry = requests.get(sandbox.salesforce_url + "/__sandbox__/log?last=1").json()["entries"][0]
    assert (entry["fault"], entry["status"], entry["answer"]) == ("reset", None, "")
