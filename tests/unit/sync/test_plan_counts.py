"""How a plan counts its decisions, and what it costs."""

from dataclasses import astuple, fields

import pytest

from centri.records import PRM, Record, Ref
from centri.sync.merge import FieldDecision
from centri.sync.plan import Counts, Plan, count
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision

CRM, ROW = Record(Ref("crm", "Lead", "1"), {}), Record(Ref(PRM, "lead", "7"), {})
IN = FieldDecision("city", "City", Take.CRM, "Bonn", "Ulm", "", "Bonn")
OUT = FieldDecision("name", "Name", Take.PRM, "a", "b", "", told={"Name": "b"})
HELD = FieldDecision("size", "Size", Take.HOLD, "1", "2", "", kind="conflict_open")
AGAIN = FieldDecision("size", "Size", Take.HOLD, "1", "2", "")


def decision(action, *fields, kind=""):
    return Decision(action, "", CRM, ROW, None, fields, kind)


TABLE = [
    # decision                                       unchanged to PRM to CRM created held waiting
    (decision(Action.NOTHING),                               (1, 0, 0, 0, 0, 0)),
    (decision(Action.CREATE_IN_PRM, IN),                     (0, 1, 0, 1, 0, 0)),
    (decision(Action.CREATE_IN_CRM, OUT),                    (0, 0, 1, 1, 0, 0)),
    (decision(Action.ADOPT, IN),                             (0, 1, 0, 0, 0, 0)),
    (decision(Action.ADOPT),                                 (1, 0, 0, 0, 0, 0)),
    (decision(Action.UPDATE, IN, IN, OUT),                   (0, 1, 1, 0, 0, 0)),
    (decision(Action.UPDATE, OUT),                           (0, 0, 1, 0, 0, 0)),
    (decision(Action.UPDATE, HELD),                          (0, 0, 0, 0, 1, 0)),
    (decision(Action.UPDATE, IN, HELD),                      (0, 1, 0, 0, 1, 0)),
    (decision(Action.UPDATE, AGAIN),                         (1, 0, 0, 0, 0, 0)),
    (decision(Action.UNLINK),                                (0, 1, 0, 0, 0, 0)),
    (decision(Action.DELETE_IN_PRM),                         (0, 1, 0, 0, 0, 0)),
    (decision(Action.HOLD, kind="deleted_prm"),              (0, 0, 0, 0, 1, 0)),
    (decision(Action.REVIEW),                                (0, 0, 0, 0, 1, 0)),
    (decision(Action.WAIT),                                  (0, 0, 0, 0, 0, 1)),
    (decision(Action.WAIT, kind="keyless"),                  (0, 0, 0, 0, 1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("one", "expected"), TABLE)
def test_one_decision(one, expected):
    assert astuple(count(one)) == (1, *expected)


def test_counts_add_up():
    total = Counts(*range(1, 8))
    total.add(Counts(*range(10, 80, 10)))
    assert astuple(total) == tuple(i * 11 for i in range(1, 8))
    assert len(fields(Counts)) == 7


def test_a_plan_counts_all_of_its_decisions_and_gives_them_in_order():
    some = [decision(Action.UPDATE, OUT), decision(Action.CREATE_IN_CRM, OUT), decision(Action.NOTHING)]
    plan = Plan("crm", "lead", "Lead", some)
    assert list(plan) == some
    assert astuple(plan.counts) == (3, 1, 0, 2, 1, 0, 0)


@pytest.mark.parametrize(("number", "calls"), [(0, 0), (1, 3), (200, 3), (201, 6)])
def test_a_begun_batch_costs_as_much_as_a_full_one(number, calls):
    assert Plan("crm", "lead", "Lead", [decision(Action.UPDATE, OUT)] * number).calls() == calls


def test_batches_may_be_smaller():
    assert Plan("crm", "lead", "Lead", [decision(Action.UPDATE, OUT)] * 5).calls(2) == 9
