"""One field, changed on both sides or blank on one: the mapping decides, and where nobody can tell, a person does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from story_world import PARTNERS, World

from centri.engine.held import held

CLARA = "clara@alpine.example"
CITY = {"sugarcrm": ("primary_address_city", ""), "salesforce": ("City", ", transform: {truncate: 40}")}


class Shared:
    """A lead that both sides know, in Ulm and with a title."""

    def __init__(self, world: World) -> None:
        self.world = world
        partner = world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
        values = {"last_name": "Wong", "company": "Umbrella Health", "status": "new", "distribute": True}
        self.crm_id = world.dana_creates("lead", **values, partner=partner, city="Ulm", title="Buyer")
        world.sync()
        world.employ("P1")
        world.at(minutes=10)
        world.sync()

    def maps_city(self, words: str) -> None:
        field, transform = CITY[self.world.crm.name]
        self.world.restarted(
            (f"city: {{crm: {field}{transform}, policy: newest}}", f"city: {{crm: {field}{transform}, {words}}}")
        )

    def partner_sets(self, **values: Any) -> None:
        self.world.edits(CLARA, "lead", self.world.prm_row("lead")["id"], **values)

    def both(self, field: str) -> tuple[Any, Any]:
        """What the CRM holds, and what the PRM."""
        return self.world.crm_row("lead", self.crm_id)[field], self.world.prm_row("lead")[field]


@pytest.fixture
def lead(world: World) -> Shared:
    return Shared(world)


BLANKS = [
    # the mapping's words                     the CRM's city   the PRM's   afterwards
    ("nulls: ignore", "Ulm", None, ("Ulm", None)),
    ("nulls: ignore", None, "Ulm", (None, "Ulm")),
    ("nulls: ignore, policy: prm_wins", "Bonn", None, ("Bonn", None)),
    ("nulls: ignore, policy: crm_wins", None, "Kiel", ("Kiel", "Kiel")),
    ("policy: fill_blanks", "Bonn", None, ("Bonn", "Bonn")),
    ("policy: fill_blanks", None, "Kiel", ("Kiel", "Kiel")),
    ("nulls: propagate", "Ulm", None, (None, None)),
    ("nulls: propagate", None, "Ulm", (None, None)),
    ("nulls: propagate, policy: prm_wins", "Bonn", None, (None, None)),
    ("nulls: propagate, policy: crm_wins", None, "Kiel", (None, None)),
]


@pytest.mark.parametrize(("words", "there", "here", "after"), BLANKS, ids=[f"{w}; {c} and {p}" for w, c, p, _ in BLANKS])
def test_what_a_blank_means(
    world: World, lead: Shared, words: str, there: str | None, here: str | None, after: tuple[str | None, str | None]
) -> None:
    """Both held Ulm; a side that holds something else now has changed it."""
    lead.maps_city(words)
    world.at(minutes=20)
    if there != "Ulm":
        world.dana_sets("lead", lead.crm_id, city=there)
    world.at(minutes=25)
    if here != "Ulm":
        lead.partner_sets(city=here)
    world.at(minutes=30)
    world.sync()
    assert lead.both("city") == after
    assert world.anomalies() == []
    world.rests()


@pytest.mark.parametrize("seconds", [-2, -1, 0, 1, 2])
def test_two_changes_of_one_moment_are_for_a_person_and_nothing_is_written(world: World, lead: Shared, seconds: int) -> None:
    world.at(minutes=20)
    world.dana_sets("lead", lead.crm_id, title="Head of IT")
    world.now += timedelta(seconds=seconds)
    lead.partner_sets(title="CISO")
    world.at(minutes=30)
    world.forget_calls()
    world.sync()
    assert lead.both("title") == ("Head of IT", "CISO")
    assert world.written() == []
    (entry,) = held(world.project.engine)
    assert (entry.field, entry.crm_before, entry.prm_before) == ("title", "Buyer", "Buyer")
    assert (entry.crm, entry.prm, entry.policy) == ("Head of IT", "CISO", "newest")
    world.rests(open=("conflict_open",))


@pytest.mark.parametrize(("seconds", "wins"), [(-3, "Head of IT"), (3, "CISO")])
def test_of_two_changes_that_are_further_apart_the_later_is_taken(world: World, lead: Shared, seconds: int, wins: str) -> None:
    world.at(minutes=20)
    world.dana_sets("lead", lead.crm_id, title="Head of IT")
    world.now += timedelta(seconds=seconds)
    lead.partner_sets(title="CISO")
    world.at(minutes=30)
    world.sync()
    assert lead.both("title") == (wins, wins)
    world.rests()
