"""Calls that fail, answers that are lost, CRMs that change what they are given: nothing is lost, nothing doubled."""

import pytest
from test_births import opportunity, partner_in
from two_crms import QUIET

from centri.engine.settle import settle
from centri.errors import RetryLater
from centri.store.leases import leased


def test_what_the_crm_makes_of_a_value_is_no_echo_and_no_overwrite(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.crms["east"].tidy = lambda _, values: {k: v[:4].upper() if k == "City" else v for k, v in values.items()}
    world.edit("account", world.row("account")["id"], city="Bonn am Rhein")
    world.sync()
    assert world.crms["east"].objects["Account"][globex].values["City"] == "BONN"
    assert world.writes() == QUIET
    assert world.row("account")["city"] == "Bonn am Rhein"


def test_a_field_that_automation_changes_along_with_our_write_is_seen(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm", Industry="Steel")
    world.sync()
    world.crms["east"].tidy = lambda _, values: {**values, **({"Industry": "Paper"} if "City" in values else {})}
    world.edit("account", world.row("account")["id"], city="Bonn")
    world.sync()
    world.sync()
    assert (world.row("account")["city"], world.row("account")["industry_raw"]) == ("Bonn", "Paper")
    assert world.crms["east"].objects["Account"][globex].values["City"] == "Bonn"


def test_an_edit_in_the_crm_right_before_our_write_is_not_overwritten(world, monkeypatch):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm", Website="globex.example")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Bonn")
    connector = world.project.meter("east").connector
    push = connector.push
    meddle = iter([lambda: world.person_saves("east", "Account", globex, City="Kiel")])

    def edited_first(request):
        next(meddle, lambda: None)()
        return push(request)

    monkeypatch.setattr(connector, "push", edited_first)
    world.sync()
    assert world.crms["east"].objects["Account"][globex].values["City"] == "Kiel"
    world.sync()
    assert world.anomalies() == [("conflict_open", "city")]
    assert (world.crms["east"].objects["Account"][globex].values["City"], world.row("account")["city"]) == ("Kiel", "Bonn")


def test_a_create_whose_answer_is_lost_is_not_made_again(world):
    partner = partner_in(world, "west")
    opportunity(world, partner)
    world.crms["west"].lost_answers.extend(RetryLater("connection reset") for _ in range(3))
    for _ in range(4):
        world.sync()
        world.clock.forward(hours=2)
    assert (len(world.in_crm("west", "Lead")), len(world.in_crm("west", "Contact"))) == (1, 1)
    assert sorted(a["Name"] for a in world.in_crm("west", "Account")) == ["Castell Systems", "Nouvelle Banque"]
    assert len(world.rows("opportunity")) == 1
    assert len(world.rows("account")) == 2, "the partner's account and the customer's"
    assert world.anomalies() == []
    assert world.writes() == QUIET


@pytest.mark.parametrize("replaced", [True, False], ids=["the create says it by then", "the create says what it said"])
def test_an_edit_between_a_lost_answer_and_its_discovery_arrives(world, replaced):
    """What the create said is what both sides agreed on, so that only the PRM counts as changed."""
    partner = partner_in(world, "west")
    opportunity(world, partner)
    world.crms["west"].lost_answers.append(RetryLater("connection reset"))
    world.sync()
    (account,) = (row for row in world.rows("account") if row["name"] == "Nouvelle Banque")
    world.edit("account", account["id"], name="Banque Neuve", city="Lyon")
    if replaced:
        settle(world.project, "west", "account")
    for _ in range(3):
        world.clock.forward(hours=2)
        world.sync()
    (made,) = (a for a in world.in_crm("west", "Account") if a.get("OurId") == account["id"])
    assert (made["Name"], made["City"]) == ("Banque Neuve", "Lyon")
    assert [row["name"] for row in world.rows("account") if row["id"] == account["id"]] == ["Banque Neuve"]
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_a_create_that_is_pulled_before_its_answer_is_entered_is_recognised(world):
    partner = partner_in(world, "west")
    opportunity(world, partner)
    world.crms["west"].lost_answers.append(RetryLater("connection reset"))
    world.sync()
    world.sync()
    assert len([a for a in world.rows("account") if a["name"] == "Nouvelle Banque"]) == 1


def test_a_rejected_record_leaves_the_rest_alone(world):
    from centri.errors import Rejected

    ids = [world.person_saves("east", "Account", Name=n, City="Ulm") for n in ("Globex", "Initech", "Hooli")]
    world.sync()

    def strict(_, values):
        if values.get("City") == "Nowhere":
            raise Rejected("automation_error", "no such city", fields=["City"])
        return values

    world.crms["east"].tidy = strict
    for row in world.rows("account"):
        world.edit("account", row["id"], city="Nowhere" if row["name"] == "Initech" else "Bonn")
    world.sync()
    assert [world.crms["east"].objects["Account"][i].values["City"] for i in ids] == ["Bonn", "Ulm", "Bonn"]
    assert world.anomalies() == [("automation_error", "")]
    initech = next(r["id"] for r in world.rows("account") if r["name"] == "Initech")
    world.edit("account", initech, city="Bonn")
    world.sync()
    assert world.crms["east"].objects["Account"][ids[1]].values["City"] == "Bonn"
    assert world.anomalies() == []


def test_a_pull_that_breaks_off_goes_on_where_it_was(world):
    for n in range(7):
        world.person_saves("east", "Account", Name=f"Account {n}")
    world.crms["east"].faults.append(RetryLater("server unavailable"))
    with pytest.raises(RetryLater):
        world.sync("east")
    world.sync("east")
    assert len(world.rows("account")) == 7
    assert world.writes() == QUIET


def test_a_crm_that_cannot_be_written_to_keeps_what_it_is_owed(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Bonn")
    pulls = len(world.project.mapping.objects("east"))
    world.crms["east"].faults.extend([None] * pulls + [RetryLater("server unavailable")])
    world.sync("east")
    assert world.crms["east"].objects["Account"][globex].values["City"] == "Ulm"
    world.clock.forward(hours=2)
    world.restarted()
    world.sync("east")
    assert world.crms["east"].objects["Account"][globex].values["City"] == "Bonn"
    assert world.anomalies() == []


def test_a_record_edited_in_the_prm_while_it_is_decided_on_is_decided_on_again(world, monkeypatch):
    from centri.engine import settle

    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm", Industry="Steel")
    world.sync()
    world.person_saves("east", "Account", globex, Industry="Paper")
    decide = settle.decide
    meddle = iter([lambda: world.edit("account", world.row("account")["id"], city="Bonn")])

    def edited_meanwhile(chunk):
        decided = decide(chunk)
        if any(i.mapping.entity == "account" for i, _ in decided):
            next(meddle, lambda: None)()
        return decided

    monkeypatch.setattr(settle, "decide", edited_meanwhile)
    world.sync()
    world.sync()
    assert (world.row("account")["city"], world.row("account")["industry_raw"]) == ("Bonn", "Paper")
    assert world.crms["east"].objects["Account"][globex].values["City"] == "Bonn"


def test_two_runs_never_work_on_one_object_at_once(world):
    with leased(world.project.engine, "east/Account", now=world.clock.now), pytest.raises(RetryLater, match="another run"):
        world.sync("east")
