"""What was deleted on both sides and comes back is the same pair as before; who wins a merge takes over what the loser was."""

import pytest
from two_crms import QUIET

BOTH = [("crm", "prm"), ("prm", "crm")]


def globex(world):
    return next(row for row in world.rows("account") if row["name"] == "Globex")


def gone_on_both_sides(world):
    company = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", globex(world)["id"], deleted_at=world.clock.now)
    world.crms["east"].delete("Account", company)
    world.sync()
    assert world.anomalies() == []
    world.clock.forward(minutes=5)
    return company


def come_back(world, company, side):
    if side == "crm":
        world.crms["east"].restore("Account", company)
    else:
        world.edit("account", globex(world)["id"], deleted_at=None)
    world.sync()
    world.clock.forward(minutes=5)


@pytest.mark.parametrize("order", BOTH)
def test_a_pair_that_was_deleted_on_both_sides_is_one_again_when_both_are_restored(world, order):
    company = gone_on_both_sides(world)
    for side in order:
        come_back(world, company, side)
    assert len(world.rows("account")) == 1
    world.edit("account", globex(world)["id"], city="Bonn")
    world.sync()
    assert [row["City"] for row in world.in_crm("east", "Account")] == ["Bonn"]
    world.person_saves("east", "Account", company, City="Kiel")
    world.sync()
    assert (globex(world)["city"], world.anomalies()) == ("Kiel", [])
    assert world.writes() == QUIET


@pytest.mark.parametrize(("side", "told"), [("crm", "deleted_prm"), ("prm", "deleted_remote")])
def test_while_only_one_side_is_back_it_is_told(world, side, told):
    company = gone_on_both_sides(world)
    come_back(world, company, side)
    assert world.anomalies() == [(told, "")]
    assert (len(world.rows("account")), len(world.crms["east"].objects["Account"])) == (1, 1)
    assert world.writes() == QUIET


def test_what_people_changed_while_both_were_gone_flows_once_they_are_back(world):
    company = gone_on_both_sides(world)
    world.edit("account", globex(world)["id"], city="Bonn")
    world.sync()
    come_back(world, company, "prm")
    come_back(world, company, "crm")
    assert [row["City"] for row in world.in_crm("east", "Account")] == ["Bonn"]
    assert world.anomalies() == []


def test_a_row_that_the_mapping_deleted_with_its_crm_record_stays_when_somebody_brings_it_back(world_with):
    world = world_with(
        ("      create: needed\n      key: {crm: OurId", "      create: needed\n      on_delete: delete\n      key: {crm: OurId")
    )
    company = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.crms["east"].delete("Account", company)
    world.sync()
    assert globex(world)["deleted_at"] is not None
    world.edit("account", globex(world)["id"], deleted_at=None)
    world.sync()
    assert globex(world)["deleted_at"] is None
    assert world.anomalies() == [("deleted_remote", "")]


@pytest.mark.parametrize("early", [True, False])
def test_a_survivor_that_the_filter_would_not_let_in_takes_over_the_link_of_the_loser(world, early):
    """It is read although it does not meet the filter, even where it did not change with the merge."""
    survivor = world.person_saves("east", "Lead", LastName="Petit", Company="Hooli", City="Bonn", Status="New") if early else ""
    loser = world.person_saves("east", "Lead", LastName="Wong", Company="Globex", City="Ulm", Status="New", Distribute=True)
    world.sync()
    world.clock.forward(minutes=5)
    survivor = survivor or world.person_saves("east", "Lead", LastName="Petit", Company="Hooli", City="Bonn", Status="New")
    world.crms["east"].delete("Lead", loser, merged_into=survivor)
    world.sync()
    assert [(k["crm_id"], k["state"]) for k in world.links() if k["entity"] == "lead"] == [(survivor, "active")]
    lead = world.row("lead")
    assert (lead["last_name"], lead["company"], lead["city"]) == ("Petit", "Hooli", "Bonn")
    assert world.anomalies() == [("left_filter", ""), ("merged_remote", "")]
    assert world.writes() == QUIET


def test_a_survivor_that_could_not_be_read_is_read_by_the_next_pull(world):
    from centri.engine.pull import pull
    from centri.errors import RetryLater

    survivor = world.person_saves("east", "Lead", LastName="Petit", Company="Hooli")
    loser = world.person_saves("east", "Lead", LastName="Wong", Company="Globex", Distribute=True)
    world.sync()
    world.clock.forward(minutes=5)
    world.crms["east"].delete("Lead", loser, merged_into=survivor)
    world.crms["east"].faults.extend([None, RetryLater("server unavailable")])
    with pytest.raises(RetryLater):
        pull(world.project, "east", "Lead")
    world.sync()
    assert world.row("lead")["last_name"] == "Petit"
