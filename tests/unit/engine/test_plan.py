"""A plan changes nothing anywhere, and the sync after it does what it said."""

import random
from collections import defaultdict

import pytest
from sqlalchemy import select
from test_births import partner_in
from two_crms import MAPPING

from centri.descriptions import FieldType
from centri.engine.plan import planning
from centri.engine.project import PRM_FIELDS, project_of
from centri.errors import ConfigError, RetryLater, Stop
from centri.mappings.loader import load
from centri.records import same
from centri.store import connections
from centri.store.database import read, write
from centri.store.tables import metadata

KEPT = {"sync_run", "sync_step", "sync_calls", "sync_connection"}
"""What planning may enter into the store: that it ran and how that went, what it called, who answered."""

COUNTS = ("read", "unchanged", "to_prm", "to_crm", "created", "held")


def planned(world, *names, entity=None, **given):
    """What is planned by connection, and the changes."""
    with planning(world.project, **given) as planner:
        found = {name: planner.plan(name, entity) for name in names or ("east", "west")}
        return found, list(planner.changes)


def everything(world):
    """Every row of the store but what planning may enter, and every record of the CRMs."""
    with read(world.project.engine) as conn:
        store = {t.name: sorted(map(repr, conn.execute(select(t)))) for t in metadata.sorted_tables if t.name not in KEPT}
    return store, {name: {o: dict(rows) for o, rows in crm.objects.items()} for name, crm in world.crms.items()}


def counted(rounds):
    """Counts by connection and entity, where there is anything to count."""
    found = {(name, e): [getattr(t, c) for c in COUNTS] for name, r in rounds.items() for e, t in r.tallies.items()}
    return {key: counts for key, counts in found.items() if any(counts)}


# -- random scenes ---------------------------------------------------------------------------------------------------------


WORDS = ("Ulm", "Bonn", "Kiel", "Trier", "Jena")


class Scene:
    """People at work on both CRMs and the store, by chance."""

    def __init__(self, world, seed):
        self.world, self.chance, self.number = world, random.Random(seed), 0
        partner_in(world, "east")
        partner_in(world, "west", "Other Partner")

    def act(self):
        often = (self.company, self.contact, self.lead, self.crm_edit, self.prm_edit)
        self.chance.choice((*often, *often, self.crm_edit, self.prm_edit, self.note, self.deletes))()

    def name(self, letter):
        self.number += 1
        return f"{letter}{self.number:03}"

    def any_of(self, crm, object):
        rows = self.world.crms[crm].objects[object].values()
        ids = sorted(row.id for row in rows if not row.deleted and row.values.get("Kind") != "Partner")
        return self.chance.choice(ids) if ids else None

    def side(self):
        return self.chance.choice(("east", "west"))

    def company(self):
        crm, id, name = self.side(), self.name("A"), self.chance.choice((f"Company {self.number}", "Globex", "Hooli"))
        self.world.person_saves(crm, "Account", id, Name=name, City=self.chance.choice(WORDS), Website=f"{name.lower()}.example")

    def contact(self):
        crm = self.side()
        parent = self.chance.choice((self.any_of(crm, "Account"), None, "nowhere"))
        values = {"FirstName": "Ada", "LastName": self.name("Person"), "Email": f"p{self.number}@x.example"}
        self.world.person_saves(crm, "Contact", self.name("C"), **values, AccountId=parent)

    def lead(self):
        values = {"Company": f"Firm {self.number}", "Email": self.chance.choice((f"l{self.number}@y.example", "no address"))}
        status = self.chance.choice(("New", "Unheard of"))
        self.world.person_saves(self.side(), "Lead", self.name("L"), LastName="Li", Distribute=True, Status=status, **values)

    def note(self):
        crm = self.side()
        if parent := self.any_of(crm, self.chance.choice(("Lead", "Contact"))):
            self.world.person_saves(crm, "Note", self.name("N"), Title="Call", Body=self.name("words "), ParentId=parent)

    def crm_edit(self):
        crm, object = self.side(), self.chance.choice(("Account", "Contact", "Lead"))
        if id := self.any_of(crm, object):
            field = {"Account": "City", "Contact": "LastName", "Lead": "City"}[object]
            self.world.person_saves(crm, object, id, **{field: self.chance.choice(WORDS)})

    def prm_edit(self):
        entity = self.chance.choice(("account", "contact", "lead"))
        rows = sorted(self.world.rows(entity), key=lambda row: row["id"])
        if rows:
            field = {"account": "city", "contact": "last_name", "lead": "city"}[entity]
            self.world.edit(entity, self.chance.choice(rows)["id"], **{field: self.chance.choice(WORDS)})

    def deletes(self):
        crm, object = self.side(), self.chance.choice(("Account", "Contact", "Lead"))
        if id := self.any_of(crm, object):
            self.world.clock.forward(seconds=1)
            self.world.crms[crm].delete(object, id)


def told_of(world, changes):
    """Where the store or a CRM does not hold what was planned last for a field; a change of the PRM's has its row's id."""
    linked = defaultdict(list)
    for k in world.links():
        linked[k["connection"], k["crm_id"], k["entity"]].append(k["prm_id"])
    rows = {(e, r["id"]): r for e in ("account", "contact", "lead", "note", "partner_account") for r in world.rows(e)}
    to_prm, to_crm = {}, {}
    for c in changes:
        for f in c.fields:
            ids = linked.get((c.connection, c.crm_id, c.entity), [c.prm_id])
            if f.way == "to PRM" and (c.entity, f.field) != ("lead", "state"):  # which routing moves on within the same sync
                to_prm |= {(c.entity, prm_id, f.field): f.value for prm_id in ids}
            if f.way == "to CRM" and c.crm_id:
                to_crm |= {(c.connection, c.object, c.crm_id, name): value for name, value in f.told.items()}
    vague = ("(new", "(the ")
    for (entity, prm_id, field), value in to_prm.items():
        found = rows[entity, prm_id].get(field, value)
        if not (isinstance(value, str) and value.startswith(vague)) and not same(found, value):
            yield entity, prm_id, field, value, found
    for (crm, object, crm_id, name), value in to_crm.items():
        found = world.crms[crm].objects[object][crm_id].values.get(name)
        if not (isinstance(value, str) and value.startswith(vague)) and not same(found, value):
            yield crm, crm_id, name, value, found


@pytest.mark.parametrize("seed", [0, 5, *(pytest.param(n, marks=pytest.mark.prove) for n in (1, 2, 3))])
def test_a_sync_does_what_was_planned_and_planning_changes_nothing(world, seed):
    scene = Scene(world, seed)
    for _ in range(4):
        for _ in range(scene.chance.randint(1, 12)):
            scene.act()
        world.clock.forward(seconds=30)
        before = everything(world)
        plan, changes = planned(world)
        assert everything(world) == before
        _, repeated = planned(world)
        assert repeated == changes
        world.clock.forward(seconds=-30)
        calls = {name: m.connector.calls for name in plan if (m := world.project.meter(name))}
        rounds = world.sync()
        assert counted({name: p.round for name, p in plan.items()}) == counted(rounds)
        assert {name: p.doing for name, p in plan.items()} == {
            name: world.project.meter(name).connector.calls - made for name, made in calls.items()
        }
        shown = [c for c in changes if not any(c.crm_id and d.crm_id == c.crm_id and d is not c for d in changes)]
        assert list(told_of(world, shown)) == []


# -- what it says ------------------------------------------------------------------------------------------------------------


def test_a_record_goes_in_with_the_parent_that_the_same_plan_makes(world):
    world.person_saves("east", "Contact", id="C1", LastName="Li", AccountId="A1")
    world.person_saves("east", "Account", id="A1", Name="Globex")
    plan, (account, contact) = planned(world, "east")
    assert (account.crm_id, contact.crm_id) == ("A1", "C1")
    assert {f.field: f.value for f in contact.fields} == {"last_name": "Li", "account_id": "(new, Account A1)"}
    assert plan["east"].held == 0


def test_what_the_prm_has_to_tell_goes_to_the_crm(world):
    world.person_saves("east", "Account", id="A1", Name="Globex")
    world.sync()
    world.edit("account", world.row("account")["id"], website="https://globex.example")
    plan, (change,) = planned(world, "east")
    assert [(f.way, f.told) for f in change.fields] == [("to CRM", {"Website": "https://globex.example"})]
    assert (change.prm_id, plan["east"].round.tally("account").to_crm) == (world.row("account")["id"], 1)


def test_nothing_to_do_and_could_not_look_are_two_answers(world):
    world.sync()
    world.crms["east"].faults.append(RetryLater("east is away"))
    plan, changes = planned(world)
    assert (plan["east"].idle, str(plan["east"].failure)) == (False, "east is away")
    assert (plan["west"].idle, plan["west"].failure, changes) == (True, None, [])
    assert world.anomalies() == []


def test_what_was_held_before_is_no_news(world):
    world.person_saves("east", "Lead", id="L1", Distribute=True, Status="New")
    plan, (change,) = planned(world, "east")
    assert (plan["east"].held, change.held, change.kind) == (1, True, "keyless")
    world.sync()
    world.clock.forward(minutes=10)
    world.person_saves("east", "Lead", id="L2", LastName="Li", Distribute=False, Status="New")
    world.sync()
    plan, changes = planned(world, "east")
    assert (plan["east"].idle, changes) == (True, [])


def test_a_conflict_is_told_as_held_with_both_values(world):
    world.person_saves("east", "Account", id="A1", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Bonn")
    world.person_saves("east", "Account", "A1", City="Kiel")
    plan, (change,) = planned(world, "east")
    assert [(f.field, f.way, f.crm, f.prm) for f in change.fields] == [("city", "held", "Kiel", "Bonn")]
    assert plan["east"].held == 1


def test_a_sync_that_would_be_refused_is_planned_as_refused(world):
    for n in range(60):
        world.person_saves("east", "Account", id=f"A{n}", Name=f"Company {n}", City="Ulm")
    world.sync()
    for n in range(60):
        world.person_saves("east", "Account", f"A{n}", City="Bonn")
    before = everything(world)
    plan, _ = planned(world, "east")
    assert isinstance(plan["east"].failure, Stop)
    assert "60 of 60 linked records would change (100%" in str(plan["east"].failure)
    assert everything(world) == before


def test_a_paused_connection_is_not_called(world):
    with write(world.project.engine) as conn:
        connections.pause(conn, "east", "kim", "moving", now=world.clock.now)
    plan, _ = planned(world, "east")
    assert isinstance(plan["east"].failure, Stop)
    assert (plan["east"].looking, world.project.meter("east").connector.calls) == (0, 0)


def test_of_a_connection_that_is_not_armed_the_writes_are_shown_and_said_to_wait(world):
    world.person_saves("east", "Account", id="A1", Name="Globex")
    world.sync()
    with write(world.project.engine) as conn:
        connections.disarm(conn, "east")
    world.edit("account", world.row("account")["id"], website="https://globex.example")
    before = everything(world)
    plan, changes = planned(world, "east")
    assert (plan["east"].waiting, plan["east"].round.tally("account").to_crm, len(changes)) == (True, 1, 1)
    assert everything(world) == before
    calls = world.project.meter("east").connector.calls
    world.sync("east")
    assert world.project.meter("east").connector.calls - calls == plan["east"].doing


def test_a_sample_reads_no_more_than_it_says(world):
    for n in range(30):
        world.person_saves("east", "Account", id=f"A{n:02}", Name=f"Company {n}")
    plan, changes = planned(world, "east", sample=7)
    assert [c.crm_id for c in changes] == [f"A{n:02}" for n in range(7)]
    assert (plan["east"].round.tally("account").read, plan["east"].first) == (7, True)
    assert plan["east"].looking == 5  # one page of each object


def test_another_mapping_is_tried_on_the_same_store(world, tmp_path):
    world.person_saves("east", "Account", id="A1", Name="Globex", City="Ulm")
    world.sync()
    world.clock.forward(minutes=10)
    text = MAPPING.read_text().replace("        industry_raw:", "        country_code: Country\n        industry_raw:")
    (tmp_path / "other.yaml").write_text(text)
    mapping = load(tmp_path / "other.yaml", PRM_FIELDS)
    world.crms["east"].define("Account", {"Country": FieldType.TEXT})
    before = everything(world)
    other = project_of(world.settings, mapping, clock=world.clock, declare=False)
    other.use("east", world.project.meter("east").connector)
    with planning(other) as planner:
        plan = planner.plan("east")
    assert [(f.entity, f.field, f.crm_field, f.records) for f in plan.unfilled] == [("account", "country_code", "Country", 1)]
    assert everything(world) == before


def test_an_entity_that_is_not_mapped_is_a_matter_of_configuration(world):
    with pytest.raises(ConfigError, match="did you mean 'account'"):
        planned(world, "east", entity="acount")
    with pytest.raises(ConfigError, match="no connection is called 'north'"):
        planned(world, "north")
