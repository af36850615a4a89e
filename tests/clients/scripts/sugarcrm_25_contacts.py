"""What users of sugarcrm-25-api do: settings from a file, bulk in parallel, files, links, tokens kept between runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import control

URL, USER, PASSWORD = sys.argv[1:4]
Path(".env").write_text(
    f"SUGAR_URL={URL}\nSUGAR_PLATFORM=reports\nSUGAR_USERNAME={USER}\nSUGAR_PASSWORD={PASSWORD}\n", encoding="utf-8"
)

import sugarcrm_25_api as sugar  # noqa: E402 - it reads .env from the folder it is imported in

NUMBER = 45


def read(filter_def: Any = None) -> dict[str, dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    offset = 0
    while offset >= 0:
        page = sugar.list_records("Contacts", filter_def, ["last_name", "date_modified"], 50, offset, "date_modified:ASC,id:ASC")
        seen |= {one["id"]: one for one in page["records"]}
        offset = page["next_offset"]
    return seen


def names(seen: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {key: one["last_name"] for key, one in seen.items()}


pinged = sugar.ping()
modules = sugar.modules()
fields = sugar.fields("Contacts")
before = read()
last = list(before.values())[-1]["date_modified"]

control.later(URL, 100)
born = control.edit(URL, "create", "Contacts", last_name="Person")["id"]
since = read({"date_modified": {"$gt": last}})

made = sugar.bulk_create("Contacts", [{"last_name": f"Bulk{n:02}"} for n in range(NUMBER)], parallel=3, retry=0, progress=False)
bulk = names(read({"last_name": {"$starts": "Bulk"}}))
renamed = sugar.bulk_update("Contacts", [{"id": one, "title": "CTO"} for one in bulk], retry=0, progress=False)
titled = len(read({"title": "CTO", "last_name": {"$starts": "Bulk"}}))
failed = sugar.bulk_create("Contacts", [{"first_name": "nobody"}], retry=0, progress=False)

single = sugar.create_record("Contacts", {"last_name": "Alone"})["id"]
sugar.update_record("Contacts", single, {"department": "Sales"})
sugar.raw("PATCH", "Contacts/sync_key/S-1", {"last_name": "First"})
upserted = sugar.raw("PATCH", "Contacts/sync_key/S-1", {"last_name": "Second"})["record"]

Path("letter.txt").write_text("Dear all\n", encoding="utf-8")
account = sugar.create_record("Accounts", {"name": "Filed"})["id"]
note = sugar.upload("letter.txt", module="Notes", link=f"accounts:{account}")["id"]
held = sugar.get_record("Notes", note)
client = sugar.default_client()
client.relate("Accounts", account, "contacts", single)
joined = [one["id"] for one in sugar.raw("GET", f"Accounts/{account}/link/contacts")["records"]]
client.unrelate("Accounts", account, "contacts", single)
parted = sugar.raw("GET", f"Accounts/{account}/link/contacts")["records"]

control.end_sessions(URL)
renewed = sugar.me()["current_user"]["user_name"]
kept = sugar.SugarClient().request("GET", "ping")
counted = sugar.bulk_delete("Contacts", {"last_name": {"$starts": "Bulk"}})
removed = sugar.bulk_delete("Contacts", {"last_name": {"$starts": "Bulk"}}, dry_run=False, progress=False)
sugar.delete_record("Contacts", single)

control.tell(
    pinged=pinged,
    modules=modules,
    fields=fields,
    before=names(before),
    since=sorted(since),
    expected_since=[born],
    made=[made["succeeded"], renamed["succeeded"], titled, failed["failed"]],
    bulk=sorted(bulk.values()),
    upserted=upserted,
    note=[held["filename"], held["file_mime_type"], held["parent_type"], held["parent_id"] == account],
    joined=joined == [single],
    parted=parted,
    renewed=renewed,
    kept=kept,
    removed=[counted["matched"], removed["deleted"], removed["failed"]],
    gone=single,
    after=names(read()),
)
