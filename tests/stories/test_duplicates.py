"""Story LA2: duplicates are found and merged here, the CRM's records are closed, and all of it can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, update
from story_world import World

from centri.engine.dedupe import Deduped, dedupe
from centri.engine.dedupe_pairs import join, split
from centri.engine.dedupe_undo import undo
from centri.store.database import write
from centri.store.journal_tables import sync_cursor
from centri.store.prm_tables import activity, lead

ANNA = {"first_name": "Anna", "last_name": "Svensson", "status": "new", "distribute": True}
LEADS: dict[str, dict[str, Any]] = {
    "D1": {**ANNA, "email": "anna.svensson@initech.example", "company": "Initech"},
    "D2": {
        **ANNA,
        "email": " ANNA.SVENSSON@Initech.example",
        "company": "Initech LLC",
        "phone": "+46855501",
        "title": "IT Director",
    },
    "D3": {**ANNA, "company": "Initech, LLC", "phone": "+46855501"},
    "D4": {**ANNA, "first_name": "Anders", "email": "anders@initech.example", "company": "Anders"},
    "D5": {**ANNA, "first_name": "Erik", "last_name": "Holm", "email": "erik.holm@other.example", "company": "Other"},
}
BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)


class Duplicates:
    """The five leads and the contact, on both sides; ids by the story's names."""

    def __init__(self, world: World) -> None:
        self.world = world
        contact = {"first_name": "Erik", "last_name": "Holm", "email": "erik.holm@other.example"}
        employer = world.dana_creates("account", name="Other", type="prospect", country="Germany")
        self.k9_there = world.dana_creates("contact", **contact, account=employer)
        self.there = {name: world.dana_creates("lead", **values) for name, values in LEADS.items()}
        world.sync()
        ours = {link["crm_id"]: link["prm_id"] for link in world.links()}
        self.ids = {name: ours[crm_id] for name, crm_id in self.there.items()}
        self.k9 = ours[self.k9_there]
        with write(world.project.engine) as conn:
            for name, score in (("D1", 10), ("D2", 15)):
                conn.execute(update(lead).where(lead.c.id == self.ids[name]).values(score=score))
            for kind in ("call", "email"):
                conn.execute(insert(activity).values(subject_type="lead", subject_id=self.ids["D1"], kind=kind))
            conn.execute(insert(activity).values(subject_type="lead", subject_id=self.ids["D2"], kind="call"))
            conn.execute(update(lead).where(lead.c.id == self.ids["D1"]).values(created_at=datetime(2026, 2, 1, tzinfo=UTC)))
        world.sync()

    def row(self, name: str) -> dict[str, Any]:
        return self.world.prm_row("lead", id=self.ids[name])

    def merge(self) -> Deduped:
        return dedupe(self.world.project, "lead", yes=True)

    def crm(self, name: str) -> dict[str, Any]:
        return self.world.crm_row("lead", self.there[name])


@pytest.fixture
def found(world: World) -> Duplicates:
    return Duplicates(world)


def test_the_plan_lists_all_of_it_and_writes_nothing(world: World, found: Duplicates) -> None:
    before = world._everything()
    planned = dedupe(world.project, "lead")
    assert (planned.groups, planned.merges, planned.linked, planned.review) == (2, 2, 1, 0)
    anna = next(plan for plan in planned.shown if plan.losers)
    assert anna.survivor.id == found.ids["D1"]
    assert {ref.id for ref in anna.losers} == {found.ids["D2"], found.ids["D3"]}
    assert [row["id"] for row in anna.siblings] == [found.ids["D4"]]
    assert anna.moves == {"activity": 1}
    assert anna.group.evidence
    assert world._everything() == before
    assert not world.prm("merge_log")
    world.rests()


@BOTH
def test_duplicates_become_one_and_the_crm_closes_theirs(world: World, found: Duplicates) -> None:
    world.at(minutes=90)
    done = found.merge()
    assert (done.applied, len(done.merged), done.linked) == (2, 2, 1)
    d1 = found.row("D1")
    assert (d1["title"], d1["phone_e164"], d1["score"], d1["state"]) == ("IT Director", "+46855501", 15, "ready")
    assert d1["title_level_code"] == "DIRECTOR"
    for name in ("D2", "D3"):
        assert (found.row(name)["state"], found.row(name)["master_lead_id"]) == ("merged", found.ids["D1"])
    assert {row["subject_id"] for row in world.prm("activity")} == {found.ids["D1"]}
    logged = world.prm("merge_log")
    merged = {(row["survivor_id"], row["loser_id"]) for row in logged}
    assert merged == {(found.ids["D1"], found.ids[n]) for n in ("D2", "D3")}
    assert logged[0]["winners"]["title"]["of"] == [found.ids["D2"]]
    assert logged[0]["winners"]["score"]["value"] == 15
    assert logged[0]["winners"]["email"]["because"]
    assert (found.row("D4")["state"], found.row("D4")["master_lead_id"]) == ("ready", None)
    assert (found.row("D5")["duplicate_of_contact_id"], found.row("D5")["master_lead_id"]) == (found.k9, None)
    assert {row["cause_ref"] for row in world.prm("audit_log", field="master_lead_id")} == {done.run_id}
    world.sync()
    for name in ("D2", "D3"):
        there = found.crm(name)
        assert (there["status"], there["duplicate_of"]) == (world.crm.choice("closed"), found.there["D1"])
    assert found.crm("D1")["status"] != world.crm.choice("closed")
    assert found.crm("D1")["title"] == "IT Director"
    assert len(world.in_crm("lead")) == 5
    assert {k["crm_id"]: k["state"] for k in world.links(entity="lead") if k["state"] == "merged"} == {
        found.there["D2"]: "merged",
        found.there["D3"]: "merged",
    }
    world.rests()


def test_a_resync_brings_none_of_them_back_and_neither_does_an_edit(world: World, found: Duplicates) -> None:
    world.at(minutes=90)
    found.merge()
    world.sync()
    rows = world.prm("lead")
    world.at(hours=3)
    world.dana_sets("lead", found.there["D2"], title="CIO", status="working")
    world.sync()
    assert [(row["id"], row["state"], row["title"]) for row in world.prm("lead")] == [
        (r["id"], r["state"], r["title"]) for r in rows
    ]
    assert found.crm("D2")["status"] == world.crm.choice("working"), "what a person did there stays"
    with write(world.project.engine) as conn:
        conn.execute(sync_cursor.delete())
    world.sync()
    assert [(row["id"], row["state"], row["title"]) for row in world.prm("lead")] == [
        (r["id"], r["state"], r["title"]) for r in rows
    ]
    assert dedupe(world.project, "lead").groups == 0
    world.rests()


def test_what_the_crm_hangs_on_a_closed_one_hangs_on_the_survivor_here(world: World, found: Duplicates) -> None:
    world.at(minutes=90)
    found.merge()
    world.sync()
    world.at(hours=3)
    values = world.crm.told("note", {"subject": "She called", "body": "Twice", "parent": found.there["D2"]})
    kind = {"parent_type": "Leads"} if world.crm.name == "sugarcrm" else {}
    world._edit("create", "note", values={**values, **kind})
    world.sync()
    note = world.prm_row("note")
    assert (note["parent_type"], note["parent_id"]) == ("lead", found.ids["D1"])
    world.rests()


@BOTH
def test_taken_back_everything_is_as_it_was_and_the_crm_opens_theirs(world: World, found: Duplicates) -> None:
    before = _plain(world)
    there = {name: found.crm(name) | {"our_id": found.ids[name]} for name in LEADS}
    world.at(minutes=90)
    found.merge()
    split(world.project, found.ids["D5"], found.k9)
    world.sync()
    planned = undo(world.project, found.ids["D1"])
    assert (len(planned.inverses), planned.complete, planned.run_id) == (2, True, "")
    assert found.row("D2")["state"] == "merged"
    world.at(hours=3)
    done = undo(world.project, found.ids["D1"], yes=True)
    assert (len(done.inverses), done.complete) == (2, True)
    assert _plain(world) == before
    world.sync()
    for name in LEADS:
        assert found.crm(name) | {"our_id": found.ids[name]} == there[name]
    assert {k["state"] for k in world.links(entity="lead")} == {"active"}
    assert dedupe(world.project, "lead").merges == 1, "D2 and D3 are still like each other; neither is D1"
    world.rests()


def test_taken_back_before_the_crm_heard_of_it_nothing_is_told(world: World, found: Duplicates) -> None:
    world.at(minutes=90)
    found.merge()
    undo(world.project, found.ids["D1"], yes=True)
    world.forget_calls()
    world.sync()
    assert not [call for call in world.written() if found.there["D2"] in call]
    world.rests()


def test_what_was_changed_since_stays_and_is_said(world: World, found: Duplicates) -> None:
    world.at(minutes=90)
    found.merge()
    world.sync()
    with write(world.project.engine) as conn:
        conn.execute(update(lead).where(lead.c.id == found.ids["D1"]).values(title="CIO"))
    done = undo(world.project, found.ids["D1"], yes=True)
    assert not done.complete
    assert ("title", "CIO") in [(kept.field, kept.now) for one in done.inverses for kept in one.kept]
    assert (found.row("D1")["title"], found.row("D1")["phone_e164"], found.row("D1")["score"]) == ("CIO", None, 10)
    assert found.row("D2")["state"] == "ready"


def test_people_have_the_last_word(world: World, found: Duplicates) -> None:
    split(world.project, found.ids["D1"], found.ids["D2"])
    split(world.project, found.ids["D3"], found.ids["D2"])
    join(world.project, found.ids["D1"], found.ids["D4"])
    (anna,) = (plan for plan in dedupe(world.project, "lead").shown if plan.losers)
    assert {ref.id for ref in (anna.survivor, *anna.losers)} == {found.ids[n] for n in ("D1", "D3", "D4")}
    assert not anna.review


def test_kept_by_the_mapping_the_crm_is_told_nothing(world: World, found: Duplicates) -> None:
    pointer = {"sugarcrm": "prm_duplicate_of_c", "salesforce": "CENTRI_Duplicate_Of__c"}[world.crm.name]
    comment = "  # a duplicate is closed by what its state becomes"
    world.restarted((f"on_merge: {{pointer: {pointer}}}{comment}", "on_merge: keep"))
    before = found.crm("D2")
    world.at(minutes=90)
    found.merge()
    world.sync()
    assert found.crm("D2") == before
    assert found.row("D2")["state"] == "merged"
    world.rests()


def _plain(world: World) -> dict[str, list[dict[str, Any]]]:
    """The rows of the store without what counts how often they were written."""
    left_out = ("revision", "updated_at", "updated_by")
    tables = ("lead", "contact", "account", "activity", "note", "lead_assignment", "lead_offer")
    return {
        table: sorted(
            ({n: v for n, v in row.items() if n not in left_out} for row in world.prm(table)), key=lambda row: row["id"]
        )
        for table in tables
    }
