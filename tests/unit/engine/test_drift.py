"""A CRM's schema changes under the sync: what it concerns waits, the rest goes on, and nothing is lost."""

from dataclasses import replace
from functools import partial

import pytest
from two_crms import QUIET

from centri.descriptions import Field, FieldType
from centri.engine.drift import look
from centri.engine.pull import pull
from centri.engine.push import push
from centri.engine.reconcile import reconcile
from centri.engine.retry import retry
from centri.engine.settle import settle
from centri.errors import ConfigError, RetryLater
from centri.store import findings, schemas
from centri.store.database import read


@pytest.fixture
def globex(world):
    """A company in the east, linked and at rest; its id there."""
    return at_rest(world)


def at_rest(world):
    crm_id = world.person_saves("east", "Account", Name="Globex", City="Ulm", Website="globex.example")
    world.sync()
    assert world.writes() == QUIET
    return crm_id


def redefined(world, object, name, **facts):
    """An administrator of the east changes a field; None for the field takes it away."""
    fields = world.crms["east"].fields[object]
    fields[name] = replace(fields.get(name, Field(name, FieldType.TEXT)), **facts)


def removed(world, object, name):
    return world.crms["east"].fields[object].pop(name)


def in_east(world, crm_id, object="Account"):
    return world.crms["east"].objects[object][crm_id].values


def edits(world, **values):
    (row,) = world.rows("account")
    world.edit("account", row["id"], **values)


def behind(world, crm_id, **values):
    """A person edits a field that our user does not see, so that the CRM's fields stay as they are."""
    crm = world.crms["east"]
    world.clock.forward(seconds=1)
    fields = {o: dict(f) for o, f in crm.fields.items()}
    crm.save("Account", values, crm_id)
    crm.fields = fields


def remembered(world, object="Account"):
    with read(world.project.engine) as conn:
        return schemas.of(conn, "east")[object]


def test_the_first_look_has_nothing_to_compare_with(world):
    at_rest(world)
    assert world.anomalies() == []
    assert set(remembered(world)["fields"]) == set(world.crms["east"].fields["Account"])


def test_a_field_that_nobody_maps_is_no_trouble(world, globex):
    redefined(world, "Account", "Rank")
    pulled = pull(world.project, "east", "Account")
    assert pulled.counters["schema"] == {"changes": {"added": 1}, "changed": ["added: Rank"]}
    assert world.anomalies() == []
    assert "schema" not in pull(world.project, "east", "Account").counters


def test_what_is_removed_is_left_out_and_the_rest_goes_on(world, globex):
    removed(world, "Account", "City")
    world.person_saves("west", "Account", Name="Initech")
    behind(world, globex, City="Bonn", Name="Globex AG")
    edits(world, website="globex.test")
    done = world.sync()
    assert world.anomalies() == [("schema_drift", "city")] * 2  # of partners and of accounts
    assert done["east"].tallies["account"].held == 1
    row = next(r for r in world.rows("account") if r["name"].startswith("Globex"))
    assert (row["name"], row["city"]) == ("Globex AG", "Ulm")
    assert in_east(world, globex)["Website"] == "globex.test"
    assert {r["name"] for r in world.rows("account")} == {"Globex AG", "Initech"}
    again = world.sync()
    assert again["east"].tallies["account"].held == 0


MEANWHILE = {
    "nothing": ({}, {}, ("Ulm", "Ulm")),
    "the CRM": ({"City": "Bonn"}, {}, ("Bonn", "Bonn")),
    "the PRM": ({}, {"city": "Kiel"}, ("Kiel", "Kiel")),
    "both, in conflict": ({"City": "Bonn"}, {"city": "Kiel"}, ("Bonn", "Kiel")),
    "both, alike": ({"City": "Bonn"}, {"city": "Bonn"}, ("Bonn", "Bonn")),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_what_either_side_changed_while_a_field_was_gone_is_seen_when_it_is_back(world, globex, meanwhile):
    crm, row, (in_crm, in_prm) = MEANWHILE[meanwhile]
    city = removed(world, "Account", "City")
    world.sync()
    if crm:
        behind(world, globex, **crm)
    if row:
        edits(world, **row)
    world.sync()
    world.clock.forward(days=2)
    world.sync()
    world.crms["east"].fields["Account"]["City"] = city
    world.sync()
    assert (in_east(world, globex)["City"], world.row("account")["city"]) == (in_crm, in_prm)
    assert world.anomalies() == ([("conflict_open", "city")] if "conflict" in meanwhile else [])
    assert world.writes() == QUIET


def test_what_was_born_while_a_field_was_gone_gets_it_when_it_is_back(world, globex):
    city = removed(world, "Account", "City")
    world.sync()
    fields = dict(world.crms["east"].fields["Account"])
    initech = world.person_saves("east", "Account", Name="Initech", City="Aarau")
    world.crms["east"].fields["Account"] = fields
    world.sync()
    assert {r["name"]: r["city"] for r in world.rows("account")} == {"Globex": "Ulm", "Initech": None}
    world.clock.forward(days=2)
    world.sync()
    world.crms["east"].fields["Account"]["City"] = city
    world.sync()
    assert {r["name"]: r["city"] for r in world.rows("account")} == {"Globex": "Ulm", "Initech": "Aarau"}
    assert in_east(world, initech)["City"] == "Aarau"
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_what_waited_when_a_field_went_is_read_again_when_it_is_back(world):
    """A staged record that is not settled when the field goes has it in its raw values only."""
    parentless = world.person_saves(
        "east", "Contact", LastName="Wong", Email="mia@x.example", AccountId="missing", FirstName="Mia"
    )
    world.sync()
    first = removed(world, "Contact", "FirstName")
    world.clock.forward(days=2)
    world.person_saves("east", "Account", id="missing", Name="Initech")
    world.sync()
    world.clock.forward(days=2)
    world.sync()
    world.crms["east"].fields["Contact"]["FirstName"] = first
    world.sync()
    assert world.row("contact")["first_name"] == "Mia"
    assert in_east(world, parentless, "Contact")["FirstName"] == "Mia"
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_a_mended_mapping_ends_the_trouble_and_loses_nothing(world_with):
    world = world_with()
    globex = at_rest(world)
    fields = world.crms["east"].fields["Account"]
    fields["Town"] = replace(fields.pop("City"), name="Town", label="City")
    rows = world.crms["east"].objects["Account"]
    rows[globex] = replace(rows[globex], values={("Town" if n == "City" else n): v for n, v in rows[globex].values.items()})
    world.sync()
    assert world.anomalies() == [("schema_drift", "city")] * 2
    edits(world, city="Kiel")
    world.sync()
    text = world.settings.mappings.read_text()
    world.settings.mappings.write_text(
        text.replace("crm: City, policy: hold", "crm: Town, policy: prm_wins").replace("crm: City", "crm: Town")
    )
    for name in ("Account", "Lead"):
        world.crms["west"].fields[name]["Town"] = Field("Town", FieldType.TEXT)
    world.crms["east"].fields["Lead"]["Town"] = Field("Town", FieldType.TEXT)
    world.restarted()
    world.sync()
    assert (in_east(world, globex)["Town"], world.row("account")["city"]) == ("Kiel", "Kiel")
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_without_its_key_an_entity_is_suspended_and_the_others_go_on(world, globex):
    key = removed(world, "Account", "OurId")
    world.person_saves("east", "Lead", id="L1", LastName="Wong", Distribute=True)
    behind(world, globex, City="Bonn")
    edits(world, website="globex.test")
    done = world.sync("east")["east"]
    assert world.row("lead")["last_name"] == "Wong"
    assert (world.row("account")["city"], in_east(world, globex)["Website"]) == ("Ulm", "globex.example")
    assert done.suspended == dict.fromkeys(("account", "partner_account"), "our id stands in Account.OurId")
    assert settle(world.project, "east", "account").suspended == "our id stands in Account.OurId"
    assert pull(world.project, "east", "Account").pages == 0
    world.crms["east"].fields["Account"]["OurId"] = key
    world.sync()
    assert (world.row("account")["city"], in_east(world, globex)["Website"]) == ("Bonn", "globex.test")
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_an_object_that_is_gone_stops_its_own_flow_only_until_it_is_back(world, globex):
    gone = (world.crms["east"].objects.pop("Account"), world.crms["east"].fields.pop("Account"))
    world.person_saves("east", "Lead", id="L1", LastName="Wong", Distribute=True)
    edits(world, website="globex.test")
    why = "Account is not in the CRM any more, or our user may not see it"
    done = world.sync("east")["east"]
    assert done.suspended == dict.fromkeys(("account", "partner_account"), why)
    assert world.row("lead")["last_name"] == "Wong"
    assert {kind for kind, _ in world.anomalies()} == {"schema_drift"}
    swept = {r.object: str(r.failure or "") for r in reconcile(world.project, "east")}
    assert why in swept.pop("Account")
    assert set(swept.values()) == {""}
    world.crms["east"].objects["Account"], world.crms["east"].fields["Account"] = gone
    behind(world, globex, City="Bonn")
    world.sync()
    assert (world.row("account")["city"], in_east(world, globex)["Website"]) == ("Bonn", "globex.test")
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_an_object_that_was_never_there_is_a_mistake_of_the_mapping(world):
    world.crms["east"].objects.pop("Account")
    with pytest.raises(ConfigError, match="unknown object of connection 'east' 'Account'"):
        world.sync("east")


def test_a_mapping_that_names_an_unknown_field_at_first_stops_its_own_flow_only(world):
    removed(world, "Lead", "Distribute")
    world.person_saves("east", "Account", Name="Globex")
    done = world.sync("east")["east"]
    assert world.row("account")["name"] == "Globex"
    assert done.suspended["lead"] == "its filter needs Lead.Distribute"
    assert "account" not in done.suspended


def test_what_was_queued_before_is_not_told_to_a_field_that_is_gone(world, globex):
    edits(world, city="Kiel", website="globex.test")
    world.crms["east"].faults.extend([None] * 6)
    pull(world.project, "east", "Account")
    settle(world.project, "east", "account")
    city = removed(world, "Account", "City")
    world.restarted()
    pushed = push(world.project, "east", "Account")
    assert (pushed.waiting, pushed.written.total()) == (1, 0)
    world.crms["east"].faults.clear()
    world.sync()
    assert (in_east(world, globex)["Website"], in_east(world, globex)["City"]) == ("globex.test", "Ulm")
    world.crms["east"].fields["Account"]["City"] = city
    world.sync()
    assert in_east(world, globex)["City"] == "Kiel"
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_a_narrowed_text_holds_the_longer_values_and_no_others(world, globex):
    redefined(world, "Account", "City", length=6)
    edits(world, city="Friedrichshafen", website="globex.test")
    world.sync()
    assert in_east(world, globex)["City"] == "Ulm"
    assert in_east(world, globex)["Website"] == "globex.test"
    assert world.anomalies() == [("schema_drift", "city"), ("too_long", "city")]
    edits(world, city="Bremen")
    world.sync()
    assert in_east(world, globex)["City"] == "Bremen"
    assert world.anomalies() == [("schema_drift", "city")]
    edits(world, city="Friedrichshafen")
    world.sync()
    redefined(world, "Account", "City", length=0)
    world.sync()
    assert in_east(world, globex)["City"] == "Friedrichshafen"
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_what_may_not_be_written_any_more_is_read_and_what_it_should_say_is_told_later(world, globex):
    redefined(world, "Account", "Website", updateable=False)
    edits(world, website="globex.test", city="Kiel")
    world.sync()
    assert (in_east(world, globex)["Website"], in_east(world, globex)["City"]) == ("globex.example", "Kiel")
    assert world.anomalies() == [("permission", "website"), ("permission", "website")]
    redefined(world, "Account", "Website", updateable=True)
    world.sync()
    assert in_east(world, globex)["Website"] == "globex.test"
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_a_choice_that_is_gone_holds_the_records_that_would_tell_it(world):
    redefined(
        world, "Lead", "Status", type=FieldType.CHOICE, choices=("New", "Assigned", "Working", "Converted", "Dead", "Recycled")
    )
    wong = world.person_saves("east", "Lead", LastName="Wong", Status="New", Distribute=True)
    world.sync()
    redefined(world, "Lead", "Status", choices=("New", "Assigned", "Converted", "Dead", "Recycled"))
    world.edit("lead", world.row("lead")["id"], state="working", city="Kiel")
    world.sync()
    assert (in_east(world, wong, "Lead")["Status"], in_east(world, wong, "Lead")["City"]) == ("New", "Kiel")
    assert world.anomalies() == [("picklist_value", "state")] * 2
    redefined(world, "Lead", "Status", choices=("New", "Assigned", "Working", "Converted", "Dead", "Recycled"))
    world.sync()
    assert in_east(world, wong, "Lead")["Status"] == "Working"
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_a_new_choice_is_told_before_any_record_holds_it(world):
    choices = ("New", "Assigned", "Working", "Converted", "Dead", "Recycled")
    redefined(world, "Lead", "Status", type=FieldType.CHOICE, choices=choices)
    world.sync()
    redefined(world, "Lead", "Status", choices=(*choices, "Hot"))
    world.sync()
    assert world.anomalies() == [("picklist_value", "state")]


def test_births_wait_for_what_became_required_and_updates_go_on(world, globex):
    alpine = world.person_saves("east", "Account", Name="Alpine", Kind="Partner")
    world.sync()
    redefined(world, "Note", "Rank")
    world.sync()
    redefined(world, "Note", "Rank", required=True)
    account = next(r for r in world.rows("account") if r["name"] == "Globex")
    world.insert("note", parent_type="account", parent_id=account["id"], subject="Call", visibility="both")
    world.edit("account", account["id"], city="Kiel")
    world.sync()
    assert (world.in_crm("east", "Note"), in_east(world, globex)["City"]) == ([], "Kiel")
    assert world.anomalies() == [("missing_required", ""), ("missing_required", "")]
    redefined(world, "Note", "Rank", required=False)
    world.sync()
    assert [n["Title"] for n in world.in_crm("east", "Note")] == ["Call"]
    assert alpine
    assert (world.anomalies(), world.writes()) == ([], QUIET)


def test_what_cannot_be_looked_at_has_lost_nothing(world, globex):
    connector = world.project.meter("east").connector
    before = remembered(world)
    whole, connector.describe = connector.describe, lambda name, lists=(): replace(whole(name), fields={})
    with pytest.raises(RetryLater, match="describes no fields of Account"):
        look(world.project, world.project.connector("east"), "east", "Account")
    assert (remembered(world), world.anomalies()) == (before, [])


def test_a_pull_that_breaks_off_does_not_end_the_trouble(world, globex):
    city = removed(world, "Account", "City")
    world.sync()
    behind(world, globex, City="Bonn")
    world.sync()
    world.clock.forward(days=2)
    world.sync()
    world.crms["east"].fields["Account"]["City"] = city
    world.crms["east"].faults.append(RetryLater("away"))
    with pytest.raises(RetryLater):
        pull(world.project, "east", "Account")
    assert world.anomalies() == [("schema_drift", "city")] * 2
    world.sync()
    assert (world.row("account")["city"], world.anomalies()) == ("Bonn", [])


def test_retrying_it_leaves_it_to_the_next_pull(world, globex):
    removed(world, "Account", "City")
    world.sync()
    ids = [a["id"] for a in world.anomaly_rows()]
    assert len(retry(world.project, ids)) == 2
    world.sync()
    assert {a["id"] for a in world.anomaly_rows()} == set(ids)


def test_a_quiet_look_writes_nothing(world, globex, monkeypatch):
    monkeypatch.setattr(schemas, "save", partial(pytest.fail, "it was saved"))
    monkeypatch.setattr(findings, "open_", lambda conn, anomalies, *, now: pytest.fail("opened") if list(anomalies) else {})
    pull(world.project, "east", "Account")
