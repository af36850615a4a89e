"""Scenario 1: partners bring their own leads, the vendor hands out others, and what became an opportunity is registered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from story_deals import CELINE, CLARA, DANA, RITA, Map
from story_world import World

from centri.engine import deal_acts, partner_acts
from centri.engine.audit_trail import trail
from centri.engine.deal_views import opportunity_list
from centri.engine.dedupe_undo import undo
from centri.engine.import_plan import FileImport, Options, open_import
from centri.engine.import_rejects import free_name, write_rejects
from centri.engine.imports import Imported, import_file
from centri.engine.lead_loading import load_leads, open_list
from centri.engine.lead_views import list_leads
from centri.errors import ConfigError, Rejected

PROSPECTS = """\
Name,Vorname,Firma,E-Mail
Maier,Lena,Maier Logistik GmbH,lena@maier-logistik.example
Maier,Lena,,lena@MAIER-logistik.example
Kraus,Kai,Kraus AG,kai(at)kraus
"""
NORA = {
    "first_name": "Nora", "last_name": "Berg", "company": "Berg Textil GmbH", "email": "nora@berg-textil.example",
    "country": "Germany", "status": "new", "distribute": True,
}  # fmt: skip
ENDPOINT = {"name": "Berg - Endpoint", "amount": "15000", "currency": "EUR", "close_date": "2026-05-15", "stage": "qualification"}


@pytest.fixture
def map(world: World) -> Map:
    """Opportunities go to the CRM as such, and the programme asks for little."""
    world.restarted(("push_as: lead", "push_as: opportunity"))
    return Map(world, ["account", "amount", "close_date"])


def loaded(map: Map, path: Path, who: str = CLARA) -> tuple[FileImport, Imported]:
    wanted = open_list(map.project, path, Options({"Name": "last_name"}))
    return wanted, load_leads(map.project, wanted, who)


def set_aside(world: World) -> dict[str, dict[str, Any]]:
    """What is open about rows of files, by field."""
    found = world.prm("sync_anomaly", connection="import", state="open")
    return {row["field"]: {"kind": row["kind"], "state": row["state"], "row": row["detail"]["row"]} for row in found}


def outcomes(done: Imported) -> dict[str, int]:
    return {word: n for word, n in done.outcomes.items() if n}


def test_a_partner_loads_its_own_leads_once_and_corrects_what_was_wrong(map: Map, tmp_path: Path) -> None:
    world, path = map.world, tmp_path / "prospects.csv"
    path.write_text(PROSPECTS, encoding="utf-8")
    wanted, done = loaded(map, path)
    assert outcomes(done) == {"new": 1, "merged": 1, "rejected": 1}
    assert {n: (why[0].kind, why[0].field) for n, why in done.rejects.items()} == {4: ("type_mismatch", "email")}
    (lena,) = [row for row in world.prm("lead") if row["state"] != "merged"]
    (merge,) = world.prm("merge_log")
    assert (merge["survivor_id"], merge["actor"], merge["winners"]) == (lena["id"], CLARA, {})
    assert not set_aside(world)["email"].items() - {("kind", "type_mismatch"), ("state", "open"), ("row", 4)}
    alpine = world.prm_row("partner_account", name="Alpine Resellers GmbH")["id"]
    assert (lena["source_kind"], lena["sourced_by_partner_id"], lena["state"]) == ("partner", alpine, "working")
    assert (world.prm_row("lead_assignment", state="retained")["kind"], world.prm("lead_offer")) == ("internal", [])
    assert [[len(list_leads(world.project, who))] for who in (CLARA, CELINE)] == [[1], [0]]
    world.sync()
    assert world.in_crm("lead") == [], "a partner's own lead is the partner's business"

    rejects = free_name(wanted)
    write_rejects(wanted, done, rejects)
    rejects.write_text(rejects.read_text(encoding="utf-8-sig").replace("kai(at)kraus", "kai@kraus.example"), encoding="utf-8")
    assert outcomes(loaded(map, rejects)[1]) == {"new": 1}
    assert set_aside(world) == {}, "the person got in"
    assert outcomes(loaded(map, path)[1]) == {"unchanged": 2, "rejected": 1}
    assert (len(world.prm("lead")), len(world.prm("merge_log"))) == (3, 1)
    path.write_text(PROSPECTS.replace("kai(at)kraus", "kai@kraus.example"), encoding="utf-8")
    assert outcomes(loaded(map, path)[1]) == {"unchanged": 3}
    assert set_aside(world) == {}, "the row got in"
    assert outcomes(loaded(map, path, CELINE)[1]) == {"new": 2, "merged": 1}, "another partner's own"


def test_who_was_taken_for_the_same_can_be_told_apart_again(map: Map, tmp_path: Path) -> None:
    world, path = map.world, tmp_path / "prospects.csv"
    rows = [
        "Name,Vorname,Firma,E-Mail,Telefon",
        "Maier,Lena,Maier,info@maier.example,",
        "Maier,,,info@maier.example,0049 89 5550101",
        "Maier,Jan,,info@maier.example,",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert outcomes(loaded(map, path)[1]) == {"new": 2, "merged": 1}, "Jan has the same address, and another name"
    lena = world.prm_row("lead", first_name="Lena")
    assert lena["phone_e164"] == "+49895550101", "the row's number filled what was blank"
    undo(world.project, lena["id"], yes=True)
    nobody, lena = (world.prm_row("lead", first_name=name) for name in (None, "Lena"))
    assert (nobody["state"], nobody["phone_e164"], lena["phone_e164"]) == ("working", "+49895550101", None)
    assert {seen.lead["id"] for seen in list_leads(world.project, CLARA)} >= {nobody["id"], lena["id"]}, "the partner sees both"
    held = {row["lead_id"] for row in world.prm("lead_assignment", state="retained")}
    assert held >= {nobody["id"], lena["id"]}, "and has both in hand"


def test_what_is_blank_is_filled_and_nobody_else_may_load(map: Map, tmp_path: Path) -> None:
    path = tmp_path / "prospects.csv"
    path.write_text("Name,E-Mail\nMaier,lena@maier-logistik.example\n", encoding="utf-8")
    loaded(map, path)
    path.write_text("Name,E-Mail,Firma\nMaier,lena@maier-logistik.example,Maier Logistik GmbH\n", encoding="utf-8")
    wanted = open_list(map.project, path, Options({"Name": "last_name"}))
    assert outcomes(load_leads(map.project, wanted, CLARA, plan=True)) == {"updated": 1}
    assert map.world.prm_row("lead")["company"] is None, "a plan keeps nothing"
    assert outcomes(load_leads(map.project, wanted, CLARA)) == {"updated": 1}
    assert map.world.prm_row("lead")["company"] == "Maier Logistik GmbH"
    with pytest.raises(Rejected, match="only a partner's people"):
        load_leads(map.project, wanted, DANA)


def test_what_partners_do_not_enter_is_named_with_what_to_type(map: Map, tmp_path: Path) -> None:
    path = tmp_path / "prospects.csv"
    path.write_text("Last name,E-Mail,Status\nMaier,lena@maier-logistik.example,new\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"partners enter no Status \(state\); leave it out: --map 'Status='"):
        open_list(map.project, path, Options())
    open_list(map.project, path, Options({"Status": ""}))


class Handed:
    """Dana names Alpine for Nora Berg's lead; Rita works it into an opportunity."""

    def __init__(self, map: Map) -> None:
        self.map, self.world = map, map.world
        self.crm_id = self.world.dana_creates("lead", **NORA, partner=self.world.crm.ids["P1"])

    @property
    def lead(self) -> dict[str, Any]:
        return self.world.prm_row("lead", last_name="Berg")

    def worked(self) -> str:
        """Answers the opportunity's id."""
        project, lead = self.world.project, self.lead["id"]
        partner_acts.accept(project, lead, CLARA)
        partner_acts.assign_rep(project, lead, CLARA, RITA)
        partner_acts.log_activity(project, lead, RITA, "contact_established")
        return str(partner_acts.convert_lead(project, lead, RITA, ENDPOINT).opportunity_id)


def test_a_spreadsheet_of_the_crm_and_its_api_bring_one_and_the_same_lead(map: Map, tmp_path: Path) -> None:
    world = map.world
    handed = Handed(map)
    key = {"sugarcrm": "id", "salesforce": "Id"}[world.crm.name]
    told = {word: value for word, value in NORA.items() if word not in ("distribute", "status")}
    cells = {key: handed.crm_id} | {world.crm.fields["lead"][word]: value for word, value in told.items()}
    path = tmp_path / f"{world.crm.name}_export.csv"
    path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n", encoding="utf-8")
    options = Options(key=key, exported_by=world.crm.name)
    done = import_file(world.project, open_import(world.project, path, "lead", options))
    assert outcomes(done) == {"new": 1}
    world.sync()
    assert handed.lead["email"] == "nora@berg-textil.example"
    assert len(world.prm("lead")) == 1, "the API's record is the one of the file"
    assert [link["crm_id"] for link in world.links(entity="lead")] == [handed.crm_id]


def test_what_the_vendor_hands_out_comes_back_as_a_registered_deal(map: Map) -> None:
    world = map.world
    handed = Handed(map)
    world.at(minutes=15)
    world.sync()
    assert handed.lead["state"] == "assigned"
    world.at(hours=2)
    opportunity = handed.worked()
    world.sync()
    world.sync()
    (company,) = [row for row in world.in_crm("account") if row["name"] == "Berg Textil GmbH"]
    (contact,) = world.in_crm("contact")
    (pushed,) = world.in_crm("opportunity")
    assert (contact["last_name"], contact["account"]) == ("Berg", company["id"])
    assert (pushed["name"], pushed["account"], pushed["close_date"]) == ("Berg - Endpoint", company["id"], "2026-05-15")
    assert (Decimal(str(pushed["amount"])), pushed["partner"]) == (Decimal(15000), world.crm.ids["P1"])
    assert pushed["stage"] == world.crm.choice("qualification")
    assert world.crm_row("lead", handed.crm_id)["prm_status"] == "converted_by_partner"
    links = [(link["role"], link["crm_id"]) for link in world.links(entity="opportunity")]
    assert links == [("mirror", pushed["id"])]

    world.at(days=5)
    number = deal_acts.submit_deal(world.project, deal_acts.create_deal(world.project, RITA, {}, opportunity=opportunity), RITA)
    deal_acts.approve_deal(world.project, number, DANA)
    deal = map.deal(number)
    assert (number, deal["revision_no"], deal["state"]) == ("DR-0001", 1, "approved")
    assert deal["expires_at"].date() == date(2026, 6, 5)
    held = world.prm_row("opportunity")
    assert held["registered_partner_id"] == deal["partner_account_id"]
    world.sync()
    pushed = world.crm_row("opportunity", pushed["id"])
    assert (pushed["registered"], pushed["registration_no"], pushed["registration_expires"]) == (True, "DR-0001", "2026-06-05")

    told = trail(world.project, "lead", handed.lead["id"], follow=True)
    assert {"lead", "opportunity", "deal_registration"} <= {change.entity for change in told.changes}
    assert opportunity_list(world.project, CELINE) == []
    with pytest.raises(Rejected, match="there is no"):
        trail(world.project, "lead", handed.lead["id"], actor=CELINE)
    world.rests()
