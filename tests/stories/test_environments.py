"""A sandbox and a production of the same CRM under one connection: what is done in one is never done in the other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import Result
from typer.testing import CliRunner

from centri.cli.app import app
from centri.sandbox.server import Sandbox
from centri.store.database import migrate

MAPPING = """\
connections:
  salesforce:
    type: salesforce
    instance_url: !env SALESFORCE_URL
    auth: {flow: client_credentials, client_id: !env SALESFORCE_CLIENT_ID, client_secret: !env SALESFORCE_CLIENT_SECRET}
    environments:
      sandbox: {instance_url: !env SALESFORCE_SANDBOX_URL}
  sugarcrm:
    type: sugarcrm
    url: !env SUGARCRM_URL
    username: !env SUGARCRM_USERNAME
    password: !env SUGARCRM_PASSWORD
    platform: !env SUGARCRM_PLATFORM
    budget: {reserve: 10%}
entities:
  account:
    salesforce: {object: Account, fields: {name: Name, city: BillingCity}}
    sugarcrm: {object: Accounts, fields: {name: name}}
  lead:
    salesforce:
      object: Lead
      fields: {company: Company, phone_e164: {crm: Phone, transform: {phone: {region: DE}}}}
"""


class Landscape:
    """Two Salesforces on two ports, and the mapping that names both."""

    def __init__(self, folder: Path, production: Sandbox, sandbox: Sandbox) -> None:
        self.folder, self.urls = folder, {"production": production.salesforce_url, "sandbox": sandbox.salesforce_url}
        self.sugarcrm_url, self.sugarcrm_sandbox_url = production.sugarcrm_url, sandbox.sugarcrm_url
        (folder / "mappings.yaml").write_text(MAPPING, encoding="utf-8")
        places = {"CENTRI_HOME": str(folder / "home"), "CENTRI_MAPPINGS": str(folder / "mappings.yaml")}
        none = {"CENTRI_DATABASE_URL": "", "CENTRI_ENV": ""}
        self.environ = {**production.environment, **places, **none, "SALESFORCE_SANDBOX_URL": self.urls["sandbox"]}

    def run(self, *words: str, **environ: str) -> Result:
        return CliRunner().invoke(app, words, env={**self.environ, **environ})

    def answer(self, *words: str, **environ: str) -> dict[str, Any]:
        return json.loads(self.run(*words, "--json", **environ).stdout)

    def store(self, environment: str) -> Path:
        return self.folder / "home" / ("env/sandbox" if environment == "sandbox" else "") / "prm.db"

    def dump(self, environment: str) -> list[str]:
        """Every row of a store, as SQL."""
        with sqlite3.connect(self.store(environment)) as store:
            return list(store.iterdump())

    def called(self, url: str) -> list[str]:
        log = requests.get(f"{url}/__sandbox__/log", timeout=30).json()["entries"]
        return [f"{entry['method']} {entry['path']}" for entry in log]

    def forget(self) -> None:
        for url in (*self.urls.values(), self.sugarcrm_url):
            requests.delete(f"{url}/__sandbox__/log", timeout=30).raise_for_status()

    def create(self, environment: str, object: str, **values: Any) -> str:
        act = {"action": "create", "object": object, "values": values}
        answer = requests.post(f"{self.urls[environment]}/__sandbox__/edit", json=act, timeout=30)
        return str(answer.json()["id"])


@pytest.fixture
def landscape(tmp_path: Path) -> Iterator[Landscape]:
    with Sandbox() as production, Sandbox() as sandbox:
        requests.post(f"{sandbox.salesforce_url}/__sandbox__/reset", timeout=30).raise_for_status()
        yield Landscape(tmp_path, production, sandbox)


def test_what_runs_in_the_sandbox_never_reaches_production(landscape: Landscape) -> None:
    landscape.create("production", "Account", Name="Globex", BillingCity="Bonn")
    assert landscape.run("sync").exit_code == 0
    landscape.create("production", "Account", Name="Initech")
    landscape.create("sandbox", "Account", Name="Sandbox Globex")
    landscape.create("sandbox", "Lead", LastName="Doe", Company="Doe Ltd", Phone="call me")
    before = landscape.dump("production")
    landscape.forget()

    ran = landscape.run("--env", "sandbox", "sync")
    assert ran.exit_code == 3, ran.output
    assert "sugarcrm has no environment 'sandbox' in the mapping, so it is left alone" in ran.stderr
    assert (landscape.called(landscape.urls["production"]), landscape.called(landscape.sugarcrm_url)) == ([], [])
    assert landscape.called(landscape.urls["sandbox"])
    assert landscape.dump("production") == before

    rows = "\n".join(landscape.dump("sandbox"))
    assert "Sandbox Globex" in rows
    assert "Initech" not in rows
    told = landscape.answer("anomalies", "list", CENTRI_ENV="sandbox")
    assert (told["environment"], [a["kind"] for a in told["anomalies"]]) == ("sandbox", ["type_mismatch"])
    assert landscape.answer("anomalies", "list")["anomalies"] == []
    assert {c["object"] for c in landscape.answer("--env", "sandbox", "status")["cursors"]} == {"Account", "Lead"}

    listed = landscape.answer("connections")["connections"]
    found = {(c["connection"], c["environment"]): c for c in listed}
    assert list(found) == [("salesforce", "production"), ("sugarcrm", "production"), ("salesforce", "sandbox")]
    assert all(c["handshake_at"] for c in listed)
    assert "environment" in landscape.run("--env", "sandbox", "connections").stdout.splitlines()[0]

    sandbox = landscape.dump("sandbox")
    assert landscape.run("--env", "production", "sync").exit_code == 0
    assert landscape.dump("sandbox") == sandbox
    assert "Initech" in "\n".join(landscape.dump("production"))


def test_what_would_mix_the_two_is_refused(landscape: Landscape) -> None:
    production = landscape.urls["production"]
    wrong = landscape.run("--env", "sandbox", "sync", SALESFORCE_SANDBOX_URL=production + "/")
    assert (wrong.exit_code, f"{production}/, which is production; give" in wrong.stderr) == (1, True)
    assert landscape.called(production) == []

    unknown = landscape.run("--env", "sandbx", "sync")
    assert (unknown.exit_code, unknown.stderr) == (
        1, "centri: no connection of the mapping has an environment 'sandbx'; did you mean 'sandbox'?\n",
    )  # fmt: skip
    absent = landscape.run("--env", "sandbox", "sync", "sugarcrm")
    assert (absent.exit_code, "sugarcrm has no environment 'sandbox'" in absent.stderr) == (1, True)
    assert landscape.called(landscape.sugarcrm_url) == []


def test_a_sandbox_that_was_heard_of_is_not_exchanged_for_production(landscape: Landscape) -> None:
    """SugarCRM is known by its address; another name of production's is a stranger, too."""
    own = MAPPING.replace("budget: {reserve: 10%}", "environments: {sandbox: {url: !env SUGARCRM_SANDBOX_URL}}")
    (landscape.folder / "mappings.yaml").write_text(own, encoding="utf-8")
    right = landscape.sugarcrm_sandbox_url
    assert landscape.run("--env", "sandbox", "sync", "sugarcrm", SUGARCRM_SANDBOX_URL=right).exit_code == 0
    alias = landscape.sugarcrm_url.replace("127.0.0.1", "localhost")
    ran = landscape.run("--env", "sandbox", "sync", "sugarcrm", SUGARCRM_SANDBOX_URL=alias)
    assert (ran.exit_code, f"sugarcrm is pinned to {right}, but {alias} answers" in ran.stderr) == (4, True), ran.output
    assert [call for call in landscape.called(landscape.sugarcrm_url) if "Accounts" in call] == []


def test_the_store_of_production_is_never_that_of_another(landscape: Landscape, fresh_postgresql: Any) -> None:
    url = fresh_postgresql()
    for own in ({}, {"CENTRI_DATABASE_URL_SANDBOX": url}):
        ran = landscape.run("--env", "sandbox", "sync", CENTRI_DATABASE_URL=url, **own)
        assert (ran.exit_code, "name a database for sandbox in CENTRI_DATABASE_URL_SANDBOX" in ran.stderr) == (1, True)
    own = f"sqlite:///{landscape.folder}/own.db"
    migrate(own)
    landscape.create("sandbox", "Account", Name="Sandbox Globex")
    both = {"CENTRI_DATABASE_URL": url, "CENTRI_DATABASE_URL_SANDBOX": own, "CENTRI_ENV": "sandbox"}
    assert landscape.run("sync", **both).exit_code == 0
    listed = {c["environment"]: c["handshake_at"] for c in landscape.answer("connections", **both)["connections"]}
    assert (listed["production"], bool(listed["sandbox"])) == (None, True)
