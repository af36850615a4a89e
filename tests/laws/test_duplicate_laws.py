"""What holds of duplicates, whatever the records."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from centri.dedupe.duplicates.blocking import Pairs
from centri.dedupe.duplicates.clusters import NEVER, UNSEEN, clusters
from centri.dedupe.duplicates.companies import companies
from centri.dedupe.duplicates.evidence import evidence
from centri.dedupe.duplicates.find import find
from centri.dedupe.duplicates.people import People
from centri.dedupe.duplicates.person import person
from centri.dedupe.duplicates.rules import Rules
from centri.records import PRM, Record, Ref

FIRST = (None, "", "A.", "Anna", "Ann", "Anders", "Bo", "Svensson", "🦄")
LAST = (None, "Svensson", "Svenson", "Berg", "Svensson-Berg", "Anna", "van der Berg")
MAIL = (None, "?", "anna.svensson@initech.example", "a.svensson@initech.example", "info@initech.example", "anna@gmail.com")
FIRMS = (None, "n/a", "Initech", "Initech LLC", "Initec", "Hooli")

values = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(FIRST) | st.text(max_size=6),
        "last_name": st.sampled_from(LAST) | st.text(max_size=6),
        "email": st.sampled_from(MAIL),
        "company": st.sampled_from(FIRMS),
        "phone_e164": st.sampled_from([None, "+46855501", "+49895550101"]),
        "country": st.sampled_from([None, "SE", "Germany", "Narnia"]),
        "city": st.sampled_from([None, "Bonn", "-"]),
    }
)
records = st.lists(values, min_size=2, max_size=9).map(
    lambda rows: [Record(Ref(PRM, "lead", f"L{n}"), row) for n, row in enumerate(rows)]
)
judges = st.sampled_from([None, companies, Rules.of([["email"], ["last_name", "company~90"]])])


def ends(found):
    return [group.members for group in found.groups]


@settings(deadline=None)
@given(records, judges, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(found, judge, draw):
    shuffled = draw.sample(found, len(found))
    assert find(shuffled, judge) == find(found, judge)


@settings(deadline=None)
@given(records, judges, st.data())
def test_cannot_links_are_kept_and_must_links_too_where_they_can(found, judge, data):
    pairs = st.lists(st.tuples(st.sampled_from(found), st.sampled_from(found)).filter(lambda p: p[0].ref != p[1].ref), max_size=4)
    must, cannot = ([(a.ref, b.ref) for a, b in data.draw(pairs)] for _ in range(2))
    groups = find(found, judge, must, cannot)
    for one, other in cannot:
        assert not any({one, other} <= set(members) for members in ends(groups))
    refused = {frozenset(link) for link in groups.refused}
    for one, other in must:
        assert frozenset((one, other)) in refused or any({one, other} <= set(members) for members in ends(groups))


@settings(deadline=None)
@given(records, judges)
def test_groups_share_no_member_and_scores_are_probabilities(found, judge):
    groups = find(found, judge)
    members = [ref for group in groups.groups for ref in group.members]
    assert len(members) == len(set(members))
    assert all(0 < score < 1 for group in groups.groups for score in group.scores.values())
    assert all(math.isfinite(part.weight) for group in groups.groups for pair in group.evidence for part in pair.parts)


@settings(deadline=None)
@given(values, values)
def test_evidence_is_the_same_both_ways(one, other):
    straight, turned = (People([person(a), person(b)]) for a, b in ((one, other), (other, one)))
    pair = Pairs(np.array([0]), np.array([1]))
    names, there = evidence(straight, pair)
    back = evidence(turned, pair)[1]
    assert {name: (a, b) for name, a, b in zip(names, there[0], back[0], strict=True) if abs(a - b) > 1e-5} == {}
    assert np.isfinite(there).all()


weights = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda p: p[0] < p[1]),
    st.floats(-6, 6, allow_subnormal=False),
    max_size=15,
)


@given(weights)
def test_no_group_is_worse_than_its_members_alone(edges):
    made = clusters(7, edges).of
    for number in set(made):
        inside = [row for row in range(7) if made[row] == number]
        total = sum(edges.get((a, b), UNSEEN) for a in inside for b in inside if a < b)
        assert total >= -1e-6
    assert NEVER < -1e6
    assert all(made[number] == number for number in made)
