"""Leads from a trade fair come as a spreadsheet, with German headings, and become leads like those of a CRM."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from story_world import World

from centri.engine.import_plan import FileImport, Options, open_import
from centri.engine.import_rejects import free_name, write_rejects
from centri.engine.imports import Imported, import_file

UMBRELLA = {
    "name": "Umbrella Health Systems GmbH",
    "type": "customer",
    "website": "umbrella-health.example",
    "country": "Germany",
}
VISITORS = [
    ["Besucher am Stand B17", None, None, None, None, None, None],
    ["Vorname", "Nachname", "Unternehmen", "E-Mail-Adresse", "Telefon", "PLZ", "Land"],
    ["Mia", "Wong", "Umbrella Health Systems", "mia@umbrella-health.example", "0351 5550101", 1067, "Deutschland"],
    ["Max", "Muster", "Initech AG", "max(at)initech", "+49 89 5550102", "80331", "DE"],
    [None, None, None, None, None, "10115", "DE"],
]


class Fair:
    """A list of visitors in a workbook, and what becomes of it."""

    def __init__(self, world: World, path: Path) -> None:
        self.world, self.path = world, path
        book = Workbook()
        for row in VISITORS:
            book.active.append(row)
        book.active["F3"].number_format = "00000"
        book.save(path)

    def imported(self, path: Path | None = None) -> tuple[FileImport, Imported]:
        wanted = open_import(self.world.project, path or self.path, "lead", Options())
        return wanted, import_file(self.world.project, wanted)


@pytest.fixture
def fair(world: World, tmp_path: Path) -> Fair:
    world.dana_creates("account", world.crm.ids["AC3"], **UMBRELLA)
    world.at(minutes=15)
    world.sync()
    return Fair(world, tmp_path / "messe 2026.xlsx")


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_visitors_become_leads_once_and_what_was_wrong_comes_back_corrected(fair: Fair) -> None:
    world = fair.world
    wanted, done = fair.imported()
    assert {word: n for word, n in done.outcomes.items() if n} == {"new": 2, "rejected": 1}
    assert {(n, r.kind, r.field) for n, why in done.rejects.items() for r in why} == {
        (4, "type_mismatch", "email"),
        (5, "keyless", ""),
    }
    mia = world.prm_row("lead", last_name="Wong")
    assert (mia["phone_e164"], mia["postal_code"], mia["country_code"]) == ("+493515550101", "01067", "DE")
    assert (mia["match_class"], mia["matched_account_id"]) == ("customer", world.prm_row("account")["id"])
    assert world.prm_row("lead", last_name="Muster")["email"] is None

    before = world.prm("lead")
    assert fair.imported()[1].outcomes["unchanged"] == 2
    assert world.prm("lead") == before

    path = free_name(wanted)
    write_rejects(wanted, done, path)
    assert path.name == "messe 2026.rejects.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace("max(at)initech", "max@initech.example"), encoding="utf-8")
    again = fair.imported(path)[1]
    assert {word: n for word, n in again.outcomes.items() if n} == {"updated": 1, "rejected": 1}
    assert world.prm_row("lead", last_name="Muster")["email"] == "max@initech.example"

    world.at(minutes=30)
    world.sync()
    assert world.in_crm("lead") == []  # a lead that was not born in a CRM enters none


def test_a_row_for_a_lead_of_the_crm_fills_its_blanks_there_and_overwrites_nothing(fair: Fair) -> None:
    world = fair.world
    known = {"last_name": "Wong", "company": "Umbrella", "email": "mia@umbrella-health.example", "distribute": True}
    lead = world.dana_creates("lead", **known)
    world.at(minutes=20)
    world.sync()
    assert fair.imported()[1].outcomes["adopted"] == 1
    world.at(minutes=35)
    world.sync()
    there = world.crm_row("lead", lead)
    assert (there["first_name"], there["company"]) == ("Mia", "Umbrella")
    assert len([row for row in world.prm("lead") if row["last_name"] == "Wong"]) == 1
    assert load_workbook(fair.path).active["D4"].value == "max(at)initech"  # the file is only read
