"""The sandbox's SugarCRM over real HTTP: what its clients rely on, call by call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sugar_client import NOON, Client

from centri.sandbox.server import Sandbox
from centri.sandbox.sugarcrm_lists import candidates
from centri.sandbox.sugarcrm_org import new_org


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.sugarcrm.reset()
    running.sugarcrm.sessions.lifetime = 3600
    running.sugarcrm.clock.set(NOON, frozen=True)
    return running


@pytest.fixture
def call(sandbox: Sandbox) -> Client:
    return Client(sandbox)


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_a_second_login_on_the_platform_ends_the_first_and_another_platform_does_not(sandbox: Sandbox, call: Client) -> None:
    elsewhere = Client(sandbox, "reports")
    again = Client(sandbox, "centri")
    assert call("GET", "ping") == (401, {"error": "invalid_grant", "error_message": "The access token provided is invalid."})
    assert (elsewhere("GET", "ping"), again("GET", "ping")) == ((200, "pong"), (200, "pong"))


def test_tokens_age_and_are_refreshed_on_their_own_platform_only(sandbox: Sandbox, call: Client) -> None:
    assert call.tokens["expires_in"] == 3600
    sandbox.sugarcrm.clock.set(NOON + 3600, frozen=True)
    assert call("GET", "ping")[0] == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": call.tokens["refresh_token"]}
    assert call.grant(**refresh).status_code == 401
    fresh = call.grant(**refresh, platform="centri").json()
    call.http.headers["OAuth-Token"] = fresh["access_token"]
    assert call("GET", "ping") == (200, "pong")
    assert call.grant(**refresh, platform="centri").status_code == 401


def test_login_takes_json_forms_and_bodies_without_a_type_and_ignores_a_stale_token(sandbox: Sandbox, call: Client) -> None:
    ours = call.credentials
    given = {"grant_type": "password", "client_id": "sugar", "client_secret": "", "platform": "x"}
    given |= {"username": ours.username, "password": ours.password}
    url, junk = f"{call.base}/oauth2/token/", {"OAuth-Token": "admin"}
    sent = [{"json": given}, {"data": given}, {"data": json.dumps(given).encode()}]
    assert [requests.post(url, headers=junk, timeout=10, **one).status_code for one in sent] == [200, 200, 200]
    wrong = requests.post(url, json={**given, "password": "x"}, timeout=10)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "need_login")


def test_bearer_works_logout_ends_and_nothing_works_without_a_token(sandbox: Sandbox, call: Client) -> None:
    bearer = {"Authorization": f"Bearer {call.tokens['access_token']}"}
    assert requests.get(f"{call.base}/ping", headers=bearer, timeout=10).json() == "pong"
    assert call("POST", "oauth2/logout") == (200, {"success": True})
    assert call("GET", "ping")[1]["error"] == "invalid_grant"
    assert requests.get(f"{call.base}/ping", timeout=10).json()["error"] == "need_login"


# -- about itself ------------------------------------------------------------------------------------------------------


def test_versions(sandbox: Sandbox, call: Client) -> None:
    statuses = {
        version: call.http.get(f"{sandbox.sugarcrm_url}/rest/{version}//ping", timeout=10, allow_redirects=False).status_code
        for version in ("v10", "v11", "v11_5", "v12", "w1")
    }
    assert statuses == {"v10": 200, "v11": 200, "v11_5": 200, "v12": 301, "w1": 404}
    assert call("PATCH", "ping")[1]["error"] == "no_method"


def test_metadata_tells_fields_links_and_the_opportunity_model(call: Client) -> None:
    status, told = call("GET", "metadata?type_filter=modules,full_module_list&module_filter=Leads,Opportunities")
    assert status == 200
    assert set(told) == {"modules", "full_module_list", "_hash"}
    assert set(told["modules"]) == {"Leads", "Opportunities"}
    assert told["modules"]["Opportunities"]["config"] == {"opps_view_by": "Opportunities"}
    assert "opportunities_contacts" not in told["full_module_list"]
    fields = told["modules"]["Leads"]["fields"]
    assert fields["_hash"]
    assert (fields["last_name"]["type"], fields["last_name"]["len"], fields["last_name"]["required"]) == ("varchar", 100, True)
    assert (fields["status"]["options"], fields["status"]["default"]) == ("lead_status_dom", "New")
    assert fields["date_modified"]["readonly"]
    assert fields["prm_distribute_c"]["source"] == "custom_fields"
    assert fields["opportunity"]["type"] == "link"


def test_enum_and_me(call: Client) -> None:
    assert call("GET", "Accounts/enum/prm_status_c")[1]["terminated"] == "terminated"
    assert call("GET", "Accounts/enum/name")[0] == 404
    user = call("GET", "me")[1]["current_user"]
    assert (user["id"], user["user_name"], user["preferences"]["timezone"]) == ("1", "admin", "America/New_York")


# -- records -----------------------------------------------------------------------------------------------------------


def test_a_record_reads_as_sugar_writes_it(call: Client) -> None:
    account = call.created("Accounts", name="Umbrella", account_type="Prospect")
    record = call.created(
        "Opportunities", name="Deal", account_id=account["id"], amount=48000, date_closed="2026-06-30", nonsense="passed over"
    )
    assert (record["_module"], record["_acl"]) == ("Opportunities", {"fields": {}})
    assert record["date_modified"] == record["date_entered"] == "2026-03-02T07:00:00-05:00"
    assert (record["amount"], record["amount_usdollar"], record["probability"]) == ("48000.000000", "48000.000000", None)
    assert (record["account_name"], record["next_step"], record["deleted"]) == ("Umbrella", "", False)
    assert (record["sales_stage"], record["modified_user_id"]) == ("Prospecting", "1")
    assert "nonsense" not in record


def test_text_is_trimmed_and_cut_and_a_cleared_field_is_empty(call: Client) -> None:
    lead = call.created("Leads", last_name="  Wong ", first_name="Mia", account_name="U" * 300, title="x")
    assert (lead["last_name"], lead["name"], len(lead["account_name"])) == ("Wong", "Mia Wong", 255)
    assert call("PUT", f"Leads/{lead['id']}", {"title": None})[1]["title"] == "x"
    assert call("PUT", f"Leads/{lead['id']}", {"title": ""})[1]["title"] == ""


def test_the_stamp_moves_with_every_write(sandbox: Sandbox, call: Client) -> None:
    lead = call.created("Leads", last_name="Wong")
    sandbox.sugarcrm.clock.set(NOON + 61, frozen=True)
    changed = call("PUT", f"Leads/{lead['id']}", {"date_modified": "2001-01-01T00:00:00Z"})[1]
    assert (changed["date_modified"], changed["date_entered"]) == ("2026-03-02T07:01:01-05:00", lead["date_entered"])


def test_date_times_are_read_with_any_offset(call: Client) -> None:
    sent = ["2026-03-02T11:00:00Z", "2026-03-02T12:00:00.000+01:00", "2026-03-02T06:00:00"]
    read = [call.created("Leads", last_name="x", prm_accepted_at_c=one)["prm_accepted_at_c"] for one in sent]
    assert read == ["2026-03-02T06:00:00-05:00"] * 3


def test_email_is_a_set_with_one_primary_and_email1_its_alias(call: Client) -> None:
    lead = call.created(
        "Leads", last_name="x", email=[{"email_address": "A@x.example", "opt_out": "1"}, {"email_address": "b@x.example"}]
    )
    assert [(one["email_address"], one["primary_address"], one["opt_out"]) for one in lead["email"]] == [
        ("A@x.example", True, True),
        ("b@x.example", False, False),
    ]
    changed = call("PUT", f"Leads/{lead['id']}", {"email1": "c@x.example"})[1]
    assert (changed["email1"], {one["email_address"] for one in changed["email"]}) == (
        "c@x.example",
        {"c@x.example", "b@x.example"},
    )
    assert call.ids("Leads", [{"email": {"$in": ["B@X.example"]}}]) == [lead["id"]]
    assert call.ids("Leads", [{"email_addresses.email_address": "nobody@x.example"}]) == []


def test_a_chosen_id_is_kept_and_cannot_be_used_twice(call: Client) -> None:
    chosen = "33333333-0000-4000-8000-000000000001"
    assert call.created("Leads", id=chosen, last_name="Wong")["id"] == chosen
    assert call("POST", "Leads", {"id": chosen, "last_name": "Other"})[0] == 422
    call("DELETE", f"Leads/{chosen}")
    assert call("POST", "Leads", {"id": chosen, "last_name": "Other"})[0] == 422


@pytest.mark.parametrize(
    ("body", "label"),
    [
        ({"first_name": "Mia"}, "missing_parameter"),
        ({"last_name": "  "}, "missing_parameter"),
        ({"last_name": "x", "birthdate": "yesterday"}, "invalid_parameter"),
        ({"last_name": "x", "email": [1]}, "invalid_parameter"),
        ({"last_name": "x", "id": 7}, "invalid_parameter"),
    ],
)
def test_what_is_refused(call: Client, body: dict[str, Any], label: str) -> None:
    status, answer = call("POST", "Leads", body)
    assert (status, answer["error"]) == (422, label)
    assert call("GET", "Leads/count")[1] == {"record_count": 0}


def test_a_deleted_record_is_gone_but_listed_on_asking(call: Client) -> None:
    lead, other = (call.created("Leads", last_name=name)["id"] for name in ("x", "y"))
    assert call("DELETE", f"Leads/{lead}") == (200, {"id": lead})
    for method in ("GET", "PUT", "DELETE"):
        status, answer = call(method, f"Leads/{lead}", {})
        assert (status, answer["error"]) == (404, "not_found")
    assert call.ids("Leads", []) == [other]
    shown = call("GET", "Leads?deleted=true&fields=last_name&order_by=last_name")[1]["records"]
    assert [(one["id"], one.get("deleted")) for one in shown] == [(lead, True), (other, None)]
    assert call.ids("Leads", [{"deleted": 1}]) == [lead]


def test_an_edit_that_did_not_see_the_last_one_conflicts(sandbox: Sandbox, call: Client) -> None:
    lead = call.created("Leads", last_name="x")
    sandbox.sugarcrm.clock.set(NOON + 5, frozen=True)
    seen = {"X-TIMESTAMP": lead["date_modified"]}
    assert call("PUT", f"Leads/{lead['id']}", {"title": "one"}, headers=seen)[0] == 200
    status, answer = call("PUT", f"Leads/{lead['id']}", {"title": "two"}, headers=seen)
    assert (status, answer["error"], answer["record"]["title"]) == (409, "edit_conflict", "one")


# -- lists -------------------------------------------------------------------------------------------------------------


FILTERS = [
    ({"name": "alpine"}, "A"),
    ({"name": {"$not_equals": "Alpine"}}, "BCD"),
    ({"name": {"$starts": "b"}}, "B"),
    ({"name": {"$ends": "ELL"}}, "C"),
    ({"name": {"$contains": "AN"}}, "D"),
    ({"account_type": {"$in": ["Reseller", "Partner"]}}, "AB"),
    ({"account_type": {"$not_in": ["Reseller"]}}, "BCD"),
    ({"account_type": {"$is_null": ""}}, "D"),
    ({"account_type": {"$not_empty": ""}}, "ABC"),
    ({"account_type": ""}, "D"),
    ({"$or": [{"name": "Alpine"}, {"$and": [{"name": "Bavaria"}, {"account_type": "Partner"}]}]}, "AB"),
    ({"date_modified": {"$gt": "2026-03-02T12:00:00Z"}}, "CD"),
    ({"date_modified": {"$gte": "2026-03-02T12:00:00Z", "$lt": "2026-03-02T12:00:02Z"}}, "ABC"),
    ({"date_modified": {"$between": ["2026-03-02T12:00:01Z", "2026-03-02T12:00:02Z"]}}, "CD"),
    ({"$or": [{"date_modified": {"$lte": "2026-03-02T12:00:00Z"}}, {"date_modified": "2026-03-02T12:00:02Z"}]}, "ABD"),
    ({"id": {"$in": ["C", "A", "nobody"]}}, "AC"),
    ({"sync_key": {"$in": ["key-b"]}}, "B"),
    ({"members.name": "Castell"}, "A"),
    ({"parent_name": "Alpine"}, "C"),
]


@pytest.mark.parametrize(("expression", "expected"), FILTERS)
def test_filters(sandbox: Sandbox, call: Client, expression: dict[str, Any], expected: str) -> None:
    for place, (key, values) in enumerate(ACCOUNTS.items()):
        sandbox.sugarcrm.clock.set(NOON + max(0, place - 1), frozen=True)
        call.created("Accounts", id=key, **values)
    assert sorted(call.ids("Accounts", [expression])) == list(expected)
    assert call("POST", "Accounts/filter/count", {"filter": [expression]})[1] == {"record_count": len(expected)}


ACCOUNTS: dict[str, dict[str, Any]] = {
    "A": {"name": "Alpine", "account_type": "Reseller"},
    "B": {"name": "Bavaria", "account_type": "Partner", "sync_key": "key-b", "description": "an"},
    "C": {"name": "Castell", "account_type": "Integrator", "parent_id": "A"},
    "D": {"name": "Danube"},
}


def test_filters_come_as_brackets_json_text_or_body(call: Client) -> None:
    call.created("Accounts", id="A", name="Alpine")
    call.created("Accounts", id="B", name="Bavaria")
    asked = [
        "Accounts/filter?filter[0][$and][0][$or][0][name][$starts]=B&fields=id",
        'Accounts?filter=[{"name":{"$starts":"B"}}]&fields=["id"]',
        "Accounts?filter[0][name]=Bavaria&filter_id=",
    ]
    assert [[one["id"] for one in call("GET", path, {})[1]["records"]] for path in asked] == [["B"]] * 3


@pytest.mark.parametrize("filter", ["name", [{"nonsense": 1}], [{"name": {"$like": "x"}}], [{"date_modified": {"$gt": "x"}}]])
def test_a_bad_filter_is_refused(call: Client, filter: Any) -> None:
    status, answer = call("POST", "Accounts/filter", {"filter": filter})
    assert (status, answer["error"]) == (422, "invalid_parameter")


def test_pages_order_and_chosen_fields(call: Client) -> None:
    for number in range(25):
        call.created("Accounts", id=f"a{number:02}", name=f"N{24 - number:02}")
    first = call("GET", "Accounts?fields=name&order_by=name:ASC")[1]
    assert (len(first["records"]), first["next_offset"]) == (20, 20)
    assert set(first["records"][0]) == {"id", "date_modified", "name", "_acl", "_module"}
    rest = call("GET", "Accounts?fields=name&order_by=name:ASC&offset=20")[1]
    assert rest["next_offset"] == -1
    assert [one["name"] for one in first["records"] + rest["records"]] == [f"N{number:02}" for number in range(25)]
    assert call("GET", "Accounts?order_by=name:DESC&max_num=1")[1]["records"][0]["name"] == "N24"
    assert call("GET", "Accounts/count")[1] == {"record_count": 25}


def test_a_keyset_crawl_sees_each_of_many_equal_stamps_once_and_looks_at_few(sandbox: Sandbox, call: Client) -> None:
    for number in range(5000):
        sandbox.sugarcrm.load("Leads", {"last_name": str(number)}, modified=NOON - 10 + number // 4900)
    seen: list[str] = []
    after: tuple[str, str] | None = None
    while True:
        at, key = after or ("", "")
        same = {"$and": [{"date_modified": {"$equals": at}}, {"id": {"$gt": key}}]}
        keyset = [{"$or": [{"date_modified": {"$gt": at}}, same]}] if after else []
        asked = {"filter": keyset, "order_by": "date_modified:ASC,id:ASC", "max_num": 1000, "fields": "id"}
        records = call("POST", "Leads/filter", asked)[1]["records"]
        seen += [one["id"] for one in records]
        if len(records) < 1000:
            break
        after = (records[-1]["date_modified"], records[-1]["id"])
    assert len(seen) == len(set(seen)) == 5000


@pytest.mark.parametrize(
    ("expression", "looked_at"),
    [
        ({"date_modified": {"$gte": "2026-03-02T12:00:50Z"}}, 50),
        ({"date_modified": {"$between": ["2026-03-02T12:00:10Z", "2026-03-02T12:00:19Z"]}}, 10),
        ({"$and": [{"date_modified": "2026-03-02T12:00:10Z"}, {"id": {"$gt": "x"}}]}, 0),
        ({"$or": [{"date_modified": {"$gt": "2026-03-02T12:01:30Z"}}, {"date_modified": "2026-03-02T12:01:30Z"}]}, 10),
        ({"id": {"$in": ["l1", "l2", "nobody"]}}, 2),
        ({"sync_key": "KEY-7"}, 1),
        ({"$or": [{"date_modified": {"$gt": "2026-03-02T12:00:50Z"}}, {"title": "x"}]}, 100),
    ],
)
def test_how_many_rows_a_filter_looks_at(expression: dict[str, Any], looked_at: int) -> None:
    org = new_org()
    for number in range(100):
        org.load("Leads", {"last_name": "x", "sync_key": f"key-{number}"}, id=f"l{number}", modified=NOON + number)
    assert sum(1 for _ in candidates(org, org.table("Leads"), [expression])) == looked_at


# -- links -------------------------------------------------------------------------------------------------------------


def test_relate_list_and_part_over_a_join(call: Client) -> None:
    contact = call.created("Contacts", last_name="Wong")["id"]
    deal = call.created("Opportunities", name="Deal", amount="1", date_closed="2026-06-30")["id"]
    status, pair = call("POST", f"Opportunities/{deal}/link/contacts/{contact}")
    assert (status, pair["record"]["id"], pair["related_record"]["id"]) == (200, deal, contact)
    assert [one["id"] for one in call("GET", f"Contacts/{contact}/link/opportunities")[1]["records"]] == [deal]
    assert call("GET", f"Opportunities/{deal}/link/contacts/count")[1] == {"record_count": 1}
    call("DELETE", f"Opportunities/{deal}/link/contacts/{contact}")
    assert call("GET", f"Opportunities/{deal}/link/contacts")[1]["records"] == []
    assert call("GET", f"Opportunities/{deal}/link/nobody")[0] == 404


def test_links_that_are_fields(call: Client) -> None:
    account = call.created("Accounts", name="Umbrella")["id"]
    one, two = (call.created("Contacts", last_name=name)["id"] for name in ("Wong", "Chen"))
    many = call("POST", f"Accounts/{account}/link", {"link_name": "contacts", "ids": [one, two]})[1]
    assert {record["account_name"] for record in many["related_records"]} == {"Umbrella"}
    call("DELETE", f"Contacts/{one}/link/accounts/{account}")
    assert [record["id"] for record in call("GET", f"Accounts/{account}/link/contacts")[1]["records"]] == [two]
    note = call("POST", f"Accounts/{account}/link/notes", {"name": "Call back"})[1]["related_record"]
    assert (note["parent_type"], note["parent_id"], note["parent_name"]) == ("Accounts", account, "Umbrella")
    lead = call.created("Leads", last_name="x", accounts={"add": [account]}, notes={"create": [{"name": "Hi"}]})
    assert lead["account_id"] == account
    assert [record["name"] for record in call("GET", f"Leads/{lead['id']}/link/notes")[1]["records"]] == ["Hi"]


# -- upsert, bulk, conversion ------------------------------------------------------------------------------------------


def test_upsert_by_sync_key(call: Client) -> None:
    status, made = call("PATCH", "Leads/sync_key/P-1", {"last_name": "Wong", "sync_key_field_value": "P-1"})
    assert status == 201
    assert call("PATCH", "Leads/sync_key/P-1", {"title": "CIO"}) == (200, made)
    record = call("GET", f"Leads/{made['record']}")[1]
    assert (record["sync_key"], record["last_name"], record["title"]) == ("P-1", "Wong", "CIO")
    assert call("GET", "integrate/Leads/sync_key/P-1")[1]["id"] == made["record"]
    assert call("GET", "integrate/Leads/sync_key/P-2")[0] == 422
    keyless = call.created("Leads", last_name="Chen")["id"]
    assert call("PUT", f"integrate/Leads/{keyless}/sync_key/P-2") == (200, {"success": True})
    assert call("PATCH", "integrate/Leads/sync_key/P-2", {"title": "x"}) == (200, {"record": keyless})
    call("DELETE", "integrate/Leads/sync_key/P-2")
    assert call("PATCH", "Leads/sync_key/P-2", {"last_name": "New"})[0] == 201


def test_bulk_goes_on_after_a_failure(call: Client) -> None:
    requests_ = [
        {"url": "/v11_24/Leads", "method": "POST", "data": json.dumps({"last_name": "One"})},
        {"url": "v10/Leads", "method": "POST", "data": {"first_name": "no last name"}},
        {"url": "/v11_24/Leads/filter?max_num=5", "method": "GET"},
    ]
    status, answers = call("POST", "bulk", {"requests": requests_})
    assert status == 200
    assert [answer["status"] for answer in answers] == [200, 422, 200]
    assert [record["last_name"] for record in answers[2]["contents"]["records"]] == ["One"]


def test_conversion_makes_what_is_asked_and_the_lead_remembers(call: Client) -> None:
    account = call.created("Accounts", name="Umbrella")["id"]
    lead = call.created("Leads", first_name="Mia", last_name="Wong", email1="mia@umbrella.example", lead_source="Trade Show")[
        "id"
    ]
    deal = {"name": "Zero Trust", "amount": "48000", "date_closed": "2026-06-30"}
    wanted = {"modules": {"Contacts": {"title": "CIO"}, "Accounts": {"id": account}, "Opportunities": deal}}
    status, answer = call("POST", f"Leads/{lead}/convert", wanted)
    assert status == 200
    made = {record["_module"]: record for record in answer["modules"]}
    contact = made["Contacts"]
    assert (contact["name"], contact["email1"], contact["title"]) == ("Mia Wong", "mia@umbrella.example", "CIO")
    assert contact["account_id"] == made["Opportunities"]["account_id"] == account
    record = call("GET", f"Leads/{lead}")[1]
    assert (record["status"], record["converted"], record["account_id"]) == ("Converted", True, account)
    assert (record["contact_id"], record["opportunity_id"]) == (contact["id"], made["Opportunities"]["id"])
    assert call("POST", f"Leads/{lead}/convert", wanted)[0] == 422


def test_a_conversion_that_fails_leaves_nothing_behind(call: Client) -> None:
    lead = call.created("Leads", last_name="Wong")["id"]
    wanted = {"modules": {"Contacts": {}, "Accounts": {"name": "New"}, "Opportunities": {"name": "no amount"}}}
    assert call("POST", f"Leads/{lead}/convert", wanted)[1]["error"] == "missing_parameter"
    assert [call("GET", f"{module}/count")[1]["record_count"] for module in ("Accounts", "Contacts")] == [0, 0]


def test_duplicate_check(call: Client) -> None:
    lead = call.created("Leads", first_name="Mia", last_name="Wong", email1="mia@x.example")["id"]
    given = {"last_name": "Wang", "email": [{"email_address": "MIA@x.example"}]}
    assert [one["id"] for one in call("POST", "Leads/duplicateCheck", given)[1]["records"]] == [lead]


# -- the control endpoints speak Sugar too -----------------------------------------------------------------------------


def test_a_persons_conversion_finds_the_account_of_the_companys_name(sandbox: Sandbox, call: Client) -> None:
    account = call.created("Accounts", name="Umbrella")["id"]
    lead = call.created("Leads", last_name="Wong", account_name="umbrella")["id"]
    act = {"action": "convert", "object": "Leads", "id": lead}
    done = requests.post(f"{sandbox.sugarcrm_url}/__sandbox__/edit", json=act, timeout=10).json()
    assert (done["row"]["status"], done["converted"]["account_id"]) == ("Converted", account)


def test_an_armed_fault_speaks_sugars_language(sandbox: Sandbox, call: Client) -> None:
    fault = {"method": "GET", "path": "/Leads", "status": 503}
    requests.post(f"{sandbox.sugarcrm_url}/__sandbox__/faults", json=fault, timeout=10)
    status, answer = call("GET", "Leads")
    assert (status, answer["error"]) == (503, "service_unavailable")
    assert call("GET", "Leads")[0] == 200
