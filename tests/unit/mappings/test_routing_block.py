"""The blocks of routing: what they become, and where their faults are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from centri.engine.prm_fields import prm_fields
from centri.errors import ConfigError
from centri.mappings.loader import load
from centri.mappings.routing import ROLES
from centri.partners.cases import BUILT_IN
from centri.partners.conditions import Condition, Test, When
from centri.partners.facts import AccountFacts, LeadFacts
from centri.partners.pools import Absent, Caps, Member, Next, Pool, Strategy
from centri.partners.routing import Routing, route
from centri.partners.targets import Aim, Target
from centri.partners.terms import EXCLUDING, RETAINING, USUAL, Terms
from centri.store.prm_tables import activity, lead_exclusion, vendor_user

HEAD = "connections: {east: {type: memory}}\nentities: {}\n"

FULL = """\
business_cases:
  active_opportunity:
  lost_opportunity: {last_lost: {within: 180d}}
  strategic: [{segment: ENT, score: {at_least: 80}}, {lead_source: Board}]
  greenfield:
territories:
  EMEA: {when: {region: EMEA}}
  DE: {parent: EMEA, name: Germany, when: {country: DE}}
  DE-SOUTH: {parent: DE, when: {postal_code: {starts_with: ["7", "8"]}}}
  NORDICS: {}
  NO: {parent: NORDICS, when: {country: NO}}
pools:
  de_smb:
    criteria: {country: {same_as: country}, competency: security, tier: {not: [bronze]}}
    max_offers: 3
    rank: [performance, distance]
    caps: {open: 20, day: 5}
    accept_within: 24h
    qualify_within: 5d
    retain_if: [contact_established, converted]
    reminders: [-24h, 4h]
    exclude_on: [retain_timeout]
    fallback: ["pool:de_turns", queue:unassigned]
  de_turns:
    strategy: weighted
    members: {Alpine Resellers GmbH: 3, Bavaria IT AG: 1}
    absent: accrue
    qualify_within: null
routing:
  amer:
    when: {region: AMER}
    rules:
      - {then: {queue: amer_desk, reason: no partners yet, alert: [isr, channel_manager]}}
  emea:
    rules:
      - {name: competitor, when: {match: competitor}, then: {stop: competitor, alert: channel_manager}}
      - {when: {business_case: active_opportunity}, then: {owner_of: opportunity}}
      - {when: {requested_partner: true}, then: {partner: requested, accept_within: 12h, qualify_within: null}}
      - {when: {named_account: exclusive}, then: {partner: named_account}}
      - {when: {named_account: shared}, then: {partners: named_account}}
      - {when: {industry: PHARMA_BIOTECH, timeframe: {contains: month}}, then: {partner: {name: Bavaria IT AG}}}
      - {when: {territory: DE}, then: {pool: de_smb}}
      - {when: {lead_source: Trial}, then: {user: Ines@Vantage.example}}
      - {else: {queue: unassigned, reason: no_rule}}
"""


LEAD = {"lead": prm_fields("lead")}


@pytest.fixture
def read(tmp_path):
    def read(text, prm=LEAD):
        path = tmp_path / "mappings.yaml"
        path.write_text(HEAD + text)
        return load(path, prm).routing

    return read


def condition(fact, *wanted, test=Test.IS):
    return Condition(fact, test, wanted)


def test_without_blocks_there_are_no_rules_and_the_cases_of_the_package(read):
    assert read("") == Routing(cases=BUILT_IN)


def test_pools(read):
    pools = read(FULL).pools
    assert pools["de_smb"] == Pool(
        "de_smb",
        Strategy.SHARK_TANK,
        When.all(
            condition("country", "country", test=Test.SAME_AS),
            condition("competency", "security"),
            condition("tier", "bronze", test=Test.NOT),
        ),
        (),
        3,
        ("performance", "distance"),
        Caps(20, 5),
        Absent.SKIP,
        Terms(
            timedelta(hours=24),
            timedelta(days=5),
            frozenset({"contact_established", "converted"}),
            (timedelta(hours=24), timedelta(hours=4)),
            frozenset({"retain_timeout"}),
        ),
        (Next("pool", "de_turns"), Next("queue", "unassigned")),
    )
    turns = pools["de_turns"]
    assert (turns.strategy, turns.absent) == (Strategy.WEIGHTED, Absent.ACCRUE)
    assert turns.members == (Member("Alpine Resellers GmbH", 3), Member("Bavaria IT AG", 1))
    assert turns.terms == replace(USUAL, qualify_within=None)


def test_business_cases_are_those_named_in_their_order(read):
    cases = read(FULL).cases
    assert [case.name for case in cases] == ["active_opportunity", "lost_opportunity", "strategic", "greenfield"]
    assert cases[0] == BUILT_IN[0]
    assert cases[1].when == When.all(condition("last_lost", timedelta(days=180), test=Test.WITHIN))
    assert [len(block) for block in cases[2].when.blocks] == [2, 1]


def test_territories(read):
    found = read(FULL).territories
    assert [(t.code, t.parent) for t in found.values()] == [
        ("EMEA", None), ("DE", "EMEA"), ("DE-SOUTH", "DE"), ("NORDICS", None), ("NO", "NORDICS"),
    ]  # fmt: skip
    assert (found["DE"].name, found["NORDICS"].when) == ("Germany", When())


def test_rules_and_their_targets(read):
    amer, emea = read(FULL).rule_sets
    assert (amer.name, amer.when) == ("amer", When.all(condition("region", "AMER")))
    assert amer.rules[0].then == Target(Aim.QUEUE, "amer_desk", reason="no partners yet", alert=("isr", "channel_manager"))
    assert [rule.name for rule in emea.rules] == ["competitor", *(f"rule {i}" for i in range(2, 9)), "else"]
    assert [rule.then for rule in emea.rules] == [
        Target(Aim.STOP, "competitor", reason="competitor", alert=("channel_manager",)),
        Target(Aim.USER, "opportunity"),
        Target(Aim.PARTNER, "requested", terms=Terms(timedelta(hours=12), None)),
        Target(Aim.PARTNER, "named_account"),
        Target(Aim.PARTNERS, "named_account"),
        Target(Aim.PARTNER, "Bavaria IT AG", by_name=True),
        Target(Aim.POOL, "de_smb"),
        Target(Aim.USER, "ines@vantage.example", by_name=True),
        Target(Aim.QUEUE, "unassigned", reason="no_rule"),
    ]


def test_what_was_read_decides(read):
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    lead = LeadFacts("L", at, {"country_code": "DE", "postal_code": "80331"}, AccountFacts("A", last_lost=at.date()))
    decision = route(read(FULL), lead, {})
    assert (decision.rule_set, decision.rule, decision.outcome.pool) == ("emea", "rule 7", "de_smb")
    assert decision.lead.territories == ("DE-SOUTH", "DE", "EMEA")
    assert decision.lead.business_case == "lost_opportunity"
    assert route(read(FULL), replace(lead, values={"country_code": "NO"}), {}).lead.territories == ("NO", "EMEA", "NORDICS")


def test_a_list_of_rules_is_one_set(read):
    (rules,) = read("routing:\n  - {then: {queue: desk}}\n").rule_sets
    assert (rules.name, rules.when, len(rules.rules)) == ("rules", When(), 1)


def test_columns_of_the_lead_may_be_asked_for(read):
    text = "routing:\n  - {when: {key_decision_maker: {not: null}}, then: {queue: desk}}\n"
    assert read(text).rule_sets[0].rules[0].when == When.all(condition("key_decision_maker", None, test=Test.NOT))
    with pytest.raises(ConfigError, match="no fact of a lead is called 'key_decision_makr'; did you mean 'key_decision_maker'"):
        read(text.replace("maker:", "makr:"))
    assert read(text.replace("maker:", "makr:"), None).rule_sets  # where the PRM's fields are not known, they are not checked


def test_order_and_meaning_count_for_the_version(tmp_path):
    path = tmp_path / "mappings.yaml"

    def sha(text):
        path.write_text(HEAD + text)
        return load(path).sha

    assert sha(FULL) == sha(FULL + "# a comment\n")
    assert sha(FULL) != sha(FULL.replace("max_offers: 3", "max_offers: 4"))


def test_words_are_those_of_the_store():
    assert set(EXCLUDING) <= set(lead_exclusion.c.reason.info["choices"])
    assert set(RETAINING) == {*activity.c.kind.info["choices"], "converted"}
    assert set(ROLES) == set(vendor_user.c.role.info["choices"])


RULE = "routing:\n  - when: {WHEN}\n    then: {queue: desk}\n"


def ruled(when):
    return RULE.replace("WHEN", when)


def then(text):
    return "pools: {de_smb: {}}\nrouting:\n  - then: {" + text + "}\n"


def pooled(text):
    return "pools:\n  de_smb:\n    " + text + "\n"


WRONG = {
    "a case in a rule": (
        ruled("business_case: active_oportunity"),
        2,
        "no business case is called 'active_oportunity'; did you mean 'active_opportunity'",
    ),
    "a case of the file": (
        "business_cases: {greenfield: }\n" + ruled("business_case: trial_request"),
        3,
        "no business case is called 'trial_request'; there are greenfield",
    ),
    "a case without conditions": (
        "business_cases:\n  greenfeld:\n",
        2,
        "no business case is called 'greenfeld'; did you mean 'greenfield'?; one of your own needs",
    ),
    "a case of a case": (
        "business_cases:\n  x:\n    business_case: y\n",
        3,
        "'business_case' is not known yet where this is decided",
    ),
    "a territory": (
        "territories: {DE: {when: {country: DE}}}\n" + ruled("territory: DEE"),
        3,
        "no territory is called 'DEE'; did you mean 'DE'",
    ),
    "a parent": (
        "territories:\n  DE:\n    when: {country: DE}\n    parent: EMAE\n  EMEA: {when: {region: EMEA}}\n",
        4,
        "no territory is called 'EMAE'; did you mean 'EMEA'",
    ),
    "a circle": (
        "territories:\n  A: {parent: B, when: {city: X}}\n  B: {parent: A, when: {city: X}}\n",
        2,
        "'A' encloses itself",
    ),
    "an empty territory": ("territories:\n  A: {name: X}\n", 2, "'A' has neither conditions"),
    "a territory of territories": ("territories:\n  A:\n    when: {territory: B}\n", 3, "'territory' is not known yet"),
    "a pool in a rule": (then("pool: de_smbs"), 3, "no pool is called 'de_smbs'; did you mean 'de_smb'"),
    "a pool in a fallback": (pooled("fallback: [pool:de_any]"), 3, "no pool is called 'de_any'; there are de_smb"),
    "a fallback": (pooled("fallback: [de_any]"), 3, "a fallback is pool:NAME or queue:NAME, not 'de_any'"),
    "a fact": (ruled("countri: DE"), 2, "no fact of a lead is called 'countri'; did you mean 'country'"),
    "a fact of a partner": (
        pooled("criteria: {competence: x}"),
        3,
        "no fact of a partner is called 'competence'; did you mean 'competency'",
    ),
    "a test": (ruled("score: {atleast: 5}"), 2, "no test of 'score' is called 'atleast'; did you mean 'at_least'"),
    "a test of partners": (ruled("city: {same_as: city}"), 2, "no test of 'city' is called 'same_as'"),
    "another fact": (
        pooled("criteria: {country: {same_as: contry}}"),
        3,
        "'same_as' of 'country' names a fact of the lead; did you mean 'country'",
    ),
    "a test that does not fit": (ruled("city: {at_least: 5}"), 2, "'city' is no number, so it has no 'at_least'"),
    "a country": (ruled("country: Germany"), 2, "no country is called 'Germany'; write DE"),
    "a segment": (ruled("segment: [SMB, MM]"), 2, "no segment is called 'MM'"),
    "an industry": (ruled("industry: PHARMA_BIOTEC"), 2, "no industry is called 'PHARMA_BIOTEC'; did you mean 'PHARMA_BIOTECH'"),
    "a match": (ruled("match: {not: competitors}"), 2, "no match is called 'competitors'; did you mean 'competitor'"),
    "a number": (ruled("score: {at_least: high}"), 2, "'score' is a number, not 'high'"),
    "text": (ruled("postal_code: 80331"), 2, "'postal_code' is text; write it in quotes: \"80331\""),
    "a flag": (ruled("owner_partner: P1"), 2, "'owner_partner' is true or false, not 'P1'"),
    "a moment": (ruled("last_lost: 2025-01-01"), 2, "'last_lost' is a moment; say {within: 90d}"),
    "a time span": (ruled("last_lost: {within: 1y}"), 2, "'1y' is not a time span; write it like 30m, 48h, 5d or 2w"),
    "no value": (ruled("city: []"), 2, "must name at least one value"),
    "no conditions": ("routing:\n  - when: {}\n    then: {queue: x}\n", 2, "conditions are a block of facts"),
    "no blocks": ("routing:\n  - when: []\n    then: {queue: x}\n", 2, "conditions are a block of facts"),
    "two targets": (then("pool: de_smb, queue: x"), 3, "pool and queue are several"),
    "no target": (then("reason: x"), 3, "there is none"),
    "whose": (then("partner: owners"), 3, "not 'owners'; did you mean 'owner'"),
    "an address": (then("user: ines"), 3, "'ines' is not an e-mail address"),
    "a role": (then("queue: x, alert: [boss]"), 3, "no role is called 'boss'"),
    "terms of a pool": (then("pool: de_smb, accept_within: 3h"), 3, "'accept_within' is for partners; the pool has its own"),
    "terms of a queue": (then("queue: x, qualify_within: 3h"), 3, "nobody has to accept it"),
    "a key of a rule": ("routing:\n  - {then: {queue: x}, wenn: {city: x}}\n", 2, "unknown key 'wenn'; did you mean 'when'"),
    "no then": ("routing:\n  - {name: x}\n", 2, "a rule has a 'then', or as the last of all an 'else'"),
    "else with when": ("routing:\n  - {when: {city: x}, else: {queue: x}}\n", 2, "it has no 'when'"),
    "else not last": ("routing:\n  - {else: {queue: x}}\n  - {then: {queue: x}}\n", 2, "so it comes last"),
    "one name twice": (
        "routing:\n  - {name: a, then: {queue: x}}\n  - {name: a, then: {queue: x}}\n",
        3,
        "a rule called 'a' is already on line 4",
    ),
    "no rules": ("routing: []\n", 1, "'routing' is empty"),
    "an empty set": ("routing:\n  emea: {rules: []}\n", 2, "'rules' is empty"),
    "no block": ("routing: x\n", 1, "'routing' must be a list of rules or a block of keys"),
    "no block of pools": ("pools: [x]\n", 1, "'pools' must be a block of keys"),
    "a strategy": (pooled("strategy: shark"), 3, "'shark' is not known for 'strategy'; did you mean 'shark_tank'"),
    "a rank": (pooled("rank: [performence]"), 3, "no rank is called 'performence'; did you mean 'performance'"),
    "a rank of turns": (pooled("{strategy: order, rank: [reach]}"), 3, "'rank' is for a shark tank; the strategy is order"),
    "absent of a tank": (pooled("absent: hold"), 3, "'absent' is not for a shark tank"),
    "accrue": (pooled("{strategy: least_open, absent: accrue}"), 3, "'absent: accrue' is for order and weighted"),
    "a weight": (
        pooled("{strategy: weighted, members: {Alpine: heavy}}"),
        3,
        "the weight of Alpine is a whole number, not 'heavy'",
    ),
    "members": (pooled("members: Alpine"), 3, "members are a list of partners by name"),
    "too few offers": (pooled("max_offers: 0"), 3, "'max_offers': input should be greater than or equal to 1"),
    "what retains": (
        pooled("retain_if: [contact_establish]"),
        3,
        "no qualifying act is called 'contact_establish'; did you mean 'contact_established'",
    ),
    "what excludes": (pooled("exclude_on: [decline]"), 3, "no reason to exclude is called 'decline'; did you mean 'declined'"),
    "a reminder": (pooled("reminders: [4]"), 3, "'4' is not a time span"),
}


@pytest.mark.parametrize(("text", "line", "told"), WRONG.values(), ids=WRONG)
def test_faults_are_told_with_their_line(read, text, line, told):
    with pytest.raises(ConfigError) as error:
        read(text)
    (problem,) = error.value.problems
    assert told in problem.message
    assert problem.line == HEAD.count("\n") + line


def test_all_faults_of_a_block_are_told_at_once(read):
    with pytest.raises(ConfigError) as error:
        read(ruled("\n      countri: DE,\n      score: high\n    ").replace("queue: desk", "pool: nowhere"))
    assert [problem.line for problem in error.value.problems] == [5, 6, 8]
