"""Clients of Salesforce that nobody here wrote, unchanged, against the sandbox: what they see is what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import environments
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from centri.sandbox.salesforce_login import REFRESH_TOKEN
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.server import Sandbox

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
ROWS = 2300
"""More than a page of 2,000."""
KEY = "CENTRI_PRM_Id__c"
TAP = "tap-salesforce==2.8.1"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(seed=1, proxy=True) as sandbox:
        org = sandbox.salesforce
        for number in range(ROWS):
            stamp = org.clock.now() - 2 * ROWS + number
            org.load("Account", {"Name": f"Row {number:05}", "OwnerId": org.integration_user}, modified=stamp)
        org.remember()
        yield sandbox


def named(org: SalesforceOrg, object: str = "Account") -> dict[str, str]:
    """Live rows as the clients report them: names by id."""
    return {row.id: row.get("Name") for row in org.rows(object)}


def keyed(org: SalesforceOrg, key: str) -> str:
    (row,) = org.table("Account").find(KEY, key)
    return str(row.get("Name"))


def key_pair() -> tuple[bytes, str]:
    """A private key for a client, and its public one for the org, both as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(serialization.Encoding.PEM, *private), public.decode()


def test_simple_salesforce(sandbox: Sandbox, tmp_path: Path) -> None:
    org, ours = sandbox.salesforce, sandbox.salesforce.credentials
    before = named(org)
    where = sandbox.salesforce_url, sandbox.salesforce_https_url, sandbox.proxy_url, str(sandbox.ca_file)
    who = ours.username, ours.password, ours.client_id, ours.client_secret
    private, org.jwt_key = key_pair()
    (tmp_path / "key.pem").write_bytes(private)
    environment = environments.python("simple-salesforce==1.12.10")
    seen = environment.run("simple_salesforce_accounts.py", *where, *who, "key.pem", cwd=tmp_path)
    assert seen["instances"] == ["acme.my.salesforce.com"] * 4
    assert seen["wrong"] == "SalesforceAuthenticationFailed"
    assert set(seen["objects"]) >= {"Account", "Contact", "Lead", "Opportunity", "User"}
    assert set(seen["fields"]) >= set(org.table("Account").schema.fields)
    assert seen["recent"] == "Account"
    assert (seen["before"], seen["lazily"]) == (before, len(before))
    assert seen["since"] == [seen["changed"]]
    assert seen["statuses"] == [204, 200, 201, 204]
    assert seen["found"] == ["Upserted 2", "Upserted 1", "+49 2"]
    refusals = ["ResourceNotFound", "MalformedRequest", "MalformedRequest", "ExpiredSession", "ExpiredSession"]
    assert seen["refusals"] == [f"Salesforce{one}" for one in refusals]
    assert {seen["made"], seen["changed"]} <= set(seen["updated"])
    assert seen["deleted"] == [seen["doomed"]]
    assert (seen["loaded"], seen["upserted"]) == ([250, 0], [21, 1])
    assert "REQUIRED_FIELD_MISSING" in seen["failed"]
    assert (seen["bulked"], seen["removed"], seen["old_bulk"], seen["deleted_too"]) == (260, 10, [12, 12], 1)
    assert keyed(org, "B-245") == "Again 245"
    assert seen["after"] == named(org)
    assert len(named(org)) == len(before) + 2 + 250 + 12


def test_jsforce(sandbox: Sandbox) -> None:
    org, ours = sandbox.salesforce, sandbox.salesforce.credentials
    before = named(org)
    who = ours.username, ours.password, ours.client_id, ours.client_secret
    environment = environments.node("jsforce@3.10.16")
    more = {"NODE_PATH": str(environment.folder / "node_modules"), "REFRESH_TOKEN": REFRESH_TOKEN}
    seen = environment.run("jsforce_accounts.js", sandbox.salesforce_url, *who, **more)
    assert (seen["user"], seen["person"]) == (org.integration_user, org.integration_user)
    assert (seen["wrong"], seen["identity"], seen["versions"]) == ("INVALID_LOGIN", ours.username, True)
    assert set(seen["objects"]) >= {"Account", "Contact", "Lead", "Opportunity", "User"}
    assert set(seen["fields"]) >= set(org.table("Account").schema.fields)
    assert seen["before"] == seen["streamed"] == before
    assert (seen["since"], seen["found"]) == ([seen["changed"]], 5)
    assert (seen["updated"], seen["upserted"], seen["retrieved"]) == (True, True, "Upserted")
    assert (seen["several"], seen["many"], seen["collected"]) == ([True, False, True], ["C1", "C3"], [True, True])
    assert seen["keyed"] == [[True, False], [True, True]]
    assert (seen["destroyed"], seen["all"]) == ([True, True], 1)
    assert seen["refusals"] == ["ENTITY_IS_DELETED", "REQUIRED_FIELD_MISSING", "INVALID_FIELD", "MALFORMED_QUERY"]
    assert {seen["made"], seen["changed"]} <= set(seen["told"])
    assert sorted(seen["lost"]) == sorted(seen["gone"])
    assert (seen["limits"], seen["usage"]) == (True, True)
    assert (seen["loaded"], seen["bulkUpserted"], seen["bulkQueried"]) == ([120, 0, 0], [1, 1], 120)
    assert (seen["oldBulk"], seen["ended"], seen["renewed"]) == (7, "INVALID_SESSION_ID", 1)
    assert keyed(org, "B-1") == "Bulk again"
    assert seen["after"] == named(org)
    assert len(named(org)) == len(before) + 2 + 120 + 7


# -- tap-salesforce ----------------------------------------------------------------------------------------------------

Tap = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def tap(sandbox: Sandbox, tmp_path: Path) -> Tap:
    """Run the tap with arguments, and give its messages."""
    environment = environments.python(TAP)

    def run(*arguments: str, api: str = "REST") -> list[dict[str, Any]]:
        ours = sandbox.salesforce.credentials
        config = {"client_id": ours.client_id, "client_secret": ours.client_secret, "refresh_token": REFRESH_TOKEN}
        config |= {"start_date": "2020-01-01T00:00:00Z", "api_type": api, "select_fields_by_default": True}
        (tmp_path / "config.json").write_text(json.dumps(config))
        command = ["tap-salesforce", "--config", "config.json", *arguments]
        done = environment.start(command, cwd=tmp_path, **sandbox.proxy_environment)
        assert done.returncode == 0, done.stderr[-6000:]
        if "--discover" in arguments:
            return [json.loads(done.stdout)]
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def select(catalog: dict[str, Any], object: str, *, whole: bool = False) -> dict[str, Any]:
    """The catalog with one stream chosen, as a person does by hand."""
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == object:
            (top,) = [one["metadata"] for one in stream["metadata"] if not one["breadcrumb"]]
            way = {"replication-method": "FULL_TABLE"}
            if not whole:
                way = {"replication-method": "INCREMENTAL", "replication-key": "SystemModstamp"}
            top |= {"selected": True, **way}
    return catalog


def records(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["record"] for one in messages if one["type"] == "RECORD"]


@pytest.mark.parametrize("api", ["REST", "BULK"])
def test_tap_salesforce(sandbox: Sandbox, tap: Tap, tmp_path: Path, api: str) -> None:
    org = sandbox.salesforce
    (catalog,) = tap("--discover", api=api)
    streams = {one["tap_stream_id"]: one for one in catalog["streams"]}
    assert set(streams) >= {"Account", "Contact", "Lead", "Opportunity", "User"}
    assert {"Id", "Name", "SystemModstamp", KEY} <= set(streams["Account"]["schema"]["properties"])
    (tmp_path / "catalog.json").write_text(json.dumps(select(catalog, "Account")))

    first = tap("--properties", "catalog.json", api=api)
    assert {one["Id"]: one["Name"] for one in records(first)} == named(org)
    assert len(records(first)) == len(named(org)) > 2000
    state = [one["value"] for one in first if one["type"] == "STATE"][-1]
    (tmp_path / "state.json").write_text(json.dumps(state))

    org.sessions.expire()  # each run logs in anew
    org.clock.shift(100)
    changed = org.update("Account", next(iter(named(org))), {"Phone": "+49 1"}).id
    gone = org.delete("Account", list(named(org))[9]).id
    made = org.create("Account", {"Name": "Made"}).id
    second = records(tap("--properties", "catalog.json", "--state", "state.json", api=api))
    assert {one["Id"] for one in second} >= {changed, made} | ({gone} if api == "REST" else set())
    assert len(second) <= 4  # the last row of the first run comes again, for it asks for what is as late or later
    assert next(one["Phone"] for one in second if one["Id"] == changed) == "+49 1"
    if api == "REST":
        assert [one["IsDeleted"] for one in second if one["Id"] == gone] == [True]
