"""A run taken back: both sides as before where nobody worked on, and nothing flows until somebody edits again."""

import pytest
from sqlalchemy import select, update
from two_crms import QUIET

from centri.engine.undo import undo
from centri.errors import ConfigError, Stop
from centri.store import runs
from centri.store.database import read, write
from centri.store.journal_tables import sync_run
from centri.store.leases import leased
from centri.store.prm_tables import audit_log
from centri.sync.undo import Fate


def run_of(world, name, connection="east"):
    """The id of the last run of a step."""
    with read(world.project.engine) as conn:
        found = runs.latest(conn, connection=connection, most=200)
    return next(r["id"] for r in found if r["name"] == name)


def audited(world, **where):
    with read(world.project.engine) as conn:
        rows = [dict(r) for r in conn.execute(select(audit_log).order_by(audit_log.c.id)).mappings()]
    return [r for r in rows if all(r[k] == v for k, v in where.items())]


def undone(world, name, connection="east", *, yes=True):
    report = undo(world.project, run_of(world, name, connection), yes=yes)
    return {fate.value: number for fate, number in report.counts.items()}


def values(world, crm, object, id, *names):
    held = world.crms[crm].objects[object][id].values
    return tuple(held.get(n) for n in names)


@pytest.fixture
def globex(world):
    """An account of the east, settled and at rest."""
    crm_id = world.person_saves("east", "Account", Name="Globex", City="Ulm", Industry="Steel", Website="globex.example")
    world.sync()
    world.sync()
    return crm_id


# -- audit ---------------------------------------------------------------------------------------------------------------------


def test_a_new_row_is_one_entry_and_a_change_one_for_each_field(world, globex):
    row, run = world.row("account"), run_of(world, "settle account")
    (made,) = audited(world, entity="account")
    assert (made["field"], made["old"], made["entity_id"]) == (None, None, row["id"])
    assert made["new"] == {"name": "Globex", "city": "Ulm", "industry_raw": "Steel", "website": "globex.example"}
    world.person_saves("east", "Account", globex, City="Bonn", Industry="Paper")
    world.sync("east")
    fresh = audited(world, entity="account")[1:]
    assert {(e["field"], e["old"], e["new"]) for e in fresh} == {("city", "Ulm", "Bonn"), ("industry_raw", "Steel", "Paper")}
    assert {(e["actor_type"], e["actor"], e["cause_type"]) for e in fresh} == {("connection", "east", "run")}
    assert {e["cause_ref"] for e in fresh} == {run_of(world, "settle account")} != {run}
    assert all(e["mapping_sha"] for e in fresh)


def test_a_deletion_is_audited(world_with):
    world = world_with(("create: needed\n      key: {crm: OurId, write: on_create}", "create: needed\n      on_delete: delete"))
    crm_id = world.person_saves("east", "Account", Name="Globex")
    world.sync()
    world.crms["east"].delete("Account", crm_id)
    world.sync()
    (entry,) = audited(world, field="deleted_at")
    assert entry["old"] is None
    assert entry["new"]


def test_a_rule_that_moves_a_lead_is_audited_as_such(world):
    world.person_saves("east", "Lead", LastName="Wong", Email="w@wong.example", Distribute=True, Status="New")
    world.sync("east")
    entries = [e for e in audited(world, entity="lead") if e["cause_type"] == "rule"]
    assert ("match", "state", "new", "ready") in {(e["actor"], e["field"], e["old"], e["new"]) for e in entries}


def test_a_row_that_was_not_written_is_not_audited(world, globex):
    before = len(audited(world))
    world.sync()
    assert len(audited(world)) == before


# -- fields --------------------------------------------------------------------------------------------------------------------


def test_a_plan_does_nothing(world, globex):
    world.person_saves("east", "Account", globex, City="Bonn")
    world.sync("east")
    number = len(audited(world))
    assert undone(world, "settle account", yes=False) == {"back": 1}
    assert (world.row("account")["city"], len(audited(world))) == ("Bonn", number)


@pytest.mark.parametrize(("field", "crm_field"), [("city", "City"), ("industry_raw", "Industry"), ("name", "Name")])
def test_a_field_goes_back_and_nothing_flows(world, globex, field, crm_field):
    before = world.row("account")[field]
    world.person_saves("east", "Account", globex, **{crm_field: "Bad"})
    world.sync()
    run = run_of(world, "settle account")
    assert undo(world.project, run, yes=True).counts == {Fate.BACK: 1}
    world.sync()
    assert world.writes() == QUIET
    assert (world.row("account")[field], *values(world, "east", "Account", globex, crm_field)) == (before, "Bad")
    world.person_saves("east", "Account", globex, **{crm_field: "Good"})
    world.sync()
    assert world.row("account")[field] == "Good"


def test_an_edit_in_the_prm_after_an_undo_flows_again(world, globex):
    world.person_saves("east", "Account", globex, City="Bad")
    world.sync()
    undone(world, "settle account")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Kiel")
    world.sync()
    assert values(world, "east", "Account", globex, "City") == ("Kiel",)
    assert world.writes() == QUIET


def test_what_was_changed_since_is_left_alone(world, globex):
    world.person_saves("east", "Account", globex, City="Bad", Industry="Worse")
    world.sync("east")
    run = run_of(world, "settle account")
    world.edit("account", world.row("account")["id"], city="Kiel")
    report = undo(world.project, run, yes=True)
    assert report.counts == {Fate.BACK: 1, Fate.LEFT: 1}
    (left,) = report.shown[Fate.LEFT]
    assert (left.field, left.because) == ("city", "changed since")
    assert (world.row("account")["city"], world.row("account")["industry_raw"]) == ("Kiel", "Steel")
    world.sync()
    assert values(world, "east", "Account", globex, "City", "Industry") == ("Kiel", "Worse")
    assert world.writes() == QUIET


def test_undoing_twice_changes_nothing(world, globex):
    world.person_saves("east", "Account", globex, City="Bad")
    world.sync()
    run = run_of(world, "settle account")
    undo(world.project, run, yes=True)
    row, number = world.row("account"), len(audited(world))
    assert undo(world.project, run, yes=True).counts == {Fate.DONE: 1}
    assert (world.row("account"), len(audited(world))) == (row, number)


def test_an_undo_can_be_undone(world, globex):
    world.person_saves("east", "Account", globex, City="Bad")
    world.sync()
    undone(world, "settle account")
    (entry,) = audited(world, cause_type="command")
    assert (entry["cause_ref"], entry["field"], entry["old"], entry["new"]) == (run_of(world, "undo"), "city", "Bad", "Ulm")
    assert undone(world, "undo") == {"back": 1}
    world.sync()
    assert world.row("account")["city"] == "Bad"
    assert world.writes() == QUIET


# -- rows that were made -------------------------------------------------------------------------------------------------------


def test_a_row_that_was_made_goes_and_stays_away_until_it_is_edited(world):
    crm_id = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.clock.forward(seconds=1)
    from centri.engine.sync import sync

    sync(world.project, "east")
    assert undone(world, "settle account") == {"removed": 1}
    sync(world.project, "east")  # within the overlap: the record is read once more
    sync(world.project, "east")
    assert [r["deleted_at"] is None for r in world.rows("account")] == [False]
    assert [k["state"] for k in world.links() if k["crm_id"] == crm_id] == ["unlinked"]
    assert world.writes() == QUIET
    world.person_saves("east", "Account", crm_id, City="Bonn")
    world.sync()
    assert [r["city"] for r in world.rows("account") if r["deleted_at"] is None] == ["Bonn"]


def test_a_row_in_use_stays(world, globex):
    world.insert("contact", last_name="Maier", account_id=world.row("account")["id"])
    report = undo(world.project, audited(world, entity="account")[0]["cause_ref"], yes=True)
    assert [(i.fate, i.because) for found in report.shown.values() for i in found] == [(Fate.LEFT, "in use: contact")]
    assert world.row("account")["deleted_at"] is None


@pytest.mark.parametrize("change", [{"city": "Kiel"}, {"country_code": "DE"}, {"account_class": "customer"}])
def test_a_row_that_was_worked_on_stays(world, globex, change):
    world.edit("account", world.row("account")["id"], **change)
    report = undo(world.project, audited(world, entity="account")[0]["cause_ref"], yes=True)
    assert report.shown[Fate.LEFT][0].because == f"worked on since: {next(iter(change))}"


def test_parents_go_with_their_children(world):
    account = world.person_saves("east", "Account", Name="Globex")
    world.person_saves("east", "Contact", LastName="Maier", AccountId=account)
    world.project.dagster_run_id = "a-dagster-run"
    world.sync("east")
    world.project.dagster_run_id = None
    planned = undo(world.project, "a-dagster-run")
    assert planned.counts == {Fate.REMOVED: 2}
    assert undo(world.project, "a-dagster-run", yes=True).counts[Fate.REMOVED] == 2
    assert all(r["deleted_at"] for e in ("account", "contact") for r in world.rows(e))
    world.sync()
    assert world.writes() == QUIET


def test_a_row_taken_away_comes_back_with_the_undo_of_the_undo(world, globex):
    undo(world.project, audited(world, entity="account")[0]["cause_ref"], yes=True)
    world.sync()
    undone(world, "undo")
    world.sync()
    assert world.row("account")["deleted_at"] is None
    world.person_saves("east", "Account", globex, City="Bonn")
    world.sync()
    assert world.row("account")["city"] == "Bonn"
    assert world.writes() == QUIET


def test_a_lead_that_was_matched_goes(world):
    world.person_saves("east", "Lead", LastName="Wong", Email="w@wong.example", Distribute=True, Status="New")
    world.sync("east")
    assert undone(world, "settle lead")["removed"] == 1
    world.sync()
    assert world.writes() == QUIET


def test_a_deletion_goes_back(world_with):
    world = world_with(("create: needed\n      key: {crm: OurId, write: on_create}", "create: needed\n      on_delete: delete"))
    crm_id = world.person_saves("east", "Account", Name="Globex")
    world.sync()
    world.crms["east"].delete("Account", crm_id)
    world.sync()
    assert undone(world, "settle account") == {"back": 1}
    world.sync()
    assert world.row("account")["deleted_at"] is None
    assert world.writes() == QUIET


def test_the_link_of_a_matched_row_stays(world):
    world.insert("account", name="Globex", website="globex.example", domain="globex.example", name_norm="globex")
    crm_id = world.person_saves("east", "Account", Name="Globex", Website="globex.example", Industry="Steel")
    world.sync("east")
    assert world.row("account")["industry_raw"] == "Steel"
    report = undo(world.project, run_of(world, "settle account"), yes=True)
    assert {i.because for i in report.shown[Fate.LEFT]} == {"matched to a row that was there; the link stays"}
    world.sync()
    assert world.row("account")["industry_raw"] is None
    assert [k["state"] for k in world.links() if k["crm_id"] == crm_id] == ["active"]
    assert world.writes() == QUIET


# -- what the CRM was told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["settle account", "push Account"])
def test_the_crm_is_told_back_with_the_next_push(world, globex, step):
    world.edit("account", world.row("account")["id"], city="Bad")
    world.sync()
    assert undone(world, step) == {"told back": 1}
    assert values(world, "east", "Account", globex, "City") == ("Bad",)
    world.sync()
    assert (world.row("account")["city"], *values(world, "east", "Account", globex, "City")) == ("Bad", "Ulm")
    assert world.writes() == QUIET
    world.edit("account", world.row("account")["id"], city="Kiel")
    world.sync()
    assert values(world, "east", "Account", globex, "City") == ("Kiel",)


def test_what_the_crm_made_of_a_value_counts_as_ours(world, globex):
    world.crms["east"].tidy = lambda _, v: {k: x[:3] if k == "City" and isinstance(x, str) else x for k, x in v.items()}
    world.edit("account", world.row("account")["id"], city="Badenweiler")
    world.sync()
    assert undone(world, "settle account") == {"told back": 1}
    world.sync()
    assert values(world, "east", "Account", globex, "City") == ("Ulm",)


def test_an_edit_in_the_crm_is_never_overwritten(world, globex):
    world.edit("account", world.row("account")["id"], city="Bad")
    world.sync()
    world.person_saves("east", "Account", globex, City="Hamm")  # nobody has read it yet
    assert undone(world, "settle account") == {"told back": 1}
    world.sync()
    assert (world.row("account")["city"], *values(world, "east", "Account", globex, "City")) == ("Hamm", "Hamm")
    assert undone(world, "undo") == {}
    assert undone(world, "settle account") == {"back": 1}  # the Hamm of the later run


def test_edits_of_other_fields_go_along(world, globex):
    """Both sides are edited between the run, the undo and the push: the undo is not lost, and neither are they."""
    world.edit("account", world.row("account")["id"], city="Bad")
    world.sync()
    world.edit("account", world.row("account")["id"], name="Globex SE", website="globex.test")
    run = run_of(world, "settle account")
    undo(world.project, run, yes=True)
    world.person_saves("east", "Account", globex, Industry="Paper")
    assert undo(world.project, run).counts == {Fate.DONE: 1}
    world.sync()
    world.sync()
    assert values(world, "east", "Account", globex, "City", "Website", "Industry") == ("Ulm", "globex.test", "Paper")
    assert (world.row("account")["city"], world.row("account")["industry_raw"]) == ("Bad", "Paper")
    assert world.writes() == QUIET


def test_records_made_in_the_crm_are_listed_and_not_deleted(world):
    partner = world.person_saves("east", "Account", Name="Partner", Kind="Partner")
    world.sync()
    partner_id = world.row("partner_account")["id"]
    account = world.insert("account", name="Globex")
    world.insert("opportunity", name="Deal", account_id=account, partner_account_id=partner_id, amount="10.00")
    world.sync()
    lead = next(i for i, r in world.crms["east"].objects["Lead"].items() if r.values.get("OpportunityName"))
    report = undo(world.project, run_of(world, "settle opportunity"), yes=True)
    assert [i.ref.id for i in report.shown[Fate.BY_HAND] if i.entity == "opportunity"] == [lead]
    world.sync()
    assert not world.crms["east"].objects["Lead"][lead].deleted
    assert partner


def test_the_other_crm_hears_that_the_row_went_back(world):
    """The row has a counterpart in the west too: what was told there goes back as an edit of the PRM's does."""
    world.person_saves("east", "Account", Name="Globex", City="Ulm", Website="globex.example")
    west = world.person_saves("west", "Account", Name="Globex", City="Ulm", Website="globex.example")
    world.sync()
    world.sync()
    assert len(world.rows("account")) == 1
    east = next(k["crm_id"] for k in world.links() if k["connection"] == "east")
    world.person_saves("east", "Account", east, City="Bad")
    world.sync()
    world.sync()
    assert values(world, "west", "Account", west, "City") == ("Bad",)
    with read(world.project.engine) as conn:
        run = conn.execute(select(audit_log.c.cause_ref).where(audit_log.c.new == "Bad")).scalar_one()
    undo(world.project, run, yes=True)
    world.sync()
    world.sync()
    assert (world.row("account")["city"], *values(world, "west", "Account", west, "City")) == ("Ulm", "Ulm")
    assert world.writes() == QUIET


# -- which run -----------------------------------------------------------------------------------------------------------------


def test_a_run_is_named_by_the_beginning_of_its_id(world, globex):
    run = run_of(world, "settle account")
    assert undo(world.project, run[:12]).runs[0]["id"] == run
    with pytest.raises(ConfigError, match="no run is called 'nope'"):
        undo(world.project, "nope")
    with pytest.raises(ConfigError, match="begins the ids of several runs"):
        undo(world.project, "")


def test_a_run_at_work_is_not_undone(world, globex):
    run = run_of(world, "settle account")
    with write(world.project.engine) as conn:
        conn.execute(update(sync_run).where(sync_run.c.id == run).values(status="running"))
    with leased(world.project.engine, "east/account", now=world.clock()), pytest.raises(Stop, match="at work"):
        undo(world.project, run)
    assert undo(world.project, run).runs[0]["id"] == run  # whoever died can be undone


def test_one_row_that_the_database_refuses_keeps_nothing_back(world, globex, monkeypatch):
    world.person_saves("east", "Account", globex, City="Bad")
    other = world.person_saves("east", "Account", Name="Initech", City="Ulm")
    world.sync()
    world.person_saves("east", "Account", other, City="Bad")
    world.person_saves("east", "Account", globex, Name="Globex SE")
    world.sync()
    run = run_of(world, "settle account")
    with write(world.project.engine) as conn:  # a null that no row may hold
        conn.execute(update(audit_log).where(audit_log.c.cause_ref == run, audit_log.c.field == "name").values(old=None))
    report = undo(world.project, run, yes=True)
    assert report.counts == {Fate.BACK: 1, Fate.LEFT: 1}
    assert sorted(r["city"] for r in world.rows("account")) == ["Bad", "Ulm"]
