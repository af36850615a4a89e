"""Everything that a field's decision says, not only whose value is taken."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from centri.anomalies import Untranslatable
from centri.records import MISSING, PRM, Record, Ref
from centri.sync.link import Link
from centri.sync.merge import Direction, FieldDecision, Situation, merge
from centri.sync.policies import Take, crm_wins, hold, newest, prm_wins, union
from centri.sync.references import References

CRM, ROW = Ref("crm", "Lead", "1"), Ref(PRM, "lead", "7")
EARLY, LATE = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)
REFS = References()
WITHOUT = Untranslatable("reference_missing", "a1 is not synced yet", waits_for="a1", without=True)
HELD = Untranslatable("reference_missing", "a1 is not synced yet", waits_for="a1")
DISOWNED = Situation(disowned=frozenset({"city"}))


@dataclass
class Rule:
    """A CRM city in capitals; ``fails`` is raised on the way in, ``told`` is what the CRM is told on the way out."""

    direction: Direction = Direction.BOTH
    policy: object = hold
    fails: Untranslatable | None = None
    told: object = None
    prm: str = "city"
    crm: str = "City"
    crm_parts: tuple = ()
    insists: bool = True
    refs: object = None

    @property
    def on_create(self):
        return self.direction

    def inward(self, crm, refs):
        assert self.refs in (None, refs)
        if self.fails:
            raise self.fails
        value = crm[self.crm]
        return value.lower() if isinstance(value, str) else value

    def outward(self, prm, refs):
        assert self.refs in (None, refs)
        if self.told is not None:
            return self.told
        value = prm.get(self.prm, MISSING)
        return {} if value is MISSING else {self.crm: value.upper() if isinstance(value, str) else value}


def decide(rule, crm, prm, situation=None, *, linked=True, then="ULM", beside=()):
    link = Link(CRM, ROW, crm_seen={"City": then}, prm_seen={"city": "ulm"}) if linked else None
    there = Record(CRM, {**dict(beside), **({} if crm is MISSING else {"City": crm})}, changed_at=EARLY)
    here = Record(ROW, {} if prm is MISSING else {"city": prm}, changed_at=LATE)
    (decision,) = merge(link, there, here, [rule], situation)
    return decision


def says(take, crm, prm, because, **more):
    return FieldDecision("city", "City", take, crm, prm, because, **more)


BOTH, IN, OUT = Rule(), Rule(Direction.IN), Rule(Direction.OUT)
OPEN = {"value": "bonn", "kind": "conflict_open", "policy": "hold"}
LINKED = [
    # rule                CRM now  PRM now  situation                 what is decided
    (BOTH,                "ULM",   "ulm",   None,                     says(Take.NONE, "ULM", "ulm", "as last agreed")),
    (BOTH,                "BONN",  "ulm",   None,
     says(Take.CRM, "BONN", "ulm", "only the CRM changed", value="bonn")),
    (BOTH,                "ULM",   "kiel",  None,
     says(Take.PRM, "ULM", "kiel", "only the PRM changed", told={"City": "KIEL"})),
    (BOTH,                "KIEL",  "kiel",  None,
     says(Take.EITHER, "KIEL", "kiel", "both sides say the same")),
    (BOTH,                "BONN",  "kiel",  None,
     says(Take.HOLD, "BONN", "kiel", "both changed; hold", **OPEN)),
    (Rule(policy=crm_wins), "BONN", "kiel", None,
     says(Take.CRM, "BONN", "kiel", "both changed; crm_wins", value="bonn", policy="crm_wins")),
    (Rule(policy=prm_wins), "BONN", "kiel", None,
     says(Take.PRM, "BONN", "kiel", "both changed; prm_wins", told={"City": "KIEL"}, policy="prm_wins")),
    (Rule(policy=newest), "BONN",  "kiel",  None,
     says(Take.PRM, "BONN", "kiel", "both changed; newest", told={"City": "KIEL"}, policy="newest")),
    (Rule(policy=union),  ["a"],   ["b"],   None,
     says(Take.MERGED, ["a"], ["b"], "both changed; union", value=["a", "b"], told={"City": ["a", "b"]}, policy="union")),
    (Rule(policy=hold),   "BONN",  "kiel",  Situation(adopt=crm_wins),
     says(Take.HOLD, "BONN", "kiel", "both changed; hold", **OPEN)),
    (IN,                  "BONN",  "ulm",   None,
     says(Take.CRM, "BONN", "ulm", "the CRM owns this field", value="bonn")),
    (IN,                  "ULM",   "kiel",  None,
     says(Take.CRM, "ULM", "kiel", "the CRM owns this field", value="ulm")),
    (IN,                  "BONN",  "ulm",   DISOWNED,
     says(Take.EITHER, "BONN", "ulm", "another connection owns this field", kind="owned_elsewhere")),
    (IN,                  "ULM",   "kiel",  DISOWNED,
     says(Take.EITHER, "ULM", "kiel", "another connection owns this field")),
    (OUT,                 "BONN",  "kiel",  None,
     says(Take.PRM, "BONN", "kiel", "the PRM owns this field", told={"City": "KIEL"})),
    (Rule(told={}),       "ULM",   "kiel",  None,
     says(Take.NONE, "ULM", "kiel", "the PRM does not tell this field")),
    (Rule(told={"City": "ULM"}), "ULM", "kiel", None,
     says(Take.EITHER, "ULM", "kiel", "both sides say the same")),
    (BOTH,                "ULM",   "kiel",  Situation(read_only=True),
     says(Take.EITHER, "ULM", "kiel", "the CRM record is read-only since its conversion")),
    (Rule(fails=HELD),    "BONN",  "ulm",   None,
     says(Take.HOLD, "BONN", "ulm", "a1 is not synced yet", kind="reference_missing", waits_for="a1")),
    (Rule(fails=HELD),    "BONN",  "ulm",   DISOWNED,
     says(Take.HOLD, "BONN", "ulm", "a1 is not synced yet", kind="reference_missing", waits_for="a1")),
    (Rule(fails=WITHOUT), "BONN",  "ulm",   None,
     says(Take.CRM, "BONN", "ulm", "a1 is not synced yet", value=None, kind="reference_missing", waits_for="a1")),
    (Rule(fails=WITHOUT), "BONN",  "ulm",   DISOWNED,
     says(Take.EITHER, "BONN", "ulm", "another connection owns this field")),
    (Rule(refs=REFS),     "BONN",  "ulm",   Situation(refs=REFS),
     says(Take.CRM, "BONN", "ulm", "only the CRM changed", value="bonn")),
    (Rule(refs=REFS),     "ULM",   "kiel",  Situation(refs=REFS),
     says(Take.PRM, "ULM", "kiel", "only the PRM changed", told={"City": "KIEL"})),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "crm", "prm", "situation", "expected"), LINKED)
def test_of_a_linked_record(rule, crm, prm, situation, expected):
    assert decide(rule, crm, prm, situation) == expected


ADOPTED = [
    # rule                CRM now  PRM now  situation                 what is decided
    (BOTH,                "BONN",  "kiel",  Situation(),
     says(Take.HOLD, "BONN", "kiel", "both differ; hold", **OPEN)),
    (BOTH,                "BONN",  "kiel",  Situation(adopt=crm_wins),
     says(Take.CRM, "BONN", "kiel", "both differ; crm_wins", value="bonn", policy="crm_wins")),
    (IN,                  "BONN",  "kiel",  DISOWNED,
     says(Take.EITHER, "BONN", "kiel", "another connection owns this field")),
    (BOTH,                MISSING, "kiel",  None,
     says(Take.PRM, MISSING, "kiel", "only the PRM changed", told={"City": "KIEL"})),
    (IN,                  MISSING, "kiel",  None,
     says(Take.NONE, MISSING, "kiel", "the CRM does not tell this field")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "crm", "prm", "situation", "expected"), ADOPTED)
def test_of_records_that_are_not_linked(rule, crm, prm, situation, expected):
    assert decide(rule, crm, prm, situation, linked=False) == expected


class Silent(Rule):
    """A blank that the CRM sends says nothing."""

    def inward(self, crm, refs):
        return MISSING


def test_a_blank_that_says_nothing():
    assert decide(Silent(), None, "ulm") == says(Take.EITHER, None, "ulm", "the CRM does not tell this field")
    told = says(Take.PRM, None, "kiel", "only the PRM says something", told={"City": "KIEL"})
    assert decide(Silent(), None, "kiel") == told
    assert decide(Silent(Direction.IN), None, "kiel") == says(Take.EITHER, None, "kiel", "the CRM does not tell this field")
    assert decide(Silent(), None, "ulm", linked=False, situation=Situation()).take is Take.PRM


BESIDE = [
    # what the CRM is told besides  what it holds there  take
    ("DE", {"Country": "DE"}, Take.EITHER),
    ("DE", {"Country": "FR"}, Take.PRM),
    ("DE", {}, Take.PRM),
    (None, {}, Take.PRM),
    (None, {"Country": None}, Take.EITHER),
]


@pytest.mark.parametrize(("told", "beside", "take"), BESIDE)
def test_every_field_that_the_crm_is_told_must_be_there_already(told, beside, take):
    rule = Rule(told={"City": "ULM", "Country": told})
    assert decide(rule, "ULM", "kiel", beside=beside).take is take
    apart = Rule(told={"City": "KIEL", "Country": told})
    assert decide(apart, "ULM", "kiel", beside=beside).take is Take.PRM


def test_the_policy_hears_all_of_the_conflict():
    heard = []

    class Ask:
        def __call__(self, conflict):
            heard.append(conflict)
            return Take.HOLD

        def __str__(self):
            return "ask"

    decision = decide(Rule(policy=Ask()), "BONN", "kiel")
    (conflict,) = heard
    assert (conflict.field, conflict.crm, conflict.prm) == ("city", "bonn", "kiel")
    assert (conflict.crm_at, conflict.prm_at, decision.policy) == (EARLY, LATE, "ask")
    assert decide(Rule(policy=lambda _: Take.EITHER), "BONN", "kiel").kind == ""


# A partner's stage: the vendor hears when it moves, and moves its own without being corrected.
@pytest.mark.parametrize(
    ("crm", "prm", "policy", "take", "because"),
    [
        ("ULM", "bonn", hold, Take.PRM, "only the PRM changed"),
        ("KIEL", "ulm", hold, Take.EITHER, "the CRM goes its own way"),
        ("BONN", "bonn", hold, Take.EITHER, "both sides say the same"),
        ("KIEL", "bonn", prm_wins, Take.PRM, "both changed; prm_wins"),
        ("KIEL", "bonn", crm_wins, Take.EITHER, "both changed; crm_wins; the CRM goes its own way"),
        ("KIEL", "bonn", newest, Take.PRM, "both changed; newest"),
        ("KIEL", "bonn", hold, Take.HOLD, "both changed; hold"),
    ],
)
def test_what_does_not_insist_tells_news_alone(crm, prm, policy, take, because):
    decision = decide(Rule(Direction.OUT, policy, insists=False), crm, prm)
    assert (decision.take, decision.because, decision.to_prm) == (take, because, False)


def test_what_does_not_insist_tells_everything_at_birth_and_nothing_to_what_was_there():
    rule = Rule(Direction.OUT, prm_wins, insists=False)
    assert decide(rule, MISSING, "bonn", Situation(creating=True), linked=False).take is Take.PRM
    assert decide(rule, "KIEL", "bonn", linked=False).take is Take.EITHER
    assert decide(Rule(Direction.OUT, prm_wins), "KIEL", "ulm").take is Take.PRM
