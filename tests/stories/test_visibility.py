"""Story X17: no view, command or report shows a partner another's record, or another bidder's name, whatever has happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from partner_business import PARTNERS, Business
from sqlalchemy import insert

from centri.engine import deal_acts, distribution_acts, partner_acts
from centri.engine.audit_trail import trail
from centri.engine.deal_views import deal_list, deal_shown, opportunity_list, opportunity_shown
from centri.engine.lead_views import list_leads, show_lead
from centri.engine.reports import allowed, run
from centri.engine.routing import route_leads
from centri.engine.tick import tick
from centri.errors import CentriError, Rejected
from centri.store.database import write
from centri.store.partner_tables import program, program_enrollment

PEOPLE = {email: id for id, given in PARTNERS.items() for email in given[-1]}
NAMES = {id: given[0].split()[0] for id, given in PARTNERS.items()}
"""The first word of each partner's name, which stands in nothing else."""

LEADS = {f"L{at}": {"country_code": "DE", "company": f"Firma {at}", "email": f"secret{at}@x.example"} for at in range(4)}
LEADS["L4"] = {"country_code": "FR", "company": "Firma 4", "email": "secret4@x.example"}


@contextmanager
def open_for_business(url: str, home: Path) -> Iterator[Business]:
    """Partners that all may register deals, and leads on offer."""
    made = Business(url, home)
    with write(made.project.engine) as conn:
        conn.execute(insert(program).values(id="DR", code="DR-STD", name="Deals", required_fields=[]))
        conn.execute(insert(program_enrollment), [{"program_id": "DR", "partner_account_id": id} for id in PARTNERS])
    for id, values in LEADS.items():
        made.lead(id, **values)
    route_leads(made.project)
    yield made
    made.close()


def every_read(business: Business, email: str) -> Iterator[tuple[str, Any]]:
    """What somebody is shown, path by path, asked for every record that there is."""
    project = business.project
    ids = {table: [row["id"] for row in business.rows(table)] for table in ("lead", "opportunity", "deal_registration")}
    yield "lead list", [asdict(seen) for seen in list_leads(project, email)]
    yield "opp list", opportunity_list(project, email)
    yield "deal list", deal_list(project, email)
    paths: list[tuple[str, Any, list[str]]] = [
        ("lead show", lambda one: asdict(show_lead(project, one, email)), ids["lead"]),
        ("opp show", lambda one: opportunity_shown(project, one, email), ids["opportunity"]),
        ("deal show", lambda one: deal_shown(project, one, email), ids["deal_registration"]),
        ("audit lead", lambda one: trail(project, "lead", one, follow=True, actor=email), ids["lead"]),
        ("audit opportunity", lambda one: trail(project, "opportunity", one, actor=email), ids["opportunity"]),
        ("audit deal", lambda one: trail(project, "deal", one, actor=email), ids["deal_registration"]),
    ]
    for path, look, wanted in paths:
        for id in wanted:
            with suppress(CentriError):
                yield f"{path} {id}", look(id)
    for report in allowed(project, email):
        yield f"report {report.name}", asdict(run(project, report.name, actor=email))


def nothing_foreign(business: Business) -> None:
    """Each of the partners' people, over every path: no other partner's name, and whom to speak to of their own leads alone."""
    mine = {email: {row["subject_id"] for row in business.rows("record_access", revoked_at=None)
                    if row["principal_id"] in (id, email.split("@")[0]) and row["level"] != "offer"}
            for email, id in PEOPLE.items()}  # fmt: skip
    for email, partner in PEOPLE.items():
        if partner == "P5":
            continue  # an inactive partner's people see what was theirs, which is nothing here
        for path, shown in every_read(business, email):
            text = json.dumps(shown, default=str)
            foreign = [name for id, name in NAMES.items() if id != partner and name in text]
            assert not foreign, f"{email} sees {foreign} in {path}: {text}"
            secrets = [id for id in LEADS if f"secret{id[1:]}@" in text and id not in mine[email]]
            became = {row["converted_contact_id"] for row in business.rows("lead") if row["id"] in secrets}
            assert not [id for id in secrets if not became & mine[email]], f"{email} sees whom to speak to of {secrets} in {path}"


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["accept", "decline", "contact", "rep", "convert", "deal", "withdraw", "later", "give"]),
        st.sampled_from(sorted(LEADS)),
        st.sampled_from(sorted(PEOPLE)),
    ),
    max_size=12,
)


def act(business: Business, what: str, lead: str, email: str) -> None:
    project = business.project
    match what:
        case "accept":
            partner_acts.accept(project, lead, email)
        case "decline":
            partner_acts.decline(project, lead, email, "no")
        case "contact":
            partner_acts.log_activity(project, lead, email, "contact_established")
        case "rep":
            partner_acts.assign_rep(project, lead, email, "rita@alpine.example")
        case "convert":
            partner_acts.convert_lead(project, lead, email, {"name": f"Deal {lead}", "amount": "10", "currency": "EUR"})
        case "deal":
            deal = deal_acts.create_deal(project, email, {"account_name": f"Firma {lead[1:]}", "product_family": "ZT"})
            deal_acts.submit_deal(project, deal, email)
        case "withdraw":
            distribution_acts.withdraw(project, lead, "anew")
        case "give":
            distribution_acts.give(project, lead, partner=PEOPLE[email])
        case "later":
            business.forward(days=2)
            tick(project)
            route_leads(project)


@pytest.mark.prove
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS)
def test_whatever_happens_nobody_sees_what_is_anothers(fresh_sqlite: Any, tmp_path_factory: Any, acts: Any) -> None:
    with open_for_business(fresh_sqlite(), tmp_path_factory.mktemp("home")) as business:
        for what, lead, email in acts:
            with suppress(Rejected):
                act(business, what, lead, email)
        nothing_foreign(business)


def test_the_usual_course_of_things(fresh_sqlite: Any, tmp_path: Path) -> None:
    course = (
        ("accept", "L0", "bernd@bavaria.example"), ("contact", "L0", "bernd@bavaria.example"),
        ("accept", "L1", "clara@alpine.example"), ("rep", "L1", "clara@alpine.example"), ("contact", "L1", "rita@alpine.example"),
        ("convert", "L1", "rita@alpine.example"), ("decline", "L2", "frida@fuchs.example"),
        ("accept", "L4", "celine@castell.example"),
        ("deal", "L1", "clara@alpine.example"), ("deal", "L1", "bernd@bavaria.example"), ("later", "L2", "clara@alpine.example"),
    )  # fmt: skip
    with open_for_business(fresh_sqlite(), tmp_path / "home") as business:
        nothing_foreign(business)
        for what, lead, email in course:
            act(business, what, lead, email)
            nothing_foreign(business)
