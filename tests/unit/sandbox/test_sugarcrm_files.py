"""Files on notes of the sandbox's SugarCRM, and what else goes with a save: tags, teams, mass updates, hooks."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sugar_client import NOON, Client

from centri.sandbox.server import Sandbox

BYTES = b"\x00\xff\r\n--not a boundary\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def call(running: Sandbox) -> Client:
    running.sugarcrm.reset()
    running.sugarcrm.clock.set(NOON, frozen=True)
    return Client(running)


def download(call: Client, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{call.base}/{path}", headers=headers or dict(call.http.headers), timeout=10)


@pytest.mark.parametrize(
    ("method", "query", "sent"),
    [
        ("POST", "", {"files": {"filename": ("a b.pdf", BYTES, "application/pdf")}}),
        ("PUT", "?filename=a%20b.pdf", {"data": BYTES, "headers": {"Content-Type": "application/pdf"}}),
        ("PUT", "?filename=a%20b.pdf&content_transfer_encoding=base64", {"data": base64.b64encode(BYTES)}),
        ("PUT", "?filename=a b.pdf", {"data": base64.b64encode(BYTES), "headers": {"X-Content-Transfer-Encoding": "base64"}}),
    ],
    ids=["form", "raw", "base64", "base64 by header"],
)
def test_a_file_comes_back_as_it_went(call: Client, method: str, query: str, sent: dict[str, Any]) -> None:
    note = call.created("Notes", name="Letter")["id"]
    status, answer = call(method, f"Notes/{note}/file/filename{query}", **sent)
    assert (status, answer["filename"]["name"], answer["filename"]["content-length"]) == (200, "a b.pdf", len(BYTES))
    record = answer["record"]
    assert (record["filename"], record["file_mime_type"], record["file_ext"]) == ("a b.pdf", "application/pdf", "pdf")
    got = download(call, f"Notes/{note}/file/filename")
    assert (got.content, got.headers["Content-Type"]) == (BYTES, "application/pdf")
    by_link = download(call, f"Notes/{note}/file/filename?oauth_token={call.tokens['download_token']}", Accept="*/*")
    assert by_link.content == BYTES
    assert call("GET", f"Notes/{note}/file")[1]["filename"]["name"] == "a b.pdf"
    assert call("DELETE", f"Notes/{note}/file/filename")[1]["record"]["filename"] == ""
    assert call("GET", f"Notes/{note}/file/filename")[0] == 404


def test_a_file_sent_first_is_taken_over_by_the_note_and_its_attachments(call: Client) -> None:
    one, two = (
        call("POST", "Notes/temp/file/filename", files={"filename": (name, BYTES)})[1]["filename"]["guid"]
        for name in ("one.txt", "two.txt")
    )
    wanted = {"create": [{"name": "Two", "filename_guid": two}]}
    note = call.created("Notes", name="One", filename_guid=one, attachments=wanted)
    assert (note["filename"], note["file_mime_type"]) == ("one.txt", "text/plain")
    attached = call("GET", f"Notes/{note['id']}/link/attachments")[1]["records"]
    assert [record["filename"] for record in attached] == ["two.txt"]
    assert download(call, f"Notes/{attached[0]['id']}/file/filename").content == BYTES
    assert call("POST", "Notes", {"name": "Again", "filename_guid": one})[0] == 422
    assert call("GET", "Notes/count")[1] == {"record_count": 2}


def test_a_note_made_for_a_file_that_fails_goes_with_it_on_asking(call: Client) -> None:
    kept, gone = (call.created("Notes", name="x")["id"] for _ in range(2))
    assert call("POST", f"Notes/{kept}/file/filename")[1]["error"] == "missing_parameter"
    call("POST", f"Notes/{gone}/file/filename?delete_if_fails=1")
    assert [call("GET", f"Notes/{one}")[0] for one in (kept, gone)] == [200, 404]
    assert call("POST", f"Notes/{kept}/file/picture", files={"picture": ("x.png", BYTES)})[0] == 404


def test_tags_and_teams(call: Client) -> None:
    lead = call.created("Leads", last_name="x", tag=["Fair", "fair ", {"name": "Berlin"}])
    assert [one["name"] for one in lead["tag"]] == ["fair", "Berlin"]
    assert (lead["team_name"][0]["name"], lead["team_id"], lead["team_count"]) == ("Global", "1", "1")
    assert call.ids("Leads", [{"tag": {"$in": ["BERLIN"]}}]) == [lead["id"]]
    teams = [{"id": "7", "primary": True}, {"id": "1"}]
    changed = call("PUT", f"Leads/{lead['id']}", {"team_name": teams, "tag": []})[1]
    assert ([one["primary"] for one in changed["team_name"]], changed["team_id"], changed["tag"]) == ([True, False], "7", [])
    assert call("PUT", f"Leads/{lead['id']}", {"tag": 7})[0] == 422
    assert call("POST", "Teams", {"name": "New"})[1]["error"] == "not_authorized"


def test_mass_updates(call: Client) -> None:
    one, two, three = (call.created("Leads", last_name=name, tag=["a"])["id"] for name in ("x", "y", "z"))
    wished = {"uid": [one, two], "status": "Dead", "tag": ["b"], "tag_type": "add"}
    assert call("PUT", "Leads/MassUpdate", {"massupdate_params": wished}) == (200, {"status": "done"})
    assert sorted(call.ids("Leads", [{"status": "Dead"}])) == sorted([one, two])
    assert [tag["name"] for tag in call("GET", f"Leads/{one}")[1]["tag"]] == ["a", "b"]
    assert call("DELETE", "Leads/MassUpdate", {"massupdate_params": {"uid": [two, three]}})[0] == 200
    assert call.ids("Leads", []) == [one]
    assert call("PUT", "Leads/MassUpdate", {})[1]["error"] == "missing_parameter"


def test_duplicates_come_most_alike_first(call: Client) -> None:
    near = call.created("Leads", first_name="Mia", last_name="Wong")["id"]
    same = call.created("Leads", first_name="Mia", last_name="Wong", email1="mia@x.example")["id"]
    call.created("Leads", first_name="Ava", last_name="Wong")
    given = {"first_name": "Mia", "last_name": "Wong", "email": [{"email_address": "mia@x.example"}]}
    found = call("POST", "Leads/duplicateCheck", given)[1]["records"]
    assert [(one["id"], one["duplicate_check_rank"]) for one in found] == [(same, 2), (near, 1)]


def test_hooks_are_records_like_others(call: Client) -> None:
    wanted = {"webhook_target_module": "Leads", "trigger_event": "after_save", "url": "http://127.0.0.1:9/x"}
    hook = call.created("WebLogicHooks", name="To us", request_method="POST", **wanted)
    assert hook["trigger_event"] == "after_save"
    assert call("POST", "WebLogicHooks", {"name": "no url"})[1]["error"] == "missing_parameter"
    assert call("DELETE", f"WebLogicHooks/{hook['id']}") == (200, {"id": hook["id"]})


def test_a_merge_moves_what_hangs_on_the_loser_and_deletes_it(call: Client) -> None:
    winner = call.created("Accounts", name="Umbrella")["id"]
    loser = call.created("Accounts", name="Umbrella Inc", website="umbrella.example")["id"]
    contact = call.created("Contacts", last_name="Wong", account_id=loser)["id"]
    note = call.created("Notes", name="Hi", parent_type="Accounts", parent_id=loser)["id"]
    act = {"action": "merge", "object": "Accounts", "id": winner, "losers": [loser]}
    done = requests.post(f"{call.base.split('/rest')[0]}/__sandbox__/edit", json=act, timeout=10).json()
    assert (done["row"]["website"], done["row"]["name"]) == ("umbrella.example", "Umbrella")
    assert call("GET", f"Contacts/{contact}")[1]["account_name"] == "Umbrella"
    assert call("GET", f"Notes/{note}")[1]["parent_id"] == winner
    assert call("GET", f"Accounts/{loser}")[0] == 404


def test_links_by_keys_lean_counts_and_single_related_records(call: Client) -> None:
    for module, key in (("Accounts", "A"), ("Contacts", "C")):
        call("PATCH", f"{module}/sync_key/{key}", {"name": "x", "last_name": "x"})
    status, pair = call("POST", "integrate/Accounts/sync_key/A/link/contacts/sync_key/C")
    assert (status, set(pair)) == (200, {"record", "related_record"})
    account = pair["record"]
    call.created("Contacts", last_name="y", account_id=account)
    assert call("GET", f"Accounts/{account}/link/contacts/leancount?max_num=1")[1] == {"record_count": 1, "has_more": True}
    assert call("GET", f"Accounts/{account}/link/contacts/{pair['related_record']}")[1]["last_name"] == "x"
    assert call("GET", f"Accounts/{account}/link/contacts/nobody")[0] == 404
    assert call("DELETE", "Accounts/A/link_by_sync_keys/contacts/C")[0] == 200
    assert call("GET", f"Accounts/{account}/link/contacts/count")[1] == {"record_count": 1}
    assert call("POST", "Accounts/A/link_by_sync_keys/contacts/Z")[1]["error"] == "invalid_parameter"


def test_a_save_that_fails_half_way_leaves_nothing(call: Client) -> None:
    account = call.created("Accounts", name="Umbrella")["id"]
    status, _ = call(
        "PUT", f"Accounts/{account}", {"name": "Other", "contacts": {"create": [{"last_name": "x"}], "add": ["nobody"]}}
    )
    assert status == 404
    assert call("GET", f"Accounts/{account}")[1]["name"] == "Umbrella"
    assert call("GET", "Contacts/count")[1] == {"record_count": 0}


def test_fields_may_stand_in_the_query_string(call: Client) -> None:
    lead = call.created("Leads", last_name="x")["id"]
    assert call("PUT", f"Leads/{lead}?title=CIO&status=Dead")[1]["title"] == "CIO"
    assert [one["id"] for one in call("GET", "Leads?q=X")[1]["records"]] == [lead]
    assert call("GET", "Leads?q=nothing")[1]["records"] == []
