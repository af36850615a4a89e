"""What ``centri report`` prints, writes and ends with."""

import csv
import json
from io import StringIO

import pytest
from csv_business import Business
from report_story import BERND, CLARA, NOW, RITA, tell
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.engine.project import open_project
from centri.engine.report_catalog import REPORTS


@pytest.fixture
def told(open_shop: Business) -> Business:
    project = open_project(open_shop.settings)
    tell(project.engine)
    project.close()
    return open_shop


def run(shop: Business, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments], env=shop.environment)


def test_without_a_name_the_reports_are_listed(told):
    shown = run(told).stdout
    assert [name for name in REPORTS if name not in shown] == []
    listed = json.loads(run(told, "--format", "json", "--as", RITA).stdout)["reports"]
    assert "partner_leads" in {each["name"] for each in listed}
    assert {"sync_health", "partner_scorecard"}.isdisjoint(each["name"] for each in listed)


def test_a_table_is_printed(told):
    ran = run(told, "sales_by_partner", "--as-of", NOW.isoformat())
    assert ran.exit_code == 0
    assert "What has each partner won and lost? As of 2026-03-20 12:00 UTC." in ran.stdout
    (line,) = [line for line in ran.stdout.splitlines() if line.startswith("Bavaria")]
    assert line.split() == ["Bavaria", "EUR", "1", "0", "7,500.50"]


def test_json_and_csv_tell_the_same(told):
    document = json.loads(run(told, "closed_by_month", "--format", "json").stdout)
    assert (document["ok"], document["report"], document["partner"]) == (True, "closed_by_month", None)
    assert document["columns"][3] == {"name": "amount", "unit": "money"}
    rows = list(csv.DictReader(StringIO(run(told, "closed_by_month", "--format", "csv").stdout)))
    assert rows == [{name: str(value) for name, value in row.items()} for row in document["rows"]]


def test_a_page_is_written(told, tmp_path):
    out = tmp_path / "funnel.html"
    ran = run(told, "pipeline_funnel", "--format", "html", "--out", str(out))
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert f"wrote 5 rows to {out}" in ran.stderr
    assert "<svg" in out.read_text(encoding="utf-8")
    refused = run(told, "pipeline_funnel", "--out", str(tmp_path / "no" / "where.html"))
    assert (refused.exit_code, "cannot be written" in refused.stderr) == (1, True)


@pytest.mark.parametrize(("form", "begins"), [("table", "| partner | "), ("csv", "partner,"), ("json", "{")])
def test_every_form_can_be_written(told, tmp_path, form, begins):
    out = tmp_path / "out"
    assert run(told, "sales_by_partner", "--format", form, "--out", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8").startswith(begins)


def test_a_partner_sees_its_own_and_is_refused_the_rest(told):
    own = json.loads(run(told, "partner_scorecard", "--as", BERND, "--format", "json").stdout)
    assert (own["partner"], [row["partner"] for row in own["rows"]]) == ("Bavaria", ["Bavaria"])
    refused = run(told, "top_partners", "--as", CLARA)
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "the report top_partners is the vendor's" in refused.stderr


def test_until_a_day_includes_it(told):
    def won(until: str) -> int:
        rows = json.loads(run(told, "closed_by_month", "--until", until, "--format", "json").stdout)["rows"]
        return sum(row["won"] for row in rows)

    assert (won("2026-03-17"), won("2026-03-18"), won("2026-03-18T09:00")) == (3, 4, 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("lead_aging",), "did you mean 'lead_ageing'"),
        (("lead_ageing", "--since", "soon"), "--since takes a day such as 2026-03-31"),
        (("sync_health", "--until", "2026-03-01"), "takes no --since and --until"),
        (("lead_ageing", "--since", "2026-03-02", "--until", "2026-03-01"), "must lie before"),
        (("lead_ageing", "--format", "xml"), "--format"),
    ],
)
def test_what_cannot_be_is_refused(told, given, words):
    ran = run(told, *given)
    assert ran.exit_code == 1
    assert words in ran.stderr
