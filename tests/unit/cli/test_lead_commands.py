"""``centri lead`` and ``centri tick``: what they print, what they end with, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from partner_business import BERND, CLARA, DANA, INES, RITA, Business
from sqlalchemy import insert, update
from typer.testing import CliRunner

from centri.cli.app import app
from centri.store.database import write
from centri.store.partner_tables import partner_competency
from centri.store.prm_tables import partner_account


@pytest.fixture
def business(fresh_sqlite: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Business]:
    url = fresh_sqlite()
    made = Business(url, tmp_path / "home")
    monkeypatch.setenv("CENTRI_DATABASE_URL", url)
    monkeypatch.setenv("CENTRI_MAPPINGS", str(made.project.settings.mappings))
    monkeypatch.setenv("CENTRI_HOME", str(tmp_path / "home"))
    made.lead("L40", first_name="Tom", last_name="Jung", company="Jung Praxis GmbH", country_code="DE")
    made.lead("L41", company="Nowhere", country_code="BR")
    yield made
    made.close()


def centri(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    return done.output


def told(*words: str) -> Any:
    return json.loads(centri(*words, "--json"))


def test_a_plan_shows_where_each_would_go_and_changes_nothing(business):
    shown = centri("lead", "route", "--plan")
    assert "pool de_smb (4 offers)" in shown
    assert "2 leads would go: 1 to a pool, 1 to a queue" in shown
    assert business.rows("routing_decision") == []
    document = told("lead", "route", "--plan")
    assert {p["lead"]: p["rule"] for p in document["placements"]} == {"L40": "germany", "L41": None}


def test_routing_is_explained_rule_by_rule(business):
    assert "2 leads went: 1 to a pool, 1 to a queue" in centri("lead", "route")
    assert centri("lead", "route").strip() == "no lead waits to be routed"
    shown = centri("lead", "explain", "L40")
    assert "business case: greenfield" in shown
    assert "-> germany" in shown
    assert "offered to Alpine Resellers GmbH, rank 1: performance 80" in shown
    assert "queue unassigned: no_rule" in centri("lead", "explain", "L41")
    assert "cut by the limit: Havel Tech GmbH, rank 5: performance 45" in shown
    assert "outside: Elbe Networks GmbH is inactive" in shown
    assert "there is no lead nowhere" in centri("lead", "explain", "nowhere", code=3)
    business.lead("L42", company="Later", country_code="BR")
    assert "the rules were never asked about the lead L42" in centri("lead", "explain", "L42", code=1)


def test_of_many_partners_is_told_how_many(business):
    with write(business.project.engine) as conn:
        more = [{"id": f"Q{at}", "name": f"Quick {at}", "country_code": "DE"} for at in range(60)]
        conn.execute(insert(partner_account), more)
        skilled = [{"partner_account_id": f"Q{at}", "competency_code": "security"} for at in range(30)]
        conn.execute(insert(partner_competency), skilled)
        conn.execute(
            update(partner_account).where(partner_account.c.id.in_([f"Q{at}" for at in range(25)])).values(accepts_leads=False)
        )
    centri("lead", "route", "L40")
    shown = centri("lead", "explain", "L40")
    assert "pool de_smb: 10 admitted" in shown
    assert "held back: 25 away" in shown
    assert "outside: 32 criteria" in shown
    with write(business.project.engine) as conn:
        conn.execute(update(partner_account).values(accepts_leads=True))
    business.lead("L43", company="More", country_code="DE")
    centri("lead", "route", "L43")
    shown = centri("lead", "explain", "L43")
    assert "pool de_smb: 35 admitted" in shown
    assert "cut by the limit: 26 more" in shown


def test_a_lead_goes_its_way_by_commands(business):
    centri("lead", "route")
    listed = told("lead", "list", "--as", CLARA)["leads"]
    assert [(one["id"], one["last_name"], one["level"]) for one in listed] == [("L40", "***", "offer")]
    centri("lead", "accept", "L40", "--as", BERND, code=0)
    assert "already taken" in centri("lead", "accept", "L40", "--as", CLARA, code=3)
    assert "contact established" not in centri("lead", "show", "L40", "--as", BERND)
    centri("lead", "activity", "L40", "contact_established", "--outcome", "wants a demo", "--as", BERND)
    centri("lead", "note", "L40", "Asked for a demo", "--as", BERND)
    shown = centri("lead", "show", "L40", "--as", BERND)
    assert "contact established: wants a demo" in shown
    assert "note: Asked for a demo" in shown
    made = told("lead", "convert", "L40", "--opportunity", "Jung", "--amount", "7500", "--currency", "EUR", "--as", BERND)
    assert business.row("opportunity", id=made["opportunity_id"])["name"] == "Jung"
    assert "there is no lead L40" in centri("lead", "show", "L40", "--as", "celine@castell.example", code=3)


def test_the_vendor_gives_extends_and_takes_back(business):
    assert "say to whom" in centri("lead", "assign", "L41", "--as", DANA, code=1)
    centri("lead", "assign", "L41", "--partner", "alpine resellers gmbh", "--as", DANA)
    centri("lead", "accept", "L41", "--as", CLARA)
    centri("lead", "assign", "L41", "--rep", RITA, "--as", CLARA)
    assert business.row("lead_assignment", lead_id="L41")["partner_user_id"] == "rita"
    assert "takes a day such as" in centri("lead", "extend", "L41", "--until", "soon", "--as", DANA, code=1)
    centri("lead", "extend", "L41", "--until", "2100-01-01T09:00Z", "--as", DANA)
    assert "say why" in centri("lead", "withdraw", "L41", "--as", DANA, code=3)
    centri("lead", "withdraw", "L41", "--reason", "no activity", "--as", DANA)
    assert business.row("lead_assignment", lead_id="L41")["end_reason"] == "no activity"
    assert "only a channel manager" in centri("lead", "withdraw", "L40", "--reason", "x", "--as", INES, code=3)


def test_a_partner_brings_its_own(business):
    fields = ("last_name=Petit", "company=Nouvelle Banque", "email=j@nb.example", "product_interest=security, network")
    words = [word for field in fields for word in ("--set", field)]
    made = told("lead", "create", *words, "--as", "celine@castell.example")["lead"]
    row = business.row("lead", id=made)
    assert (row["sourced_by_partner_id"], row["product_interest"]) == ("P3", ["network", "security"])
    assert "--set takes FIELD=VALUE" in centri("lead", "create", "--set", "Petit", "--as", CLARA, code=1)
    assert "say whose lead it is" in centri("lead", "create", "--set", "last_name=Petit", code=1)


def test_time_passes_as_said(business):
    centri("lead", "route")
    assert "0 offers lapsed" in centri("tick", "--now", business.now.isoformat())
    done = told("tick", "--now", "2100-01-01T00:00Z")
    assert (done["expired"], done["routed"]) == (1, 1)
    assert "takes a day such as" in centri("tick", "--now", "tomorrow", code=1)
