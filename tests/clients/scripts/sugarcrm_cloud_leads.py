"""What users of sugarcrm-cloud-python do: a bearer token, lists and filters, labels turned into exceptions."""

from __future__ import annotations

import sys
from typing import Any

import control
from sugarcrm_cloud import exception
from sugarcrm_cloud.client import Client

URL, USER, PASSWORD = sys.argv[1:4]


def read(filter_expr: list[dict[str, Any]] | None = None) -> dict[str, dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    offset = 0
    while offset >= 0:
        page = client.filter_leads(
            filter_expr, max_num=200, offset=offset or None, fields="last_name", order_by="date_modified,id"
        )
        seen |= {one["id"]: one for one in page["records"]}
        offset = page["next_offset"]
    return seen


def names(seen: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {key: one["last_name"] for key, one in seen.items()}


def refusal(call: Any) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - its class is what is asked for
        return type(error).__name__
    return ""


client = Client(URL, "8.3")
nobody = refusal(client.me)
wrong = refusal(lambda: client.get_token(USER, "wrong"))
token = client.get_token(USER, PASSWORD)
client.set_access_token(token["access_token"])
fields = client.get_metadata("Leads")["modules"]["Leads"]["fields"]
first = client.get_leads(params={"max_num": 5})
before = read()
last = list(before.values())[-1]["date_modified"]

control.later(URL, 100)
changed = sorted(before)[3]
control.edit(URL, "update", "Leads", changed, title="Changed by a person")
since = read([{"date_modified": {"$gt": last}}])

made = client.create_lead({"last_name": "Cloud"})
updated = client._request("PUT", f"Leads/{made['id']}", json={"title": "CEO"})
upserts = [client._request("PATCH", "Leads/sync_key/C-1", json={"last_name": name})["record"] for name in ("First", "Second")]
doomed = client.create_lead({"last_name": "Brief"})["id"]
client._request("DELETE", f"Leads/{doomed}")
missing = refusal(lambda: client.get_lead(doomed))
lacking = refusal(lambda: client.create_lead({"first_name": "No"}))
bad = refusal(lambda: client.filter_leads([{"nonsense": 1}]))

control.end_sessions(URL)
ended = refusal(client.me)
token = client.refresh_token(token["refresh_token"])
client.set_access_token(token["access_token"])

control.tell(
    refusals=[nobody, wrong, missing, lacking, bad, ended],
    errors=[exception.__name__],
    fields=[name for name in fields if not name.startswith("_")],
    first=len(first["records"]),
    me=client.me()["current_user"]["user_name"],
    before=names(before),
    since=sorted(since),
    expected_since=[changed],
    made=[made["id"], updated["title"], client.get_lead(made["id"])["title"]],
    upserts=upserts,
    gone=doomed,
    after=names(read()),
)
