"""One CRM field for several PRM fields and the other way round: what a merge makes of an edit of a part."""

import pytest

from centri.mappings.names import Names
from centri.mappings.rules import FieldRule
from centri.records import PRM, Record, Ref
from centri.sync.link import Link
from centri.sync.memory import remember
from centri.sync.merge import merge
from centri.sync.policies import Take
from centri.sync.references import References

CRM_REF, PRM_REF = Ref("crm", "Contact", "1"), Ref(PRM, "contact", "1")
NAME = {"name_part": ["first_name", "last_name"]}


def rule(prm, crm, transform, **keys):
    return FieldRule.model_validate({"$prm": prm, "crm": crm, "transform": transform, **keys}, context=Names())


def link(crm, row):
    return Link(CRM_REF, PRM_REF, crm_seen=crm, prm_seen=row)


def decide(rules, then, now):
    """The decisions, by PRM field, and what is remembered; ``then`` and ``now`` hold the CRM's values and the row's."""
    crm = Record(CRM_REF, now[0])
    decisions = merge(link(*then), crm, Record(PRM_REF, now[1]), rules)
    return {d.field: d for d in decisions}, remember(link(*then), decisions, crm)


def names(policy="hold"):
    return [rule(field, "Name", NAME, policy=policy) for field in ("first_name", "last_name")]


def person(first, last):
    return {"first_name": first, "last_name": last}


THEN = ({"Name": "Mia Wong"}, person("Mia", "Wong"))

TABLE = [
    # CRM now, row now, first name taken from, last name taken from, what the CRM is told
    ("Mia Wong", person("Mia", "Wong"), Take.NONE, Take.NONE, None),
    ("Ann Wong", person("Mia", "Wong"), Take.CRM, Take.EITHER, None),
    ("Ann Wu", person("Mia", "Wong"), Take.CRM, Take.CRM, None),
    ("Mia Wong", person("Mia", "Wu"), Take.NONE, Take.PRM, "Mia Wu"),
    ("Mia Wong", person("Ann", "Wu"), Take.PRM, Take.PRM, "Ann Wu"),
    ("Ann Wong", person("Mia", "Wu"), Take.CRM, Take.HOLD, None),
    ("Mia Wu", person("Ann", "Wong"), Take.HOLD, Take.CRM, None),
]


@pytest.mark.parametrize("policy", ["prm_wins", "hold"])
@pytest.mark.parametrize(("crm", "row", "first", "last", "told"), TABLE)
def test_a_part_is_never_told_over_one_that_the_crm_changed(policy, crm, row, first, last, told):
    decisions, _ = decide(names(policy), THEN, ({"Name": crm}, row))
    assert (decisions["first_name"].take, decisions["last_name"].take) == (first, last)
    assert {d.told["Name"] for d in decisions.values() if d.told} == ({told} if told else set())
    assert all(d.kind == "conflict_open" for d in decisions.values() if d.take is Take.HOLD)


def test_a_held_part_is_told_once_the_other_part_is_here():
    """The CRM's first name came in while the last name was held; with the PRM winning, the next look tells both."""
    _, memory = decide(names("prm_wins"), THEN, ({"Name": "Ann Wong"}, person("Mia", "Wu")))
    crm, row = Record(CRM_REF, {"Name": "Ann Wong"}), Record(PRM_REF, person("Ann", "Wu"))
    decisions = {d.field: d for d in merge(memory, crm, row, names("prm_wins"))}
    assert decisions["last_name"].told == {"Name": "Ann Wu"}


STREET = rule("street", "Street1", {"join": ["Street1", "Street2"]})
LINES = {"Street1": "Main St 1", "Street2": None}


@pytest.mark.parametrize(
    ("crm", "row", "take", "told"),
    [
        (LINES, "Main St 1", Take.NONE, {}),
        ({**LINES, "Street2": "2nd floor"}, "Main St 1", Take.CRM, {}),
        (LINES, "Main St 1\n2nd floor", Take.PRM, {"Street1": "Main St 1", "Street2": "2nd floor"}),
        (LINES, None, Take.PRM, {"Street1": None, "Street2": None}),
        ({**LINES, "Street2": "2nd floor"}, "Main St 2", Take.HOLD, {}),
        ({"Street1": "Main St 9"}, "Main St 1", Take.EITHER, {}),
        (LINES, "a\nb\nc", Take.HOLD, {}),
    ],
)
def test_a_change_of_a_further_field_is_a_change_of_the_value(crm, row, take, told):
    decisions, _ = decide([STREET], (LINES, {"street": "Main St 1"}), (crm, {"street": row}))
    assert (decisions["street"].take, decisions["street"].told) == (take, told)


def test_what_a_further_field_held_is_remembered_once_it_is_taken():
    now = {**LINES, "Street2": "2nd floor"}
    _, memory = decide([STREET], (LINES, {"street": "Main St 1"}), (now, {"street": "Main St 1"}))
    assert memory.crm_seen == now
    assert memory.prm_seen == {"street": "Main St 1\n2nd floor"}


def test_what_a_further_field_held_is_not_remembered_while_it_is_in_conflict():
    now = {**LINES, "Street2": "2nd floor"}
    _, memory = decide([STREET], (LINES, {"street": "Main St 1"}), (now, {"street": "Main St 2"}))
    assert memory.crm_seen == LINES


def test_a_default_and_a_blank_of_a_joined_field():
    assert rule("street", "Street1", {"join": ["Street1", "Street2"]}, default="?").outward({"street": None}, References()) == {
        "Street1": "?",
        "Street2": None,
    }
    careful = rule("street", "Street1", {"join": ["Street1", "Street2"]}, nulls="ignore")
    assert careful.outward({"street": None}, References()) == {}


def test_a_part_is_not_told_where_the_others_are_not_known():
    assert names()[0].outward({"first_name": "Mia"}, References()) == {}


def test_fields_that_are_read_and_written():
    assert STREET.crm_fields == STREET.crm_targets == ("Street1", "Street2")
    phone = rule("phone", "Phone", {"coalesce": ["Phone", "MobilePhone"]})
    assert (phone.crm_fields, phone.crm_targets) == (("Phone", "MobilePhone"), ("Phone",))
