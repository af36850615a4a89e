"""What users of simple-salesforce do: every way to log in, over a proxy and direct, then read, write and load in bulk."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import control
import requests
from simple_salesforce import Salesforce, SalesforceExpiredSession, SalesforceMalformedRequest, SalesforceResourceNotFound
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

PLAIN, DIRECT, PROXY, CA, USER, PASSWORD, CLIENT, SECRET, KEY_FILE = sys.argv[1:10]
KEY = "CENTRI_PRM_Id__c"


def over(proxy: str | None) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = CA
    session.proxies = {"https": proxy} if proxy else {}
    return session


def login(**how: Any) -> Salesforce:
    return Salesforce(session=over(PROXY), version="62.0", **how)


def names(crm: Salesforce, where: str = "") -> dict[str, str]:
    found = crm.query_all(f"SELECT Id, Name FROM Account {where} ORDER BY SystemModstamp, Id")
    assert found["totalSize"] == len(found["records"])
    return {one["Id"]: one["Name"] for one in found["records"]}


def refused(error: type[Exception], act: Any) -> str:
    try:
        act()
    except error as told:
        return type(told).__name__
    return ""


person = {"username": USER, "password": PASSWORD}
app = {"consumer_key": CLIENT, "consumer_secret": SECRET}
crm = login(**person, security_token="token")
instances = [crm.sf_instance, login(**person, **app).sf_instance, login(**app, domain="acme.my").sf_instance]
instances.append(login(username=USER, consumer_key=CLIENT, privatekey_file=KEY_FILE).sf_instance)
wrong = refused(SalesforceAuthenticationFailed, lambda: login(username=USER, password="wrong", security_token=""))
direct = Salesforce(session_id=crm.session_id, instance_url=DIRECT, session=over(None), version="62.0")
old = Salesforce(session_id=crm.session_id, instance_url=DIRECT, session=over(None), version="51.0")

objects = [one["name"] for one in direct.describe()["sobjects"]]
fields = [one["name"] for one in direct.Account.describe()["fields"]]
recent = direct.Account.metadata()["objectDescribe"]["name"]
before = names(direct)
lazily = sum(1 for _ in direct.query_all_iter("SELECT Id FROM Account"))
last = direct.query("SELECT SystemModstamp FROM Account ORDER BY SystemModstamp DESC LIMIT 1")["records"][0]["SystemModstamp"]
control.later(PLAIN, 100)
changed = sorted(before)[7]
control.edit(PLAIN, "update", "Account", changed, Phone="+49 1")
since = names(direct, f"WHERE SystemModstamp > {last}")

made = direct.Account.create({"Name": "Made", KEY: "K-1"})["id"]
updated = direct.Account.update(made, {"Phone": "+49 2"})
upserts = [direct.Account.upsert(f"{KEY}/K-{number}", {"Name": f"Upserted {number}"}) for number in (1, 2)]
found = direct.Account.get_by_custom_id(KEY, "K-2")
got = direct.Account.get(made)
doomed = direct.Account.create({"Name": "Doomed"})["id"]
dropped = direct.Account.delete(doomed)
missing = refused(SalesforceResourceNotFound, lambda: direct.Account.get(doomed))
invalid = refused(SalesforceMalformedRequest, lambda: direct.Account.create({"Phone": "1"}))
malformed = refused(SalesforceMalformedRequest, lambda: direct.query("SELECT FROM Account"))

control.later(PLAIN, 400)
window = datetime.now(UTC) - timedelta(days=2), datetime.now(UTC) + timedelta(seconds=399)
told_updated = direct.Account.updated(*window)["ids"]
told_deleted = [one["id"] for one in direct.Account.deleted(*window)["deletedRecords"]]

loaded = direct.bulk2.Account.insert(records=[{"Name": f"Bulk {n:03}", KEY: f"B-{n}"} for n in range(250)], wait=0)
again = [{"Name": f"Again {n:03}", KEY: f"B-{n}"} for n in range(240, 260)] + [{"Name": "", KEY: "B-999"}]
upserted = direct.bulk2.Account.upsert(records=again, external_id_field=KEY, wait=0)
failed = direct.bulk2.Account.get_failed_records(upserted[0]["job_id"])
bulked = "".join(direct.bulk2.Account.query(f"SELECT Id, Name, {KEY} FROM Account WHERE {KEY} LIKE 'B-%'", wait=0))
ids = [line.split(",")[0].strip('"') for line in bulked.splitlines()[1:]]
removed = direct.bulk2.Account.delete(records=[{"Id": one} for one in ids[:10]], wait=0)
old_bulk = direct.bulk.Account.insert([{"Name": f"Old bulk {n}"} for n in range(12)], batch_size=5)
old_found = direct.bulk.Account.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Old bulk%'")
deleted_too = direct.query_all(f"SELECT Id FROM Account WHERE Id = '{doomed}'", include_deleted=True)["totalSize"]

control.end_sessions(PLAIN)
ended = refused(SalesforceExpiredSession, lambda: direct.query("SELECT Id FROM Account LIMIT 1"))
ended_old = refused(SalesforceExpiredSession, old.limits)
after = names(crm)  # this one logs in again by itself

control.tell(
    instances=instances,
    wrong=wrong,
    objects=objects,
    fields=fields,
    recent=recent,
    before=before,
    lazily=lazily,
    since=sorted(since),
    changed=changed,
    made=made,
    statuses=[updated, *upserts, dropped],
    found=[found["Name"], got["Name"], got["Phone"]],
    doomed=doomed,
    refusals=[missing, invalid, malformed, ended, ended_old],
    updated=told_updated,
    deleted=told_deleted,
    loaded=[sum(one["numberRecordsProcessed"] for one in loaded), sum(one["numberRecordsFailed"] for one in loaded)],
    upserted=[upserted[0]["numberRecordsProcessed"], upserted[0]["numberRecordsFailed"]],
    failed=failed,
    bulked=len(ids),
    removed=removed[0]["numberRecordsProcessed"],
    old_bulk=[sum(one["success"] for one in old_bulk), len(old_found)],
    deleted_too=deleted_too,
    after=after,
)
