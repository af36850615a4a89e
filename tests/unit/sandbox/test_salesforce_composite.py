"""Composite, batch, tree and graph calls of the sandbox's Salesforce."""

from __future__ import annotations

import pytest
from salesforce_caller import error

BASE = "/services/data/v62.0"
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


def step(name, method, path, body=None):
    made = {"referenceId": name, "method": method, "url": f"{BASE}{path}"}
    return made if body is None else {**made, "body": body}


FAMILY = [
    step("acc", "POST", "/sobjects/Account", {"Name": "Acme"}),
    step("con", "POST", "/sobjects/Contact", {"LastName": "Doe", "AccountId": "@{acc.id}"}),
    step("read", "GET", "/sobjects/Contact/@{con.id}?fields=LastName,AccountId"),
    step("query", "GET", "/query/?q=SELECT+Name+FROM+Account+WHERE+Id='@{acc.id}'"),
    step("patch", "PATCH", "/sobjects/Account/@{read.AccountId}", {"Description": "of @{query.records[0].Name}"}),
]


def test_later_calls_of_a_composite_use_what_earlier_ones_brought(call, org):
    status, answer = call("POST", "/composite", {"compositeRequest": FAMILY})
    done = answer["compositeResponse"]
    assert (status, [one["httpStatusCode"] for one in done]) == (200, [201, 201, 200, 200, 204])
    assert [one["referenceId"] for one in done] == ["acc", "con", "read", "query", "patch"]
    account = done[0]["body"]["id"]
    assert done[0]["httpHeaders"] == {"Location": f"{BASE}/sobjects/Account/{account}"}
    assert (done[2]["body"]["AccountId"], done[4]["body"]) == (account, None)
    assert org.get("Account", account).get("Description") == "of Acme"


def test_a_composite_counts_as_one_call(call, org):
    call("POST", "/composite", {"compositeRequest": FAMILY})
    assert org.calls == 1


def test_what_needs_a_failed_call_is_halted_and_the_rest_goes_on(call, org):
    steps = [
        step("bad", "POST", "/sobjects/Account", {}),
        step("needs", "POST", "/sobjects/Contact", {"LastName": "Doe", "AccountId": "@{bad.id}"}),
        step("free", "POST", "/sobjects/Contact", {"LastName": "Roe"}),
    ]
    _, answer = call("POST", "/composite", {"compositeRequest": steps})
    bad, needs, free = answer["compositeResponse"]
    missing = error("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"])
    assert (bad["httpStatusCode"], bad["body"]) == (400, missing)
    assert (needs["httpStatusCode"], needs["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert free["httpStatusCode"] == 201
    assert [row.get("LastName") for row in org.rows("Contact")] == ["Roe"]


@pytest.mark.parametrize(
    "bad",
    [
        step("bad", "POST", "/sobjects/Account", {}),
        step("bad", "POST", "/composite/sobjects", {"records": [{"attributes": {"type": "Account"}}]}),
    ],
)
def test_all_or_none_undoes_what_went_before_and_halts_what_comes_after(call, org, bad):
    body = {"allOrNone": True, "compositeRequest": [FAMILY[0], bad, step("after", "GET", "/limits")]}
    status, answer = call("POST", "/composite", body)
    first, second, third = answer["compositeResponse"]
    halted = [{"errorCode": "PROCESSING_HALTED", "message": ROLLED_BACK}]
    assert (status, first["body"], third["body"]) == (200, halted, halted)
    assert (first["httpStatusCode"], third["httpStatusCode"]) == (400, 400)
    assert second["body"] != halted
    assert org.rows("Account", deleted=True) == []


def test_a_composite_is_bounded_and_names_its_calls_once(call):
    many = {"compositeRequest": [step(str(n), "GET", "/limits") for n in range(26)]}
    assert call("POST", "/composite", many)[0] == 400
    twice = {"compositeRequest": [step("x", "GET", "/limits")] * 2}
    assert call("POST", "/composite", twice) == (400, error("INVALID_INPUT", "Duplicate ReferenceId provided in the request."))
    assert call("POST", "/composite", {})[1][0]["errorCode"] == "JSON_PARSER_ERROR"


def test_a_batch_takes_paths_from_the_version_on(call):
    calls = [{"method": "GET", "url": "v62.0/sobjects/Account/describe"}, {"method": "GET", "url": f"{BASE}/sobjects/Xyzzy"}]
    status, answer = call("POST", "/composite/batch", {"batchRequests": calls})
    assert (status, answer["hasErrors"]) == (200, True)
    assert [one["statusCode"] for one in answer["results"]] == [200, 404]
    assert answer["results"][0]["result"]["name"] == "Account"
    assert answer["results"][1]["result"][0]["errorCode"] == "NOT_FOUND"


def test_a_batch_halts_if_told_to(call, org):
    calls = [
        {"method": "GET", "url": "v62.0/sobjects/Xyzzy"},
        {"method": "POST", "url": "v62.0/sobjects/Account", "richInput": {"Name": "a"}},
    ]
    _, answer = call("POST", "/composite/batch", {"batchRequests": calls, "haltOnError": True})
    assert answer["results"][1]["statusCode"] == 412
    assert answer["results"][1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
    assert org.count("Account") == 0


def node(name, kind, nested=None, **values):
    return {"attributes": {"type": kind, "referenceId": name}, **values, **(nested or {})}


def test_a_tree_is_made_with_its_branches(call, org):
    contacts = {"Contacts": {"records": [node("c1", "Contact", LastName="Doe"), node("c2", "Contact", LastName="Roe")]}}
    records = [node("a1", "Account", contacts, Name="Acme"), node("a2", "Account", Name="Beta")]
    status, answer = call("POST", "/composite/tree/Account", {"records": records})
    assert (status, answer["hasErrors"]) == (201, False)
    ids = {one["referenceId"]: one["id"] for one in answer["results"]}
    assert set(ids) == {"a1", "a2", "c1", "c2"}
    assert {row.get("AccountId") for row in org.rows("Contact")} == {ids["a1"]}


def test_a_tree_with_one_bad_leaf_is_not_made(call, org):
    records = [node("a1", "Account", {"Contacts": {"records": [node("c1", "Contact", FirstName="Ann")]}}, Name="Acme")]
    status, answer = call("POST", "/composite/tree/Account", {"records": records})
    missing = {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [LastName]",
        "fields": ["LastName"],
    }
    assert (status, answer) == (400, {"hasErrors": True, "results": [{"referenceId": "c1", "errors": [missing]}]})
    assert org.rows("Account", deleted=True) == []


def test_each_graph_stands_or_falls_alone(call, org):
    good = {"graphId": "1", "compositeRequest": FAMILY[:2]}
    bad = {"graphId": "2", "compositeRequest": [FAMILY[0], step("bad", "POST", "/sobjects/Account", {})]}
    status, answer = call("POST", "/composite/graph", {"graphs": [bad, good]})
    assert (status, [one["isSuccessful"] for one in answer["graphs"]]) == (200, [False, True])
    assert [one["httpStatusCode"] for one in answer["graphs"][1]["graphResponse"]["compositeResponse"]] == [201, 201]
    assert org.count("Account") == 1


def test_many_are_retrieved_by_id_with_get_and_post(call, org):
    first, second = (org.create("Account", {"Name": name}).id for name in "ab")
    body = {"ids": [second, "0015g000000zzzzAAA", first], "fields": ["Id", "Name"]}
    status, rows = call("POST", "/composite/sobjects/Account", body)
    assert (status, [row and row["Name"] for row in rows]) == (200, ["b", None, "a"])
    assert call("GET", f"/composite/sobjects/Account?ids={first}&fields=Name")[1][0]["Name"] == "a"
