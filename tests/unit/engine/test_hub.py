"""One PRM row with a record in each CRM: each spoke has its own memory, and one of them owns each `in` field."""

from two_crms import QUIET


def shared_account(world):
    """The same company in both CRMs, east first."""
    east = world.person_saves("east", "Account", Name="Globex Inc", Website="globex.example", City="Ulm", Industry="Steel")
    west = world.person_saves("west", "Account", Name="Globex, Inc.", Website="www.globex.example", Industry="Paper")
    world.sync()
    return east, west


def test_a_company_that_both_crms_have_is_one_row_with_two_links(world):
    shared_account(world)
    world.row("account")
    assert [(k["connection"], k["role"]) for k in world.links()] == [("east", "origin"), ("west", "mirror")]


def test_adoption_fills_blanks_and_overwrites_nothing(world):
    shared_account(world)
    world.sync()
    (west,) = world.in_crm("west", "Account")
    assert (west["Name"], west["City"], west["Industry"]) == ("Globex, Inc.", "Ulm", "Paper")
    assert world.writes() == QUIET


def test_a_change_in_one_crm_reaches_the_other(world):
    east, _ = shared_account(world)
    world.sync()
    world.person_saves("east", "Account", east, City="Bonn")
    world.sync()
    world.sync()
    assert world.in_crm("west", "Account")[0]["City"] == "Bonn"
    assert world.writes() == QUIET


def test_an_in_field_belongs_to_the_connection_the_record_came_from(world):
    east, west = shared_account(world)
    world.person_saves("west", "Account", west, Industry="Glass")
    world.sync()
    assert world.row("account")["industry_raw"] == "Steel"
    assert world.anomalies() == [("owned_elsewhere", "industry_raw")]
    world.person_saves("east", "Account", east, Industry="Iron")
    world.sync()
    assert world.row("account")["industry_raw"] == "Iron"
    assert world.in_crm("west", "Account")[0]["Industry"] == "Glass"
    assert world.writes() == QUIET


def test_a_master_that_is_named_owns_the_field(world_with):
    world = world_with(("{crm: Industry, direction: in}", "{crm: Industry, direction: in, master: west}"))
    _, west = shared_account(world)
    world.person_saves("west", "Account", west, Industry="Glass")
    world.sync()
    assert world.row("account")["industry_raw"] == "Glass"


def test_a_second_record_of_one_crm_never_takes_a_row_that_is_taken(world):
    world.person_saves("east", "Account", Name="Globex Inc", Website="globex.example", City="Ulm")
    world.sync()
    world.person_saves("east", "Account", Name="Globex Inc", Website="globex.example", City="Ulm")
    world.sync()
    assert len(world.rows("account")) == 2
    assert world.anomalies() == [("possible_duplicate", "")]
