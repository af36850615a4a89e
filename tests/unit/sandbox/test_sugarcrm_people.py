"""Who calls the sandbox's SugarCRM: users with rights of their own, tokens for others, platforms, marks, the change log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from sugar_client import NOON, Client

from centri.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.sugarcrm.reset()
    running.sugarcrm.clock.set(NOON, frozen=True)
    return running


@pytest.fixture
def call(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture
def jane(sandbox: Sandbox, call: Client) -> Client:
    call.created("Users", user_name="jane", last_name="Doe")
    return Client(sandbox, user="jane")


def test_a_user_writes_under_her_own_name_and_reads_no_password(sandbox: Sandbox, call: Client, jane: Client) -> None:
    user = jane("GET", "me")[1]["current_user"]
    assert (user["user_name"], user["type"]) == ("jane", "user")
    lead = jane.created("Leads", last_name="x")
    assert (lead["created_by"], lead["modified_by_name"]) == (user["id"], "Doe")
    changed = call("PUT", f"Leads/{lead['id']}", {"title": "CIO"})[1]
    assert (changed["created_by"], changed["modified_user_id"]) == (user["id"], "1")
    named = call.created("Users", user_name="joe", last_name="Roe", user_hash="secret")
    assert "user_hash" not in named
    wrong = call.grant(grant_type="password", username="joe", password=call.credentials.password)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "need_login")
    assert call.grant(grant_type="password", username="joe", password="secret").status_code == 200
    call("PUT", f"Users/{named['id']}", {"status": "Inactive"})
    assert call.grant(grant_type="password", username="joe", password="secret").status_code == 401


def test_an_administrator_takes_anothers_place_and_keeps_her_own(call: Client, jane: Client) -> None:
    mine = {"client_id": "sugar", "platform": "centri"}
    status, tokens = call("POST", "oauth2/sudo/jane", mine)
    assert status == 200
    assert call("GET", "ping") == (200, "pong")
    assert jane("GET", "ping")[0] == 401
    jane.http.headers["OAuth-Token"] = tokens["access_token"]
    assert jane("GET", "me")[1]["current_user"]["user_name"] == "jane"
    assert jane("POST", "oauth2/sudo/admin", mine)[1]["error"] == "not_authorized"
    assert call("POST", "oauth2/sudo/nobody", mine)[0] == 404


def test_upsert_by_key_is_for_administrators_unless_set_otherwise(sandbox: Sandbox, jane: Client) -> None:
    for method, path in (("PATCH", "Leads/sync_key/K"), ("PUT", "integrate/Leads/1"), ("GET", "integrate/Leads/sync_key/K")):
        status, answer = jane(method, path, {"last_name": "x"})
        assert (status, answer["error"]) == (403, "not_authorized")
    sandbox.sugarcrm.configure({"keys_for_admins": False})
    assert jane("PATCH", "Leads/sync_key/K", {"last_name": "x"})[0] == 201


def test_settings_are_told_checked_and_gone_with_a_reset(sandbox: Sandbox, call: Client) -> None:
    settings = f"{sandbox.sugarcrm_url}/__sandbox__/settings"
    told = requests.post(settings, json={"largest_page": 2, "timezone": "Europe/Berlin"}, timeout=10).json()
    assert (told["largest_page"], told["timezone"], told["platforms"], told["opportunities"]) == (
        2,
        "Europe/Berlin",
        None,
        "only",
    )
    for name in "xyz":
        lead = call.created("Leads", last_name=name)
    assert lead["date_modified"] == "2026-03-02T13:00:00+01:00"
    assert call("GET", "Leads?max_num=50")[1]["next_offset"] == 2
    for wrong in ({"nonsense": 1}, {"timezone": "Nowhere"}, {"largest_page": "many"}):
        assert requests.post(settings, json=wrong, timeout=10).status_code == 400
    sandbox.sugarcrm.configure({"timezone": "America/New_York"})
    sandbox.sugarcrm.reset()
    assert sandbox.sugarcrm.largest_page == 1000


def test_platforms_may_need_registration_and_refreshes_may_be_lenient(sandbox: Sandbox, call: Client) -> None:
    settings = f"{sandbox.sugarcrm_url}/__sandbox__/settings"
    requests.post(settings, json={"platforms": ["centri"]}, timeout=10)
    named = {"username": call.credentials.username, "password": call.credentials.password}
    asked = {name: call.grant(grant_type="password", platform=name, **named).status_code for name in ("other", "mobile", "base")}
    assert asked == {"other": 403, "mobile": 200, "base": 200}
    requests.post(settings, json={"strict_refresh": False}, timeout=10)
    fresh = call.grant(grant_type="refresh_token", refresh_token=call.tokens["refresh_token"])
    assert fresh.status_code == 200
    assert requests.get(f"{call.base}/ping", headers={"OAuth-Token": fresh.json()["access_token"]}, timeout=10).json() == "pong"


def test_marks_are_each_users_own(call: Client, jane: Client) -> None:
    one, two = (call.created("Leads", last_name=name, assigned_user_id="1")["id"] for name in ("x", "y"))
    assert call("PUT", f"Leads/{one}/favorite")[1]["my_favorite"]
    assert call("POST", f"Leads/{two}/subscribe")[0] == 200
    call("GET", f"Leads/{two}?viewed=1")
    asked = [{"$favorite": ""}, {"$following": ""}, {"$owner": ""}, {"$creator": ""}, {"$tracker": "-7 DAY"}]
    assert [len(call.ids("Leads", [macro])) for macro in asked] == [1, 1, 2, 2, 1]
    assert [len(jane.ids("Leads", [macro])) for macro in asked] == [0] * 5
    assert call("GET", "Leads?favorites=1")[1]["records"][0]["id"] == one
    assert len(call("GET", "Leads?my_items=1")[1]["records"]) == 2
    assert not jane("GET", f"Leads/{one}")[1]["my_favorite"]
    call("PUT", f"Leads/{one}/unfavorite")
    assert call("DELETE", f"Leads/{two}/unsubscribe") == (200, True)
    assert [len(call.ids("Leads", [macro])) for macro in asked[:2]] == [0, 0]


def test_what_was_viewed_long_ago_is_no_longer_tracked(sandbox: Sandbox, call: Client) -> None:
    lead = call.created("Leads", last_name="x")["id"]
    call("GET", f"Leads/{lead}?viewed=1")
    sandbox.sugarcrm.clock.set(NOON + 90_000, frozen=True)
    again = Client(sandbox)
    assert [len(again.ids("Leads", [{"$tracker": ago}])) for ago in ("-1 DAY", "-2 DAYS")] == [0, 1]
    assert again("POST", "Leads/filter", {"filter": [{"$tracker": "lately"}]})[0] == 422


def test_changes_of_audited_fields_are_kept(sandbox: Sandbox, call: Client, jane: Client) -> None:
    lead = call.created("Leads", last_name="x", status="New")["id"]
    sandbox.sugarcrm.clock.set(NOON + 5, frozen=True)
    jane("PUT", f"Leads/{lead}", {"status": "Assigned", "description": "not audited"})
    sandbox.sugarcrm.clock.set(NOON + 6, frozen=True)
    call("PUT", f"Leads/{lead}", {"status": "Dead"})
    told = call("GET", f"Leads/{lead}/audit")[1]
    assert [(one["field_name"], one["before_value_string"], one["after_value_string"]) for one in told["records"]] == [
        ("status", "Assigned", "Dead"),
        ("status", "New", "Assigned"),
    ]
    assert (told["records"][1]["created_by_username"], told["records"][1]["date_created"]) == (
        "jane",
        "2026-03-02T07:00:05-05:00",
    )
    first = call("GET", f"Leads/{lead}/audit?max_num=1")[1]
    assert (len(first["records"]), first["next_offset"]) == (1, 1)


def test_stale_metadata_are_refused_where_a_client_says_what_it_holds(call: Client) -> None:
    held = call("GET", "metadata/_hash")[1]["_hash"]
    assert call("GET", "ping", headers={"X-Metadata-Hash": held}) == (200, "pong")
    status, answer = call("GET", "ping", headers={"X-Metadata-Hash": "old"})
    assert (status, answer["error"]) == (412, "metadata_out_of_date")
    assert call("GET", "metadata", headers={"X-Metadata-Hash": "old"})[0] == 200
    assert requests.get(f"{call.base}/metadata/public", timeout=10).json()["server_info"]["version"]
    assert requests.get(f"{call.base}/help", timeout=10).headers["Content-Type"].startswith("text/html")
