"""The ``/__sandbox__`` endpoints: persons' edits, faults, the clock, the state and the log."""

from __future__ import annotations

import pytest
import requests

from centri.sandbox.server import Sandbox, environment

T = 1_767_225_600  # 2026-01-01T00:00:00Z


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def org(sandbox):
    sandbox.salesforce.reset()
    return sandbox.salesforce


@pytest.fixture
def control(sandbox, org):
    def call(method, path, body=None):
        answer = requests.request(method, f"{sandbox.salesforce_url}/__sandbox__/{path}", json=body)
        return answer.status_code, answer.json()

    return call


@pytest.fixture
def api(sandbox, org):
    form = {"grant_type": "client_credentials", "client_id": "centri-sandbox", "client_secret": "sandbox-secret"}
    token = requests.post(f"{sandbox.salesforce_url}/services/oauth2/token", data=form).json()["access_token"]

    def call(method, path, body=None):
        url = f"{sandbox.salesforce_url}/services/data/v62.0{path}"
        return requests.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"})

    return call


def edit(control, **act):
    status, answer = control("POST", "edit", act)
    assert status == 200, answer
    return answer


def test_a_person_edits_by_the_crms_rules_and_under_their_own_name(control, org):
    kim = org.load("User", {"Username": "kim@acme.example", "LastName": "Kim"}).id
    made = edit(control, action="create", object="Account", values={"Name": "Acme"}, user="kim@acme.example")
    assert (made["object"], made["row"]["Name"], made["row"]["CreatedById"]) == ("Account", "Acme", kim)
    changed = edit(control, action="update", object="account", id=made["id"], values={"Phone": "1"})
    assert changed["row"]["LastModifiedById"] == org.integration_user
    assert edit(control, action="delete", object="Account", id=made["id"])["row"]["IsDeleted"] is True
    assert edit(control, action="undelete", object="Account", id=made["id"])["row"]["IsDeleted"] is False
    assert org.calls == 0
    status, answer = control("POST", "edit", {"action": "create", "object": "Account", "values": {"Name": None}})
    assert (status, answer["error"]["code"]) == (400, "REQUIRED_FIELD_MISSING")


def test_several_acts_come_as_a_list(control, org):
    acts = [{"action": "create", "object": "Account", "values": {"Name": name}} for name in "abc"]
    _, answers = control("POST", "edit", acts)
    assert [one["row"]["Name"] for one in answers] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "act",
    [
        {"action": "dance", "object": "Account"},
        {"action": "update", "object": "Account", "id": "nobody", "values": {}},
        {"action": "create", "object": "Xyzzy", "values": {}},
        {"action": "create", "object": "Account", "values": {"Name": "x"}, "user": "nobody"},
    ],
)
def test_an_act_that_cannot_be_is_answered_with_why(control, org, act):
    status, answer = control("POST", "edit", act)
    assert (status, set(answer["error"])) == (400, {"code", "message"})
    assert org.count("Account") == 0


def test_a_lead_is_converted_into_new_rows(control, org):
    values = {"FirstName": "Ann", "LastName": "Doe", "Company": "Acme", "City": "Bonn", "Email": "ann@acme.example"}
    lead = org.create("Lead", values)
    wish = {"Name": "Deal", "Amount": 5, "CloseDate": "2026-03-01"}
    answer = edit(control, action="convert", object="Lead", id=lead.id, opportunity=wish)
    became = answer["converted"]
    assert (answer["row"]["IsConverted"], answer["row"]["Status"]) == (True, "Closed - Converted")
    assert answer["row"]["ConvertedContactId"] == became["contact_id"]
    account, contact = org.get("Account", became["account_id"]), org.get("Contact", became["contact_id"])
    deal = org.get("Opportunity", became["opportunity_id"])
    assert (account.get("Name"), account.get("BillingCity")) == ("Acme", "Bonn")
    assert (contact.get("Email"), contact.get("AccountId")) == ("ann@acme.example", account.id)
    assert (deal.get("Name"), deal.get("AccountId"), deal.get("StageName")) == ("Deal", account.id, "Prospecting")


def test_a_lead_is_converted_into_what_is_there_and_only_once(control, api, org):
    account = org.create("Account", {"Name": "Acme"})
    lead = org.create("Lead", {"LastName": "Doe", "Company": "Acme"})
    answer = edit(control, action="convert", object="Lead", id=lead.id, account_id=account.id, opportunity=None)
    assert (answer["converted"]["account_id"], answer["converted"]["opportunity_id"]) == (account.id, None)
    assert (org.count("Account"), org.count("Opportunity")) == (1, 0)
    status, again = control("POST", "edit", {"action": "convert", "object": "Lead", "id": lead.id})
    assert (status, again["error"]["code"]) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")
    refused = api("PATCH", f"/sobjects/Lead/{lead.id}", {"City": "Bonn"})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")


def test_a_conversion_that_fails_makes_nothing(control, org):
    lead = org.create("Lead", {"LastName": "Doe", "Company": "Acme"})
    act = {"action": "convert", "object": "Lead", "id": lead.id, "opportunity": {"CloseDate": "soon"}}
    assert control("POST", "edit", act)[0] == 400
    assert (org.count("Account"), org.count("Contact")) == (0, 0)


def test_a_merge_moves_the_children_and_names_the_winner(control, org):
    winner, loser = (org.create("Account", {"Name": name}) for name in "ab")
    child = org.create("Contact", {"LastName": "x", "AccountId": loser.id})
    answer = edit(control, action="merge", object="Account", id=winner.id, losers=[loser.id])
    assert answer["losers"][0]["MasterRecordId"] == winner.id
    assert org.get("Account", loser.id).deleted
    assert org.get("Contact", child.id).get("AccountId") == winner.id
    assert not org.get("Contact", child.id).deleted


def test_the_state_shows_rows_and_counts_without_a_call_of_the_api(control, org):
    kept, gone = (org.create("Account", {"Name": name}) for name in "ab")
    org.delete("Account", gone.id)
    _, state = control("GET", "state")
    assert (state["objects"]["Account"], state["calls"]) == ({"rows": 1, "deleted": 1}, 0)
    _, both = control("GET", "state?object=Account")
    assert {row["Id"]: row["IsDeleted"] for row in both["rows"]} == {kept.id: False, gone.id: True}
    assert [row["Id"] for row in control("GET", "state?object=account&deleted=false")[1]["rows"]] == [kept.id]
    assert [row["Name"] for row in control("GET", f"state?object=Account&id={gone.id}")[1]["rows"]] == ["b"]


def test_the_log_keeps_calls_with_their_answers(control, api, org):
    api("POST", "/sobjects/Account", {"Name": "Acme"})
    _, log = control("GET", "log?last=1")
    entry = log["entries"][0]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/services/data/v62.0/sobjects/Account", 201)
    assert (entry["user"], '"Acme"' in entry["body"], '"success":true' in entry["answer"]) == (
        "integration@centri.example",
        True,
        True,
    )


def test_the_nth_call_that_matches_gets_the_armed_answer(control, api, org):
    fault = {"method": "POST", "path": "sobjects/Account$", "nth": 2, "times": 2, "status": 503}
    assert control("POST", "faults", fault)[0] == 200
    statuses = [api("POST", "/sobjects/Account", {"Name": "x"}).status_code for _ in range(5)]
    assert statuses == [201, 503, 503, 201, 201]
    assert api("GET", "/sobjects/Account/describe").status_code == 200
    assert org.count("Account") == 3
    assert control("GET", "faults")[1]["faults"][0]["hit"] == 2


def test_a_fault_may_strike_every_call_with_its_own_words_until_it_is_cleared(control, api, org):
    body = [{"message": "Server Unavailable", "errorCode": "SERVER_UNAVAILABLE"}]
    control("POST", "faults", {"path": r"query\?q=SELECT Id FROM Lead", "every": True, "headers": {"Retry-After": "7"}})
    for _ in range(3):
        answer = api("GET", "/query?q=SELECT+Id+FROM+Lead")
        assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, body, "7")
    control("POST", "faults", {"path": "limits", "status": 502, "body": "<html>Bad Gateway</html>"})
    answer = api("GET", "/limits")
    assert (answer.status_code, answer.text) == (502, "<html>Bad Gateway</html>")
    control("DELETE", "faults")
    assert api("GET", "/query?q=SELECT+Id+FROM+Lead").status_code == 200


def test_an_answer_can_be_lost_after_the_write_was_done(control, api, org):
    control("POST", "faults", {"method": "POST", "path": "sobjects", "kind": "after", "status": 500})
    assert api("POST", "/sobjects/Account", {"Name": "x"}).status_code == 500
    assert org.count("Account") == 1


def test_a_token_can_be_made_to_expire_at_the_nth_call(control, api, org):
    control("POST", "faults", {"path": "limits", "nth": 2, "kind": "expired_token"})
    assert [api("GET", "/limits").status_code for _ in range(3)] == [200, 401, 401]


def test_a_fault_with_an_unknown_setting_is_not_armed(control, org):
    assert control("POST", "faults", {"kind": "flood"})[0] == 400
    assert control("POST", "faults", {"colour": "red"})[0] == 400
    assert control("POST", "faults", {"path": "("})[0] == 400
    assert control("GET", "faults")[1] == {"faults": []}


def test_the_clock_and_sessions_are_set_from_outside(control, api, org):
    _, clock = control("POST", "clock", {"now": "2026-01-01T00:00:00Z", "frozen": True})
    assert clock["now"] == "2026-01-01T00:00:00Z"
    assert org.create("Account", {"Name": "x"}).stamp == T
    assert control("POST", "clock", {"offset_seconds": -3600})[1]["offset_seconds"] == -3600
    assert control("POST", "sessions", {"lifetime_seconds": 60, "expire": True})[1]["lifetime_seconds"] == 60
    assert api("GET", "/limits").status_code == 401
    org.sessions.lifetime = 7200


def test_reset_goes_back_to_the_start(control, org):
    org.create("Account", {"Name": "x"})
    _, state = control("POST", "reset")
    assert state["objects"]["Account"] == {"rows": 0, "deleted": 0}
    assert state["objects"]["User"]["rows"] == 1


def test_both_crms_have_the_endpoints(sandbox):
    assert requests.get(f"{sandbox.sugarcrm_url}/__sandbox__/state").json()["name"] == "sugarcrm"


def test_the_environment_points_at_the_ports():
    given = environment(1, 2)
    assert (given["SALESFORCE_URL"], given["SUGARCRM_URL"]) == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert {"SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "SUGARCRM_USERNAME", "SUGARCRM_PASSWORD"} < set(given)
    assert given["SUGARCRM_PLATFORM"] == "centri"
