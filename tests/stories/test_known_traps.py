"""Traps that other syncs have fallen into, over HTTP; the table of all of them is in tests/unit/engine/test_traps.py."""

from __future__ import annotations

from typing import Any

import pytest
from story_world import PARTNERS, World

from centri.connectors.base import PullRequest
from centri.descriptions import FieldType
from centri.engine import partner_acts
from centri.engine.push import push

CELINE = "celine@castell.example"
QUOTED = 'O\'Brien \\ "Söhne" & <Co> (100%)'
DEAL = {"amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "proposal"}


@pytest.fixture
def partner(world: World) -> World:
    """A world in which Celine's company is a partner."""
    world.dana_creates("account", world.crm.ids["P3"], **PARTNERS["P3"])
    world.sync()
    world.employ("P3")
    return world


def test_quotes_cross_as_they_are_both_ways(partner: World) -> None:
    world = partner
    values = {"last_name": "O'Brien", "company": QUOTED, "status": "new", "distribute": True, "city": "Coeur d'Alene"}
    lead = world.dana_creates("lead", **values, partner=world.crm.ids["P3"])
    world.at(minutes=10)
    world.sync()
    row = world.prm_row("lead")
    assert (row["last_name"], row["company"], row["city"]) == ("O'Brien", QUOTED, "Coeur d'Alene")
    world.at(minutes=20)
    world.edits(CELINE, "lead", row["id"], company=f"{QUOTED}'s", city="L'Aquila")
    world.at(minutes=30)
    world.sync()
    seen = world.crm_row("lead", lead)
    assert (seen["last_name"], seen["company"], seen["city"]) == ("O'Brien", f"{QUOTED}'s", "L'Aquila")
    world.rests()


def test_a_create_with_quotes_is_found_again_by_them(partner: World) -> None:
    """The answer is lost, and the note searched for by what it says before it is sent again; no pull has told of it."""
    world = partner
    who = {"last_name": "O'Brien", "company": QUOTED, "email": "sean@obrien.example"}
    lead = partner_acts.create_lead(world.project, CELINE, who)
    partner_acts.convert_lead(world.project, lead, CELINE, {**DEAL, "name": "O'Brien's deal"})
    world.at(minutes=10)
    world.sync()
    partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Mr O'Brien's \"yes\" \\ 100%")
    world.at(minutes=20)
    world.fault(method="POST", path=world.crm.writes, times=3, kind="after", status=504)
    world.sync()
    assert world.struck() > 0
    assert world.links(entity="note") == []
    world.at(hours=1)
    push(world.project, world.crm.name, world.crm.objects["note"])
    assert len(world.links(entity="note")) == 1
    world.sync()
    assert [row["subject"] for row in world.in_crm("note")] == ["Mr O'Brien's \"yes\" \\ 100%"]
    assert len(world.in_crm("account")) == 2
    world.rests()


def test_a_text_that_is_too_long_is_reported_and_not_cut(partner: World) -> None:
    world = partner
    values = {"last_name": "Wong", "company": "Umbrella Health", "status": "new", "distribute": True, "city": "Ulm"}
    lead = world.dana_creates("lead", **values, partner=world.crm.ids["P3"])
    world.at(minutes=10)
    world.sync()
    long = "x" * 101  # a character more than the city's field holds in either CRM
    world.edits(CELINE, "lead", world.prm_row("lead")["id"], city=long)
    world.at(minutes=20)
    world.sync()
    assert world.crm_row("lead", lead)["city"] == "Ulm"
    assert world.prm_row("lead")["city"] == long
    assert world.anomalies() == ["too_long"]


def test_a_wide_record_is_read_in_one_call(world: World) -> None:
    """Every field that can be read, hundreds of them, comes in the same answer: no record is made of two moments."""
    world.dana_creates_many("lead", ({"last_name": f"Lead {n}", "company": "Umbrella", "status": "new"} for n in range(5)))
    connector = world.project.meter(world.crm.name).connector
    object = world.crm.objects["lead"]
    described = connector.describe(object).fields
    names = tuple(f.name for f in described.values() if f.readable and f.type is not FieldType.OTHER)
    calls = connector.calls
    pages = list(connector.pull(PullRequest(object, names, page_size=100)))
    assert connector.calls - calls <= len(pages) + 1
    (records,) = [page.records for page in pages if page.records]
    assert len(records) == 5
    assert all(set(names) == set(record.values) for record in records), _lacking(records, names)
    assert len(names) > 40


def _lacking(records: Any, names: tuple[str, ...]) -> set[str]:
    return {name for record in records for name in names if name not in record.values}


def test_an_opportunity_is_followed_after_it_is_won(partner: World) -> None:
    world = partner
    account = world.dana_creates("account", name="Nouvelle Banque", type="customer", website="banque.example", country="France")
    deal = {"name": "Nouvelle Banque", "account": account, "amount": 120000, "close_date": "2026-09-15"}
    made = world.dana_creates("opportunity", **deal, stage="qualification")
    world.at(minutes=10)
    world.sync()
    world.at(minutes=20)
    world.dana_sets("opportunity", made, stage="won")
    world.sync()
    assert (world.prm_row("opportunity")["vendor_stage"], world.prm_row("opportunity")["stage_category"]) == ("won", "won")
    world.at(minutes=30)
    world.dana_sets("opportunity", made, amount=118500, close_date="2026-09-20", name="Nouvelle Banque, final")
    world.sync()
    row = world.prm_row("opportunity")
    assert (str(row["amount"]), str(row["close_date"]), row["name"]) == ("118500.00", "2026-09-20", "Nouvelle Banque, final")
    world.rests()
