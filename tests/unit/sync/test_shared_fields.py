"""Fields that share what they are made of: several rules of one CRM field, several CRM fields of one value, rows of files."""

from dataclasses import replace

import pytest
from test_field_decisions import CRM, DISOWNED, ROW, Rule, decide, says

from centri.anomalies import Untranslatable
from centri.records import MISSING, Record
from centri.sync.link import Link, undecided
from centri.sync.memory import remember
from centri.sync.merge import Direction, Situation, merge
from centri.sync.policies import Take, crm_wins, prm_wins

TOWN = Rule(prm="town")
FROM_FILE = Situation(offering=True)


def pair(rules, *, crm="BONN", seen=None, **prm):
    link = Link(CRM, ROW, crm_seen={"City": "ULM"}, prm_seen={"city": "ulm", "town": "ulm"} if seen is None else seen)
    return merge(link, Record(CRM, {"City": crm}), Record(ROW, prm), rules)


def test_a_crm_field_is_not_written_while_another_rule_takes_or_holds_what_changed_in_it():
    taken, told = pair([Rule(), replace(TOWN, policy=prm_wins)], city="ulm", town="kiel")
    assert taken.take is Take.CRM
    because = "both changed; prm_wins; another part of City changed in the CRM"
    assert told == replace(says(Take.HOLD, "BONN", "kiel", because, value="bonn", kind="conflict_open"), field="town")


@pytest.mark.parametrize("first", [Rule(Direction.IN), Rule(Direction.NONE)])
def test_a_rule_that_only_reads_keeps_nobody_from_writing(first):
    _, told = pair([first, replace(TOWN, policy=prm_wins)], city="ulm", town="kiel")
    assert told.take is Take.PRM


def test_a_part_that_cannot_be_read_is_told_so():
    fails = Untranslatable("type_mismatch", "no city")
    _, told = pair([Rule(), Rule(Direction.OUT, prm="town", fails=fails)], city="ulm", town="kiel")
    assert (told.take, told.kind, told.because) == (Take.HOLD, "type_mismatch", "no city")


NEW = "newly mapped; filled at the next backfill"


def test_a_rule_is_new_where_neither_side_of_it_is_remembered():
    (alone,) = pair([Rule()], crm="ULM", seen={}, city="kiel")
    assert alone.take is Take.PRM
    _, shared = pair([Rule(), TOWN], crm="ULM", seen={"city": "ulm"}, city="ulm", town="kiel")
    assert (shared.take, shared.because) == (Take.NONE, NEW)
    link = Link(CRM, ROW, prm_seen={"city": "ulm"})
    (known,) = merge(link, Record(CRM, {"City": "BONN"}), Record(ROW, {"city": "ulm"}), [Rule()])
    assert known.take is Take.CRM


PARTS = [
    # the part then      now          take
    ("9", "9", Take.NONE),
    ("9", "8", Take.CRM),
    (undecided("8", "9"), "9", Take.NONE),
    (undecided("8", "9"), "8", Take.CRM),
    (MISSING, "8", Take.CRM),
    (MISSING, None, Take.CRM),
    ("9", MISSING, Take.NONE),
]


@pytest.mark.parametrize(("then", "now", "take"), PARTS)
def test_a_change_of_a_part_is_a_change_of_the_value(then, now, take):
    rule = PartRule(crm_parts=("Zip",))
    seen = {"City": "ULM"} | ({} if then is MISSING else {"Zip": then})
    crm = Record(CRM, {"City": "ULM"} | ({} if now is MISSING else {"Zip": now}))
    (decision,) = merge(Link(CRM, ROW, crm_seen=seen, prm_seen={"city": "ulm"}), crm, Record(ROW, {"city": "ulm"}), [rule])
    assert (decision.take, dict(decision.crm_parts)) == (take, {} if now is MISSING else {"Zip": now})


class PartRule(Rule):
    def inward(self, crm, refs):
        return f"{crm['City'].lower()} {crm.get('Zip')}"


def test_parts_of_a_record_that_is_not_linked_are_news():
    (decision,) = merge(None, Record(CRM, {"City": "ULM", "Zip": "9"}), Record(ROW, {}), [PartRule(crm_parts=("Zip",))])
    assert decision.take is Take.CRM


def test_parts_are_remembered_beside_everything_else():
    field = replace(says(Take.EITHER, "ULM", "ulm", ""), crm_parts={"Zip": "9"})
    assert remember(Link(CRM, ROW, crm_seen={"Name": "a"}), [field], None).crm_seen == {"Name": "a", "Zip": "9", "City": "ULM"}


class AtBirth(Rule):
    on_create = Direction.IN


BIRTHS = [
    # direction        CRM then            PRM now  take
    (Direction.NONE, undecided("ULM"), None, Take.CRM),
    (Direction.NONE, undecided("ULM"), "ulm", Take.EITHER),
    (Direction.NONE, "ULM", None, Take.EITHER),
    (Direction.NONE, undecided("X", "ULM"), None, Take.EITHER),
    (Direction.OUT, undecided("ULM"), None, Take.PRM),
    (Direction.OUT, undecided("ULM"), "ulm", Take.PRM),
]


@pytest.mark.parametrize(("direction", "then", "prm", "take"), BIRTHS)
def test_what_flows_only_on_creation_and_was_missed_then(direction, then, prm, take):
    rule = AtBirth(direction)
    link = Link(CRM, ROW, crm_seen={"City": then}, prm_seen={"city": None})
    (decision,) = merge(link, Record(CRM, {"City": "BONN"}), Record(ROW, {"city": prm}), [rule])
    assert decision.take is take
    if take is Take.EITHER:
        assert decision.because == "flows only on creation"


def test_what_flows_only_on_creation_does_not_flow_into_a_record_that_is_adopted():
    assert decide(AtBirth(Direction.NONE), "BONN", None, linked=False).take is Take.EITHER


def test_a_value_that_the_record_does_not_carry_is_what_was_agreed():
    assert decide(Rule(told={"City": "ULM"}), MISSING, "kiel").take is Take.EITHER


IN = Rule(Direction.IN)
FILES = [
    # rule                                  file says  PRM     decision
    (IN, "ULM", "kiel", says(Take.EITHER, "ULM", "kiel", "the file says what it said before")),
    (IN, "BONN", "ulm", says(Take.CRM, "BONN", "ulm", "only the file changed", value="bonn")),
    (
        replace(IN, policy=crm_wins),
        "BONN",
        "kiel",
        says(Take.CRM, "BONN", "kiel", "both changed; crm_wins", value="bonn", policy="crm_wins"),
    ),
    (
        replace(IN, policy=prm_wins),
        "BONN",
        "kiel",
        says(Take.EITHER, "BONN", "kiel", "what is here stays; both changed; prm_wins"),
    ),
]


@pytest.mark.parametrize(("rule", "crm", "prm", "expected"), FILES)
def test_a_row_of_a_file_owns_nothing(rule, crm, prm, expected):
    assert decide(rule, crm, prm, FROM_FILE) == expected


def test_a_file_says_nothing_of_a_field_that_a_crm_owns():
    disowned = replace(DISOWNED, offering=True)
    assert decide(IN, "BONN", "kiel", disowned).because == "another connection owns this field"


def test_a_new_row_of_a_file_is_taken_where_nothing_is_here():
    assert decide(IN, "BONN", MISSING, FROM_FILE, linked=False).because == "the file says so"
