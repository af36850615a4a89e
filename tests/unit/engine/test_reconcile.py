"""A sweep finds what no feed told, tells nothing else, and a repair leads it into the ordinary path."""

from dataclasses import replace
from datetime import timedelta

import pytest
from databases import unheard
from sqlalchemy import delete, update
from two_crms import QUIET

from centri.connectors.memory import MemoryConnector
from centri.engine.reconcile import reconcile
from centri.engine.trace import trace
from centri.errors import ConfigError, RetryLater, Stop
from centri.store import prm
from centri.store.database import write
from centri.store.journal_tables import sync_dirty, sync_lease


def swept(world, entity="account", connection="east", **given):
    """The findings, and the one object's report."""
    found = []
    (report,) = reconcile(world.project, connection, entity, told=found.append, **given)
    if report.failure:
        raise report.failure
    return found, report


def told(world, entity="account", **given):
    """(kind, CRM id) of what a sweep finds."""
    return sorted((f.kind.value, f.crm_id) for f in swept(world, entity, **given)[0])


def behind_the_feed(world, object, crm_id, *, crm="east", **values):
    """A change of a CRM's record that moves no stamp, as of formula fields, imports and late commits."""
    rows = world.crms[crm].objects[object]
    rows[crm_id] = replace(rows[crm_id], values={**rows[crm_id].values, **values})


def late(world, object, id, **values):
    """A record that became visible with a stamp that the feed has long passed."""
    world.crms["east"].save(object, values, id)
    rows = world.crms["east"].objects[object]
    rows[id] = replace(rows[id], stamp=world.clock.now - timedelta(days=1))


def behind_the_engine(world, entity, prm_id, **values):
    """An edit of a PRM row that no trigger sees."""
    table = prm.ENTITIES[entity]
    with write(world.project.engine) as conn:
        unheard(conn, update(table).where(table.c.id == prm_id).values(values))


def pass_on(world, object, **values):
    """The feed reads so much later a record that it does not come back to what was there before."""
    world.clock.forward(minutes=1)
    world.person_saves("east", object, "last", Name="Last", **values)
    world.sync("east")
    world.sync("east")


@pytest.fixture
def companies(world):
    """Three linked accounts in the east that the feed does not overlap with any more, everything at rest."""
    ids = [world.person_saves("east", "Account", id=f"A{n}", Name=f"Company {n}", City="Ulm") for n in (1, 2, 3)]
    world.sync("east")
    pass_on(world, "Account")
    return ids


def prm_id(world, crm_id):
    return next(k["prm_id"] for k in world.links() if k["crm_id"] == crm_id)


# What there is to find: how it came about, and what is told of it.


def missed(world):
    late(world, "Account", "late", Name="Latecomer")
    return "missed", "late"


def edited_without_stamp(world):
    behind_the_feed(world, "Account", "A1", City="Bonn")
    return "differs", "A1"


def edited_behind_the_engine(world):
    behind_the_engine(world, "account", prm_id(world, "A1"), city="Kiel")
    return "differs", "A1"


def edited_on_both_sides(world):
    behind_the_feed(world, "Account", "A1", City="Bonn")
    behind_the_engine(world, "account", prm_id(world, "A1"), city="Kiel")
    return "differs", "A1"


def hard_deleted(world):
    del world.crms["east"].objects["Account"]["A1"]
    return "gone", "A1"


def soft_deleted(world):
    rows = world.crms["east"].objects["Account"]
    rows["A1"] = replace(rows["A1"], deleted=True)
    return "deleted", "A1"


def merged(world):
    rows = world.crms["east"].objects["Account"]
    rows["A1"] = replace(rows["A1"], deleted=True, merged_into="A2")
    return "merged", "A1"


def restored(world):
    world.crms["east"].delete("Account", "A1")
    world.sync()
    pass_on(world, "Account")
    rows = world.crms["east"].objects["Account"]
    rows["A1"] = replace(rows["A1"], deleted=False)
    return "back", "A1"


def deleted_behind_the_engine(world):
    behind_the_engine(world, "account", prm_id(world, "A1"), deleted_at=world.clock.now)
    return "stale", "A1"


def purged_behind_the_engine(world):
    with write(world.project.engine) as conn:
        conn.execute(delete(prm.ENTITIES["account"]).where(prm.ENTITIES["account"].c.id == prm_id(world, "A1")))
        conn.execute(delete(sync_dirty))
    return "stale", "A1"


LOST = [
    missed, edited_without_stamp, edited_behind_the_engine, edited_on_both_sides, hard_deleted, soft_deleted, merged, restored,
    deleted_behind_the_engine, purged_behind_the_engine,
]  # fmt: skip
each_loss = pytest.mark.parametrize("lost", LOST, ids=lambda lost: lost.__name__)


@each_loss
def test_what_no_feed_tells_is_found_and_a_report_changes_nothing(world, companies, lost):
    wanted = lost(world)
    before = world.rows("account"), world.in_crm("east", "Account")
    assert told(world) == [wanted]
    assert world.writes() == QUIET
    assert (world.rows("account"), world.in_crm("east", "Account")) == before
    assert told(world) == [wanted]


@each_loss
def test_after_a_repair_and_a_sync_nothing_is_left_to_find(world, companies, lost):
    lost(world)
    before = len(world.in_crm("east", "Account"))
    assert told(world, repair=True)
    world.sync()
    world.sync()
    found, report = swept(world)
    assert [f for f in found if f.kind != "held"] == []
    assert report.differences == 0
    assert world.writes() == QUIET
    assert len(world.in_crm("east", "Account")) == before
    assert len({(k["connection"], k["prm_id"]) for k in world.links() if k["state"] == "active"}) == len(
        [k for k in world.links() if k["state"] == "active"]
    )


@each_loss
def test_what_a_repair_handed_over_is_not_told_again_before_the_sync(world, companies, lost):
    lost(world)
    (finding,), _ = swept(world, repair=True)
    assert [kind for kind, _ in told(world) if kind != "held"] == []
    assert finding.note


REPAIRED = {
    missed: [],
    edited_without_stamp: [],
    edited_behind_the_engine: [],
    edited_on_both_sides: [("conflict_open", "city")],
    hard_deleted: [("deleted_remote", "")],
    soft_deleted: [("deleted_remote", "")],
    merged: [("merged_remote", "")],
    restored: [],
    deleted_behind_the_engine: [("deleted_prm", "")],
    purged_behind_the_engine: [("deleted_prm", "")],
}


@each_loss
def test_a_repair_ends_as_the_feed_would_have(world, companies, lost):
    lost(world)
    swept(world, repair=True)
    world.sync()
    assert world.anomalies() == REPAIRED[lost]
    living = [row for row in world.rows("account") if row["deleted_at"] is None]
    assert len(living) == 4 + (lost is missed) - (lost in (deleted_behind_the_engine, purged_behind_the_engine))


def test_a_difference_names_both_values_and_the_side_that_moved(world, companies):
    behind_the_engine(world, "account", prm_id(world, "A1"), city="Kiel")
    behind_the_feed(world, "Account", "A2", City="Bonn")
    behind_the_feed(world, "Account", "A3", City="Bonn")
    behind_the_engine(world, "account", prm_id(world, "A3"), city="Kiel")
    found = {f.crm_id: f.fields for f in swept(world)[0]}
    assert {i: [(d.field, d.crm_field, d.crm, d.prm, d.moved.value) for d in fields] for i, fields in found.items()} == {
        "A1": [("city", "City", "Ulm", "Kiel", "PRM")],
        "A2": [("city", "City", "Bonn", "Ulm", "CRM")],
        "A3": [("city", "City", "Bonn", "Kiel", "both")],
    }
    assert [f.because for f in found["A1"]] == ["only the PRM changed"]


def test_counts_agree_where_all_is_well(world, companies):
    found, report = swept(world)
    tally = report.tallies["account"]
    assert found == []
    assert (tally.in_crm, tally.linked, tally.in_prm, tally.waiting, tally.anomalies, tally.underway) == (4, 4, 4, 0, 0, 0)
    assert tally.differences == report.differences == 0
    assert report.records == 4


def test_a_conflict_that_waits_for_a_person_is_held_and_no_news(world, companies):
    world.edit("account", prm_id(world, "A1"), city="Kiel")
    world.person_saves("east", "Account", "A1", City="Bonn")
    world.sync()
    (finding,), report = swept(world)
    assert (finding.kind, [d.held for d in finding.fields]) == ("held", [True])
    assert (report.differences, report.tallies["account"].anomalies) == (0, 1)
    behind_the_feed(world, "Account", "A1", Name="Other")
    (finding,), report = swept(world)
    assert (finding.kind, {d.field: d.held for d in finding.fields}) == ("differs", {"name": False, "city": True})
    assert report.differences == 1


def test_a_refused_delivery_is_an_anomaly_and_no_news(world, companies):
    from centri.errors import Rejected

    def refusing(object, values):
        raise Rejected("validation", "no")

    world.crms["east"].tidy = refusing
    world.edit("account", prm_id(world, "A1"), city="Kiel")
    world.sync()
    assert ("validation", "") in world.anomalies()
    _, report = swept(world)
    assert (report.differences, report.tallies["account"].anomalies) == (0, 1)


# What the next sync deals with anyway is no finding.


def test_what_the_feed_has_not_come_to_is_underway(world, companies):
    world.person_saves("east", "Account", Name="New")
    world.person_saves("east", "Account", "A1", City="Bonn")
    world.clock.forward(seconds=1)
    world.crms["east"].delete("Account", "A2")
    found, report = swept(world)
    assert (found, report.tallies["account"].underway) == ([], 3)
    world.sync()
    found, report = swept(world)
    assert (found, report.tallies["account"].underway) == ([], 0)


def test_what_the_prm_has_yet_to_tell_is_underway(world, companies):
    world.edit("account", prm_id(world, "A1"), city="Kiel")
    found, report = swept(world)
    assert (found, report.tallies["account"].underway) == ([], 1)


def test_what_is_in_the_outbox_is_underway(world, companies):
    world.edit("account", prm_id(world, "A1"), city="Kiel")
    world.crms["east"].faults.extend([None] * 6 + [RetryLater("away")] * 4)
    from centri.engine.settle import settle

    settle(world.project, "east", "account")
    found, report = swept(world)
    assert (found, report.tallies["account"].underway) == ([], 1)


def test_a_record_that_cannot_enter_is_waiting_and_not_missed(world, companies):
    late(world, "Account", "late", City="Ulm")
    assert told(world, repair=True) == [("missed", "late")]
    world.sync()
    found, report = swept(world)
    assert (found, world.anomalies()) == ([], [("missing_required", "")])
    assert (report.tallies["account"].waiting, report.tallies["account"].in_crm) == (1, 5)


def test_records_that_may_not_enter_are_no_finding(world):
    world.person_saves("east", "Lead", id="L1", LastName="Wong", Distribute=True)
    world.sync()
    late(world, "Lead", "L2", LastName="Kim", Distribute=False)
    late(world, "Lead", "L3", LastName="Ito", Distribute=True)
    assert told(world, "lead") == [("missed", "L3")]


def test_a_linked_record_that_left_the_filter_is_compared_all_the_same(world):
    world.person_saves("east", "Lead", id="L1", LastName="Wong", City="Ulm", Distribute=True)
    world.sync()
    world.sync()
    behind_the_feed(world, "Lead", "L1", Distribute=False, City="Bonn")
    assert told(world, "lead") == [("differs", "L1")]


# Races: people and the sync go on while a sweep reads.


class Meanwhile(MemoryConnector):
    """Lets something happen between the pages of a sweep, and before records are read by their ids."""

    def __init__(self, name, crm, *, before_page=None, before_ids=None):
        super().__init__(name, crm)
        self.acts = {"page": before_page, "ids": before_ids}
        self.asked = []

    def pull(self, request):
        self.asked.append("ids" if request.ids is not None else "page")
        if request.ids is not None and self.acts["ids"]:
            self.acts.pop("ids")()
            self.acts["ids"] = None
        for page in super().pull(request):
            yield page
            if request.ids is None and self.acts["page"]:
                act, self.acts["page"] = self.acts["page"], None
                act()


def in_pages(world, **acts):
    world.project.settings = replace(world.project.settings, page_size=2)
    connector = Meanwhile("east", world.crms["east"], **acts)
    world.project.use("east", connector)
    return connector


def test_a_record_made_during_the_sweep_is_underway(world, companies):
    in_pages(world, before_page=lambda: world.person_saves("east", "Account", Name="New"))
    found, report = swept(world)
    assert (found, report.tallies["account"].underway, report.records) == ([], 1, 5)


def test_a_record_deleted_during_the_sweep_is_underway(world, companies):
    def act():
        world.clock.forward(seconds=1)
        world.crms["east"].delete("Account", "A3")

    in_pages(world, before_page=act)
    found, report = swept(world)
    assert (found, report.tallies["account"].underway) == ([], 1)


def test_a_record_that_hid_from_the_sweep_and_is_there_is_not_gone(world, companies):
    rows = world.crms["east"].objects["Account"]
    hidden = rows.pop("A3")
    connector = in_pages(world, before_ids=lambda: rows.update(A3=hidden))
    assert told(world) == []
    assert connector.asked == ["page", "ids"]


def test_what_the_sync_settles_meanwhile_is_no_finding(world, companies):
    late(world, "Account", "late", Name="Latecomer")

    def act():
        world.person_saves("east", "Account", "late", City="Bonn")
        world.sync("east")

    in_pages(world, before_ids=act)
    assert told(world) == []


def test_a_link_made_during_the_sweep_is_not_asked_for(world, companies):
    def act():
        world.person_saves("east", "Account", id="A0", Name="New")
        world.sync("east")
        del world.crms["east"].objects["Account"]["A0"]

    in_pages(world, before_page=act)
    assert told(world) == []
    assert told(world) == [("gone", "A0")]


def test_a_staged_deletion_of_a_record_that_is_back_does_no_harm(world, companies):
    gone = world.crms["east"].objects["Account"].pop("A1")
    assert told(world, repair=True) == [("gone", "A1")]
    world.crms["east"].objects["Account"]["A1"] = gone
    world.sync()
    assert len([row for row in world.rows("account") if row["deleted_at"] is None]) == 4
    assert told(world, repair=True) == [("back", "A1")]
    world.sync()
    assert told(world) == []
    assert world.anomalies() == []
    assert {k["state"] for k in world.links()} == {"active"}
    assert world.writes() == QUIET


def test_a_repair_never_moves_the_cursor_of_the_feed(world, companies):
    from centri.store import staging
    from centri.store.database import read

    def cursor():
        with read(world.project.engine) as conn:
            return staging.cursor(conn, "east", "Account")

    before = cursor()
    for lost in (missed, hard_deleted, edited_without_stamp):
        if lost is not edited_without_stamp:
            lost(world)
    behind_the_feed(world, "Account", "A2", City="Bonn")
    swept(world, repair=True)
    assert cursor() == before


def test_the_repair_of_a_merge_takes_the_survivor_along(world, companies):
    late(world, "Account", "S", Name="Survivor", City="Kassel")
    rows = world.crms["east"].objects["Account"]
    rows["A1"] = replace(rows["A1"], deleted=True, merged_into="S")
    assert told(world, repair=True) == [("merged", "A1"), ("missed", "S")]
    world.sync()
    linked = {k["crm_id"]: k["prm_id"] for k in world.links() if k["state"] == "active"}
    assert set(linked) == {"S", "A2", "A3", "last"}
    assert next(row["city"] for row in world.rows("account") if row["id"] == linked["S"]) == "Kassel"
    assert told(world) == []


# A sweep that did not see everything says nothing about what it did not see.


def test_a_sweep_that_breaks_off_never_says_gone(world, companies):
    del world.crms["east"].objects["Account"]["A1"]
    in_pages(world)
    world.crms["east"].faults.extend([RetryLater("throttled")])
    found = []
    (report,) = reconcile(world.project, "east", "account", told=found.append)
    assert (str(report.failure), found) == ("throttled", [])
    assert told(world) == [("gone", "A1")]


def test_a_sweep_that_breaks_off_midway_tells_nothing_that_it_could_not_read_again(world, companies):
    late(world, "Account", "late", Name="Latecomer")
    del world.crms["east"].objects["Account"]["A3"]
    in_pages(world)
    world.crms["east"].faults.extend([None, RetryLater("throttled")])
    found = []
    (report,) = reconcile(world.project, "east", "account", told=found.append)
    assert (str(report.failure), found) == ("throttled", [])


def test_one_that_breaks_off_while_it_asks_by_id_has_told_nothing_of_that(world, companies):
    del world.crms["east"].objects["Account"]["A1"]
    world.crms["east"].faults.extend([None, RetryLater("throttled")])
    found = []
    (report,) = reconcile(world.project, "east", "account", told=found.append)
    assert (str(report.failure), found) == ("throttled", [])


def test_an_empty_answer_is_refused(world, companies):
    world.crms["east"].objects["Account"].clear()
    with pytest.raises(Stop, match=r"answered no record at all, and 4 are linked .*--allow 100%"):
        swept(world)
    world.project.settings = replace(world.project.settings, allow=1.0)
    assert [kind for kind, _ in told(world)] == ["gone"] * 4


def test_where_nothing_is_linked_an_empty_answer_is_fine(world):
    assert told(world) == []


@pytest.mark.parametrize("gone", [18, 19, 60])
def test_more_than_the_share_is_refused_unless_allowed(world, gone):
    for n in range(60):
        world.person_saves("east", "Account", id=f"A{n:02}", Name=f"Company {n:02}")
    world.sync()
    for n in range(gone):
        del world.crms["east"].objects["Account"][f"A{n:02}"]
    late(world, "Account", "late", Name="Latecomer")
    if gone == 18:
        assert len(told(world)) == 19
        return
    share = -(-100 * gone // 60)
    with pytest.raises(Stop, match=rf"{gone} of 60 linked .*centri reconcile east account --allow {share}%"):
        swept(world, repair=True)
    world.project.settings = replace(world.project.settings, allow=share / 100)
    assert [kind for kind, _ in told(world)].count("gone") == gone


def test_few_records_are_never_too_large_a_share(world, companies):
    for crm_id in companies[:2]:
        del world.crms["east"].objects["Account"][crm_id]
    assert told(world) == [("gone", "A1"), ("gone", "A2")]


def test_one_object_that_fails_leaves_the_others_their_sweep(world, companies):
    world.person_saves("east", "Contact", id="C1", LastName="Wong")
    pass_on(world, "Lead", LastName="Kim", Distribute=True)
    world.crms["east"].objects["Contact"].clear()
    late(world, "Lead", "L1", LastName="Ito", Distribute=True)
    found = []
    reports = {r.object: r for r in reconcile(world.project, "east", told=found.append)}
    assert {o for o, r in reports.items() if r.failure} == {"Contact"}
    assert [(f.kind, f.object) for f in found if f.kind != "missed" or f.object != "Account"] == [("missed", "Lead")]


def test_where_the_crm_is_away_nothing_further_is_tried(world, companies):
    world.crms["east"].faults.append(RetryLater("away"))
    (report,) = reconcile(world.project, "east")
    assert isinstance(report.failure, RetryLater)


# Other runs at the same time.


def test_two_sweeps_of_one_object_do_not_run_at_once(world, companies):
    def act():
        with pytest.raises(RetryLater, match="sweep east/Account"):
            swept(world)

    in_pages(world, before_page=act)
    assert told(world) == []


def hold(world, name):
    until = world.clock.now + timedelta(minutes=10)
    with write(world.project.engine) as conn:
        conn.execute(delete(sync_lease).where(sync_lease.c.name == name))
        conn.execute(sync_lease.insert().values(name=name, holder="elsewhere:1:x", token=9, until=until))


def test_a_report_disturbs_no_pull_and_waits_for_none(world, companies):
    late(world, "Account", "late", Name="Latecomer")
    hold(world, "east/Account")
    assert told(world) == [("missed", "late")]


def test_a_repair_waits_for_the_pull_at_work(world, companies):
    late(world, "Account", "late", Name="Latecomer")
    hold(world, "east/Account")
    pauses = []

    def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            world.clock.forward(minutes=11)

    assert told(world, repair=True, wait=wait) == [("missed", "late")]
    assert len(pauses) == 3


def test_a_repair_gives_up_on_a_pull_that_does_not_end(world, companies):
    late(world, "Account", "late", Name="Latecomer")
    hold(world, "east/Account")
    with pytest.raises(RetryLater, match="east/Account"):
        swept(world, repair=True, wait=lambda _: None)


# What the PRM has and the CRM has not.


def test_a_prm_row_that_was_never_born_is_found_and_repaired(world):
    world.person_saves("east", "Account", id="P1", Name="Partner", Kind="Partner")
    world.person_saves("east", "Lead", id="L1", LastName="Wong", Distribute=True)
    world.sync()
    lead = world.row("lead")["id"]
    world.insert("note", subject="Call", body="x", parent_type="lead", parent_id=lead, visibility="both")
    world.insert("note", subject="Ours", body="x", parent_type="lead", parent_id=lead, visibility="partner")
    assert told(world, "note") == []  # the next sync tells it
    with write(world.project.engine) as conn:
        conn.execute(delete(sync_dirty))
    (finding,), _ = swept(world, "note", repair=True)
    assert (finding.kind, finding.object, finding.crm_id) == ("unborn", "Note", "")
    world.sync()
    assert [n["Title"] for n in world.in_crm("east", "Note")] == ["Call"]
    assert told(world, "note") == []


def test_an_unknown_entity_is_a_slip_of_the_pen(world):
    with pytest.raises(ConfigError, match="east maps no entity called 'leed'"):
        reconcile(world.project, "east", "leed")
    with pytest.raises(ConfigError, match="no connection is called 'north'"):
        reconcile(world.project, "north")


def test_a_sweep_reads_page_by_page_and_marks_what_it_met(world, companies):
    connector = in_pages(world)
    before = connector.calls
    _, report = swept(world)
    assert report.api_calls == connector.calls - before == 2
    assert len({k["swept_by"] for k in world.links()}) == 1
    assert None not in {k["swept_by"] for k in world.links()}


def test_any_remote_id_of_a_partner_leads_to_the_same_row(world):
    world.person_saves("east", "Account", id="E1", Name="Alpine", Kind="Partner")
    world.sync()
    partner = world.row("partner_account")["id"]
    world.person_saves("west", "Account", id="W1", Name="Alpine Ltd", Kind="Partner", OurId=partner)
    world.sync()
    for connection, crm_id in (("east", "E1"), ("west", "W1")):
        for name in ("Account", "partner_account"):
            links = trace(world.project, connection, name, crm_id).links
            assert {k["prm_id"] for k in links if k["entity"] == "partner_account"} == {partner}
    assert len(world.rows("partner_account")) == 1
