"""What users of pysugarcrm do: paths and parameters by hand, answers as they come."""

from __future__ import annotations

import sys
from typing import Any

import control
from pysugarcrm import SugarCRM, sugar_api

URL, USER, PASSWORD = sys.argv[1:4]
ORDER = "date_modified:ASC,id:ASC"


def read(api: SugarCRM, **wanted: Any) -> dict[str, dict[str, Any]]:
    """Page by page."""
    seen: dict[str, dict[str, Any]] = {}
    offset = 0
    while offset >= 0:
        asked = {"max_num": 150, "offset": offset, "order_by": ORDER, "fields": "last_name,status", **wanted}
        page = api.get("/Leads", query_params=asked)
        seen |= {one["id"]: one for one in page["records"]}
        offset = page["next_offset"]
    return seen


def names(seen: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {key: one["last_name"] for key, one in seen.items()}


def refused(password: str) -> str:
    try:
        SugarCRM(URL, USER, password)
    except ValueError as error:
        return str(error)
    return ""


with sugar_api(URL, USER, PASSWORD) as api:
    me = api.me["current_user"]
    told = api.get("/metadata", query_params={"type_filter": "modules", "module_filter": "Leads,Contacts"})
    before = read(api)
    last = list(before.values())[-1]["date_modified"]
    control.later(URL, 100)
    changed = sorted(before)[7]
    control.edit(URL, "update", "Leads", changed, status="Dead")
    since = read(api, **{"filter[0][date_modified][$gt]": last})
    made = api.post("/Leads", json={"last_name": "Kowalski", "email1": "k@kowalski.example"})
    updated = api.put(f"/Leads/{made['id']}", json={"title": "Owner"})
    found = api.get("/Leads/filter", query_params={"filter[0][email]": "K@Kowalski.example"})["records"]
    upserts = [api.put("/Leads/sync_key/P-1", json={"last_name": name})["record"] for name in ("First", "Second")]
    doomed = api.post("/Leads", json={"last_name": "Brief"})["id"]
    dropped = api._api_request("DELETE", f"/Leads/{doomed}")
    missing = api.get(f"/Leads/{doomed}")
    control.end_sessions(URL)
    ended = api.get("/Leads")
    api.is_closed = True

with sugar_api(URL, USER, PASSWORD) as api:
    after = read(api)

control.tell(
    me=[me["id"], me["user_name"]],
    modules=sorted(name for name in told["modules"]),
    before=names(before),
    since=sorted(since),
    expected_since=[changed],
    made=made["id"],
    title=updated["title"],
    found=[one["id"] for one in found],
    upserts=upserts,
    dropped=dropped == {"id": doomed},
    gone=doomed,
    missing=missing["error"],
    ended=ended["error"],
    closed=api.is_closed,
    refused=refused("wrong"),
    after=names(after),
)
