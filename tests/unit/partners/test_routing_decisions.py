"""Where a lead goes: the decision tables of the stories LA4, X25 and X26, and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from world_of_partners import (
    DANA,
    GLOBEX,
    INITECH,
    OPEN,
    PARTNERS,
    ROUTING,
    SOYLENT,
    T0,
    has,
    lead,
    partner,
    pinned,
    rule,
    to,
    when,
)

from centri.partners.cases import BUILT_IN, case_of
from centri.partners.conditions import Test
from centri.partners.facts import AccountFacts, OpenOpportunity
from centri.partners.pools import Pool, Strategy
from centri.partners.routing import Routing, RuleSet, route
from centri.partners.targets import Aim


def asked(given, routing=ROUTING, partners=PARTNERS):
    return route(routing, given, partners)


def said(decision):
    """In short: case, rule, and where it goes."""
    o = decision.outcome
    where = o.pool or o.queue or o.user or o.email or " ".join(o.partners) or "nobody"
    return decision.lead.business_case, decision.rule, f"{o.aim.value}: {where}"


LA4 = {
    "NL buyer at Soylent, which has an open opportunity of Drew's": (
        lead("NL", account=SOYLENT, match="customer"),
        ("active_opportunity", "open deal", "user: Drew"),
    ),
    "new contact at Initech, which was lost on 2025-11-20": (
        lead("US", account=INITECH, match="prospect"),
        ("lost_opportunity", "win back", "queue: winback"),
    ),
    "buyer at Globex, which is named for P1": (
        lead("US", account=GLOBEX, match="named", protections=[pinned("P1")]),
        ("existing_customer", "named", "partner: P1"),
    ),
    "trial request of an unknown German SMB": (
        lead("DE", segment_code="SMB", lead_source="Trial request"),
        ("trial_request", "trial first", "user: ines@vantage.example"),
    ),
    "the same, once Ines has qualified it": (
        lead("DE", segment_code="SMB", lead_source="Trial request", qualification="sql"),
        ("trial_request", "de smb", "pool: de_smb"),
    ),
    "unknown French firm": (lead("FR"), ("greenfield", "france", "pool: fr_resellers")),
    "unknown firm in a country without a territory": (lead("JP"), ("greenfield", None, "queue: unassigned")),
}


@pytest.mark.parametrize(("given", "expected"), LA4.values(), ids=LA4)
def test_la4_business_cases(given, expected):
    assert said(asked(given)) == expected


def test_what_no_rule_fits_is_told_with_its_reason():
    outcome = asked(lead("JP")).outcome
    assert (outcome.reason, outcome.alert) == ("no_rule", DANA)


def test_the_case_is_that_of_the_moment():
    lost = AccountFacts("AC5", "customer", last_lost=T0.date())
    before, after = asked(lead("NL", account=SOYLENT)), asked(lead("NL", account=lost))
    assert [d.lead.business_case for d in (before, after)] == ["active_opportunity", "lost_opportunity"]
    assert before.lead.as_json()["business_case"] == "active_opportunity"


CASES = {
    "lost, and another one open": (replace(SOYLENT, last_lost=T0.date()), ["lost_opportunity", "greenfield"], "greenfield"),
    "lost a year ago": (replace(INITECH, last_lost=T0.date().replace(year=2025)), ["lost_opportunity"], "lost_opportunity"),
    "lost longer ago": (replace(INITECH, last_lost=T0.date().replace(year=2025, day=1)), ["lost_opportunity"], None),
    "the first in the order of the file": (SOYLENT, ["existing_customer", "active_opportunity"], "existing_customer"),
}


@pytest.mark.parametrize(("account", "names", "expected"), CASES.values(), ids=CASES)
def test_which_business_case_holds(account, names, expected):
    known = {case.name: case for case in BUILT_IN}
    at = T0.replace(hour=0)
    assert case_of(tuple(known[name] for name in names), lead(account=account, at=at)) == expected


# X25 ------------------------------------------------------------------------------------------------------------------

EMEA = RuleSet(
    "emea",
    (
        rule("direct", to("user", "account", reason="direct"), has("motion", "direct")),
        rule("machines", to("partner", "Bavaria IT AG", by_name=True), has("industry", "MANUFACTURING")),
        rule("enterprise", to("pool", "integrators"), has("segment", "ENT")),
        rule("middle", to("pool", "gold"), has("segment", "MID")),
        rule("network", to("pool", "network"), has("product", "network")),
        rule("german", to("pool", "germans"), has("country", "DE")),
    ),
    when(has("region", "EMEA")),
)
AMER = RuleSet("amer", (rule("all", to("queue", "amer_desk")),), when(has("region", "AMER")))
X25_ROUTING = Routing(
    (EMEA, AMER),
    {
        code: Pool(code, Strategy.ORDER, when(*criteria))
        for code, criteria in {
            "integrators": [has("type", "integrator")],
            "gold": [has("tier", "gold")],
            "network": [has("competency", "product", test=Test.SAME_AS)],
            "germans": [has("country", "country", test=Test.SAME_AS)],
        }.items()
    },
)
X25 = {
    "segment ENT, partner type": (lead(segment_code="ENT"), "emea", "enterprise", "integrators"),
    "segment MID, tier": (lead("FR", segment_code="MID"), "emea", "middle", "gold"),
    "segment SMB, location": (lead("DE", segment_code="SMB"), "emea", "german", "germans"),
    "competency": (lead("FR", product_interest=["network"]), "emea", "network", "network"),
    "vertical": (lead("DE", industry_code="MANUFACTURING"), "emea", "machines", None),
    "geography": (lead("US"), "amer", "all", None),
}


@pytest.mark.parametrize(("given", "rule_set", "rule", "pool"), X25.values(), ids=X25)
def test_x25_each_criterion_reaches_its_group(given, rule_set, rule, pool):
    decision = asked(given, X25_ROUTING)
    assert (decision.rule_set, decision.rule, decision.outcome.pool) == (rule_set, rule, pool)


def test_x25_a_direct_lead_stays_with_drew():
    decision = asked(lead("NL", account=SOYLENT, segment_code="ENT"), X25_ROUTING)
    assert (decision.rule, decision.outcome.user, decision.outcome.partners) == ("direct", "Drew", ())
    assert decision.shadowed == ("enterprise",)


def test_x25_a_lead_of_neither_market_has_no_rule():
    decision = asked(lead("JP"), X25_ROUTING)
    assert (decision.rule_set, decision.outcome.reason) == (None, "no_rule")
    assert [str(t.why) for t in decision.skipped] == ["region is APAC, not EMEA", "region is APAC, not AMER"]


# X26 ------------------------------------------------------------------------------------------------------------------

SHARED = [pinned("P1", "shared", "product"), pinned("P2", "shared", "qualification")]


@pytest.mark.parametrize("reason", ["contract", "program", "product", "qualification", "territory"])
def test_x26_an_exclusive_account_goes_to_its_partner_for_each_reason(reason):
    outcome = asked(lead("DE", segment_code="SMB", account=GLOBEX, protections=[pinned("P1", reason=reason)])).outcome
    assert (outcome.aim, outcome.kind, outcome.partners, outcome.reason) == (Aim.PARTNER, "named_account", ("P1",), reason)


def test_x26_a_shared_account_is_offered_to_its_partners_only():
    outcome = asked(lead("DE", segment_code="SMB", account=OPEN, protections=SHARED)).outcome
    assert (outcome.aim, outcome.partners, outcome.pool) == (Aim.PARTNERS, ("P1", "P2"), None)


def test_x26_an_open_account_follows_the_ordinary_rules():
    assert said(asked(lead("DE", segment_code="SMB", account=OPEN))) == ("greenfield", "de smb", "pool: de_smb")


SECURITY = pinned("P1", product_family="security")
PROTECTED = {
    "of the family that it asks for": ([pinned(product_family="security")], ["security"], "exclusive", ("P1",)),
    "of another family": ([pinned(product_family="backup")], ["security"], None, ()),
    "of a family, where it asks for nothing": ([pinned(product_family="backup")], None, None, ()),
    "of a family before that of all": ([pinned("P2"), SECURITY], ["security"], "exclusive", ("P1",)),
    "exclusive before shared": ([*SHARED, pinned("P3")], None, "exclusive", ("P3",)),
    "two families of two partners": (
        [SECURITY, pinned("P2", product_family="backup")], ["backup", "security"], "shared", ("P2", "P1"),
    ),
    "over": ([pinned(valid_to=T0)], None, None, ()),
    "not begun": ([pinned(valid_from=T0.replace(hour=10))], None, None, ()),
    "begun": ([pinned(valid_from=T0)], None, "exclusive", ("P1",)),
}  # fmt: skip


@pytest.mark.parametrize(("protections", "products", "protection", "partners"), PROTECTED.values(), ids=PROTECTED)
def test_which_protection_binds(protections, products, protection, partners):
    given = lead(protections=protections, product_interest=products)
    assert (given.protection, given.protected_for) == (protection, partners)


# what is a matter of right --------------------------------------------------------------------------------------------


def test_the_lead_of_a_named_account_waits_where_its_partner_cannot_take_it():
    partners = {**PARTNERS, "P1": replace(PARTNERS["P1"], status="inactive")}
    decision = asked(lead("DE", segment_code="SMB", protections=[pinned("P1")]), partners=partners)
    assert (decision.rule, decision.outcome.queue) == ("named", "unassigned")
    assert decision.outcome.reason == "named_account: Alpine Resellers GmbH is inactive"


def test_a_shared_account_is_offered_to_whoever_of_its_partners_can_take_it():
    given = lead(protections=SHARED, excluded={"P1": "declined"})
    assert asked(given).outcome.partners == ("P2",)
    nobody = asked(replace(given, excluded={"P1": "declined", "P2": "retain_timeout"})).outcome
    assert (nobody.queue, nobody.reason.count("excluded")) == ("unassigned", 2)


def test_an_opportunity_without_an_owner_waits():
    account = AccountFacts("AC5", opportunities=(OpenOpportunity("O1"),))
    outcome = asked(lead("FR", account=account)).outcome
    assert (outcome.queue, outcome.reason) == ("unassigned", "no_owner: nobody owns the opportunity")


def test_a_request_beats_other_rules_except_exclusion():
    asking = lead("FR", requested_partner_id="P1")
    assert said(asked(asking))[1:] == ("requested", "partner: P1")
    decision = asked(replace(asking, excluded={"P1": "declined"}))
    assert (decision.rule, decision.trace[1].why) == ("france", "Alpine Resellers GmbH is excluded from this lead (declined)")


def test_the_partner_that_has_the_account_goes_on():
    decision = asked(lead("FR", account=replace(OPEN, partner="P2")))
    assert (decision.rule, decision.outcome.kind, decision.outcome.partners) == ("owner", "existing_owner", ("P2",))


GENEROUS = Routing((RuleSet("default", (rule("all", to("pool", "de_any")),)),), ROUTING.pools)


def test_a_competitors_lead_goes_to_no_partner_whatever_the_rules_say():
    decision = asked(lead(match="competitor"), GENEROUS)
    assert (decision.rule, decision.outcome.aim, decision.outcome.reason) == (None, Aim.STOP, "competitor")
    assert decision.trace[0].why == "a competitor's lead goes to no partner"
    assert asked(lead(match="competitor")).rule == "competitor"


def test_a_lead_that_a_partner_brought_goes_to_no_other():
    mine = lead(source_kind="partner", sourced_by_partner_id="P4")
    assert said(asked(mine, GENEROUS))[1:] == (None, "partner: P4")
    assert said(asked(replace(mine, excluded={"P4": "admin"}), GENEROUS))[1:] == (None, "queue: unassigned")


def test_a_partner_by_name_must_be_there():
    routing = Routing((RuleSet("default", (rule("zulu", to("partner", "Zulu AG", by_name=True)),)),))
    assert asked(lead(), routing).trace[0].why == "no partner is called Zulu AG"
    known = {"P9": partner("P9", "ZULU AG")}
    assert asked(lead(), routing, known).outcome.partners == ("P9",)


def test_a_partner_of_a_territory_is_assigned_as_such():
    routing = Routing((RuleSet("d", (rule("x", to("partner", "Castell Systems SARL", by_name=True), has("territory", "FR")),)),),
                      territories=ROUTING.territories)  # fmt: skip
    assert asked(lead("FR"), routing).outcome.kind == "territory"


# why ------------------------------------------------------------------------------------------------------------------


def test_every_rule_is_told_with_the_reason():
    decision = asked(lead("DE", segment_code="SMB", account=GLOBEX, match="named", protections=[pinned("P1")]))
    assert {tried.rule: tried.why for tried in decision.trace if tried.why} == {
        "competitor": "match is named, not competitor",
        "requested": "requested_partner is false, not true",
        "direct motion": "motion is blank, not direct; business_case is existing_customer, not greenfield",
        "open deal": "business_case is existing_customer, not active_opportunity",
        "win back": "business_case is existing_customer, not lost_opportunity",
        "shared": "named_account is exclusive, not shared",
        "owner": "owner_partner is false, not true",
        "trial first": "business_case is existing_customer, not trial_request",
        "france": "territory is DE, DE-SMB, EMEA, not FR",
    }
    assert (decision.rule, decision.shadowed) == ("named", ("de smb",))
    assert [t.rule for t in decision.trace if t.matched] == ["named"]


def test_the_factor_that_decided_a_territory_is_told():
    territories = asked(lead("DE", segment_code="SMB", industry_code="HEALTHCARE")).territories
    assert [str(found) for found in territories] == [
        "DE-SMB: segment is SMB, country is DE, region is EMEA",
        "DE: country is DE, region is EMEA",
        "EMEA: region is EMEA",
        "HEALTH: industry is HEALTHCARE",
    ]


def test_all_of_it_can_be_stored():
    decision = asked(lead("DE", segment_code="SMB", account=SOYLENT, protections=[pinned("P1")], received_at=T0, score=7))
    stored = json.loads(json.dumps([decision.lead.as_json(), decision.as_json(), decision.outcome.as_json()]))
    assert stored[0]["account"]["opportunities"] == [{"id": "O1", "owner": "Drew", "partner": None, "motion": "direct"}]
    assert stored[0]["territories"] == ["DE-SMB", "DE", "EMEA"]
    tried = {t["rule"]: t for t in stored[1]["tried"]}
    assert tried["competitor"]["failed"] == [{"fact": "match", "test": "is", "wanted": ["competitor"], "seen": "none"}]
    assert tried["named"] == {"rule": "named", "matched": False, "shadowed": True}
    assert stored[2] == {"aim": "user", "kind": "account_based_opportunity", "user": "Drew"}


def test_the_same_input_has_the_same_answer():
    given = lead("DE", segment_code="SMB")
    turned = dict(reversed(PARTNERS.items()))
    assert asked(given) == asked(given, partners=turned)
