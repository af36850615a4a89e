"""Laws of the merge and of what a link remembers, for any values, directions and policies."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from centri.records import MISSING, PRM, Record, Ref, same
from centri.sync.link import Link, Role, recall
from centri.sync.memory import first_memory, received, remember
from centri.sync.merge import Direction, Situation, merge
from centri.sync.policies import POLICIES, Policy, Take, crm_wins, fill_blanks, hold, newest, prm_wins, union
from centri.sync.reconcile import Action, OnDelete, reconcile

FIELDS = ("x", "y", "z")
VALUES = st.sampled_from([None, "", 0, False, "a", "b", [], ["a"], ["b", "a"], ["c"]])
SIDES = st.fixed_dictionaries(dict.fromkeys(FIELDS, VALUES))
CRM, ROW = Ref("crm", "Lead", "1"), Ref(PRM, "lead", "1")


@dataclass(frozen=True)
class Rule:
    prm: str
    crm: str
    direction: Direction = Direction.BOTH
    on_create: Direction = Direction.BOTH
    insists: bool = True
    policy: Policy = hold
    crm_parts: tuple = ()

    def inward(self, crm, refs):
        return crm.get(self.crm, MISSING)

    def outward(self, prm, refs):
        value = prm.get(self.prm, MISSING)
        return {} if value is MISSING else {self.crm: value}


TWO_WAY = st.tuples(
    *(st.builds(Rule, prm=st.just(f), crm=st.just(f), policy=st.sampled_from(list(POLICIES.values()))) for f in FIELDS)
)
ANY_WAY = st.tuples(
    *(
        st.builds(
            Rule,
            prm=st.just(f),
            crm=st.just(f),
            direction=st.sampled_from(list(Direction)),
            insists=st.booleans(),
            policy=st.sampled_from(list(POLICIES.values())),
        )
        for f in FIELDS
    )
)


def link(crm, prm):
    return Link(CRM, ROW, crm_seen=crm, prm_seen=prm)


def blank(value):
    """As the policies see it: an unticked box says as little as a blank text."""
    return value is False or value in (None, "", [])


@given(SIDES, SIDES, SIDES, TWO_WAY)
def test_a_side_that_did_not_change_never_wins(crm, prm, new, rules):
    assert {d.take for d in merge(link(crm, prm), Record(CRM, new), Record(ROW, prm), rules)} <= {
        Take.NONE,
        Take.CRM,
        Take.EITHER,
    }
    assert {d.take for d in merge(link(crm, prm), Record(CRM, crm), Record(ROW, new), rules)} <= {
        Take.NONE,
        Take.PRM,
        Take.EITHER,
    }


@given(SIDES, SIDES, ANY_WAY)
def test_what_was_agreed_stays_agreed_however_different_it_looks(crm, prm, rules):
    assert all(d.take is Take.NONE for d in merge(link(crm, prm), Record(CRM, crm), Record(ROW, prm), rules))


@given(SIDES, SIDES, SIDES, ANY_WAY)
def test_the_same_change_on_both_sides_is_no_conflict(crm, prm, both, rules):
    taken = {d.take for d in merge(link(crm, prm), Record(CRM, both), Record(ROW, both), rules)}
    assert taken <= {Take.NONE, Take.EITHER}


_MIRROR = {crm_wins: prm_wins, prm_wins: crm_wins, newest: newest, hold: hold, fill_blanks: fill_blanks, union: union}
_SWAPPED = {Take.CRM: Take.PRM, Take.PRM: Take.CRM}


@given(SIDES, SIDES, SIDES, SIDES, TWO_WAY)
def test_swapping_the_sides_swaps_the_decision(crm_then, prm_then, crm, prm, rules):
    there = merge(link(crm_then, prm_then), Record(CRM, crm), Record(ROW, prm), rules)
    mirrored = [replace(rule, policy=_MIRROR[rule.policy]) for rule in rules]
    back = merge(link(prm_then, crm_then), Record(CRM, prm), Record(ROW, crm), mirrored)
    for here, other in zip(there, back, strict=True):
        assert (blank(here.crm) and blank(here.prm)) or _SWAPPED.get(here.take, here.take) is other.take


@given(SIDES, SIDES, SIDES, SIDES, ANY_WAY)
def test_applying_a_decision_and_deciding_again_yields_nothing(crm_then, prm_then, crm, prm, rules):
    """The CRM keeps what it is told, the PRM what it is given: then only what a person must decide is left."""
    before = link(crm_then, prm_then)
    fields = merge(before, Record(CRM, crm, "2"), Record(ROW, prm), rules)
    told = {name: value for f in fields if f.to_crm for name, value in f.told.items()}
    sent = {f.field: f.sent for f in fields if f.to_crm}
    crm_after, prm_after = crm | told, prm | {f.field: f.value for f in fields if f.to_prm}
    after = received(remember(before, fields, Record(CRM, crm, "2")), told, sent)
    again = merge(after, Record(CRM, crm_after), Record(ROW, prm_after), rules)
    assert {d.take for d in again} <= {Take.NONE, Take.HOLD}
    assert {d.field for d in again if d.take is Take.HOLD} == {f.field for f in fields if f.take is Take.HOLD}


@given(SIDES, SIDES, SIDES, SIDES, ANY_WAY)
def test_what_the_crm_holds_is_known_whatever_was_decided(crm_then, prm_then, crm, prm, rules):
    """A PRM edit is decided on without reading the CRM again."""
    before = link(crm_then, prm_then)
    fields = merge(before, Record(CRM, crm), Record(ROW, prm), rules)
    assert recall(remember(before, fields, Record(CRM, crm)).crm_seen) == crm


@given(SIDES, SIDES, ANY_WAY, st.sampled_from(list(POLICIES.values())))
def test_a_new_link_forgets_no_field(crm, prm, rules, adopt):
    """After adoption nothing counts as newly mapped: what is still to be told or decided shows again."""
    fields = merge(None, Record(CRM, crm, "1"), Record(ROW, prm), rules, Situation(adopt=adopt))
    fresh = first_memory(CRM, ROW, Role.MIRROR, fields, Record(CRM, crm, "1"))
    prm_after = prm | {f.field: f.value for f in fields if f.to_prm}
    again = {d.field: d.take for d in merge(fresh, Record(CRM, crm), Record(ROW, prm_after), rules)}
    for f in fields:
        if f.take in (Take.PRM, Take.MERGED):
            assert again[f.field] in (Take.PRM, Take.EITHER)
        if f.take in (Take.CRM, Take.EITHER):
            assert again[f.field] is Take.NONE


@given(SIDES, SIDES, ANY_WAY, st.sampled_from(list(OnDelete)))
def test_an_absent_record_never_counts_as_deleted(crm, prm, rules, on_delete):
    for there in ((Record(CRM, crm), None), (None, Record(ROW, prm)), (None, None)):
        decision = reconcile(there[0], link(crm, prm), there[1], rules, on_delete=on_delete)
        assert decision.action is Action.NOTHING


@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(list(OnDelete)))
def test_a_deletion_never_reaches_the_crm(linked, crm_gone, prm_gone, on_delete):
    memory = link({"x": "a"}, {"x": "a"}) if linked else None
    crm, prm = Record(CRM, {"x": "a"}, deleted=crm_gone), Record(ROW, {"x": "a"}, deleted=prm_gone)
    decision = reconcile(crm, memory, prm, [Rule("x", "x")], on_delete=on_delete)
    if crm_gone or prm_gone:
        assert decision.action in (Action.NOTHING, Action.UNLINK, Action.HOLD, Action.DELETE_IN_PRM)
        assert not decision.to_crm


CHOICES = st.lists(st.sampled_from("abcd"), unique=True)


@given(CHOICES, CHOICES, CHOICES, CHOICES)
def test_union_loses_no_choice_and_invents_none(crm_then, prm_then, crm, prm):
    (field,) = merge(
        link({"x": crm_then}, {"x": prm_then}), Record(CRM, {"x": crm}), Record(ROW, {"x": prm}), [Rule("x", "x", policy=union)]
    )
    if crm != crm_then and prm != prm_then and set(crm) != set(prm):
        in_crm, in_prm = field.told.get("x", crm), field.value if field.to_prm else prm
        assert set(in_crm) == set(in_prm) == {*crm, *prm}
        assert in_crm[: len(crm)] == crm or in_crm == prm


@given(VALUES, VALUES)
def test_sameness_is_strict(a, b):
    assert same(a, b) == (type(a) is type(b) and a == b)


@given(SIDES, SIDES, SIDES, ANY_WAY)
def test_what_is_taken_again_yields_to_a_change_of_the_prm_and_repeats_nothing(crm_then, prm_then, prm, rules):
    """With every field taken again the CRM decides where only it could speak, and the PRM's own changes stand as before."""
    again, before = Situation(again=frozenset(FIELDS)), link(crm_then, prm_then)
    plain = merge(before, Record(CRM, crm_then), Record(ROW, prm), rules)
    taken = merge(before, Record(CRM, crm_then), Record(ROW, prm), rules, again)
    for rule, one, other in zip(rules, plain, taken, strict=True):
        if not same(prm.get(rule.prm, MISSING), prm_then.get(rule.prm, MISSING)):
            assert one == other
        elif rule.direction is Direction.BOTH:
            assert other.take in (Take.NONE, Take.EITHER, Take.CRM)
