"""Whatever partners, leads and times there are: routing is deterministic, turns are fair, and what is barred is never given."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "partners"))
from world_of_partners import DE_SMB, FR_RESELLERS, ROUTING, T0, has, lead, partner, pinned, when

from centri.errors import Rejected
from centri.partners.admission import Choice, admits
from centri.partners.conditions import Test
from centri.partners.facts import AccountFacts, OpenOpportunity
from centri.partners.pools import Absent, Caps, Pool, Strategy
from centri.partners.routing import route
from centri.partners.tank import Offer, accepted, declined, offers
from centri.partners.targets import Aim
from centri.partners.terms import Terms, duration, in_words
from centri.partners.timers import Timer, Times, due, on_accept, on_extend, on_offer
from centri.partners.turns import Turn, give

IDS = [f"P{i}" for i in range(1, 9)]
CODES = st.sets(st.sampled_from(["security", "network", "backup"]))


@st.composite
def some_partners(draw):
    def one(id):
        return partner(
            id,
            draw(st.sampled_from(["Alpine", "Bavaria", "Castell"])) + id,
            draw(st.sampled_from(["DE", "FR", None])),
            " ".join(sorted(draw(CODES))),
            draw(st.none() | st.integers(0, 100)),
            status=draw(st.sampled_from(["active", "active", "active", "inactive"])),
            accepts_leads=draw(st.sampled_from([True, True, True, False])),
            partner_type=draw(st.sampled_from(["reseller", "integrator"])),
            open_leads=draw(st.integers(0, 4)),
            offers_today=draw(st.integers(0, 4)),
            max_open_leads=draw(st.none() | st.integers(0, 4)),
            max_offers_per_day=draw(st.none() | st.integers(0, 4)),
        )

    return [one(id) for id in draw(st.lists(st.sampled_from(IDS), unique=True))]


ACCOUNTS = st.none() | st.builds(
    AccountFacts,
    st.just("AC"),
    st.sampled_from(["customer", "prospect"]),
    owner=st.none() | st.just("Drew"),
    partner=st.none() | st.sampled_from(IDS),
    opportunities=st.sampled_from([(), (OpenOpportunity("O", "Drew", motion="direct"),), (OpenOpportunity("O"),)]),
    last_lost=st.none() | st.just(T0.date()),
)
PROTECTIONS = st.lists(
    st.builds(pinned, st.sampled_from(IDS), st.sampled_from(["exclusive", "shared"]),
              product_family=st.sampled_from(["*", "security", "backup"])),
    max_size=3,
)  # fmt: skip
LEADS = st.builds(
    lead,
    st.sampled_from(["DE", "FR", "US", None]),
    account=ACCOUNTS,
    match=st.sampled_from(["none", "named", "customer", "competitor"]),
    protections=PROTECTIONS,
    excluded=st.dictionaries(st.sampled_from(IDS), st.just("declined"), max_size=4),
    segment_code=st.sampled_from(["SMB", "ENT", None]),
    product_interest=CODES.map(sorted),
    requested_partner_id=st.none() | st.sampled_from(IDS),
    source_kind=st.sampled_from(["vendor", "vendor", "partner"]),
    sourced_by_partner_id=st.sampled_from(IDS),
)
NEAR = Pool(
    "near", Strategy.WEIGHTED,
    when(has("country", "country", test=Test.SAME_AS), has("competency", "product", test=Test.SAME_AS)), caps=Caps(open=3, day=3),
)  # fmt: skip
POOLS = st.sampled_from([DE_SMB, FR_RESELLERS, NEAR])


# routing --------------------------------------------------------------------------------------------------------------


@given(LEADS, some_partners(), st.randoms())
def test_the_order_of_partners_does_not_matter(lead, partners, random):
    turned = random.sample(partners, len(partners))
    one = route(ROUTING, lead, {p.id: p for p in partners})
    assert one == route(ROUTING, lead, {p.id: p for p in turned})
    assert one.as_json() == route(ROUTING, lead, {p.id: p for p in partners}).as_json()


@given(LEADS, some_partners())
def test_a_lead_goes_one_way_and_every_rule_says_why_not(lead, partners):
    decision = route(ROUTING, lead, {p.id: p for p in partners})
    assert [t.rule for t in decision.trace] == [rule.name for rule in ROUTING.rule_sets[0].rules]
    assert [t.rule for t in decision.trace if t.matched] == ([decision.rule] if decision.rule else [])
    assert all(t.matched or t.shadowed or t.why for t in decision.trace)
    after = [t.rule for t in decision.trace].index(decision.rule) if decision.rule else len(decision.trace)
    assert all(i > after for i, t in enumerate(decision.trace) if t.shadowed)
    assert decision.outcome.queue is None or decision.outcome.reason or decision.rule


@given(LEADS, some_partners())
def test_no_partner_is_given_what_it_is_barred_from(lead, partners):
    known = {p.id: p for p in partners}
    outcome = route(ROUTING, lead, known).outcome
    for id in outcome.partners:
        assert id not in lead.excluded
        assert known[id].status == "active"
    if outcome.to_partners:
        assert lead.match_class != "competitor"
        assert lead.values["source_kind"] == "vendor" or outcome.partners == (lead.values["sourced_by_partner_id"],)


@given(LEADS, some_partners(), st.randoms())
def test_rules_that_do_not_match_change_nothing(lead, partners, random):
    known = {p.id: p for p in partners}
    decision = route(ROUTING, lead, known)
    rules = ROUTING.rule_sets[0].rules
    idle = {t.rule for t in decision.trace if not t.matched and not t.shadowed}
    dropped = {name for name in idle if random.random() < 0.5}
    fewer = replace(ROUTING.rule_sets[0], rules=tuple(rule for rule in rules if rule.name not in dropped))
    assert route(replace(ROUTING, rule_sets=(fewer,)), lead, known).outcome == decision.outcome


# pools ----------------------------------------------------------------------------------------------------------------


@given(POOLS, st.lists(LEADS, max_size=4), some_partners())
def test_one_choice_for_many_leads_is_as_asking_one_by_one(pool, leads, partners):
    choice = Choice(pool, partners)
    for one in leads:
        found = choice.of(one)
        assert {p.id for p in found.admitted} == {p.id for p in partners if admits(pool, p, one) is None}
        assert found.refused == {p.id: refusal for p in partners if (refusal := admits(pool, p, one))}


@given(POOLS, LEADS, some_partners(), st.randoms())
def test_offers_never_pass_a_bar_a_cap_or_their_number(pool, lead, partners, random):
    tank = offers(pool, lead, Choice(pool, random.sample(partners, len(partners))).of(lead).admitted)
    assert tank == offers(pool, lead, Choice(pool, partners).of(lead).admitted)
    assert len(tank.offered) <= pool.max_offers
    assert [r.rank for r in (*tank.offered, *tank.cut)] == list(range(1, len(tank.offered) + len(tank.cut) + 1))
    for p in (r.partner for r in tank.offered):
        assert p.id not in lead.excluded
        assert not lead.standing or p.id in lead.protected_for
        assert all(cap is None or p.open_leads < cap for cap in (pool.caps.open, p.max_open_leads))
        assert all(cap is None or p.offers_today < cap for cap in (pool.caps.day, p.max_offers_per_day))


@given(st.lists(st.tuples(st.sampled_from(IDS), st.booleans()), max_size=20), st.integers(1, 6))
def test_whatever_is_answered_at_most_one_has_won(answers, count):
    tank, assignment = {id: Offer(f"o{id}", id) for id in IDS[:count]}, "offered"
    for id, wants in answers:
        try:
            answered = (accepted if wants else declined)(list(tank.values()), id)
        except Rejected:
            continue
        assert assignment == "offered"
        tank = {p: replace(o, state=answered.offers.get(o.id, o.state)) for p, o in tank.items()}
        assignment = answered.assignment or assignment
    states = Counter(o.state for o in tank.values())
    assert states["accepted"] == (assignment == "accepted")
    assert assignment == "offered" or states["offered"] == 0
    assert (states["lost_race"] > 0) <= (assignment == "accepted")


# turns ----------------------------------------------------------------------------------------------------------------

WEIGHTS = st.lists(st.integers(1, 5), min_size=1, max_size=5)
TURNING = [Strategy.ORDER, Strategy.WEIGHTED, Strategy.LEAST_OPEN, Strategy.LONGEST_IDLE]


def members(weights):
    return tuple(Turn(id, weight) for id, weight in zip(IDS, weights, strict=False))


def run(strategy, turns, leads, **more):
    got = Counter()
    for i in range(leads):
        given = give(strategy, turns, T0 + timedelta(minutes=i), **more)
        got[given.partner] += 1
        turns = given.turns
    return got, turns


@given(WEIGHTS, st.integers(1, 3))
def test_after_whole_rounds_each_has_what_its_weight_says(weights, rounds):
    got, turns = run(Strategy.WEIGHTED, members(weights), rounds * sum(weights))
    assert [got[t.partner] for t in turns] == [rounds * w for w in weights]
    assert all(t.credit == 0 for t in turns)


@pytest.mark.parametrize("strategy", TURNING)
@given(size=st.integers(1, 6), leads=st.integers(0, 25))
def test_equal_members_are_never_more_than_one_lead_apart(strategy, size, leads):
    got, turns = run(strategy, members([1] * size), leads)
    counts = [got[t.partner] for t in turns]
    assert max(counts) - min(counts) <= 1
    assert [t.given for t in turns] == counts


@pytest.mark.parametrize("strategy", TURNING)
@given(
    weights=WEIGHTS,
    absent=st.sampled_from(Absent),
    bars=st.lists(st.tuples(st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS))), max_size=12),
)
def test_nobody_absent_or_barred_has_a_turn(strategy, weights, absent, bars):
    turns = members(weights)
    for away, barred in bars:
        before = turns
        given = give(strategy, turns, T0, absent=absent, away=dict.fromkeys(away, "a"), barred=dict.fromkeys(barred, "b"))
        turns = given.turns
        free = {t.partner for t in before} - away - barred
        assert given.partner in free | {None}
        assert given.partner is not None or absent is Absent.HOLD or not free
        assert given.partner is not None or turns == before
        assert sum(t.given for t in turns) == sum(t.given for t in before) + (given.partner is not None)
        assert all(t.owed >= 0 for t in turns)
        bounded = 2 * sum(weights)
        assert all(abs(t.credit) <= bounded for t in turns), "a credit that grows for ever would be paid out at once"


@given(WEIGHTS.filter(lambda w: len(w) > 1), st.integers(0, 12))
def test_what_was_missed_is_repaid_to_the_last_turn(weights, missed):
    away = {IDS[0]: "is away"}
    _, turns = run(Strategy.WEIGHTED, members(weights), missed, absent=Absent.ACCRUE, away=away)
    owed = turns[0].owed
    got, turns = run(Strategy.WEIGHTED, turns, owed, absent=Absent.ACCRUE)
    assert (got[IDS[0]], turns[0].owed) == (owed, 0)
    full = missed + owed
    steady, _ = run(Strategy.WEIGHTED, members(weights), full)
    assert [t.given for t in turns] == [steady[t.partner] for t in turns], "as if nobody had ever been away"


# timers ---------------------------------------------------------------------------------------------------------------

SPANS = st.integers(1, 60 * 24 * 14).map(lambda minutes: timedelta(minutes=minutes))
TERMS = st.builds(Terms, SPANS, st.none() | SPANS, reminders=st.lists(SPANS, max_size=3).map(tuple))


@given(TERMS, st.lists(SPANS, min_size=1, max_size=6))
def test_deadlines_only_move_away(terms, steps):
    times, now = Times("offered", **on_offer(terms, T0)), T0
    for until in steps:
        try:
            moved = on_extend(times, now + until, now)
        except Rejected:
            assert now + until <= times.accept_by
        else:
            assert moved["accept_by"] > times.accept_by
            times = replace(times, accept_by=moved["accept_by"])
    won = on_accept(times, terms, times.accept_by)
    assert won["accepted_at"] == times.accept_by
    assert won.get("qualify_by", won["accepted_at"]) >= won["accepted_at"]


@given(TERMS, st.sampled_from(["offered", "accepted"]), st.lists(SPANS, min_size=1, max_size=12))
def test_what_is_over_stays_over_and_each_thing_is_told_once(terms, state, moments):
    times = replace(
        Times(state, **on_offer(terms, T0)), **(on_accept(Times("offered"), terms, T0) if state == "accepted" else {})
    )
    told, over = [], False
    for now in sorted(T0 + m for m in moments):
        found = due(times, terms, now)
        assert len(found) <= 1
        assert all((now > d.deadline) == (d.timer is not Timer.REMINDER) for d in found)
        assert not over or found[0].timer in (Timer.ACCEPT, Timer.RETAIN)
        over = over or any(d.timer is not Timer.REMINDER for d in found)
        told += [(d.key, d) for d in found]
    assert len({key for key, _ in told}) == len({d for _, d in told})


@given(SPANS)
def test_time_spans_read_as_they_are_told(span):
    assert duration(in_words(span)) == span


@given(LEADS, some_partners())
def test_a_pool_is_only_asked_for_leads_that_are_free_to_go_there(lead, partners):
    outcome = route(ROUTING, lead, {p.id: p for p in partners}).outcome
    assert outcome.aim is not Aim.POOL or lead.protection is None
