"""Story LA3: whose a lead is, over the accounts and partners of the shared fixture, and what each lever does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opening import mapping_at
from sqlalchemy import func, insert, select, update

from centri.dedupe import identity
from centri.dedupe.companies.rules import Domain
from centri.dedupe.dictionaries import Additions, shipped
from centri.engine import match_names
from centri.engine.assign import assign
from centri.engine.match import match_leads, match_some
from centri.engine.match_answers import explained, explained_values
from centri.engine.match_reviews import decide, open_reviews
from centri.engine.match_sayings import say, unsay
from centri.engine.project import Project, project_of
from centri.errors import ConfigError
from centri.settings import Settings
from centri.store.database import read, write
from centri.store.match_decisions import labelled
from centri.store.prm_tables import (
    account,
    account_alias,
    account_domain,
    audit_log,
    contact,
    lead,
    named_account,
    partner_account,
)

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[2] / "mappings.yaml"

ACCOUNTS = {
    "AC1": ("Globex Corporation", "globex.example", "US", "customer"),
    "AC2": ("Initech LLC", "initech.example", "US", "prospect"),
    "AC3": ("Umbrella Health Systems", "umbrella-health.example", "DE", "prospect"),
    "AC4": ("Hooli Inc.", "hooli.example", "US", "competitor"),
    "AC5": ("Soylent Foods Europe B.V.", "soylent.example", "NL", "customer"),
    "AC6": ("Soylent Foods, Inc.", "soylent.example", "US", "customer"),
    "AC7": ("Acme Analytics", "acme-analytics.example", "US", "prospect"),
    "AC8": ("Stark Industrial Supply", "stark-supply.example", "US", "prospect"),
    "AC9": ("Wayne Enterprises", "wayne.example", "US", "prospect"),
    "AC10": ("Mueller Maschinenbau", "mueller-mb.example", "DE", "prospect"),
}
LEADS = {
    "globex": ("Globex Corp.", "jane@globex.example", "US"),
    "umbrella": ("Umbrella Health Sys.", "mia@gmail.com", "DE"),
    "initech": ("Initech, Inc.", "x@gmail.com", "US"),
    "acme": ("Acme", "y@acme.example", "US"),
    "initrode": ("Initrode", "z@initrode.example", "US"),
    "stark": ("Stark Industries", "a@stark.example", "US"),
    "wayne": ("Wayne Entreprises", "b@gmail.com", "US"),
    "mueller": ("Müller Maschinenbau GmbH", "c@gmail.com", "DE"),
    "bob": (None, "bob@soylent.example", "NL"),
    "sue": (None, "sue@soylent.example", None),
    "hooli": ("Hooli", "gavin@hooli.example", "US"),
    "alpine": ("Alpine Resellers", "new@alpine.example", "DE"),
}
EXPECTED = {
    "globex": ("named", "AC1"),
    "umbrella": ("review", None),
    "initech": ("review", None),
    "acme": ("none", None),
    "initrode": ("none", None),
    "stark": ("review", None),
    "wayne": ("prospect", "AC9"),
    "mueller": ("prospect", "AC10"),
    "bob": ("customer", "AC5"),
    "sue": ("customer", "AC6"),
    "hooli": ("competitor", "AC4"),
    "alpine": ("partner", None),
}
CANDIDATES = {"umbrella": "account/AC3", "initech": "account/AC2", "stark": "account/AC8", "alpine": "partner_account/P1"}


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    fresh: Callable[[], str] = request.getfixturevalue(f"fresh_{request.param}")
    settings = Settings(tmp_path / "home", MAPPINGS, fresh(), chunk_size=5)
    opened = project_of(settings, mapping_at(MAPPINGS), clock=lambda: T0)
    with write(opened.engine) as conn:
        for id, (name, domain, country, kind) in ACCOUNTS.items():
            known = {"name": name, "website": domain, "domain": domain, "country_code": country, "account_class": kind}
            conn.execute(insert(account).values(id=id, name_norm=identity.company(known), **known))
        conn.execute(
            insert(partner_account).values(
                id="P1", name="Alpine Resellers GmbH", website="alpine.example", domain="alpine.example", country_code="DE"
            )
        )
        people = [("AC5", n) for n in range(3)] + [("AC6", n) for n in range(7)]
        conn.execute(insert(contact), [{"account_id": a, "last_name": f"Nr {n}"} for a, n in people])
        protected = {"account_id": "AC1", "partner_account_id": "P1", "protection": "exclusive", "reason": "contract"}
        conn.execute(insert(named_account).values(**protected, valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
        for id, said in LEADS.items():
            enter(conn, id, *said)
    yield opened
    opened.close()


def enter(conn: Any, id: str, company: str | None, email: str, country: str | None, **more: Any) -> None:
    derived = {"email_norm": email, "email_domain": email.partition("@")[2], "company_norm": identity.company({"name": company})}
    row = {"id": id, "company": company, "email": email, "country_code": country, "last_name": id.title()}
    conn.execute(insert(lead).values(row | derived | more))


def levers(project: Project, **changed: Any) -> None:
    """The mapping's rules with others in their place."""
    given = project.mapping.lead_account
    assert given is not None
    project.mapping = replace(project.mapping, lead_account=replace(given, rules=replace(given.rules, **changed)))


def rows(project: Project) -> dict[str, Mapping[str, Any]]:
    with read(project.engine) as conn:
        return {row["id"]: dict(row) for row in conn.execute(select(lead)).mappings()}


def told(project: Project) -> dict[str, tuple[str, str | None]]:
    return {id: (row["match_class"], row["matched_account_id"]) for id, row in rows(project).items()}


def test_each_lead_is_whose_it_is(project: Project):
    done = match_leads(project)
    assert told(project) == EXPECTED
    assert (done.leads, done.changed) == (12, 12)
    for id, candidate in CANDIDATES.items():
        assert explained(project, id).answer.company == candidate, id
    found = rows(project)
    assert found["globex"]["match_confidence"] >= 0.85
    assert {row["state"] for id, row in found.items() if id != "hooli"} == {"ready"}


def test_a_competitors_lead_is_given_up_and_offered_to_nobody(project: Project):
    with write(project.engine) as conn:
        conn.execute(update(lead).where(lead.c.id == "hooli").values(target_partner_id="P1"))
    match_leads(project)
    assert assign(project) == 0
    assert (rows(project)["hooli"]["state"], rows(project)["hooli"]["state_reason"]) == ("disqualified", "competitor")
    say(project, "never", "hooli", "AC4")
    assert (rows(project)["hooli"]["state"], rows(project)["hooli"]["match_class"]) == ("ready", "none")
    assert assign(project) == 1


def test_a_higher_bar_makes_people_look(project: Project):
    match_leads(project)
    score = rows(project)["wayne"]["match_confidence"]
    levers(project, accept=(1 + score) / 2)
    match_leads(project, everything=True)
    assert told(project)["wayne"] == ("review", None)
    assert explained(project, "wayne").answer.company == "account/AC9"


def test_without_domains_nothing_is_known_of_who_names_no_company(project: Project):
    levers(project, domain=Domain.OFF)
    match_leads(project)
    assert (told(project)["bob"], told(project)["sue"]) == (("none", None), ("none", None))


@pytest.mark.parametrize(
    ("person", "other", "heard"),
    [
        ({"email": "a@stark.example"}, {"email": "A@stark.example"}, True),
        ({"first_name": "Jo", "last_name": "Aberg"}, {"first_name": "JO", "last_name": "Aberg"}, True),
        ({"first_name": "Jo", "last_name": "Aberg"}, {"first_name": "Aberg", "last_name": "Jo"}, True),
        ({"first_name": "Jo", "last_name": "Aberg"}, {"first_name": "J.", "last_name": "Aberg"}, True),
        ({"first_name": "Jo", "last_name": "Aberg"}, {"first_name": "Ann", "last_name": "Aberg"}, False),
    ],
)
def test_another_lead_of_the_person_is_heard_and_everywhere_alike(project: Project, person, other, heard):
    with write(project.engine) as conn:
        conn.execute(update(lead).where(lead.c.id == "stark").values(**person))
    before = explained(project, "stark").answer
    with write(project.engine) as conn:
        enter(conn, "twin", "Stark Industrial Supply", **{"email": "t@stark-supply.example", "country": "US"} | other)
        conn.execute(update(lead).where(lead.c.id == "twin").values(email_norm=func.lower(lead.c.email)))
    after = explained(project, "stark")
    assert (after.answer.company, after.answer.score > before.score) == ("account/AC8", heard)
    assert any(part.field == "same_person" for part in after.ranking.parts(0, 0)) == heard
    match_leads(project)
    assert rows(project)["stark"]["match_confidence"] == pytest.approx(after.answer.score)


def test_a_lead_that_is_only_told_is_known_by_its_address_too(project: Project):
    told = {"company": "Stark Industries", "email": "T@stark-supply.example"}
    with write(project.engine) as conn:
        enter(conn, "twin", "Stark Industrial Supply", "t@stark-supply.example", "US")
    heard = explained_values(project, told)
    assert any(part.field == "same_person" for part in heard.ranking.parts(0, 0))


def test_what_a_team_says_that_anybody_may_give_matches_nobody(project: Project):
    with write(project.engine) as conn:
        enter(conn, "private", "Undisclosed Buyer", "p@gmail.com", "US")
        named = {"name": "Undisclosed Buyer", "name_norm": "undisclosed buyer", "country_code": "US"}
        conn.execute(insert(account).values(id="AC11", **named))
    match_leads(project)
    assert told(project)["bob"] == ("customer", "AC5")
    assert explained(project, "private").answer.company == "account/AC11"
    more = Additions(free_mail=("soylent.example",), junk_names=("undisclosed buyer",))
    project.mapping = replace(project.mapping, dictionaries=shipped().extended(more))
    match_leads(project, everything=True)
    assert (told(project)["bob"], told(project)["sue"]) == (("none", None), ("none", None))
    assert explained(project, "private").answer.company is None
    with pytest.raises(ConfigError, match=r"strangers share soylent\.example"):
        match_names.add_domain(project, "AC5", "soylent.example")
    with pytest.raises(ConfigError, match="is no company's name"):
        match_names.add_alias(project, "AC5", "Undisclosed Buyer")


def test_the_order_of_tie_breakers_is_the_teams(project: Project):
    levers(project, tie_breakers=("oldest",))
    with write(project.engine) as conn:
        conn.execute(update(account).where(account.c.id == "AC5").values(crm_created_at=datetime(2001, 1, 1, tzinfo=UTC)))
    match_leads(project)
    assert told(project)["sue"] == ("customer", "AC5")


def test_what_people_say_once_and_for_all_survives_every_run(project: Project):
    match_leads(project)
    said, done = say(project, "always", "Initrode", "Initech LLC", actor="dana")
    assert (said.kind, said.company, done.changed) == ("name", "account/AC2", 1)
    say(project, "never", "wayne", "AC9")
    for _ in range(2):
        assert told(project)["initrode"] == ("prospect", "AC2")
        assert told(project)["wayne"] == ("none", None)
        match_leads(project, everything=True)
    assert explained(project, "initrode").answer.code == "ALWAYS"
    unsay(project, 1)
    assert told(project)["initrode"] == ("none", None)


def test_a_match_that_a_person_made_stays(project: Project):
    with write(project.engine) as conn:
        mine = {"matched_account_id": "AC7", "match_class": "prospect", "match_locked": True}
        conn.execute(update(lead).where(lead.c.id == "acme").values(mine))
    match_leads(project)
    match_leads(project, everything=True)
    assert told(project)["acme"] == ("prospect", "AC7")


def test_a_plan_changes_nothing(project: Project):
    done = match_leads(project, plan=True)
    assert done.changed == 12
    assert {row["matched_at"] for row in rows(project).values()} == {None}


def test_nothing_is_written_twice(project: Project):
    match_leads(project)
    before = {id: row["revision"] for id, row in rows(project).items()}
    assert match_leads(project, everything=True).changed == 0
    assert {id: row["revision"] for id, row in rows(project).items()} == before


def test_a_lead_finds_the_account_that_comes_later(project: Project):
    match_leads(project)
    with write(project.engine) as conn:
        known = {"name": "Acme", "name_norm": "acme", "website": "acme.example", "domain": "acme.example", "country_code": "US"}
        conn.execute(insert(account).values(id="AC11", **known))
    done = match_leads(project)
    assert told(project)["acme"] == ("prospect", "AC11")
    assert done.changed == 1
    assert match_leads(project).changed == 0


def test_a_lead_follows_its_account(project: Project):
    match_leads(project)
    with write(project.engine) as conn:
        conn.execute(update(account).where(account.c.id == "AC9").values(account_class="customer"))
        conn.execute(update(account).where(account.c.id == "AC10").values(deleted_at=T0))
    match_leads(project)
    assert (told(project)["wayne"], told(project)["mueller"]) == (("customer", "AC9"), ("none", None))


def test_the_branch_in_the_leads_country_else_the_parent(project: Project):
    with write(project.engine) as conn:
        group = {"name": "Zorblatt Group", "website": "zorblatt.example", "domain": "zorblatt.example", "country_code": "US"}
        conn.execute(insert(account).values(id="Z", **group))
        branches = {"ZDE": ("Zorblatt Deutschland GmbH", "DE"), "ZFR": ("Zorblatt France SARL", "FR")}
        for id, (name, country) in branches.items():
            site = {"website": "zorblatt.example", "domain": "zorblatt.example", "parent_account_id": "Z"}
            conn.execute(insert(account).values(id=id, name=name, country_code=country, **site))
        enter(conn, "german", "Zorblatt Germany", "kai@zorblatt.example", "DE")
        enter(conn, "spanish", "Zorblatt Spain", "ana@zorblatt.example", "ES")
    match_leads(project)
    found = told(project)
    assert (found["german"][1], found["spanish"][1]) == ("ZDE", "Z")
    assert explained(project, "german").answer.code == explained(project, "spanish").answer.code == "PARENT_CHILD"
    assert "the parent was taken" in explained(project, "spanish").answer.because


def test_the_order_in_which_rows_come_changes_nothing(project: Project):
    match_leads(project)
    before = {id: (row["match_class"], row["match_confidence"]) for id, row in rows(project).items()}
    ids, shuffle = list(LEADS), random.Random(3)
    for _ in range(20):
        shuffle.shuffle(ids)
        project.settings = replace(project.settings, chunk_size=shuffle.randint(1, 12))
        assert match_some(project, ids).changed == 0
    assert {id: (row["match_class"], row["match_confidence"]) for id, row in rows(project).items()} == before


def test_a_thousand_shuffled_askings_have_one_answer(project: Project):
    from centri.dedupe.companies.verdict import judge
    from centri.engine.match_answers import company_of
    from centri.engine.match_index import companies

    given = project.mapping.lead_account
    assert given is not None
    leads = [company_of(row, given.rules, project.mapping.dictionaries.anybody) for row in rows(project).values()]
    shuffle, answers = random.Random(5), set()
    with companies(project.engine, project.settings).matcher() as matcher:
        for _ in range(1000):
            shuffle.shuffle(leads)
            ranking = matcher.rank(leads)
            verdicts = {one.id: judge(one, ranking.of(at, 5), {}, given.rules) for at, one in enumerate(leads)}
            answers.add(tuple((id, a.company, a.score, a.verdict) for id, a in sorted(verdicts.items())))
    assert len(answers) == 1


def test_a_review_is_decided_once_and_teaches(project: Project):
    match_leads(project)
    with open_reviews(project.settings) as reviews:
        assert list(reviews.ids) == ["initech", "stark", "umbrella"]
    decide(project, "umbrella", "AC3", "dana")
    decide(project, "stark", None, "dana")
    match_leads(project, everything=True)
    assert (told(project)["umbrella"], told(project)["stark"]) == (("prospect", "AC3"), ("none", None))
    with read(project.engine) as conn:
        known = [(values["id"], company, right) for values, company, right in labelled(conn)]
        aliases = conn.execute(select(account_alias.c.account_id, account_alias.c.alias_norm)).all()
        audited = conn.execute(select(audit_log.c.actor).where(audit_log.c.cause_ref == "match review")).scalars()
        assert set(audited) == {"dana"}
    assert known == [("umbrella", "account/AC3", True), ("stark", None, True), ("stark", "account/AC8", False)]
    assert aliases == [("AC3", "umbrella health sys")]
    with open_reviews(project.settings) as reviews:
        assert list(reviews.ids) == ["initech"]


def test_a_name_that_is_learned_is_known_from_then_on(project: Project):
    match_leads(project)
    with write(project.engine) as conn:
        enter(conn, "brand", "Zuperdrink", "tea@gmail.com", "US")
        conn.execute(update(account).where(account.c.id == "AC9").values(name="Bruce Holdings", name_norm="bruce holdings"))
        conn.execute(update(account).where(account.c.id == "AC7").values(name="Coyote Labs", name_norm="coyote labs"))
        enter(conn, "former", "Acme Analytics", "old@gmail.com", "US")
    match_names.add_alias(project, "AC6", "Zuperdrink Beverages")
    with write(project.engine) as conn:
        conn.execute(update(lead).where(lead.c.id == "brand").values(company="Zuperdrink Beverages"))
    match_leads(project)
    assert told(project)["brand"] == ("customer", "AC6")
    assert told(project)["former"] == ("prospect", "AC7")
    assert explained(project, "brand").answer.code == "ALIAS"


def test_domains_are_learned_from_contacts_but_not_those_of_strangers(project: Project):
    with write(project.engine) as conn:
        mails = ["a@waynelabs.example", "b@waynelabs.example", "c@gmail.com", "d@gmail.com"]
        conn.execute(insert(contact), [{"account_id": "AC9", "last_name": "N", "email": m, "email_norm": m} for m in mails])
        everywhere = [("AC1", "x"), ("AC2", "x"), ("AC3", "x"), ("AC8", "x")] * 2
        agency = [{"account_id": a, "last_name": "N", "email_norm": f"{n}@agency.example"} for n, (a, _) in enumerate(everywhere)]
        conn.execute(insert(contact), agency)
        enter(conn, "labs", None, "new@waynelabs.example", "US")
    fresh = match_names.learn_from_contacts(project)
    assert fresh == [{"account": "AC9", "domain": "waynelabs.example", "share": 0.5}]
    assert match_names.learn_from_contacts(project) == []
    with read(project.engine) as conn:
        assert conn.execute(select(account_domain.c.kind)).scalars().all() == ["contact_derived"]
    match_leads(project)
    assert told(project)["labs"] == ("prospect", "AC9")
