"""What a decision would change, as values that people and programs read."""

import pytest

from centri.records import MISSING, PRM, Record, Ref
from centri.sync.changes import Change, FieldChange, Wording, change_of, ids_of
from centri.sync.merge import FieldDecision
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision

CRM, ROW = Record(Ref("crm", "Lead", "1"), {}), Record(Ref(PRM, "lead", "7"), {})
PLAIN = Wording()
REF = {"$ref": ["partner_account", "p9"]}


def field(take, crm="Bonn", prm="Ulm", value=MISSING, told=None, kind="", name="city"):
    return FieldDecision(name, "City", take, crm, prm, "why", value, told or {}, kind)


def shown(way, crm="Bonn", prm="Ulm", value=None, told=None, kind=""):
    return FieldChange("city", "City", way, crm, prm, "why", value, told or {}, kind)


FIELDS = [
    # decision                                                      what is shown of it; None: nothing
    (field(Take.NONE),                                              None),
    (field(Take.EITHER),                                            None),
    (field(Take.CRM, value="Bonn"),                                 shown("to PRM", value="Bonn")),
    (field(Take.CRM, value="Ulm"),                                  None),
    (field(Take.CRM, prm=None, value=None),                         None),
    (field(Take.CRM, prm=MISSING, value=None),                      None),
    (field(Take.CRM, prm=MISSING, value="Bonn"),                    shown("to PRM", prm=None, value="Bonn")),
    (field(Take.CRM, prm="Ulm", value=None),                        shown("to PRM")),
    (field(Take.PRM, value="x", told={"City": "ULM"}),              shown("to CRM", told={"City": "ULM"})),
    (field(Take.PRM, crm=None, told={"City": "ULM"}),               shown("to CRM", crm=None, told={"City": "ULM"})),
    (field(Take.PRM, told={"City": None}),                          shown("to CRM", told={"City": None})),
    (field(Take.PRM, crm=None, told={"City": None}),                None),
    (field(Take.PRM, crm=MISSING, told={"City": None, "x": None}),  None),
    (field(Take.PRM, crm=MISSING, told={"City": None, "x": "y"}),
     shown("to CRM", crm=None, told={"City": None, "x": "y"})),
    (field(Take.MERGED, value=["a"], told={"City": ["a"]}),         shown("to both", value=["a"], told={"City": ["a"]})),
    (field(Take.HOLD, value="b", kind="conflict_open"),             shown("held", value="b", kind="conflict_open")),
    (field(Take.HOLD),                                              None),
    (field(Take.EITHER, kind="owned_elsewhere"),                    shown("missed", kind="owned_elsewhere")),
    (field(Take.EITHER, told={"City": "x"}, kind="owned_elsewhere"), shown("missed", kind="owned_elsewhere")),
    (field(Take.CRM, value=None, kind="unknown_choice"),            shown("to PRM", kind="unknown_choice")),
    (field(Take.CRM, prm=None, value=None, kind="unknown_choice"),  shown("missed", prm=None, kind="unknown_choice")),
]  # fmt: skip


@pytest.mark.parametrize(("decided", "expected"), FIELDS)
def test_a_field(decided, expected):
    change = change_of("crm", "Lead", "lead", Decision(Action.UPDATE, "differ", CRM, ROW, fields=(decided,)), PLAIN)
    whole = Change("crm", "Lead", "lead", "1", "7", "update", "differ", fields=(expected,)) if expected else None
    assert change == whole


CITY = field(Take.CRM, value="Bonn")
RECORDS = [
    # action                kind       fields    ids of either side, how many fields are shown; None: nothing
    (Action.NOTHING,        "",        (),       None),
    (Action.NOTHING,        "",        (CITY,),  1),
    (Action.UPDATE,         "",        (),       None),
    (Action.UPDATE,         "",        (CITY,),  1),
    (Action.WAIT,           "",        (),       None),
    (Action.WAIT,           "",        (CITY,),  0),
    (Action.WAIT,           "keyless", (),       0),
    (Action.WAIT,           "keyless", (CITY,),  0),
    (Action.HOLD,           "deleted", (),       0),
    (Action.ADOPT,          "",        (),       0),
    (Action.CREATE_IN_PRM,  "",        (CITY,),  1),
    (Action.UNLINK,         "",        (),       0),
]  # fmt: skip


@pytest.mark.parametrize(("action", "kind", "fields", "number"), RECORDS)
def test_a_record(action, kind, fields, number):
    change = change_of("crm", "Lead", "lead", Decision(action, "why", CRM, ROW, fields=fields, kind=kind), PLAIN)
    told = (shown("to PRM", value="Bonn"),) if number else ()
    assert change == (None if number is None else Change("crm", "Lead", "lead", "1", "7", str(action), "why", kind, told))


def test_a_record_that_is_not_there_yet_has_no_id():
    newborn = Decision(Action.CREATE_IN_CRM, "new", None, ROW)
    assert change_of("crm", "Lead", "lead", newborn, PLAIN) == Change("crm", "Lead", "lead", "", "7", "create in CRM", "new")
    fresh = change_of("crm", "Lead", "lead", Decision(Action.HOLD, "", CRM, None), PLAIN)
    assert (fresh.crm_id, fresh.prm_id) == ("1", "")


def test_a_change_is_held_where_it_or_a_field_names_an_anomaly():
    held, free = shown("held", kind="conflict_open"), shown("to PRM")
    made = [
        Change("", "", "", "", "", "", "", kind, fields)
        for kind, fields in (("x", ()), ("", (free, held)), ("", (free,)), ("", ()))
    ]
    assert [change.held for change in made] == [True, True, False, False]


NEWBORN = Wording({"p9": "Lead 3"}, "2026-03-02T09:00:00Z")
VALUES = [
    # value                   in plain words                 with newborn rows and a time
    ("Ulm",                   "Ulm",                         "Ulm"),
    (MISSING,                 None,                          None),
    (None,                    None,                          None),
    (0,                       0,                             0),
    (["p9"],                  ["p9"],                        ["p9"]),
    ("",                      "(now)",                       ""),
    ("2026-03-02T09:00:00Z",  "2026-03-02T09:00:00Z",        "(now)"),
    ("p9",                    "p9",                          "Lead 3"),
    ("lead/p9",               "lead/p9",                     "lead/Lead 3"),
    ("lead/p8",               "lead/p8",                     "lead/p8"),
    ("a/b/p9",                "a/b/p9",                      "a/b/Lead 3"),
    (REF,                     "(the partner account p9)",    "(the partner account Lead 3)"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "plain", "newborn"), VALUES)
def test_values_whose_true_form_is_not_known_yet(value, plain, newborn):
    assert (PLAIN.value(value), NEWBORN.value(value)) == (plain, newborn)


def test_newborn_rows_are_named_everywhere():
    row = Record(Ref(PRM, "lead", "p9"), {})
    fields = (
        field(Take.CRM, prm="p9", value="lead/p9"),
        field(Take.PRM, crm="p9", told={"City": REF}),
    )
    change = change_of("crm", "Lead", "lead", Decision(Action.UPDATE, "why", CRM, row, fields=fields), NEWBORN)
    assert change.prm_id == "Lead 3"
    assert [(f.crm, f.prm, f.value, dict(f.told)) for f in change.fields] == [
        ("Bonn", "Lead 3", "lead/Lead 3", {}),
        ("Lead 3", "Ulm", None, {"City": "(the partner account Lead 3)"}),
    ]


def test_the_rows_that_a_decision_names():
    fields = (
        field(Take.CRM, value="p1", prm="", name="account_id"),
        field(Take.CRM, value="contact/p2", prm=3, name="parent"),
        field(Take.CRM, value="Ulm", prm="p4"),
        field(Take.PRM, value=MISSING, prm=MISSING, told={"a": "x", "b": REF, "c": REF}),
        field(Take.CRM, value=None, prm="p5", name="account_id"),
    )
    references = {"account_id": ("account",), "parent": ("lead", "contact")}
    found = [*ids_of(Decision(Action.UPDATE, "", CRM, ROW, fields=fields), references)]
    ours = ("partner_account", "p9")
    assert found == [("lead", "7"), ("account", "p1"), ("contact", "p2"), ours, ours, ("account", "p5")]
    assert [*ids_of(Decision(Action.NOTHING, "", CRM, None), {})] == []
