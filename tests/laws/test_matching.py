"""What holds of every match, whatever the records."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from centri.dedupe.comparisons import COMPARISONS
from centri.dedupe.matcher import MatchRules, match, rank
from centri.dedupe.scoring import probability
from centri.dedupe.verdicts import Verdict
from centri.records import Record, Ref

WORDS = (
    "",
    "Acme",
    "Acme Analytics",
    "Wayne Enterprises",
    "Wayne Entreprises",
    "Stark Industries",
    "n/a",
    "Deutsche Bank",
    "Deutsche Bahn",
)
HOSTS = (None, "acme.example", "acme.com", "wayne.example", "gmail.example", "facebook.com")
NAMES = (None, "", "J", "John", "Jon", "Mary", "Smith", "Smyth")

values = st.fixed_dictionaries(
    {
        "name": st.sampled_from(WORDS) | st.text(max_size=12),
        "website": st.sampled_from(HOSTS),
        "email": st.sampled_from([None, "x", *(f"{who}@{host}" for who in "ab" for host in HOSTS if host)]),
        "first_name": st.sampled_from(NAMES),
        "last_name": st.sampled_from(NAMES),
        "phone_e164": st.sampled_from([None, "+49895550101", "+49895550102", "?"]),
        "city": st.sampled_from([None, "Bonn", "bonn", "Berlin", "-"]),
        "country_code": st.sampled_from([None, "DE", "US", "Narnia"]),
    }
)
caps = st.dictionaries(
    st.sampled_from(["name_only", "country_differs", "name_differs"]), st.sampled_from([Verdict.REVIEW, Verdict.NONE])
)
weights = st.dictionaries(st.sampled_from(sorted(COMPARISONS)), st.floats(0, 8))


@st.composite
def rules(draw):
    review, accept = sorted((draw(st.floats(0.05, 0.95)), draw(st.floats(0.05, 0.95))))
    return MatchRules(("name",), draw(weights), accept, review, draw(st.floats(0, 4)), draw(caps), draw(st.floats(-4, 0)))


def record(given_values, id="1", object="account"):
    return Record(Ref("prm", object, id), given_values)


SUBJECT = st.builds(record, values, st.just("S"), st.just("lead"))
CANDIDATES = st.lists(values, max_size=5).map(lambda many: [record(v, str(n)) for n, v in enumerate(many)])


@given(SUBJECT, CANDIDATES, rules())
def test_the_parts_add_up_to_the_score(subject, candidates, rules):
    for scored in rank(subject, candidates, rules):
        assert scored.evidence == math.fsum(part.weight for part in scored.parts)
        assert scored.score == probability(scored.evidence)
        assert len(scored.parts) == 1 + len(rules.compare)


@given(SUBJECT, CANDIDATES, rules(), st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter_nor_does_a_candidate_found_twice(subject, candidates, rules, random):
    shuffled = candidates + candidates[:2]
    random.shuffle(shuffled)
    assert match(subject, candidates, rules) == match(subject, shuffled, rules)


@given(values, values, st.sampled_from(sorted(COMPARISONS)))
def test_a_comparison_takes_no_side(one, other, word):
    assert COMPARISONS[word](one, other) == COMPARISONS[word](other, one)


@given(values, values, st.sampled_from(sorted(COMPARISONS)))
def test_missing_is_neither_agreement_nor_disagreement(one, other, word):
    level = COMPARISONS[word]({}, other)
    assert level.evidence == 0
    assert -1 <= COMPARISONS[word](one, other).evidence <= 1


AGREE = {
    "company_name": ("name",),
    "domain": ("website", "email"),
    "email": ("email",),
    "person_name": ("first_name", "last_name"),
    "phone": ("phone_e164",),
    "city": ("city",),
    "country": ("country_code",),
}


@given(values, values, st.sampled_from(sorted(COMPARISONS)), rules())
def test_more_agreement_never_lowers_the_score_or_the_verdict(ours, theirs, word, rules):
    """Where the subject says something in one respect, a candidate that says the same there is at least as good a one."""
    subject, before = record(ours, "S", "lead"), record(theirs)
    after = record({**theirs, **{name: ours[name] for name in AGREE[word]}})
    only = MatchRules(rules.block, {word: 1.0})
    if rank(subject, [after], only)[0].levels[word] != "same":
        return  # the subject says nothing usable, or its name is weak evidence by nature
    assert rank(subject, [after], only)[0].evidence >= rank(subject, [before], only)[0].evidence
    alone = {w: weight for w, weight in rules.compare.items() if w == word or not set(AGREE[w]) & set(AGREE[word])}
    rules = MatchRules(rules.block, alone, rules.accept, rules.review, rules.gap, rules.cap, rules.prior)
    lower, higher = match(subject, [before], rules), match(subject, [after], rules)
    assert higher.score >= lower.score
    assert higher.verdict.rank >= lower.verdict.rank


@given(SUBJECT, CANDIDATES, rules())
def test_a_worse_rival_never_takes_the_match_away_but_by_coming_near(subject, candidates, rules):
    ranked = rank(subject, candidates, rules)
    if len(ranked) < 2:
        return
    found, alone = match(subject, candidates, rules), match(subject, [c for c in candidates if c.ref == ranked[0].ref], rules)
    near = ranked[0].evidence - ranked[1].evidence < rules.gap
    assert found.candidate == alone.candidate
    assert found.verdict is (Verdict.REVIEW if near and alone.verdict is Verdict.MATCH else alone.verdict)


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_probability_rises_with_the_evidence(one, other):
    assert 0 < probability(one) < 1
    if one + 1e-3 < other:
        assert probability(one) < probability(other)


@given(SUBJECT, CANDIDATES, rules())
def test_only_a_match_is_accepted_and_only_above_the_threshold(subject, candidates, rules):
    found = match(subject, candidates, rules)
    assert (found.accepted is not None) == (found.verdict is Verdict.MATCH)
    if found.verdict is Verdict.MATCH:
        assert found.score >= rules.accept
