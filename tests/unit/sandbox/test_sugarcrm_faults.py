"""Faults and schema drift as SugarCRM's callers meet them, over a real socket."""

from __future__ import annotations

import pytest
import requests

from centri.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def org(sandbox):
    sandbox.sugarcrm.reset()
    return sandbox.sugarcrm


@pytest.fixture
def api(sandbox, org):
    rest = sandbox.sugarcrm_url + "/rest/v11_20"
    form = {"grant_type": "password", "client_id": "sugar", "client_secret": "", "platform": "centri"}
    form |= {"username": org.credentials.username, "password": org.credentials.password}
    token = requests.post(f"{rest}/oauth2/token", json=form).json()["access_token"]

    def call(method, path, body=None):
        return requests.request(method, rest + path, json=body, headers={"OAuth-Token": token}, timeout=30)

    return call


@pytest.fixture
def drift(sandbox, org):
    def change(object, field, **wishes):
        url = sandbox.sugarcrm_url + "/__sandbox__/schema"
        assert requests.post(url, json={"object": object, "field": field, **wishes}).status_code == 200

    return change


def names(org):
    return sorted(row.get("name") for row in org.rows("Accounts"))


def test_a_write_is_done_though_its_connection_is_reset(api, org):
    org.faults.arm(method="POST", path="Accounts", kind="reset", after=True)
    with pytest.raises(requests.ConnectionError):
        api("POST", "/Accounts", {"name": "Acme"})
    assert names(org) == ["Acme"]


def test_a_request_arrives_twice(api, org):
    org.faults.arm(method="POST", path="Accounts", kind="duplicate")
    assert api("POST", "/Accounts", {"name": "Acme"}).json()["name"] == "Acme"
    assert names(org) == ["Acme", "Acme"]


def test_a_row_shows_late_with_an_earlier_stamp(api, org):
    org.faults.arm(method="POST", path="Accounts", kind="late", seconds=30)
    made = api("POST", "/Accounts", {"name": "Acme"}).json()
    assert api("GET", f"/Accounts/{made['id']}").status_code == 404
    org.clock.shift(31)
    assert api("GET", f"/Accounts/{made['id']}").json()["date_modified"] == made["date_modified"]


def test_a_token_expires_in_the_middle(api, org):
    org.faults.arm(path="Accounts", kind="expired_token", nth=2)
    answers = [api("GET", "/Accounts") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 401]
    assert answers[1].json()["error"] == "invalid_grant"


def test_locked_rows_are_answered_as_by_a_busy_server(api, org):
    row = org.create("Accounts", {"name": "Acme"})
    org.faults.arm(method="PUT", kind="row_lock")
    assert api("PUT", f"/Accounts/{row.id}", {"name": "x"}).status_code == 503
    assert names(org) == ["Acme"]


def test_a_body_is_cut_short(api, org):
    org.faults.arm(path="metadata", kind="truncate")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        api("GET", "/metadata?type_filter=full_module_list")


def test_a_field_is_renamed_made_required_and_back(api, org, drift):
    row = org.create("Accounts", {"name": "Acme", "website": "acme.example"})
    drift("Accounts", "website", rename="site_c")
    shown = api("GET", f"/Accounts/{row.id}").json()
    assert "website" not in shown
    assert shown["site_c"].endswith("acme.example")
    drift("Accounts", "site_c", required=True)
    refused = api("POST", "/Accounts", {"name": "Bavaria"})
    assert (refused.status_code, refused.json()["error"]) == (422, "missing_parameter")
    org.drift.undo()
    assert api("POST", "/Accounts", {"name": "Bavaria"}).status_code == 200
    assert api("GET", f"/Accounts/{row.id}").json()["website"].endswith("acme.example")


def test_a_choice_is_removed(api, org, drift):
    gone = org.table("Accounts").schema.field("industry").choices[3]
    drift("Accounts", "industry", remove_choice=gone)
    assert gone not in api("GET", "/Accounts/enum/industry").json()
    org.reset()
    assert gone in org.table("Accounts").schema.field("industry").choices


def test_metadata_tells_of_a_narrower_field(api, org, drift):
    drift("Accounts", "name", length=5)
    fields = api("GET", "/metadata?type_filter=modules&module_filter=Accounts").json()["modules"]["Accounts"]["fields"]
    assert int(fields["name"]["len"]) == 5
