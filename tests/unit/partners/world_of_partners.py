"""The partners and accounts of the domain's stories (section 4.0), as facts, and short ways to write leads and rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from centri.partners.conditions import Condition, Test, When
from centri.partners.facts import AccountFacts, LeadFacts, OpenOpportunity, PartnerFacts, Protection
from centri.partners.pools import Absent, Next, Pool, Strategy
from centri.partners.routing import Routing, Rule, RuleSet
from centri.partners.targets import Aim, Target
from centri.partners.terms import Terms
from centri.partners.territories import Territory

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def partner(id, name, country="DE", competencies="security", score=None, **more):
    return PartnerFacts(id, name, country=country, competencies=frozenset(competencies.split()), performance_score=score, **more)


P1 = partner("P1", "Alpine Resellers GmbH", "DE", "security network", 80, partner_type="reseller", tier="gold")
P2 = partner("P2", "Bavaria IT AG", "DE", "security", 70, partner_type="integrator", tier="silver")
P3 = partner("P3", "Castell Systems SARL", "FR", "security", 75, partner_type="reseller", tier="gold")
P4 = partner("P4", "Danube Partners KG", "DE", "network", 40, partner_type="reseller", tier="bronze")
P5 = partner("P5", "Elbe Networks GmbH", "DE", "security", 65, partner_type="reseller", status="inactive")
P6 = partner("P6", "Fuchs Security GmbH", "DE", "security", 60, partner_type="reseller", tier="silver")
P7 = partner("P7", "Gamma IT GmbH", "DE", "security", 50, partner_type="reseller", tier="bronze")
P8 = partner("P8", "Havel Tech GmbH", "DE", "security", 45, partner_type="reseller", tier="bronze")
ALL = (P1, P2, P3, P4, P5, P6, P7, P8)
PARTNERS = {p.id: p for p in ALL}

GLOBEX = AccountFacts("AC1", "customer")
INITECH = AccountFacts("AC2", "prospect", last_lost=date(2025, 11, 20))
SOYLENT = AccountFacts("AC5", "customer", owner="Drew", opportunities=(OpenOpportunity("O1", owner="Drew", motion="direct"),))
OPEN = AccountFacts("AC9", "prospect")


def pinned(partner="P1", protection="exclusive", reason="contract", **more):
    return Protection(partner, protection, reason, **more)


def lead(country="DE", *, account=None, match="none", at=T0, protections=(), excluded=None, motion=None, **values):
    given = {"country_code": country, "match_class": match, **values}
    return LeadFacts("L1", at, given, account, tuple(protections), excluded or {}, motion)


def has(fact, *wanted, test=Test.IS):
    return Condition(fact, test, wanted)


def when(*conditions):
    return When.all(*conditions) if conditions else When()


def rule(name, then, *conditions):
    return Rule(name, when(*conditions), then)


def to(aim, name="", **more):
    return Target(Aim(aim), name, **more)


DE_SMB = Pool(
    "de_smb",
    criteria=when(has("country", "DE"), has("competency", "security")),
    max_offers=4,
    terms=Terms(accept_within=timedelta(hours=24), qualify_within=timedelta(days=5)),
    fallback=(Next("pool", "de_any"), Next("queue", "unassigned")),
)
DE_ANY = Pool("de_any", criteria=when(has("country", "DE")), max_offers=3)
FR_RESELLERS = Pool("fr_resellers", Strategy.ORDER, when(has("country", "FR"), has("type", "reseller")), absent=Absent.ACCRUE)

TERRITORIES = {
    t.code: t
    for t in (
        Territory("EMEA", when=when(has("region", "EMEA"))),
        Territory("DE", "EMEA", when=when(has("country", "DE"))),
        Territory("DE-SMB", "DE", when=when(has("segment", "SMB"))),
        Territory("FR", "EMEA", when=when(has("country", "FR"))),
        Territory("HEALTH", when=when(has("industry", "HEALTHCARE"))),
    )
}

DANA = ("channel_manager",)
RULES = (
    rule("competitor", to("stop", reason="competitor", alert=DANA), has("match", "competitor")),
    rule("requested", to("partner", "requested", reason="end_user_request"), has("requested_partner", True)),
    rule("direct motion", to("user", "account", reason="direct"), has("motion", "direct"), has("business_case", "greenfield")),
    rule("open deal", to("user", "opportunity"), has("business_case", "active_opportunity")),
    rule("win back", to("queue", "winback", alert=DANA), has("business_case", "lost_opportunity")),
    rule("named", to("partner", "named_account"), has("named_account", "exclusive")),
    rule("shared", to("partners", "named_account"), has("named_account", "shared")),
    rule("owner", to("partner", "owner"), has("owner_partner", True)),
    rule("trial first", to("user", "ines@vantage.example", by_name=True), has("business_case", "trial_request"),
         has("qualification", "mql", "sql", test=Test.NOT)),
    rule("de smb", to("pool", "de_smb"), has("territory", "DE-SMB")),
    rule("france", to("pool", "fr_resellers"), has("territory", "FR")),
)  # fmt: skip
ROUTING = Routing((RuleSet("default", RULES),), {p.code: p for p in (DE_SMB, DE_ANY, FR_RESELLERS)}, TERRITORIES)
