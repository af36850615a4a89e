"""Conflicts as people see them, and what happens when they take a side."""

import pytest
from sqlalchemy import select
from two_crms import QUIET

from centri.descriptions import FieldType
from centri.engine.held import held
from centri.engine.resolve import resolve
from centri.errors import ConfigError, Rejected, RetryLater
from centri.store.database import read
from centri.store.leases import leased
from centri.store.prm_tables import audit_log


@pytest.fixture
def globex(world):
    """An account in conflict: Ulm, when last agreed; now Bonn in the CRM, Kiel in the PRM. Answers the CRM id."""
    crm_id = world.person_saves("east", "Account", Name="Globex", City="Ulm", Industry="Steel")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Kiel")
    world.person_saves("east", "Account", crm_id, City="Bonn")
    world.sync()
    return crm_id


def city(world, crm_id):
    return world.crms["east"].objects["Account"][crm_id].values["City"], world.row("account")["city"]


def take(world, side, field="city", entity="account", **more):
    return resolve(world.project, entity, world.row(entity)["id"], field, side, **more)


def audited(world):
    """What people did; the runs' own entries are another test's business."""
    with read(world.project.engine) as conn:
        return [dict(r) for r in conn.execute(select(audit_log).where(audit_log.c.cause_type == "command")).mappings()]


def test_the_queue_tells_the_old_the_two_new_values_the_policy_and_the_reason(world, globex):
    (entry,) = held(world.project.engine)
    account = world.row("account")["id"]
    assert (entry.connection, entry.entity, entry.prm_id, entry.name) == ("east", "account", account, "Globex")
    assert (entry.object, entry.crm_id, entry.field) == ("Account", globex, "city")
    assert (entry.crm_before, entry.prm_before, entry.crm, entry.prm, entry.crm_as_prm) == ("Ulm", "Ulm", "Bonn", "Kiel", "Bonn")
    assert (entry.policy, entry.reason) == ("hold", "both changed; hold")
    assert entry.resolve[1] == f"centri resolve account {account} city --take prm"
    assert held(world.project.engine, connection="west") == []


def test_taking_the_crms_value_changes_the_prm(world, globex):
    done = take(world, "crm")
    assert (done.connection, done.value, done.already) == ("east", "Bonn", False)
    assert city(world, globex) == ("Bonn", "Bonn")
    assert world.anomalies() == []
    assert world.writes() == QUIET
    assert city(world, globex) == ("Bonn", "Bonn")


def test_taking_the_prms_value_tells_the_crm_at_the_next_sync(world, globex):
    assert take(world, "prm").value == "Kiel"
    assert (city(world, globex), world.anomalies()) == (("Bonn", "Kiel"), [])
    world.sync()
    assert city(world, globex) == ("Kiel", "Kiel")
    assert world.writes() == QUIET
    assert world.anomalies() == []


@pytest.mark.parametrize("side", ["crm", "prm"])
def test_a_resolution_lasts_though_the_crm_record_is_read_again_before_the_push(world, globex, side):
    take(world, side)
    world.person_saves("east", "Account", globex, Industry="Paper")
    world.sync()
    assert city(world, globex) == (("Bonn", "Bonn") if side == "crm" else ("Kiel", "Kiel"))
    assert world.row("account")["industry_raw"] == "Paper"
    assert world.anomalies() == []
    assert world.writes() == QUIET


@pytest.mark.parametrize(("side", "old", "new"), [("crm", "Kiel", "Bonn"), ("prm", "Bonn", "Kiel")])
def test_a_resolution_is_audited(world, globex, side, old, new):
    take(world, side)
    (entry,) = audited(world)
    assert (entry["entity_id"], entry["field"], entry["old"], entry["new"]) == (world.row("account")["id"], "city", old, new)
    assert (entry["actor"], entry["cause_type"]) == ("centri", "command")


@pytest.mark.parametrize("side", ["crm", "prm"])
def test_resolving_twice_is_harmless(world, globex, side):
    take(world, side)
    again = take(world, "prm" if side == "crm" else "crm")
    assert again.already
    assert len(audited(world)) == 1
    world.sync()
    assert city(world, globex) == (("Bonn", "Bonn") if side == "crm" else ("Kiel", "Kiel"))


def test_a_crm_edit_after_the_resolution_is_a_new_conflict(world, globex):
    take(world, "prm")
    world.person_saves("east", "Account", globex, City="Hamm")
    world.sync()
    assert city(world, globex) == ("Hamm", "Kiel")
    assert [(h.crm_before, h.crm, h.prm) for h in held(world.project.engine)] == [("Bonn", "Hamm", "Kiel")]


def test_other_conflicts_of_the_record_stay(world_with):
    world = world_with(("website: {crm: Website, policy: fill_blanks}", "website: Website"))
    crm_id = world.person_saves("east", "Account", Name="Globex", City="Ulm", Website="globex.example")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Kiel", website="globex.test")
    world.person_saves("east", "Account", crm_id, City="Bonn", Website="globex.invalid")
    world.sync()
    take(world, "prm")
    assert world.anomalies() == [("conflict_open", "website")]
    world.sync()
    assert city(world, crm_id) == ("Kiel", "Kiel")
    assert world.row("account")["website"] == "globex.test"
    take(world, "crm", "website")
    assert world.row("account")["website"] == "globex.invalid"
    assert world.writes() == QUIET


def test_a_conflict_found_while_two_records_were_put_together_can_be_resolved(world_with):
    world = world_with(("key: {crm: OurId, write: on_create}", "key: {crm: OurId, write: on_create}\n      adopt: hold"))
    account = world.insert("account", name="Globex", city="Kiel")
    crm_id = world.person_saves("east", "Account", Name="Globex", City="Bonn", OurId=account)
    world.sync()
    assert [(h.crm_before, h.prm_before, h.reason) for h in held(world.project.engine)] == [(None, None, "both differ; hold")]
    take(world, "prm")
    world.sync()
    assert city(world, crm_id) == ("Kiel", "Kiel")
    assert world.writes() == QUIET


def test_a_conflict_with_two_crms_needs_one_named(world):
    ids = {}
    for crm in ("east", "west"):
        ids[crm] = world.person_saves(crm, "Account", Name="Globex", City="Ulm", Website="globex.example")
        world.sync()
    account = world.row("account")["id"]
    for crm, there in (("east", "Bonn"), ("west", "Hamm")):
        world.person_saves(crm, "Account", ids[crm], City=there)
    world.edit("account", account, city="Kiel")
    world.sync()
    assert [h.resolve[0].rpartition("--")[2] for h in held(world.project.engine)] == ["connection east", "connection west"]
    with pytest.raises(ConfigError, match="east and west"):
        take(world, "crm")
    take(world, "crm", connection="west")
    assert world.row("account")["city"] == "Hamm"
    assert [h.connection for h in held(world.project.engine)] == ["east"]
    take(world, "prm")
    world.sync()
    assert {"Hamm"} == {world.crms[crm].objects["Account"][ids[crm]].values["City"] for crm in ids}
    assert world.writes() == QUIET


@pytest.mark.parametrize(
    ("entity", "field", "said"),
    [
        ("acount", "city", "did you mean 'account'"),
        ("account", "citi", "did you mean 'city'"),
        ("account", "name", "is in no conflict; `centri held`"),
    ],
)
def test_what_is_in_no_conflict_is_refused(world, globex, entity, field, said):
    with pytest.raises(ConfigError, match=said):
        resolve(world.project, entity, world.row("account")["id"], field, "crm")


def test_a_value_that_cannot_follow_is_refused_and_stays_held(world_with):
    world = world_with(("policy: prm_wins}\n        target", "policy: hold}\n        target"))
    wong = world.person_saves("east", "Lead", LastName="Wong", Status="Working", Distribute=True)
    world.sync()
    world.edit("lead", world.row("lead")["id"], state="disqualified")
    world.person_saves("east", "Lead", wong, Status="New")
    world.sync()
    assert world.anomalies() == [("conflict_open", "state")]
    with pytest.raises(Rejected, match="cannot become new after disqualified"):
        take(world, "crm", "state", "lead")
    assert world.anomalies() == [("conflict_open", "state")]
    assert (world.row("lead")["state"], audited(world)) == ("disqualified", [])


def test_a_run_at_work_on_the_entity_is_not_disturbed(world, globex):
    with leased(world.project.engine, "east/account", now=world.clock.now), pytest.raises(RetryLater):
        take(world, "crm")
    assert world.anomalies() == [("conflict_open", "city")]


def test_a_record_edited_in_the_prm_meanwhile_is_not_overwritten(world, globex, monkeypatch):
    from centri.engine import resolve as engine

    decide = engine.decide

    def edited_meanwhile(chunk):
        world.edit("account", world.row("account")["id"], city="Hamm")
        return decide(chunk)

    monkeypatch.setattr(engine, "decide", edited_meanwhile)
    with pytest.raises(RetryLater, match="changed by somebody else"):
        take(world, "crm")
    assert (city(world, globex), audited(world), world.anomalies()) == (("Bonn", "Hamm"), [], [("conflict_open", "city")])


def test_a_blank_that_says_nothing_cannot_be_taken(world_with):
    world = world_with(
        ("city: {crm: City, policy: hold}\n        industry", "city: {crm: City, nulls: ignore}\n        industry")
    )
    crm_id = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", world.row("account")["id"], city=None)
    world.person_saves("east", "Account", crm_id, City="Bonn")
    world.sync()
    with pytest.raises(Rejected, match="the PRM does not tell this field"):
        take(world, "prm")
    assert world.anomalies() == [("conflict_open", "city")]
    assert take(world, "crm").value == "Bonn"


@pytest.mark.parametrize(("side", "expected"), [("crm", ["backup", "security"]), ("prm", ["network", "security"])])
def test_a_list_in_conflict_is_taken_as_a_whole(world_with, side, expected):
    world = world_with(
        ("        company: Company\n", "        company: Company\n        product_interest: {crm: Interest, transform: list}\n")
    )
    for crm in world.crms.values():
        crm.define("Lead", {"Interest": FieldType.CHOICES})
    crm_id = world.person_saves("east", "Lead", LastName="Wong", Distribute=True, Status="New", Interest=["security"])
    world.sync()
    world.edit("lead", world.row("lead")["id"], product_interest=["security", "network"])
    world.person_saves("east", "Lead", crm_id, Interest=["security", "backup"])
    world.sync()
    (entry,) = held(world.project.engine)
    assert (entry.crm_as_prm, entry.prm) == (["backup", "security"], ["security", "network"])
    take(world, side, "product_interest", "lead")
    world.sync()
    assert sorted(world.row("lead")["product_interest"]) == expected
    assert sorted(world.crms["east"].objects["Lead"][crm_id].values["Interest"]) == expected
    assert world.anomalies() == []
    assert world.writes() == QUIET
