"""What a link remembers after each kind of decision, as tables."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from centri.records import MISSING, PRM, Record, Ref
from centri.sync.link import Link, Role, agreed, never_agreed, recall, undecided
from centri.sync.memory import born, first_memory, received, remember
from centri.sync.merge import Direction, FieldDecision
from centri.sync.policies import Take

CRM, ROW = Ref("crm", "Lead", "1"), Ref(PRM, "lead", "7")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPEN = {"$undecided": "BONN"}
SINCE_ULM = {"$undecided": "BONN", "$agreed": "ULM"}


def decided(take, crm="BONN", prm="kiel", value="bonn", *, name="city", **more):
    return FieldDecision(name, "City", take, crm, prm, "", value, **more)


REMEMBERED = [
    # take        CRM then         CRM now  PRM now  remembered of the CRM             of the PRM
    (Take.NONE,   "ULM",           "BONN",  "kiel",  "ULM",                            "ulm"),
    (Take.CRM,    "ULM",           "BONN",  "kiel",  "BONN",                           "bonn"),
    (Take.EITHER, "ULM",           "BONN",  "kiel",  "BONN",                           "kiel"),
    (Take.EITHER, "ULM",           MISSING, MISSING, None,                             None),
    (Take.PRM,    "ULM",           "ULM",   "kiel",  "ULM",                            "ulm"),
    (Take.PRM,    "ULM",           "BONN",  "kiel",  SINCE_ULM,                        "ulm"),
    (Take.MERGED, "ULM",           "BONN",  "kiel",  SINCE_ULM,                        "ulm"),
    (Take.HOLD,   "ULM",           "BONN",  "kiel",  SINCE_ULM,                        "ulm"),
    (Take.HOLD,   None,            MISSING, "kiel",  None,                             "ulm"),
    (Take.HOLD,   SINCE_ULM,       "KIEL",  "kiel",  {"$undecided": "KIEL", "$agreed": "ULM"}, "ulm"),
    (Take.HOLD,   SINCE_ULM,       "ULM",   "kiel",  "ULM",                            "ulm"),
    (Take.PRM,    OPEN,            "KIEL",  "kiel",  {"$undecided": "KIEL"},           "ulm"),
    (Take.HOLD,   OPEN,            MISSING, "kiel",  {"$undecided": None},             "ulm"),
]  # fmt: skip


@pytest.mark.parametrize(("take", "then", "crm", "prm", "crm_seen", "prm_seen"), REMEMBERED)
def test_a_link_after_a_decision(take, then, crm, prm, crm_seen, prm_seen):
    link = Link(CRM, ROW, crm_seen={"City": then, "Name": "a"}, prm_seen={"city": "ulm", "name": "a"})
    known = remember(link, [decided(take, crm, prm)], None)
    assert (known.crm_seen, known.prm_seen) == ({"City": crm_seen, "Name": "a"}, {"city": prm_seen, "name": "a"})


def test_a_field_that_was_never_remembered_has_nothing_to_go_back_to():
    assert remember(Link(CRM, ROW), [decided(Take.HOLD)], None).crm_seen == {"City": OPEN}


@pytest.mark.parametrize("take", [Take.CRM, Take.EITHER])
def test_a_blank_that_stands_for_a_parent_to_come_is_not_agreed(take):
    link = Link(CRM, ROW, crm_seen={"City": "ULM"}, prm_seen={"city": "ulm"})
    known = remember(link, [decided(take, value=None, waits_for="9")], None)
    assert (known.crm_seen["City"], known.prm_seen["city"]) == ((OPEN, None) if take is Take.CRM else ("BONN", "kiel"))


@pytest.mark.parametrize("held_first", [True, False])
def test_a_crm_field_of_several_rules_is_agreed_only_where_all_of_them_agree(held_first):
    link = Link(CRM, ROW, crm_seen={"City": "ULM"}, prm_seen={"city": "ulm", "town": "ulm"})
    fields = [decided(Take.HOLD, name="town"), decided(Take.CRM)]
    known = remember(link, fields if held_first else fields[::-1], None)
    assert (known.crm_seen, known.prm_seen) == ({"City": SINCE_ULM}, {"city": "bonn", "town": "ulm"})


BORN = [
    # decision                                         remembered of the CRM  of the PRM
    (decided(Take.CRM),                                "BONN",                "bonn"),
    (decided(Take.NONE),                               "BONN",                "kiel"),
    (decided(Take.EITHER, MISSING, MISSING),           None,                  None),
    (decided(Take.PRM),                                "BONN",                {"$undecided": "kiel"}),
    (decided(Take.MERGED),                             "BONN",                {"$undecided": "kiel"}),
    (decided(Take.HOLD),                               OPEN,                  "kiel"),
    (decided(Take.HOLD, kind="reference_missing"),     OPEN,                  "kiel"),
    (decided(Take.HOLD, kind="conflict_open"),         OPEN,                  {"$undecided": "kiel"}),
    (decided(Take.CRM, value=None, waits_for="9"),     OPEN,                  None),
    (decided(Take.CRM, kind="conflict_open"),          "BONN",                "bonn"),
]  # fmt: skip


@pytest.mark.parametrize(("decision", "crm_seen", "prm_seen"), BORN)
def test_a_new_link(decision, crm_seen, prm_seen):
    expected = Link(CRM, ROW, Role.MIRROR, crm_seen={"City": crm_seen}, prm_seen={"city": prm_seen})
    assert expected == first_memory(CRM, ROW, Role.MIRROR, [decision], None)


VERSIONS = [
    # the record that was read                     version  changed at
    (None, "3", None),
    (Record(CRM, {}, "", NOON), "3", None),
    (Record(CRM, {}, "4", NOON), "4", NOON),
]


@pytest.mark.parametrize(("record", "version", "changed_at"), VERSIONS)
def test_a_link_knows_the_version_it_was_decided_at(record, version, changed_at):
    known = remember(Link(CRM, ROW, crm_version="3"), [], record)
    assert (known.crm_version, known.crm_changed_at) == (version, changed_at)
    born = first_memory(CRM, ROW, Role.ORIGIN, [], record)
    assert (born.crm_version, born.crm_changed_at) == ("" if version == "3" else version, changed_at)


def test_a_receipt_moves_what_was_sent_and_nothing_else():
    link = Link(CRM, ROW, crm_seen={"City": "ULM", "Name": "A"}, prm_seen={"city": "ulm", "name": "a"})
    known = received(link, {"City": "BONN"}, {"city": "bonn"})
    assert (known.crm_seen, known.prm_seen) == ({"City": "BONN", "Name": "A"}, {"city": "bonn", "name": "a"})


def test_of_a_record_that_we_made_everything_else_counts_as_blank():
    rules = [SimpleNamespace(crm="City", crm_parts=()), SimpleNamespace(crm="Street", crm_parts=("House", "Floor"))]
    link = born(CRM, ROW, Role.MIRROR, rules)
    assert link == Link(CRM, ROW, Role.MIRROR, crm_seen=dict.fromkeys(["City", "Street", "House", "Floor"]))


def test_what_is_seen_and_not_agreed_is_told_from_what_is_agreed():
    assert (undecided("a"), undecided(MISSING, "b")) == ({"$undecided": "a"}, {"$undecided": None, "$agreed": "b"})
    assert undecided("a", None) == {"$undecided": "a", "$agreed": None}
    values = ["a", None, {}, {"$agreed": "a"}, undecided("a"), undecided("a", "b"), undecided("a", None)]
    assert [agreed(v) for v in values] == ["a", None, {}, {"$agreed": "a"}, undecided("a"), "b", None]
    assert [never_agreed(v) for v in values] == [False, False, False, False, True, False, False]
    assert recall({"x": undecided("a", "b"), "y": "c", "z": {}}) == {"x": "a", "y": "c", "z": {}}


def read_too(prm, direction, crm="City", parts=()):
    return SimpleNamespace(prm=prm, crm=crm, crm_parts=parts, direction=direction)


def test_what_others_take_in_of_a_field_that_was_just_told_is_looked_at_again():
    rules = [
        read_too("city", Direction.OUT),
        read_too("seat", Direction.IN),
        read_too("place", Direction.IN, "Place", ("City",)),
        read_too("name", Direction.IN, "Name"),
        read_too("town", Direction.BOTH),
    ]
    then = {"city": "ulm", "seat": "ulm", "place": undecided("p"), "name": "a", "town": "ulm"}
    link = received(Link(CRM, ROW, crm_seen={"City": "ULM"}, prm_seen=then), {"City": "KIEL"}, {"city": "kiel"}, rules)
    looked_at = {"seat": undecided("ulm"), "place": undecided("p")}
    assert (link.crm_seen, link.prm_seen) == ({"City": "KIEL"}, then | {"city": "kiel"} | looked_at)


def test_of_a_record_that_we_made_it_is_taken_in_although_nothing_changed():
    rules = [read_too("city", Direction.OUT), read_too("seat", Direction.IN)]
    link = received(born(CRM, ROW, Role.MIRROR, rules), {"City": "KIEL"}, {"city": "kiel"}, rules)
    assert link.prm_seen == {"city": "kiel", "seat": undecided(None)}
