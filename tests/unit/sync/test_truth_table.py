"""The truth table of one pair of records: what each side is, whether they are linked, and what follows."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from centri.records import MISSING, PRM, Record, Ref
from centri.sync.link import Link, LinkState
from centri.sync.merge import Direction, Situation
from centri.sync.policies import Take, crm_wins, hold
from centri.sync.reconcile import Action, Decision, OnDelete, reconcile

CRM, ROW = Ref("crm", "Lead", "1"), Ref(PRM, "lead", "7")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class City:
    """A field that both sides hold alike; on creation only the PRM's value flows."""

    prm, crm, crm_parts, policy = "city", "City", (), staticmethod(hold)
    direction, on_create, insists = Direction.BOTH, Direction.OUT, True

    def inward(self, crm, refs):
        return crm.get("City", MISSING)

    def outward(self, prm, refs):
        return {"City": prm["city"]} if "city" in prm else {}


def crm(city="Ulm", *, deleted=False):
    return Record(CRM, {"City": city}, changed_at=NOON, deleted=deleted)


def row(city="Ulm", *, deleted=False):
    return Record(ROW, {"city": city}, changed_at=NOON, deleted=deleted)


LINK = Link(CRM, ROW, crm_seen={"City": "Ulm"}, prm_seen={"city": "Ulm"})
OVER = replace(LINK, state=LinkState.DELETED_REMOTE)
GONE, GONE_ROW = crm(deleted=True), row(deleted=True)
NOBODY = "nothing is known of either side"
NEW = "new in the CRM"
NEW_ROW = "new in the PRM"
FOUND = "found to be the same"
EARLY = "deleted before it was ever linked"
AGREED = "as last agreed"
DIFFER = "fields differ from what was last agreed"
ONE = "only one side is known"
BOTH = "deleted on both sides"
IN_CRM = "deleted in the CRM"
IN_PRM = "deleted in the PRM"
IN_CRM_ALONE, IN_PRM_ALONE = "deleted in the CRM, alive in the other", "deleted in the PRM, alive in the other"

TABLE = [
    # CRM          link  PRM          on_delete action                because       kind              takes
    (None,        None, None,        "hold",   Action.NOTHING,       NOBODY,       "",               []),
    (crm(),       None, None,        "hold",   Action.CREATE_IN_PRM, NEW,          "",               [Take.NONE]),
    (None,        None, row(),       "hold",   Action.CREATE_IN_CRM, NEW_ROW,      "",               [Take.PRM]),
    (crm(),       None, row(),       "hold",   Action.ADOPT,         FOUND,        "",               [Take.EITHER]),
    (GONE,        None, None,        "hold",   Action.NOTHING,       EARLY,        "",               []),
    (GONE,        None, row(),       "hold",   Action.NOTHING,       EARLY,        "",               []),
    (None,        None, GONE_ROW,    "hold",   Action.NOTHING,       EARLY,        "",               []),
    (crm(),       None, GONE_ROW,    "hold",   Action.NOTHING,       EARLY,        "",               []),
    (crm(),       LINK, row(),       "hold",   Action.NOTHING,       AGREED,       "",               [Take.NONE]),
    (crm("Bonn"), LINK, row(),       "hold",   Action.UPDATE,        DIFFER,       "",               [Take.CRM]),
    (crm(),       LINK, row("Bonn"), "hold",   Action.UPDATE,        DIFFER,       "",               [Take.PRM]),
    (crm("Kiel"), LINK, row("Bonn"), "hold",   Action.UPDATE,        DIFFER,       "",               [Take.HOLD]),
    (None,        LINK, row("Bonn"), "hold",   Action.NOTHING,       ONE,          "",               []),
    (crm("Bonn"), LINK, None,        "hold",   Action.NOTHING,       ONE,          "",               []),
    (GONE,        LINK, GONE_ROW,    "hold",   Action.UNLINK,        BOTH,         "",               []),
    (GONE,        LINK, GONE_ROW,    "delete", Action.UNLINK,        BOTH,         "",               []),
    (GONE,        OVER, GONE_ROW,    "hold",   Action.NOTHING,       BOTH,         "",               []),
    (GONE,        LINK, row(),       "hold",   Action.HOLD,          IN_CRM_ALONE, "deleted_remote", []),
    (GONE,        LINK, row("Bonn"), "hold",   Action.HOLD,          IN_CRM_ALONE, "deleted_remote", []),
    (GONE,        LINK, None,        "hold",   Action.HOLD,          IN_CRM_ALONE, "deleted_remote", []),
    (GONE,        LINK, row(),       "unlink", Action.UNLINK,        IN_CRM,       "",               []),
    (GONE,        LINK, row(),       "delete", Action.DELETE_IN_PRM, IN_CRM,       "",               []),
    (crm(),       LINK, GONE_ROW,    "hold",   Action.HOLD,          IN_PRM_ALONE, "deleted_prm",    []),
    (crm("Bonn"), LINK, GONE_ROW,    "hold",   Action.HOLD,          IN_PRM_ALONE, "deleted_prm",    []),
    (None,        LINK, GONE_ROW,    "hold",   Action.HOLD,          IN_PRM_ALONE, "deleted_prm",    []),
    (crm(),       LINK, GONE_ROW,    "unlink", Action.UNLINK,        IN_PRM,       "",               []),
    (crm(),       LINK, GONE_ROW,    "delete", Action.HOLD,          IN_PRM_ALONE, "deleted_prm",    []),
]  # fmt: skip


@pytest.mark.parametrize(("there", "link", "here", "on_delete", "action", "because", "kind", "takes"), TABLE)
def test_every_pair(there, link, here, on_delete, action, because, kind, takes):
    decision = reconcile(there, link, here, [City()], on_delete=OnDelete(on_delete))
    expected = Decision(action, because, there, here, link, decision.fields, kind)
    assert (expected, takes) == (decision, [f.take for f in decision.fields])


def test_a_deletion_is_held_where_the_mapping_says_nothing():
    assert (reconcile(GONE, LINK, row(), []).action, reconcile(crm(), LINK, GONE_ROW, []).action) == (Action.HOLD, Action.HOLD)


def test_a_counterpart_that_is_not_there_yet_is_blank_and_the_direction_on_creation_counts():
    (born,) = reconcile(crm(), None, None, [City()]).fields
    assert (born.crm, born.prm, born.because) == ("Ulm", MISSING, "the PRM does not tell this field")
    (unborn,) = reconcile(None, None, row(), [City()]).fields
    assert (unborn.crm, unborn.prm, dict(unborn.told)) == (MISSING, "Ulm", {"City": "Ulm"})


def test_what_the_merge_looks_at_besides_reaches_it_in_every_case():
    disowned = Situation(adopt=crm_wins, disowned=frozenset({"city"}))
    (unborn,) = reconcile(None, None, row(), [City()], Situation(read_only=True)).fields
    assert unborn.take is Take.EITHER
    (adopted,) = reconcile(crm("Kiel"), None, row("Bonn"), [City()], disowned).fields
    assert (adopted.take, adopted.policy) == (Take.CRM, "crm_wins")
    (linked,) = reconcile(crm(), LINK, row("Bonn"), [City()], Situation(read_only=True)).fields
    assert linked.take is Take.EITHER


def test_one_field_that_differs_makes_a_difference():
    class Name(City):
        prm, crm = "name", "Name"

    link = Link(CRM, ROW, crm_seen={"City": "Ulm", "Name": "a"}, prm_seen={"city": "Ulm", "name": "a"})
    there, here = Record(CRM, {"City": "Ulm", "Name": "b"}), Record(ROW, {"city": "Ulm", "name": "a"})
    assert Action.UPDATE is reconcile(there, link, here, [City(), Name()]).action


def test_fields_are_sorted_by_where_they_go():
    class Name(City):
        prm, crm = "name", "Name"

    class Size(City):
        prm, crm = "size", "Size"

    seen = {"City": "Ulm", "Name": "a", "Size": "1"}
    link = Link(CRM, ROW, crm_seen=seen, prm_seen={k.lower(): v for k, v in seen.items()})
    there = Record(CRM, {"City": "Bonn", "Name": "a", "Size": "2"})
    here = Record(ROW, {"city": "Ulm", "name": "b", "size": "3"})
    decision = reconcile(there, link, here, [City(), Name(), Size()])
    sorted_ = [[f.field for f in some] for some in (decision.to_prm, decision.to_crm, decision.held)]
    assert sorted_ == [["city"], ["name"], ["size"]]


def test_a_new_record_is_not_taken_over_where_another_connection_owns_the_field():
    class Owned(City):
        on_create = Direction.IN

    (born,) = reconcile(crm(), None, None, [Owned()], Situation(disowned=frozenset({"city"}))).fields
    assert born.take is Take.EITHER
