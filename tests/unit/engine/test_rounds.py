"""The main job on two CRMs that are dicts: what comes in, what goes out, and that it then rests."""

from conftest import QUIET


def test_a_record_new_in_a_crm_is_created_once(world):
    world.person_saves("east", "Account", Name="Globex Inc", Website="globex.example", City="Ulm", Industry="Steel")
    world.sync()
    row = world.row("account")
    assert ("Globex Inc", "globex.example", "Ulm", "Steel", "east") == (
        row["name"], row["website"], row["city"], row["industry_raw"], row["origin"],
    )  # fmt: skip
    assert QUIET == world.writes()


def test_a_change_travels_either_way(world):
    globex = world.person_saves("east", "Account", Name="Globex Inc", City="Ulm")
    world.sync()
    world.person_saves("east", "Account", globex, City="Bonn")
    world.sync()
    assert "Bonn" == world.row("account")["city"]
    world.edit("account", world.row("account")["id"], website="globex.example")
    world.sync()
    assert "globex.example" == world.in_crm("east", "Account")[0]["Website"]
    assert QUIET == world.writes()
