"""What was set aside goes back to be decided on, or is closed: by a person, one by one or a kind at once, or by a replay."""

import pytest
from two_crms import MAPPING, QUIET

from centri.engine.replay import replay
from centri.engine.retry import ignore, retry
from centri.errors import ConfigError, Rejected


def anomaly(world):
    (found,) = world.anomaly_rows()
    return found


def strange_lead(world, status="Odd"):
    return world.person_saves("east", "Lead", LastName="Wong", Status=status, Distribute=True)


def wong(world):
    return next(row for row in world.rows("lead") if row["last_name"] == "Wong")


def newer_records(world):
    """The cursor moves on, or each pull would read the latest records again."""
    world.clock.forward(minutes=1)
    world.person_saves("east", "Lead", LastName="Petit", Status="New", Distribute=True)
    world.person_saves("east", "Account", Name="Hooli")


LENIENT = ("email: {crm: Email, transform: email, policy: newest}", "email: {crm: Email, policy: newest}")


def nameless_mailbox(world, email="at home"):
    return world.person_saves("east", "Lead", LastName="Wong", Email=email, Distribute=True)


def remap(world, old, new):
    """The mapping is mended, and another process begins."""
    path = world.settings.mappings
    assert path != MAPPING
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    world.restarted()


@pytest.fixture
def mendable(world_with):
    """A world with a mapping of its own."""
    return world_with()


def test_a_crm_record_is_decided_on_again(mendable):
    world = mendable
    nameless_mailbox(world)
    world.sync()
    newer_records(world)
    world.sync()
    assert world.anomalies() == [("type_mismatch", "email")]
    remap(world, *LENIENT)
    world.sync()
    assert wong(world)["email"] is None, "nobody has asked for it"
    assert [a["id"] for a in retry(world.project, [anomaly(world)["id"]])] == [anomaly(world)["id"]]
    world.sync()
    assert (wong(world)["email"], world.anomalies()) == ("at home", [])
    assert world.writes() == QUIET


def test_a_retry_changes_nothing_where_nothing_was_mended(world):
    strange_lead(world)
    world.sync()
    before = anomaly(world)
    retry(world.project, [before["id"]])
    world.sync()
    assert (anomaly(world)["id"], anomaly(world)["occurrences"]) == (before["id"], before["occurrences"] + 1)
    assert world.writes() == QUIET


def test_a_retry_does_not_bring_back_what_we_wrote_over_since(world):
    """The record as it was read is older than our own write, which nobody has read back yet."""
    lead = strange_lead(world)
    world.sync()
    world.edit("lead", world.row("lead")["id"], last_name="Wong-Meyer")
    world.sync("east")
    retry(world.project, [anomaly(world)["id"]])
    replay(world.project, "east")
    assert world.row("lead")["last_name"] == "Wong-Meyer"
    world.sync()
    assert world.crms["east"].objects["Lead"][lead].values["LastName"] == "Wong-Meyer"
    assert world.writes() == QUIET


def test_a_retry_keeps_a_crm_edit_that_was_held_back_as_a_whole(world):
    """The PRM row was deleted; when it is restored, the edit made in the CRM meanwhile counts."""
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    account = world.row("account")["id"]
    world.edit("account", account, deleted_at=world.clock.now)
    world.person_saves("east", "Account", globex, City="Bonn")
    newer_records(world)
    world.sync()
    assert world.anomalies() == [("deleted_prm", "")]
    world.edit("account", account, deleted_at=None)
    retry(world.project, [anomaly(world)["id"]])
    world.sync()
    assert {row["name"]: row["city"] for row in world.rows("account")} == {"Globex": "Bonn", "Hooli": None}
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_a_refused_write_is_tried_again(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    account = world.row("account")["id"]
    newer_records(world)
    world.sync()

    def strict(_, values):
        raise Rejected("automation_error", "closed for the day")

    world.crms["east"].tidy = strict
    world.edit("account", account, city="Bonn")
    world.sync()
    world.crms["east"].tidy = lambda _, values: values
    world.sync()
    assert world.anomalies() == [("automation_error", "")], "nobody has asked for it"
    retry(world.project, kind="automation_error")
    world.sync()
    assert world.crms["east"].objects["Account"][globex].values["City"] == "Bonn"
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_a_lead_that_could_not_be_given_to_its_partner_is_looked_at_again(world):
    partner = world.person_saves("east", "Account", Name="Alpine GmbH", Kind="Partner")
    world.sync()
    world.edit("partner_account", world.row("partner_account")["id"], status="inactive")
    world.person_saves("east", "Lead", LastName="Wong", Status="New", Distribute=True, Partner=partner)
    world.sync()
    assert world.anomalies() == [("not_assignable", "")]
    world.edit("partner_account", world.row("partner_account")["id"], status="active")
    world.sync()
    assert world.row("lead")["state"] == "ready"
    retry(world.project, [anomaly(world)["id"]])
    world.sync()
    assert (world.row("lead")["state"], world.anomalies()) == ("assigned", [])


def test_an_ignored_anomaly_stays_so_while_it_is_the_same(world):
    lead = strange_lead(world)
    world.sync()
    ignore(world.project, [anomaly(world)["id"]])
    assert world.anomalies() == []
    world.person_saves("east", "Lead", lead, Company="Globex")
    assert world.sync()["east"].tally("lead").held == 0
    assert (world.row("lead")["company"], world.anomalies()) == ("Globex", [])
    world.person_saves("east", "Lead", lead, Status="Odder")
    world.sync()
    assert world.anomalies() == [("picklist_value", "state")]


def test_an_ignored_anomaly_that_came_to_its_end_is_told_anew(world):
    lead = strange_lead(world)
    world.sync()
    ignore(world.project, [anomaly(world)["id"]])
    for status in ("New", "Odd"):
        world.person_saves("east", "Lead", lead, Status=status)
        world.sync()
    assert world.anomalies() == [("picklist_value", "state")]


def test_an_ignored_conflict_does_not_hide_the_next_one(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Kiel")
    world.person_saves("east", "Account", globex, City="Bonn")
    world.sync()
    ignore(world.project, [anomaly(world)["id"]])
    world.person_saves("east", "Account", globex, Name="Globex Inc")
    world.sync()
    assert world.anomalies() == []
    world.person_saves("east", "Account", globex, City="Hamm")
    world.sync()
    assert world.anomalies() == [("conflict_open", "city")]


def test_an_ignored_anomaly_can_be_taken_up_again(world):
    strange_lead(world)
    world.sync()
    (found,) = ignore(world.project, kind="picklist_value")
    retry(world.project, [found["id"]])
    assert world.anomalies() == [("picklist_value", "state")]


@pytest.mark.parametrize("act", [retry, ignore])
def test_an_anomaly_that_is_none_or_over_is_refused(world, act):
    lead = strange_lead(world)
    world.sync()
    over = anomaly(world)["id"]
    world.person_saves("east", "Lead", lead, Status="New")
    world.sync()
    with pytest.raises(ConfigError, match="resolved"):
        act(world.project, [over])
    with pytest.raises(ConfigError, match="no anomaly 999"):
        act(world.project, [999])


def test_a_replay_sends_the_records_through_todays_mapping(mendable):
    world = mendable
    nameless_mailbox(world)
    strange_lead(world)
    world.sync()
    remap(world, *LENIENT)
    before = {a["kind"]: a["occurrences"] for a in world.anomaly_rows()}
    done = {r.before["kind"]: r for r in replay(world.project, "east", "lead")}
    assert (done["type_mismatch"].done, done["type_mismatch"].now["state"]) == (True, "resolved")
    assert (done["picklist_value"].done, done["picklist_value"].now["occurrences"] > before["picklist_value"]) == (False, True)
    assert {"at home", None} == {row["email"] for row in world.rows("lead")}
    assert world.anomalies() == [("picklist_value", "state")]


def test_a_replay_tells_what_a_record_has_instead(mendable):
    world = mendable
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Kiel")
    world.person_saves("east", "Account", globex, City="nowhere at all")
    world.sync()
    remap(
        world,
        "city: {crm: City, policy: hold}\n        industry_raw",
        "city: {crm: City, transform: integer}\n        industry_raw",
    )
    (done,) = replay(world.project)
    assert (done.now["state"], [n["kind"] for n in done.news], done.done) == ("resolved", ["type_mismatch"], False)


def test_a_replay_takes_only_what_it_is_asked_for(world):
    strange_lead(world)
    world.person_saves("west", "Account", Website="globex.example")
    world.sync()
    assert [r.before["kind"] for r in replay(world.project, "west")] == ["missing_required"]
    assert replay(world.project, "east", "account") == []
    assert [r.before["kind"] for r in replay(world.project, kind="picklist_value")] == ["picklist_value"]
    with pytest.raises(ConfigError, match="maps no entity"):
        replay(world.project, "east", "acount")
