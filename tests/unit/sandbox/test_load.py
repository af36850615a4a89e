"""Filling a sandbox from files: any size, typed by the schema, with errors that say where."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from centri.sandbox.load import LoadError, load_directory
from centri.sandbox.rows import Row
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.server import Sandbox
from centri.sandbox.state import Org
from centri.sandbox.sugarcrm_org import SugarCRM

NOW = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
YEAR = 365 * 24 * 3600
ACCOUNT = "001Hs00000P1AAAIA3"


@pytest.fixture
def salesforce() -> SalesforceOrg:
    org = SalesforceOrg()
    org.clock.set(NOW, frozen=True)
    return org


@pytest.fixture
def sugarcrm() -> SugarCRM:
    org = SugarCRM()
    org.clock.set(NOW, frozen=True)
    return org


def loaded(org: Org, folder: Path, object: str, text: str, suffix: str = "csv") -> list[Row]:
    (folder / f"{object}.{suffix}").write_text(text, encoding="utf-8")
    load_directory(org, folder)
    return sorted(org.rows(object, deleted=True), key=lambda row: row.id)


def test_a_salesforce_csv_is_typed_by_the_schema(salesforce: SalesforceOrg, tmp_path: Path) -> None:
    text = (
        "Id,Name,NumberOfEmployees,AnnualRevenue,ParentId,IsDeleted,SystemModstamp,BillingAddress\n"
        f"{ACCOUNT[:15]},Álpine,12,1200.5,,false,2026-01-01T00:00:00Z,ignored\n"
        f"001Hs00000P2AAAIA3,Gone,,,{ACCOUNT},1,2026-01-02T00:00:00Z,\n"
    )
    one, two = loaded(salesforce, tmp_path, "Account", text)
    assert (one.id, one.get("Name"), one.get("NumberOfEmployees"), one.get("AnnualRevenue")) == (ACCOUNT, "Álpine", 12, 1201)
    assert one.stamp == one.modified == one.created == int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    assert (two.deleted, two.get("ParentId"), "AnnualRevenue" in two.values) == (True, ACCOUNT, False)
    assert salesforce.table("Account").find("ParentId", ACCOUNT, deleted=True) == [two]


def test_a_sugar_csv_is_typed_by_the_schema(sugarcrm: SugarCRM, tmp_path: Path) -> None:
    text = (
        "id,last_name,email1,converted,prm_accepted_at_c,date_modified,account_name\n"
        f"L1,Wong,mia@x.example,0,2026-01-01T00:00:00Z,2026-02-01T10:00:00+01:00,{'U' * 300}\n"
    )
    (lead,) = loaded(sugarcrm, tmp_path, "Leads", text)
    shown = sugarcrm.view(sugarcrm.table("Leads"), lead)
    assert (shown["email1"], shown["converted"], shown["prm_distribute_c"]) == ("mia@x.example", False, False)
    assert (shown["date_modified"], shown["prm_accepted_at_c"]) == ("2026-02-01T04:00:00-05:00", "2025-12-31T19:00:00-05:00")
    assert (len(shown["account_name"]), shown["status"]) == (255, "New")


def test_json_lines_and_gz(sugarcrm: SugarCRM, tmp_path: Path) -> None:
    emails = [{"email_address": "a@x.example"}, {"email_address": "b@x.example", "primary_address": True}]
    lines = [
        {"id": "C1", "last_name": "Wong", "email": emails, "do_not_call": True},
        {"id": "C2", "last_name": "Chen", "title": None},
    ]
    with gzip.open(tmp_path / "contacts.jsonl.gz", "wt") as file:
        file.write("\n\n".join(json.dumps(line) for line in lines))
    assert load_directory(sugarcrm, tmp_path) == {"Contacts": 2}
    wong, chen = sorted(sugarcrm.rows("Contacts"), key=lambda row: row.id)
    assert sugarcrm.view(sugarcrm.table("Contacts"), wong)["email1"] == "b@x.example"
    assert (wong.get("do_not_call"), chen.values) == (True, {"last_name": "Chen"})


def test_what_is_not_given_is_made_the_same_way_each_time(salesforce: SalesforceOrg, tmp_path: Path) -> None:
    text = "LastName,Company\n" + "".join(f"N{number},C\n" for number in range(200))
    rows = loaded(salesforce, tmp_path, "Lead", text)
    assert len({row.id for row in rows}) == 200
    assert all(row.id.startswith("00Q") and NOW - YEAR <= row.created <= row.stamp <= NOW for row in rows)
    assert max(row.stamp for row in rows) - min(row.stamp for row in rows) > YEAR / 2
    assert {(row.get("Status"), row.get("OwnerId")) for row in rows} == {("Open - Not Contacted", salesforce.integration_user)}
    again = SalesforceOrg()
    again.clock.set(NOW, frozen=True)
    load_directory(again, tmp_path)
    assert again.rows("Lead") == salesforce.rows("Lead")


def test_unknown_custom_fields_become_text(salesforce: SalesforceOrg, sugarcrm: SugarCRM, tmp_path: Path) -> None:
    (row,) = loaded(salesforce, tmp_path, "Account", "Name,Bench_Id__c\nAlpine,A1\n")
    field = salesforce.table("Account").schema.field("bench_id__c")
    assert (row.get("Bench_Id__c"), field.type, field.custom) == ("A1", "string", True)
    (tmp_path / "Account.csv").unlink()
    (row,) = loaded(sugarcrm, tmp_path, "Accounts", "name,bench_id_c\nAlpine,A1\n")
    assert sugarcrm.view(sugarcrm.table("Accounts"), row)["bench_id_c"] == "A1"


def test_other_objects_stay_empty(salesforce: SalesforceOrg, tmp_path: Path) -> None:
    loaded(salesforce, tmp_path, "Account", "Name\nAlpine\n")
    (tmp_path / "README.md").write_text("not data")
    assert [salesforce.count(name) for name in ("Account", "Lead", "Contact", "Opportunity", "Note")] == [1, 0, 0, 0, 0]
    assert load_directory(salesforce, tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("name", "text", "line", "field"),
    [
        ("Account.csv", "Name,Colour\nAlpine,red\n", 2, "Colour"),
        ("Account.csv", 'Name,NumberOfEmployees\n"Al\npine",1\nBavaria,many\n', 4, "NumberOfEmployees"),
        ("Account.csv", "Name,SystemModstamp\nAlpine,yesterday\n", 2, "SystemModstamp"),
        ("Account.csv", "Id,Name\nA1,Alpine\n", 2, "Id"),
        ("Account.csv", "Id,Name\n003Hs00000X1AAAIA3,Alpine\n", 2, "Id"),
        ("Account.csv", f"Id,Name\n{ACCOUNT},Alpine\n{ACCOUNT},Bavaria\n", 3, "Id"),
        ("Account.csv", f"Name\n{'A' * 256}\n", 2, "Name"),
        ("Account.csv", "Name\nAlpine,extra\n", 2, None),
        ("Account.jsonl", '{"Name": "Alpine"}\n{"Name": \n', 2, None),
        ("Account.jsonl", "[1]\n", 1, None),
        ("Accountz.csv", "Name\nAlpine\n", None, None),
    ],
)
def test_an_error_names_file_line_and_field(
    salesforce: SalesforceOrg, tmp_path: Path, name: str, text: str, line: int | None, field: str | None
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LoadError) as caught:
        load_directory(salesforce, tmp_path)
    assert (caught.value.file, caught.value.line, caught.value.field) == (tmp_path / name, line, field)
    assert str(tmp_path / name) in str(caught.value)


def test_the_sandbox_starts_from_a_folder(tmp_path: Path) -> None:
    for crm, file in (("salesforce", "Account.csv"), ("sugarcrm", "Accounts.csv")):
        (tmp_path / crm).mkdir()
        (tmp_path / crm / file).write_text("name\nAlpine\n")
    with Sandbox(data=tmp_path) as sandbox:
        assert (sandbox.salesforce.count("Account"), sandbox.sugarcrm.count("Accounts")) == (1, 1)
        assert (sandbox.salesforce.count("Lead"), sandbox.sugarcrm.count("Leads")) == (0, 0)
