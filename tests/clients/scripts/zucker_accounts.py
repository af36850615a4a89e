"""What users of zucker do: models over modules, views that are counted and walked, bulk from coroutines."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import Any

import control
from zucker.client import AioClient, RequestsClient
from zucker.exceptions import SugarError
from zucker.filtering import ValuesFilter
from zucker.model import AsyncModule, StringField, SyncModule, UnboundModule

URL, USER, PASSWORD = sys.argv[1:4]


class BaseAccount(UnboundModule):
    name = StringField()
    billing_address_city = StringField()
    date_modified = StringField()


def accounts_of(client: RequestsClient) -> Any:
    class Account(BaseAccount, SyncModule, client=client, api_name="Accounts"):
        pass

    return Account


def read(view: Any) -> dict[str, str]:
    return {str(one.id): one.name for one in view}


async def walk() -> dict[str, str]:
    client = AioClient(URL, USER, PASSWORD, client_platform="zucker_async")

    class Account(BaseAccount, AsyncModule, client=client, api_name="Accounts"):
        pass

    seen = {str(one.id): one.name async for one in Account.find()}
    await client.close()
    return seen


def refused(call: Any) -> int:
    try:
        call()
    except SugarError as error:
        return int(error.status_code)
    return 0


client = RequestsClient(URL, USER, PASSWORD, client_platform="zucker")
client.fetch_metadata("full_module_list", "modules", "server_info")
fields = client.get_metadata_item("modules")["Accounts"]["fields"]
Account = accounts_of(client)
before = {str(one.id): (one.name, one.date_modified) for one in Account.find()}
last = max(before.values(), key=lambda one: datetime.fromisoformat(one[1]))[1]

control.later(URL, 100)
born = control.edit(URL, "create", "Accounts", name="Made by a person")["id"]
control.edit(URL, "update", "Accounts", min(before), billing_address_city="Elsewhere")
since = read(Account.find({"date_modified": {"$gt": last}}))

made = Account(name="Made by zucker", billing_address_city="Ulm")
made.save()
made.billing_address_city = "Bonn"
made.save()
doomed = Account(name="Short-lived")
doomed.save()
gone = str(doomed.id)
doomed.delete()
upserts = [client.request("patch", "Accounts/sync_key/Z-1", json={"name": name})["record"] for name in ("First", "Second")]
named = read(Account.find(ValuesFilter("name", "Made by zucker", "Made by a person")))
starting = len(Account.find(Account.name.starts_with("made BY")))

control.shorten_sessions(URL, 300)
renewing = accounts_of(RequestsClient(URL, USER, PASSWORD, client_platform="renewing"))
renewed = [len(renewing.find()) for _ in range(3)]
control.shorten_sessions(URL, 3600)
control.end_sessions(URL)
ended = refused(lambda: len(Account.find()))
Account = accounts_of(RequestsClient(URL, USER, PASSWORD, client_platform="zucker"))

control.tell(
    modules=list(client.module_names),
    server=client.server_info,
    fields=[name for name in fields if not name.startswith("_")],
    before={key: name for key, (name, _) in before.items()},
    since=sorted(since),
    expected_since=sorted([born, min(before)]),
    made=[str(made.id), Account.get_by_id(str(made.id)).billing_address_city],
    gone=gone,
    upserts=upserts,
    named=sorted(named.values()),
    starting=starting,
    renewed=renewed,
    ended=ended,
    after=read(Account.find()),
    walked=asyncio.run(walk()),
)
