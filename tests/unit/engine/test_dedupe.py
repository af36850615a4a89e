"""Duplicates become one: who survives, what moves, what the CRMs are told, what waits for a person, what is refused."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from two_crms import QUIET, START, World

from centri.engine.dedupe import dedupe
from centri.engine.dedupe_pairs import join, split
from centri.engine.dedupe_undo import undo
from centri.engine.undo import undo as undo_run
from centri.errors import ConfigError, Rejected, RetryLater, Stop
from centri.store.database import read, write
from centri.store.leases import leased
from centri.store.merge_tables import match_pair, merge_log
from centri.store.tables import metadata

MIA = {"first_name": "Mia", "last_name": "Wong", "email": "mia@umbrella.example"}


def add(world: World, table: str, **values: Any) -> str:
    target = metadata.tables[table]
    with write(world.project.engine) as conn:
        return str(conn.execute(insert(target).values(values).returning(target.c.id)).scalar_one())


def rows(world: World, table: str) -> list[dict[str, Any]]:
    found = select(metadata.tables[table]).order_by(metadata.tables[table].c.id)
    with read(world.project.engine) as conn:
        return [dict(row) for row in conn.execute(found).mappings()]


def get(world: World, table: str, id: str) -> dict[str, Any]:
    return next(row for row in rows(world, table) if row["id"] == id)


def two(world: World, entity: str, one: dict[str, Any], other: dict[str, Any]) -> tuple[str, str]:
    """Two rows, the first the older."""
    return (
        add(world, entity, **one, created_at=START - timedelta(days=9)),
        add(world, entity, **other, created_at=START - timedelta(days=1)),
    )


def test_contacts_become_one_and_nothing_is_lost(world: World) -> None:
    kept, lost = two(world, "contact", MIA, {**MIA, "title": "CIO", "do_not_call": True})
    employer = add(world, "account", name="Umbrella")
    deal = add(world, "opportunity", name="Deal", account_id=employer, primary_contact_id=lost, stage_category="won")
    note = add(world, "note", parent_type="contact", parent_id=kept, subject="x")
    dedupe(world.project, "contact", yes=True)
    survivor, gone = get(world, "contact", kept), get(world, "contact", lost)
    assert (survivor["title"], survivor["title_level_code"], survivor["do_not_call"]) == ("CIO", "C_LEVEL", True)
    assert (gone["merged_into_id"], gone["deleted_at"]) == (kept, world.clock.now)
    assert get(world, "opportunity", deal)["primary_contact_id"] == kept
    assert get(world, "note", note)["parent_id"] == kept
    undo(world.project, kept, yes=True)
    assert get(world, "contact", lost)["deleted_at"] is None
    assert get(world, "opportunity", deal)["primary_contact_id"] == lost
    assert dedupe(world.project, "contact").groups == 0


def test_accounts_take_what_they_lack_but_not_each_other_as_parents(world: World) -> None:
    site = {"website": "https://umbrella.example"}
    kept, lost = two(
        world, "account", {"name": "Umbrella", **site, "city": "Ulm", "phone_e164": "+491"},
        {"name": "Umbrella GmbH", **site, "account_class": "customer"},
    )  # fmt: skip
    child = add(world, "account", name="Child", parent_account_id=lost)
    with write(world.project.engine) as conn:
        conn.execute(
            metadata.tables["account"].update().where(metadata.tables["account"].c.id == kept).values(parent_account_id=lost)
        )
    for account in (kept, lost):
        add(world, "account_domain", account_id=account, domain="umbrella.example")
    dedupe(world.project, "account", yes=True)
    survivor = get(world, "account", kept)
    assert (survivor["name"], survivor["city"], survivor["account_class"]) == ("Umbrella", "Ulm", "customer")
    assert (survivor["parent_account_id"], get(world, "account", child)["parent_account_id"]) == (None, kept)
    assert sorted(row["account_id"] for row in rows(world, "account_domain")) == sorted([kept, lost]), "it has that one already"
    undo(world.project, kept, yes=True)
    assert (get(world, "account", kept)["parent_account_id"], get(world, "account", child)["parent_account_id"]) == (lost, lost)


def test_a_partner_that_is_asked_is_not_asked_twice(world: World) -> None:
    partner = add(world, "partner_account", name="Alpine")
    kept, lost = two(world, "lead", {**MIA, "state": "assigned"}, {**MIA, "state": "assigned", "phone_e164": "+491"})
    for lead in (lost, kept):
        assignment = {"seq": 1, "kind": "manual", "state": "offered", "partner_account_id": partner}
        made = add(world, "lead_assignment", lead_id=lead, **assignment)
        add(world, "lead_offer", assignment_id=made, partner_account_id=partner)
    before = {table: rows(world, table) for table in ("lead_assignment", "lead_offer")}
    done = dedupe(world.project, "lead", yes=True)
    (survivor,) = {row["survivor_id"] for row in rows(world, "merge_log")}
    assert (done.applied, survivor in (kept, lost)) == (1, True)
    found = sorted((r["lead_id"], r["seq"], r["state"]) for r in rows(world, "lead_assignment"))
    assert found == [(survivor, 1, "withdrawn"), (survivor, 2, "offered")]
    assert sorted(row["state"] for row in rows(world, "lead_offer")) == ["offered", "withdrawn"]
    undo(world.project, survivor, yes=True)
    counters = ("revision", "updated_at", "updated_by")
    for table, old in before.items():
        strip = [{n: v for n, v in row.items() if n not in counters} for row in rows(world, table)]
        assert strip == [{n: v for n, v in row.items() if n not in counters} for row in old]


def test_a_lead_that_a_partner_works_on_survives_and_two_such_wait_for_a_person(world: World) -> None:
    fresh, worked = two(
        world, "lead", {**MIA, "state": "ready", "phone_e164": "+491", "title": "CIO"}, {**MIA, "state": "working"}
    )
    (plan,) = dedupe(world.project, "lead").shown
    assert (plan.survivor.id, [ref.id for ref in plan.losers]) == (worked, [fresh])
    world.edit("lead", fresh, state="qualified")
    planned = dedupe(world.project, "lead", yes=True)
    assert (planned.merges, planned.review, planned.applied) == (0, 1, 0)
    assert "partners work on" in planned.shown[0].review
    assert not rows(world, "merge_log")


def test_a_large_group_waits_for_a_person(world: World) -> None:
    for _ in range(11):
        add(world, "contact", **MIA)
    planned = dedupe(world.project, "contact", yes=True)
    assert (planned.review, planned.applied) == (1, 0)
    assert "more than 10" in planned.shown[0].review


def test_too_large_a_share_is_refused(world: World) -> None:
    surnames = [
        f"{one}{other}"
        for one in ("Barto", "Cardi", "Delmo", "Ferra", "Gunne", "Hollo")
        for other in ("lini", "kov", "smith", "wetz", "rup")
    ]
    for name in surnames:
        for _ in range(2):
            add(world, "contact", first_name="Mia", last_name=name, email=f"{name.lower()}@{name.lower()}.example")
    planned = dedupe(world.project, "contact")
    assert (planned.merges, "--allow 51%" in planned.refusal) == (30, True)
    with pytest.raises(Stop, match=r"30 of 60 contacts would go into another \(50%, over 30%\)"):
        dedupe(world.project, "contact", yes=True)
    assert not rows(world, "merge_log")
    world.settings = dataclasses.replace(world.settings, allow=0.51)
    assert dedupe(world.restarted(), "contact", yes=True).applied == 30


def test_nobody_merges_while_somebody_settles(world: World) -> None:
    two(world, "contact", MIA, MIA)
    with leased(world.project.engine, "east/contact", now=world.clock.now), pytest.raises(RetryLater):
        dedupe(world.project, "contact", yes=True)
    assert not rows(world, "merge_log")


def test_one_that_is_on_its_way_to_a_crm_waits(world: World) -> None:
    _, lost = two(world, "contact", MIA, MIA)
    birth = {"connection": "east", "object": "Contact", "entity": "contact", "prm_id": lost, "role": "mirror"}
    add(world, "sync_delivery", **birth, op="create", values={})
    (plan,) = dedupe(world.project, "contact").shown
    assert "on its way to east" in plan.review


def test_the_survivor_takes_over_the_record_of_another_crm(world: World) -> None:
    """Known to one CRM each: the survivor stands for both records from now on, and neither is closed."""
    east = world.person_saves("east", "Contact", FirstName="Mia", LastName="Wong", Email="mia@umbrella.example")
    world.sync("east")
    world.clock.forward(days=1)
    west = world.person_saves("west", "Contact", FirstName="Mia", LastName="Wong", Email="wong@umbrella.example")
    world.sync("west")
    assert len(world.rows("contact")) == 2
    ids = {link["crm_id"]: link["prm_id"] for link in world.links()}
    join(world.project, ids[east], ids[west])
    dedupe(world.project, "contact", yes=True)
    (survivor,) = {row["survivor_id"] for row in rows(world, "merge_log")}
    assert {link["crm_id"]: (link["prm_id"], link["state"]) for link in world.links()} == {
        east: (survivor, "active"),
        west: (survivor, "active"),
    }
    world.sync()
    world.sync()
    emails = {world.in_crm(name, "Contact")[0]["Email"] for name in ("east", "west")}
    assert emails == {get(world, "contact", survivor)["email"]}
    assert world.writes() == QUIET
    world.person_saves("west", "Contact", west, FirstName="Maria")
    world.sync()
    assert get(world, "contact", survivor)["first_name"] == "Maria"
    undo(world.project, survivor, yes=True)
    assert {link["crm_id"]: link["prm_id"] for link in world.links()} == ids


def test_what_one_crm_says_of_a_closed_record_is_known_once_it_is_open_again(world: World) -> None:
    kept = world.person_saves("east", "Contact", FirstName="Mia", LastName="Wong", Email="mia@umbrella.example")
    lost = world.person_saves("east", "Contact", FirstName="Mia", LastName="Wong", Email="wong@umbrella.example")
    world.sync("east")
    ids = {link["crm_id"]: link["prm_id"] for link in world.links()}
    join(world.project, ids[kept], ids[lost])
    dedupe(world.project, "contact", yes=True)
    loser = rows(world, "merge_log")[0]["loser_id"]
    crm_id = next(crm_id for crm_id, prm_id in ids.items() if prm_id == loser)
    world.person_saves("east", "Contact", crm_id, FirstName="Maria")
    world.sync()
    assert (get(world, "contact", loser)["first_name"], world.anomalies()) == ("Mia", [])
    undo(world.project, rows(world, "merge_log")[0]["survivor_id"], yes=True)
    world.sync()
    assert (get(world, "contact", loser)["first_name"], get(world, "contact", loser)["deleted_at"]) == ("Maria", None)
    assert world.writes() == QUIET


def test_a_chain_of_merges_points_at_the_last_and_comes_apart_from_the_end(world: World) -> None:
    first, second = two(world, "contact", MIA, MIA)
    dedupe(world.project, "contact", yes=True)
    third = add(world, "contact", **MIA, title="CIO", phone_e164="+491", created_at=START - timedelta(days=20))
    dedupe(world.project, "contact", yes=True)
    assert {get(world, "contact", id)["merged_into_id"] for id in (first, second)} == {third}
    with pytest.raises(Rejected, match="take that back first: centri dedupe undo 2"):
        undo(world.project, "1")
    undo(world.project, "2", yes=True)
    undo(world.project, "1", yes=True)
    assert {get(world, "contact", id)["merged_into_id"] for id in (first, second, third)} == {None}


def test_an_undo_that_means_nothing_says_so(world: World) -> None:
    first, _ = two(world, "contact", MIA, MIA)
    with pytest.raises(ConfigError, match="no merge has the number"):
        undo(world.project, "7")
    done = dedupe(world.project, "contact", yes=True)
    with pytest.raises(ConfigError, match="centri dedupe undo"):
        undo_run(world.project, done.run_id)
    undo(world.project, first, yes=True)
    with pytest.raises(ConfigError, match="taken back"):
        undo(world.project, first)


def test_a_pair_is_spoken_of_once_and_must_be_comparable(world: World) -> None:
    one, other = two(world, "contact", MIA, MIA)
    account = add(world, "account", name="Umbrella")
    join(world.project, other, one, why="she married")
    split(world.project, one, other)
    assert [(row["word"], row["why"]) for row in rows_of_pairs(world)] == [("apart", "")]
    with pytest.raises(Rejected):
        join(world.project, one, account)
    with pytest.raises(ConfigError, match="no lead, contact or account"):
        split(world.project, one, "nobody")
    join(world.project, one, other)
    dedupe(world.project, "contact", yes=True)
    with pytest.raises(Rejected, match="centri dedupe undo"):
        split(world.project, one, other)


def rows_of_pairs(world: World) -> list[dict[str, Any]]:
    with read(world.project.engine) as conn:
        return [dict(row) for row in conn.execute(select(match_pair)).mappings()]


def test_every_merge_is_logged_and_audited(world: World) -> None:
    kept, lost = two(world, "contact", MIA, {**MIA, "title": "CIO"})
    add(world, "note", parent_type="contact", parent_id=kept, subject="y")
    add(world, "lead", last_name="Wong", duplicate_of_contact_id=lost)
    done = dedupe(world.project, "contact", yes=True)
    with read(world.project.engine) as conn:
        (logged,) = conn.execute(select(merge_log)).mappings()
    assert (logged["run_id"], logged["at"], logged["undone_at"]) == (done.run_id, world.clock.now, None)
    assert (logged["loser_before"]["title"], logged["survivor_before"]["title"]) == ("CIO", None)
    audited = [row for row in rows(world, "audit_log") if row["cause_ref"] == done.run_id]
    assert {(row["entity"], row["field"]) for row in audited} >= {
        ("contact", "title"), ("contact", "merged_into_id"), ("contact", "deleted_at"), ("lead", "duplicate_of_contact_id"),
    }  # fmt: skip
