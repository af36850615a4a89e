"""The merge as a table: what each side held when last agreed, what it holds now, and what follows.

Read a row as: the rule's direction and policy; CRM then -> CRM now; PRM then -> PRM now; whose value is taken.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from centri.anomalies import Untranslatable
from centri.records import MISSING, PRM, Record, Ref
from centri.sync.link import Link
from centri.sync.merge import Direction, Situation, merge
from centri.sync.policies import POLICIES, Policy, Take, hold

CRM_REF, PRM_REF = Ref("crm", "Lead", "1"), Ref(PRM, "lead", "1")
EARLY, LATE = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Rule:
    """The CRM writes in capitals what the PRM writes in small letters."""

    direction: Direction = Direction.BOTH
    policy: Policy = hold
    on_create: Direction | None = None
    insists: bool = True
    prm: str = "city"
    crm: str = "City"
    crm_parts: tuple = ()

    def inward(self, crm, refs):
        value = crm.get(self.crm, MISSING)
        if value == "?":
            raise Untranslatable("type_mismatch", "'?' is not a city")
        return value.lower() if isinstance(value, str) else value

    def outward(self, prm, refs):
        value = prm.get(self.prm, MISSING)
        return {} if value is MISSING else {self.crm: value.upper() if isinstance(value, str) else value}


def decide(direction, policy, crm_then, crm_now, prm_then, prm_now, *, crm_at=EARLY, prm_at=LATE, linked=True, situation=None):
    rule = Rule(Direction(direction), POLICIES[policy])
    rule = replace(rule, on_create=rule.direction)
    link = (
        Link(CRM_REF, Ref(PRM, "lead", "1"), crm_seen=_values("City", crm_then), prm_seen=_values("city", prm_then))
        if linked
        else None
    )
    crm = Record(CRM_REF, _values("City", crm_now), changed_at=crm_at)
    prm = Record(PRM_REF, _values("city", prm_now), changed_at=prm_at)
    (decision,) = merge(link, crm, prm, [rule], situation)
    return decision


def _values(name, value):
    return {} if value is MISSING else {name: value}


TABLE = [
    # what happened                                  direction  policy         CRM then  CRM now   PRM then   PRM now   take
    ("nothing changed", "both", "hold", "ULM", "ULM", "ulm", "ulm", Take.NONE),
    ("nothing changed, however different", "both", "hold", "ULM", "ULM", "bonn", "bonn", Take.NONE),
    ("only the CRM changed", "both", "hold", "ULM", "BONN", "ulm", "ulm", Take.CRM),
    ("only the PRM changed", "both", "hold", "ULM", "ULM", "ulm", "bonn", Take.PRM),
    ("only the PRM changed, to what the CRM has", "both", "hold", "BONN", "BONN", "ulm", "bonn", Take.EITHER),
    ("both changed to the same", "both", "hold", "ULM", "BONN", "ulm", "bonn", Take.EITHER),
    ("both changed: ask", "both", "hold", "ULM", "BONN", "ulm", "kiel", Take.HOLD),
    ("both changed: the CRM wins", "both", "crm_wins", "ULM", "BONN", "ulm", "kiel", Take.CRM),
    ("both changed: the PRM wins", "both", "prm_wins", "ULM", "BONN", "ulm", "kiel", Take.PRM),
    ("both changed: the later wins", "both", "newest", "ULM", "BONN", "ulm", "kiel", Take.PRM),
    ("both changed, two values: each keeps its own", "both", "fill_blanks", "ULM", "BONN", "ulm", "kiel", Take.EITHER),
    ("both changed, the PRM is blank: filled", "both", "fill_blanks", "ULM", "BONN", "ulm", None, Take.CRM),
    ("both changed, the CRM is blank: filled", "both", "fill_blanks", "ULM", None, "ulm", "kiel", Take.PRM),
    ("both added a choice: both get both", "both", "union", ["a"], ["a", "b"], ["a"], ["a", "c"], Take.MERGED),
    ("both added choices, the CRM more", "both", "union", ["a"], ["c", "a", "b"], ["a"], ["a", "c"], Take.CRM),
    ("both added choices, the PRM more", "both", "union", ["a"], ["a", "b"], ["a"], ["b", "c", "a"], Take.PRM),
    ("both put the choices in another order", "both", "union", [], ["a", "b"], [], ["b", "a"], Take.CRM),
    ("both changed the choices, the CRM to none", "both", "union", ["a"], [], ["a"], ["a", "b"], Take.PRM),
    ("both changed the choices, the PRM to none", "both", "union", ["a"], ["a", "b"], ["a"], None, Take.CRM),
    ("only the CRM took a choice away", "both", "union", ["a", "b"], ["a"], ["a", "b"], ["a", "b"], Take.CRM),
    ("two texts are no lists to unite: ask", "both", "union", "ULM", "BONN", "ulm", "kiel", Take.HOLD),
    ("the CRM wiped it", "both", "hold", "ULM", None, "ulm", "ulm", Take.CRM),
    ("the PRM wiped it", "both", "hold", "ULM", "ULM", "ulm", None, Take.PRM),
    ("in: the CRM changed", "in", "hold", "ULM", "BONN", "ulm", "ulm", Take.CRM),
    ("in: the PRM changed what it does not own", "in", "hold", "ULM", "ULM", "ulm", "kiel", Take.CRM),
    ("in: both changed", "in", "prm_wins", "ULM", "BONN", "ulm", "kiel", Take.CRM),
    ("out: the PRM changed", "out", "hold", "ULM", "ULM", "ulm", "kiel", Take.PRM),
    ("out: the CRM changed what it does not own", "out", "hold", "ULM", "BONN", "ulm", "ulm", Take.PRM),
    ("none: whatever happened", "none", "hold", "ULM", "BONN", "ulm", "kiel", Take.EITHER),
    ("the CRM did not tell the field", "both", "hold", "ULM", MISSING, "ulm", "ulm", Take.NONE),
    ("newly mapped on a linked record", "both", "crm_wins", MISSING, "BONN", MISSING, "kiel", Take.NONE),
    ("the CRM's new value cannot be translated", "both", "crm_wins", "ULM", "?", "ulm", "ulm", Take.HOLD),
    ("false is not blank is not zero", "both", "hold", False, 0, "ulm", "ulm", Take.CRM),
]  # fmt: skip


@pytest.mark.parametrize(
    ("happened", "direction", "policy", "crm_then", "crm_now", "prm_then", "prm_now", "take"), TABLE, ids=[r[0] for r in TABLE]
)
def test_linked(happened, direction, policy, crm_then, crm_now, prm_then, prm_now, take):
    assert take is decide(direction, policy, crm_then, crm_now, prm_then, prm_now).take


ADOPTING = [
    # what is found                              direction  adopt          CRM now   PRM now   take
    ("the same on both sides", "both", "fill_blanks", "ULM", "ulm", Take.EITHER),
    ("the PRM is blank", "both", "fill_blanks", "ULM", None, Take.CRM),
    ("the CRM is blank", "both", "fill_blanks", None, "ulm", Take.PRM),
    ("two values", "both", "fill_blanks", "ULM", "kiel", Take.EITHER),
    ("two values, the CRM wins", "both", "crm_wins", "ULM", "kiel", Take.CRM),
    ("two values, a person decides", "both", "hold", "ULM", "kiel", Take.HOLD),
    ("two lists of choices", "both", "union", ["a", "b"], ["b", "c"], Take.MERGED),
    ("the CRM owns it", "in", "fill_blanks", "ULM", "kiel", Take.CRM),
    ("the PRM owns it", "out", "fill_blanks", "ULM", "kiel", Take.PRM),
]


@pytest.mark.parametrize(("found", "direction", "adopt", "crm_now", "prm_now", "take"), ADOPTING, ids=[r[0] for r in ADOPTING])
def test_adopted(found, direction, adopt, crm_now, prm_now, take):
    situation = Situation(adopt=POLICIES[adopt])
    assert take is decide(direction, "hold", None, crm_now, None, prm_now, linked=False, situation=situation).take


def test_the_value_taken_from_the_crm_is_translated():
    assert decide("both", "hold", "ULM", "BONN", "ulm", "ulm").value == "bonn"


def test_the_crm_is_told_in_its_own_words():
    assert dict(decide("both", "hold", "ULM", "ULM", "ulm", "kiel").told) == {"City": "KIEL"}


def test_united_choices_keep_the_crms_order_and_go_to_both():
    decision = decide("both", "union", ["b"], ["b", "a"], ["b"], ["c", "b"])
    assert (decision.value, dict(decision.told)) == (["b", "a", "c"], {"City": ["b", "a", "c"]})
    assert (decision.to_prm, decision.to_crm, decision.sent) == (True, True, ["b", "a", "c"])


def test_a_record_that_takes_no_writes_gets_no_united_choices_and_neither_does_the_prm():
    decision = decide("both", "union", ["b"], ["b", "a"], ["b"], ["c", "b"], situation=Situation(read_only=True))
    assert Take.EITHER is decision.take


def test_a_conflict_names_its_policy():
    assert [decide("both", p, "ULM", "BONN", "ulm", "kiel").policy for p in ("hold", "prm_wins")] == ["hold", "prm_wins"]
    assert decide("both", "hold", "ULM", "BONN", "ulm", "ulm").policy == ""


NEWEST = [
    # who changed it when                         seconds by which the CRM's stamp is later   take
    ("the CRM an hour later", 3600, Take.CRM),
    ("the CRM three seconds later", 3, Take.CRM),
    ("the CRM a moment more than two seconds later", 2.001, Take.CRM),
    ("the CRM two seconds later", 2, Take.HOLD),
    ("the CRM a second later", 1, Take.HOLD),
    ("both at once", 0, Take.HOLD),
    ("the PRM a second later", -1, Take.HOLD),
    ("the PRM two seconds later", -2, Take.HOLD),
    ("the PRM a moment more than two seconds later", -2.001, Take.PRM),
    ("the PRM an hour later", -3600, Take.PRM),
    ("nobody knows when in the CRM", None, Take.HOLD),
]


@pytest.mark.parametrize(("who", "later", "take"), NEWEST, ids=[r[0] for r in NEWEST])
def test_newest(who, later, take):
    crm_at = None if later is None else LATE + timedelta(seconds=later)
    decision = decide("both", "newest", "ULM", "BONN", "ulm", "kiel", crm_at=crm_at, prm_at=LATE)
    assert (decision.take, decision.kind) == (take, "conflict_open" if take is Take.HOLD else "")


def test_a_field_owned_by_another_connection_is_read_and_never_taken():
    situation = Situation(disowned=frozenset({"city"}))
    decision = decide("in", "hold", "ULM", "BONN", "ulm", "ulm", situation=situation)
    assert (decision.take, decision.kind) == (Take.EITHER, "owned_elsewhere")


def test_a_backfill_adopts_a_newly_mapped_field():
    decision = decide("both", "crm_wins", MISSING, "BONN", MISSING, "kiel", situation=Situation(backfill=True))
    assert Take.CRM is decision.take


@pytest.mark.parametrize("backfill", [False, True])
def test_a_field_newly_mapped_beside_another_of_the_same_crm_field_wipes_nothing(backfill):
    link = Link(CRM_REF, PRM_REF, crm_seen={"City": "ULM"}, prm_seen={"city": "ulm"})
    crm, prm = Record(CRM_REF, {"City": "ULM"}), Record(PRM_REF, {"city": "ulm", "place": None})
    situation = Situation(backfill=backfill, adopt=POLICIES["fill_blanks"])
    known, new = merge(link, crm, prm, [Rule(policy=hold), Rule(prm="place", policy=hold)], situation)
    assert known.take is Take.NONE
    assert new.take is (Take.CRM if backfill else Take.NONE)


def test_what_the_crm_is_being_told_is_not_taken_in_as_it_was():
    """The PRM moved on, and so did what it derives of that; the CRM's old value must not take that back."""
    link = Link(CRM_REF, PRM_REF, crm_seen={"City": "ULM"}, prm_seen={"city": "ulm", "seat": "ulm"})
    crm, prm = Record(CRM_REF, {"City": "ULM"}), Record(PRM_REF, {"city": "bonn", "seat": "bonn"})
    told, derived = merge(link, crm, prm, [Rule(Direction.OUT), Rule(Direction.IN, prm="seat")])
    assert (told.take, derived.take, derived.because) == (
        Take.PRM, Take.NONE, "City is being told to the CRM, and taken as it is then",
    )  # fmt: skip
    alone = merge(
        link, crm, Record(PRM_REF, {"city": "ulm", "seat": "bonn"}), [Rule(Direction.OUT), Rule(Direction.IN, prm="seat")]
    )
    assert [d.take for d in alone] == [Take.NONE, Take.CRM]


def test_what_is_made_of_several_fields_waits_when_any_of_them_is_being_told():
    link = Link(CRM_REF, PRM_REF, crm_seen={"City": "ULM", "Place": "A"}, prm_seen={"city": "ulm", "seat": "a"})
    crm, prm = Record(CRM_REF, {"City": "ULM", "Place": "B"}), Record(PRM_REF, {"city": "bonn", "seat": "a"})
    _, made = merge(link, crm, prm, [Rule(Direction.OUT), Rule(Direction.IN, prm="seat", crm="Place", crm_parts=("City",))])
    assert made.take is Take.NONE


@pytest.mark.parametrize("on_create", ["in", "none"])
def test_a_newborn_is_told_nothing_of_what_only_comes_in_on_creation(on_create):
    born = Record(PRM_REF, {"city": "ulm"})
    rule = Rule(Direction.NONE, on_create=Direction(on_create))
    (decision,) = merge(None, Record(CRM_REF, {}), born, [rule], Situation(creating=True))
    assert (decision.take in (Take.NONE, Take.EITHER), decision.to_crm) == (True, False)


def test_a_converted_lead_is_told_nothing():
    assert Take.EITHER is decide("both", "hold", "ULM", "ULM", "ulm", "kiel", situation=Situation(read_only=True)).take


def test_a_hold_names_its_anomaly():
    assert decide("both", "hold", "ULM", "BONN", "ulm", "kiel").kind == "conflict_open"
    assert decide("both", "hold", "ULM", "?", "ulm", "ulm").kind == "type_mismatch"


@pytest.mark.parametrize("blank", ["", [], None])
def test_each_kind_of_blank_is_filled(blank):
    assert decide("both", "fill_blanks", "ULM", "BONN", "ulm", blank).take is Take.CRM
    assert decide("both", "fill_blanks", "ULM", blank, "ulm", "kiel").take is Take.PRM
