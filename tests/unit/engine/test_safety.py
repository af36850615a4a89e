"""A run that would change too large a share of what is linked is refused, whole."""

from dataclasses import replace

import pytest
from two_crms import QUIET

from centri.errors import Stop


def companies(world, number=60):
    return [
        world.person_saves("east", "Account", Name=f"Company {n:02}", City="Ulm", Website=f"c{n}.example") for n in range(number)
    ]


def test_a_change_of_most_records_is_refused_and_nothing_is_written(world):
    ids = companies(world)
    world.sync()
    for crm_id in ids[:30]:
        world.person_saves("east", "Account", crm_id, City=None)
    with pytest.raises(Stop, match=r"30 of 60 linked records would change \(50%, over 30%\).*--allow 51%"):
        world.sync("east")
    assert {row["city"] for row in world.rows("account")} == {"Ulm"}


def test_what_was_refused_can_be_allowed_once(world):
    ids = companies(world)
    world.sync()
    for crm_id in ids[:30]:
        world.person_saves("east", "Account", crm_id, City="Bonn")
    with pytest.raises(Stop):
        world.sync("east")
    world.project.settings = replace(world.project.settings, allow=0.51)
    world.sync("east")
    assert len([row for row in world.rows("account") if row["city"] == "Bonn"]) == 30
    world.project.settings = replace(world.project.settings, allow=None)
    assert world.writes() == QUIET


def test_a_smaller_share_passes(world):
    ids = companies(world)
    world.sync()
    for crm_id in ids[:18]:
        world.person_saves("east", "Account", crm_id, City="Bonn")
    world.sync()
    assert len([row for row in world.rows("account") if row["city"] == "Bonn"]) == 18


def test_new_records_and_records_read_again_do_not_count(world):
    companies(world)
    world.sync()
    ids = companies(world, 90)
    world.sync()
    for crm_id in ids:
        world.person_saves("east", "Account", crm_id)
    world.sync()
    assert len(world.rows("account")) == 150


def test_few_records_are_never_refused(world):
    ids = companies(world, 49)
    world.sync()
    for crm_id in ids:
        world.person_saves("east", "Account", crm_id, City="Bonn")
    world.sync()
    assert {row["city"] for row in world.rows("account")} == {"Bonn"}


def test_changes_in_the_prm_count_too(world):
    companies(world)
    world.sync()
    for row in world.rows("account")[:30]:
        world.edit("account", row["id"], city=None)
    with pytest.raises(Stop):
        world.sync("east")
    assert {row["City"] for row in world.in_crm("east", "Account")} == {"Ulm"}
