"""Which org a connection belongs to, whether it may write, and that nobody works on it while it is paused."""

import pytest
from sqlalchemy import select
from two_crms import QUIET, World

from centri.connectors.base import Handshake
from centri.connectors.memory import MemoryConnector
from centri.engine import connections
from centri.engine.pull import pull
from centri.engine.push import push
from centri.engine.settle import settle
from centri.errors import ConfigError, RetryLater, Stop
from centri.store.database import read
from centri.store.journal_tables import sync_connection, sync_cursor, sync_link


def known(world: World, connection: str = "east") -> dict:
    with read(world.project.engine) as conn:
        return dict(conn.execute(select(sync_connection).where(sync_connection.c.connection == connection)).mappings().one())


def standing(world: World, connection: str = "east") -> connections.Standing:
    return next(s for s in connections.listed(world.project) if s.name == connection)


def remembered(world: World) -> list:
    """Everything that belongs to one database of a CRM: links and cursors."""
    with read(world.project.engine) as conn:
        cursors = conn.execute(select(sync_cursor.c.connection, sync_cursor.c.object, sync_cursor.c.crm_id)).all()
        return [
            *sorted(cursors),
            *conn.execute(select(sync_link.c.connection, sync_link.c.crm_id).order_by(sync_link.c.id)).all(),
        ]


@pytest.fixture
def far(world: World) -> World:
    """The world, with an eastern CRM that is not on this machine."""
    world.crms["east"].loopback = False
    return world


def with_an_edit_for_the_east(world: World) -> str:
    """An account of the eastern CRM that was edited in the PRM."""
    id = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync("east")
    world.edit("account", world.row("account")["id"], city="Bonn")
    return id


# -- pinning -----------------------------------------------------------------------------------------------------------------


def test_the_first_handshake_pins_the_org_and_later_ones_say_when(world):
    world.crms["east"].org = "production"
    world.sync("east")
    first = known(world)
    world.restarted()
    world.sync("east")
    again = known(world)
    assert first["org"] == again["org"] == "production"
    assert first["pinned_at"] == again["pinned_at"]
    assert again["handshake_at"] > first["handshake_at"] == first["pinned_at"]


def test_two_databases_of_one_crm_never_mix(world):
    world.crms["east"].org = "production"
    with_an_edit_for_the_east(world)
    settle(world.project, "east", "account")
    before = remembered(world)
    world.crms["east"].org = "sandbox"
    world.person_saves("east", "Account", Name="Not ours", City="Kiel")
    world.restarted()
    for verb, what in ((pull, "Account"), (push, "Account")):
        with pytest.raises(Stop, match=r"pinned to production, but sandbox answers.*\n?.*centri pin east sandbox --moved"):
            verb(world.project, "east", what)
    assert remembered(world) == before
    assert [row["City"] for row in world.in_crm("east", "Account")] == ["Ulm", "Kiel"]
    assert {row["attempts"] for row in world.deliveries()} <= {0}
    assert len(world.rows("account")) == 1


def test_a_crm_that_does_not_say_who_it_is_is_not_read(world, monkeypatch):
    monkeypatch.setattr(MemoryConnector, "handshake", lambda self: Handshake("", loopback=True))
    with pytest.raises(Stop, match="does not tell which org"):
        pull(world.project, "east", "Account")


def test_another_org_is_pinned_only_by_who_says_that_it_is_the_same_database(world):
    world.crms["east"].org = "crm.example"
    with_an_edit_for_the_east(world)
    before = remembered(world)
    with pytest.raises(Stop, match=r"must not mix.*--moved"):
        connections.pin(world.project, "east", "new.example")
    assert known(world)["org"] == "crm.example"
    connections.pin(world.project, "east", "new.example", moved=True)
    world.crms["east"].org = "new.example"
    world.restarted()
    assert world.sync("east")["east"].read_only == 1
    assert set(before) <= set(remembered(world))
    connections.arm(world.project, "east", "kim")
    world.sync("east")
    assert [row["City"] for row in world.in_crm("east", "Account")] == ["Bonn"]


def test_what_was_never_read_may_be_pinned_anew(world):
    connections.pin(world.project, "east", "elsewhere")
    with pytest.raises(Stop, match="pinned to elsewhere"):
        pull(world.project, "east", "Account")
    connections.pin(world.project, "east", "memory:east")
    pull(world.project, "east", "Account")


# -- arming ------------------------------------------------------------------------------------------------------------------


def test_a_connection_is_read_only_until_it_is_armed(far):
    id = with_an_edit_for_the_east(far)
    row = far.crms["east"].objects["Account"][id]
    done = far.sync("east")["east"]
    assert (done.read_only, done.tallies["account"].to_crm) == (1, 0)
    assert far.crms["east"].objects["Account"][id] == row
    assert [(d["state"], d["attempts"]) for d in far.deliveries()] == [("queued", 0)]
    assert (standing(far).armed, standing(far).waiting) == (False, 1)
    assert connections.arm(far.project, "east", "kim") == "memory:east"
    assert far.sync("east")["east"].tallies["account"].to_crm == 1
    assert [row["City"] for row in far.in_crm("east", "Account")] == ["Bonn"]
    assert (known(far)["armed_by"], standing(far).armed, standing(far).waiting) == ("kim", True, 0)
    assert far.writes() == QUIET


def test_a_read_only_connection_costs_no_write_calls(far):
    with_an_edit_for_the_east(far)
    settle(far.project, "east", "account")
    before = far.project.meter("east").connector.calls
    assert push(far.project, "east", "Account").read_only == 1
    assert far.project.meter("east").connector.calls == before


def test_what_leads_to_this_machine_only_is_armed_from_the_start_until_somebody_disarms_it(world):
    with_an_edit_for_the_east(world)
    assert known(world)["armed_by"] == "loopback"
    connections.disarm(world.project, "east")
    world.restarted()
    assert world.sync("east")["east"].read_only == 1
    assert [row["City"] for row in world.in_crm("east", "Account")] == ["Ulm"]


def test_a_connection_is_armed_only_on_the_org_that_it_is_pinned_to(far):
    far.sync("east")
    far.crms["east"].org = "sandbox"
    far.restarted()
    with pytest.raises(Stop, match="pinned to memory:east, but sandbox answers"):
        connections.arm(far.project, "east", "kim")
    assert not standing(far).armed


def test_arming_needs_the_crm(far, monkeypatch):
    def away(self):
        raise RetryLater("east is away")

    monkeypatch.setattr(MemoryConnector, "handshake", away)
    with pytest.raises(RetryLater, match="away"):
        connections.arm(far.project, "east", "kim")
    assert not standing(far).armed


# -- pausing -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "what"), [(pull, "Account"), (settle, "account"), (push, "Account")])
def test_nobody_works_on_a_paused_connection(world, verb, what):
    with_an_edit_for_the_east(world)
    connections.pause(world.project, "east", "kim", "migration")
    calls = world.project.meter("east").connector.calls
    with pytest.raises(Stop, match=r"east is paused since 2026-03-02 09:01 UTC by kim: migration;.*centri resume east"):
        verb(world.project, "east", what)
    assert world.project.meter("east").connector.calls == calls
    world.sync("west")
    assert connections.resume(world.project, "east")
    world.sync("east")
    assert [row["City"] for row in world.in_crm("east", "Account")] == ["Bonn"]


def test_whoever_asks_for_a_connector_meets_the_pause(world):
    connections.pause(world.project, "east", "kim")
    with pytest.raises(Stop, match="east is paused since 2026-03-02 09:00 UTC by kim; to let it go on"):
        world.project.connector("east").describe("Account")


def test_resuming_what_is_not_paused_says_so(world):
    assert not connections.resume(world.project, "east")


def test_an_unknown_connection_is_named(world):
    for act in (
        lambda: connections.pause(world.project, "norht", "kim"),
        lambda: connections.resume(world.project, "norht"),
        lambda: connections.arm(world.project, "norht", "kim"),
        lambda: connections.disarm(world.project, "norht"),
        lambda: connections.pin(world.project, "norht", "x"),
    ):
        with pytest.raises(ConfigError, match="no connection is called 'norht'"):
            act()
