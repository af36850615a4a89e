"""Automations that answer each of our writes with one of their own: the record is left alone, the rest goes on."""

from dataclasses import dataclass, field

import pytest
from two_crms import QUIET, World

from centri.connectors.memory import MemoryCrm
from centri.engine.retry import retry

OWNED = ("city: {crm: City, policy: hold}\n        industry_raw", "city: {crm: City, direction: out}\n        industry_raw")
BOTH = ("city: {crm: City, policy: hold}\n        industry_raw", "city: {crm: City, policy: crm_wins}\n        industry_raw")
MOST = 3


def borne(most):
    return "key: {crm: OurId, write: on_create}", f"key: {{crm: OurId, write: on_create}}\n      breaker: {most}"


@dataclass
class Automation:
    """A rule that changes the city after each save of anybody else, as another user."""

    crm: MemoryCrm
    makes: object
    writes: int = 0
    cities: list = field(default_factory=list)

    def __post_init__(self):
        self.save, self.crm.save = self.crm.save, self.after

    def after(self, object, values, id=None, *, user="person"):
        row = self.save(object, values, id, user=user)
        if user == "integration" and "City" in values:
            self.writes += 1
            self.cities.append(values["City"])
            self.save(object, {"City": self.makes(values["City"])}, row.id, user="automation")
        return row


def toggled(city):
    return city.swapcase()


def counted(city):
    name, _, number = city.partition(" ")
    return f"{name} {int(number or 0) + 1}"


def rounds(world: World, number=8, *connections):
    for _ in range(number):
        world.sync(*connections or ("east",))


@pytest.fixture
def contested(world_with):
    """A company whose city the PRM owns, and one that nobody disputes."""
    world = world_with(OWNED, borne(MOST))
    world.globex = world.person_saves("east", "Account", Name="Globex", City="Ulm", Industry="Steel")
    world.initech = world.person_saves("east", "Account", Name="Initech", City="Ulm")
    world.sync()
    return world


def row_of(world, name):
    return next(a for a in world.rows("account") if a["name"] == name)


@pytest.mark.parametrize("makes", [toggled, counted])
def test_an_automation_that_undoes_each_write_is_given_up_on_at_the_bound(contested, makes):
    rule = Automation(contested.crms["east"], makes)
    contested.edit("account", row_of(contested, "Globex")["id"], city="Bonn")
    rounds(contested)
    assert rule.writes == MOST + 1
    assert contested.anomalies() == [("ping_pong", "")]
    (anomaly,) = contested.anomaly_rows()
    assert anomaly["crm_id"] == contested.globex
    assert anomaly["detail"]["alternating"] == {"City": {"crm": makes("Bonn"), "told": {"City": "Bonn"}}}
    assert [d["state"] for d in contested.deliveries() if d["state"] not in ("done", "dropped")] == []


@pytest.mark.parametrize("makes", [toggled, counted])
def test_without_the_breaker_it_would_never_end(world_with, makes):
    world = world_with(OWNED, borne(1000))
    world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    rule = Automation(world.crms["east"], makes)
    world.edit("account", world.row("account")["id"], city="Bonn")
    rounds(world, 12)
    assert rule.writes == 12


def test_ten_changes_an_hour_are_borne_where_the_mapping_says_nothing(world_with):
    world = world_with(OWNED)
    world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    rule = Automation(world.crms["east"], toggled)
    world.edit("account", world.row("account")["id"], city="Bonn")
    rounds(world, 14)
    assert (rule.writes, world.anomalies()) == (11, [("ping_pong", "")])


def test_its_neighbours_and_what_the_crm_says_of_it_go_on(contested):
    Automation(contested.crms["east"], lambda city: city.upper())
    contested.edit("account", row_of(contested, "Globex")["id"], city="Bonn")
    contested.edit("account", row_of(contested, "Initech")["id"], city="KIEL")
    rounds(contested)
    contested.edit("account", row_of(contested, "Initech")["id"], city="MAINZ")
    contested.sync()
    assert contested.crms["east"].objects["Account"][contested.initech].values["City"] == "MAINZ"
    assert contested.anomalies() == [("ping_pong", "")]


def test_it_stays_owed_and_is_tried_once_an_hour(contested):
    rule = Automation(contested.crms["east"], toggled)
    contested.edit("account", row_of(contested, "Globex")["id"], city="Bonn")
    rounds(contested)
    assert rule.writes == MOST + 1
    for more in (1, 2, 3):
        contested.clock.forward(hours=1)
        rounds(contested, 3)
        assert (rule.writes, contested.anomalies()) == (MOST + 1 + more, [("ping_pong", "")])


def test_it_is_in_step_once_the_rule_is_gone(contested):
    rule = Automation(contested.crms["east"], toggled)
    contested.edit("account", row_of(contested, "Globex")["id"], city="Bonn")
    rounds(contested)
    rule.makes = lambda city: city
    contested.sync()
    assert rule.writes == MOST + 1, "nobody has told us"
    contested.clock.forward(hours=1)
    contested.sync()
    assert contested.crms["east"].objects["Account"][contested.globex].values["City"] == "Bonn"
    assert contested.writes() == QUIET
    assert contested.anomalies() == []


def test_a_retry_closes_the_breaker_at_once(contested):
    rule = Automation(contested.crms["east"], toggled)
    contested.edit("account", row_of(contested, "Globex")["id"], city="Bonn")
    rounds(contested)
    rule.makes = lambda city: city
    retry(contested.project, kind="ping_pong")
    contested.sync()
    assert contested.crms["east"].objects["Account"][contested.globex].values["City"] == "Bonn"
    assert (contested.anomalies(), contested.writes()) == ([], QUIET)


def test_an_edit_of_the_prm_waits_with_the_record(contested):
    rule = Automation(contested.crms["east"], toggled)
    account = row_of(contested, "Globex")["id"]
    contested.edit("account", account, city="Bonn")
    rounds(contested)
    contested.edit("account", account, city="Mainz")
    rounds(contested, 3)
    assert rule.writes == MOST + 1
    rule.makes = lambda city: city
    contested.clock.forward(hours=1)
    contested.sync()
    assert contested.crms["east"].objects["Account"][contested.globex].values["City"] == "Mainz"
    assert (contested.anomalies(), contested.writes()) == ([], QUIET)


def two_crms_of_two_minds(world):
    first = world.person_saves("east", "Account", Name="Globex", City="Ulm", Website="globex.example")
    second = world.person_saves("west", "Account", Name="Globex", City="Ulm", Website="globex.example")
    world.person_saves("east", "Account", Name="Initech", City="Ulm")
    world.sync()
    assert len([link for link in world.links() if link["crm_id"] in (first, second)]) == 2
    assert len(world.rows("account")) == 2
    return [Automation(world.crms["east"], str.upper), Automation(world.crms["west"], str.lower)]


def test_two_crms_that_disagree_through_the_prm_are_stopped(world_with):
    world = world_with(BOTH, borne(MOST))
    rules = two_crms_of_two_minds(world)
    world.edit("account", row_of(world, "Globex")["id"], city="Bonn")
    rounds(world, 16, "east", "west")
    assert max(rule.writes for rule in rules) == MOST + 1
    assert {kind for kind, _ in world.anomalies()} == {"ping_pong"}
    world.edit("account", row_of(world, "Initech")["id"], city="KIEL")
    rounds(world, 3, "east", "west")
    assert {a["City"] for a in world.in_crm("east", "Account") if a["Name"] == "Initech"} == {"KIEL"}
    before = [rule.writes for rule in rules]
    rounds(world, 3, "east", "west")
    assert [rule.writes for rule in rules] == before


def test_a_busy_person_and_a_first_load_never_open_it(world_with):
    world = world_with(BOTH, borne(MOST))
    for number in range(30):
        world.person_saves("east", "Account", Name=f"Account {number}", City="Ulm")
    world.sync()
    account = row_of(world, "Account 7")["id"]
    crm_id = next(link["crm_id"] for link in world.links() if link["prm_id"] == account)
    for number in range(8):
        world.edit("account", account, city=f"PRM {number}")
        world.sync("east")
        world.person_saves("east", "Account", crm_id, Industry=f"Industry {number}")
        world.sync("east")
    assert world.anomalies() == []
    assert world.crms["east"].objects["Account"][crm_id].values["City"] == "PRM 7"
