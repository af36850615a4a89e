"""The text of a plan, as a person reads it on a terminal."""

from centri.records import MISSING, PRM, Record, Ref
from centri.sync.explain import explain
from centri.sync.merge import FieldDecision
from centri.sync.plan import Plan
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision

CRM, ROW = Record(Ref("crm", "Lead", "00Q1"), {}), Record(Ref(PRM, "lead", "0123456789"), {})


def field(take, crm, prm, value=MISSING, told=None, kind=""):
    return FieldDecision("city", "City", take, crm, prm, "why", value, told or {}, kind)


def text(*decisions, most=20):
    return explain(Plan("crm", "lead", "Lead", decisions), most=most).splitlines()


def lines(action, *fields, crm=CRM, row=ROW):
    return text(Decision(action, "because", crm, row, fields=fields))[1:]


TAKEN = field(Take.CRM, "Bonn", "Ulm", "bonn")
HELD = field(Take.HOLD, "Bonn", "Ulm", kind="conflict_open")


def test_the_first_line_counts():
    decisions = [Decision(Action.UPDATE, "", CRM, ROW, fields=(TAKEN,)), Decision(Action.NOTHING, "", CRM, ROW)]
    some = [*decisions, Decision(Action.CREATE_IN_CRM, "", None, ROW), Decision(Action.REVIEW, "", CRM, None)]
    waiting = Decision(Action.WAIT, "", CRM, None)
    head = "crm lead   read 5   unchanged 1   to PRM 1   to CRM 1   new 1   held 1   waiting 1"
    assert text(*some, waiting)[0] == head


def test_each_kind_of_change_has_its_mark():
    marks = {action: lines(action, TAKEN)[0][2] for action in Action if action is not Action.NOTHING}
    assert marks == {
        Action.CREATE_IN_PRM: "+", Action.CREATE_IN_CRM: "+", Action.ADOPT: "=", Action.UPDATE: "~", Action.UNLINK: "-",
        Action.DELETE_IN_PRM: "-", Action.REVIEW: "!", Action.WAIT: "!", Action.HOLD: "!",
    }  # fmt: skip


def test_a_record_names_both_sides_and_why():
    assert lines(Action.ADOPT) == ["  = Lead 00Q1  lead 01234567  adopt: because"]
    assert lines(Action.ADOPT, crm=None, row=None) == ["  = Lead (new)  lead (new)  adopt: because"]


def test_a_field_shows_where_its_value_goes():
    record = "  ~ Lead 00Q1  lead 01234567  update: because"
    ref = {"$ref": ["partner_account", "9"]}
    assert lines(Action.UPDATE, TAKEN) == [record, "      city               Ulm -> bonn   to PRM   why"]
    told = {"City": "ULM", "Town": None, "Partner": ref}
    crm = "      city               Bonn <- ULM, (blank), (the partner account that goes before it)   to CRM   why"
    assert lines(Action.UPDATE, field(Take.PRM, "Bonn", "Ulm", told=told)) == [record, crm]
    both = "      city               Bonn | Ulm -> Kiel   to both   why"
    assert lines(Action.UPDATE, field(Take.MERGED, "Bonn", "Ulm", "Kiel", {"City": "Kiel"})) == [record, both]
    held = "      city               Bonn | Ulm   held   why"
    assert lines(Action.UPDATE, HELD) == [record.replace("~", "!"), held]


def test_what_changes_nothing_is_left_out():
    assert lines(Action.NOTHING, TAKEN) == []
    assert lines(Action.UPDATE) == []
    assert lines(Action.UPDATE, field(Take.EITHER, "a", "b")) == []
    blank = [
        field(Take.CRM, "x", None, MISSING),
        field(Take.CRM, "x", MISSING, None),
        field(Take.CRM, "x", "Ulm", "Ulm"),
        field(Take.PRM, None, "x", told={"City": None}),
        field(Take.PRM, MISSING, "x", told={}),
        field(Take.EITHER, "a", "b", "c"),
    ]
    assert len(lines(Action.CREATE_IN_PRM, *blank)) == 1
    seen = [
        field(Take.CRM, "x", None, "a"),
        field(Take.CRM, "x", "a", None),
        field(Take.PRM, None, "x", told={"City": None, "Town": "x"}),
        field(Take.PRM, "a", None, told={"City": None}),
    ]
    assert len(lines(Action.CREATE_IN_PRM, *seen)) == 5


def test_no_more_than_asked_for_and_the_number_of_the_others():
    five = [Decision(Action.UPDATE, str(i), CRM, ROW, fields=(TAKEN,)) for i in range(5)]
    assert [line for line in text(*five, most=3) if "..." in line] == ["  ... and 2 more"]
    assert len(text(*five, most=3)) == 1 + 3 * 2 + 1
    assert len(text(*five, most=5)) == 1 + 5 * 2
    assert explain(Plan("crm", "lead", "Lead", [five[0]] * 21)).splitlines()[-1] == "  ... and 1 more"


def test_long_values_are_cut_and_stand_in_one_line():
    exact, longer = "x" * 40, "y" * 41
    (_, line) = lines(Action.UPDATE, field(Take.CRM, "", exact, longer))
    assert line == f"      city               {exact} -> {'y' * 37}...   to PRM   why"
    (_, line) = lines(Action.UPDATE, field(Take.CRM, "", "a\n b", 0))
    assert line == "      city               a b -> 0   to PRM   why"
