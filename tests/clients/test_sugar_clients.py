"""Clients of SugarCRM that nobody here wrote, unchanged, against the sandbox: what they see is what it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import environments
import pytest

from centri.sandbox.server import Sandbox
from centri.sandbox.sugarcrm_org import SugarCRM

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Run:
    """Run a script in an environment, in a folder of its own, against the sandbox's SugarCRM."""

    def started(environment: environments.Environment, script: str) -> dict[str, Any]:
        ours = sandbox.sugarcrm.credentials
        return environment.run(script, sandbox.sugarcrm_url, ours.username, ours.password, cwd=tmp_path)

    return started


def named(org: SugarCRM, module: str, field: str = "name") -> dict[str, str]:
    """Live rows as the clients report them: names by id."""
    return {row.id: row.get(field) for row in org.rows(module)}


def modules(org: SugarCRM) -> set[str]:
    return {name for name, table in org.tables.items() if not table.schema.extra.get("hidden")}


def test_zucker(sandbox: Sandbox, run: Run) -> None:
    org = sandbox.sugarcrm
    before = named(org, "Accounts")
    seen = run(environments.python("zucker==0.2.7", "requests", "aiohttp"), "zucker_accounts.py")
    assert set(seen["modules"]) == modules(org)
    assert seen["server"] == [org.server["flavor"], org.server["version"], org.server["build"]]
    assert set(seen["fields"]) >= set(org.table("Accounts").schema.fields)
    assert seen["before"] == before
    assert seen["since"] == seen["expected_since"]
    assert org.live("Accounts", seen["made"][0]).get("billing_address_city") == seen["made"][1] == "Bonn"
    assert org.get("Accounts", seen["gone"]).deleted
    assert seen["upserts"][0] == seen["upserts"][1]
    assert org.live("Accounts", seen["upserts"][0]).get("name") == "Second"
    assert (seen["named"], seen["starting"]) == (["Made by a person", "Made by zucker"], 2)
    assert seen["renewed"] == [len(named(org, "Accounts"))] * 3
    assert seen["ended"] == 401
    assert seen["after"] == seen["walked"] == named(org, "Accounts")


def test_pysugarcrm(sandbox: Sandbox, run: Run) -> None:
    org = sandbox.sugarcrm
    before = named(org, "Leads", "last_name")
    seen = run(environments.python("pysugarcrm==1.0.3"), "pysugarcrm_leads.py")
    assert seen["me"] == [org.integration_user, org.credentials.username]
    assert seen["modules"] == ["Contacts", "Leads"]
    assert len(before) > 150
    assert seen["before"] == before
    assert seen["since"] == seen["expected_since"]
    assert (seen["found"], seen["title"]) == ([seen["made"]], "Owner")
    assert seen["upserts"][0] == seen["upserts"][1]
    assert seen["dropped"]
    assert org.get("Leads", seen["gone"]).deleted
    assert (seen["missing"], seen["ended"]) == ("not_found", "invalid_grant")
    assert (seen["closed"], seen["refused"]) == (True, "No access token received")
    assert seen["after"] == named(org, "Leads", "last_name")


def test_sugarcrm_25_api(sandbox: Sandbox, run: Run) -> None:
    org = sandbox.sugarcrm
    before = named(org, "Contacts", "last_name")
    seen = run(environments.python("sugarcrm-25-api==0.1.1"), "sugarcrm_25_contacts.py")
    assert seen["pinged"] == {"ping": "pong", "user": org.credentials.username}
    assert set(seen["modules"]) == modules(org)
    assert seen["fields"]["email"] == "email"
    assert len(before) > 50
    assert seen["before"] == before
    assert seen["since"] == seen["expected_since"]
    assert seen["made"] == [45, 45, 45, 1]
    assert seen["bulk"] == [f"Bulk{n:02}" for n in range(45)]
    assert org.live("Contacts", seen["upserted"]).get("last_name") == "Second"
    assert seen["note"] == ["letter.txt", "text/plain", "Accounts", True]
    assert (seen["joined"], seen["parted"]) == (True, [])
    assert (seen["renewed"], seen["kept"]) == (org.credentials.username, "pong")
    assert seen["removed"] == [45, 45, 0]
    assert org.get("Contacts", seen["gone"]).deleted
    assert seen["after"] == named(org, "Contacts", "last_name")


def test_sugarcrm_cloud_python(sandbox: Sandbox, run: Run) -> None:
    org = sandbox.sugarcrm
    before = named(org, "Leads", "last_name")
    seen = run(environments.python("sugarcrm-cloud-python==0.1.0", "requests"), "sugarcrm_cloud_leads.py")
    labels = ["NeedLogin", "NeedLogin", "NotFound", "MissingParameter", "InvalidParameter", "InvalidGrant"]
    assert seen["refusals"] == [f"SugarApiException{label}" for label in labels]
    assert set(seen["fields"]) >= set(org.table("Leads").schema.fields)
    assert (seen["first"], seen["me"]) == (5, org.credentials.username)
    assert len(before) > 200
    assert seen["before"] == before
    assert seen["since"] == seen["expected_since"]
    assert seen["made"][1:] == ["CEO", "CEO"]
    assert seen["upserts"][0] == seen["upserts"][1]
    assert org.get("Leads", seen["gone"]).deleted
    assert seen["after"] == named(org, "Leads", "last_name")


def test_thorn(sandbox: Sandbox, tmp_path: Path) -> None:
    org, ours = sandbox.sugarcrm, sandbox.sugarcrm.credentials
    before, users = named(org, "Accounts"), len(org.rows("Users"))
    packages = ("@sugarcrm/thorn@0.6.0", "mocha@8.4.0", "babel-polyfill@6.26.0")
    environment = environments.node(*packages, runner=("mocha", "--no-config", "--exit", "--reporter", "min"))
    settings = {"THORN_SERVER_URL": sandbox.sugarcrm_url}
    settings |= {"THORN_ADMIN_USERNAME": ours.username, "THORN_ADMIN_PASSWORD": ours.password}
    seen = environment.run("thorn_fixtures.js", **settings, NODE_PATH=str(environment.folder / "node_modules"))
    assert set(seen["modules"]) - {"_hash"} == modules(org)
    assert len(before) > 60
    assert seen["before"] == before
    assert seen["since"] == seen["expected_since"]
    assert (seen["made"], seen["linked"], seen["deals"]) == ([1, 3, 1], 3, ["Deal"])
    assert org.live("Accounts", seen["changed"][0]).get("industry") == seen["changed"][1] == "Banking"
    assert [status for status, _ in seen["upserts"]] == [201, 200]
    assert seen["upserts"][0][1] == seen["upserts"][1][1]
    assert seen["deleted"]
    assert org.get("Accounts", seen["gone"]).deleted
    assert seen["jane"] == [True, True, "Doe"]
    assert seen["renewed"] == ours.username
    assert set(seen["cleaned"]) == {200}
    assert seen["after"] == named(org, "Accounts")
    assert len(org.rows("Users")) == users
