"""What partners' people do in the demo: they get log-ins, answer offers, work leads, and bring in some of their own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select

from centri.cli.demo_acts import ACCEPTED, CONFLICTS, CONVERTED, Acts, Deal, in_days, renamed
from centri.cli.demo_crms import Crm, Row, Rows
from centri.engine import partner_acts
from centri.engine.acts import acting
from centri.engine.project import Project
from centri.store.database import read, write
from centri.store.journal_tables import sync_link
from centri.store.prm_tables import lead, lead_assignment, partner_account, partner_user, vendor_user

_OWN: Mapping[str, Mapping[str, str]] = {
    "salesforce": {
        "first_name": "Jean", "last_name": "Petit", "company": "Nouvelle Banque SA", "title": "Directeur, Achats",
        "email": "jean.petit@nouvellebanque.example", "phone_e164": "01 99 00 10 10", "country_code": "France",
        "website": "nouvellebanque.example", "product_interest": "security",
    },
    "sugarcrm": {
        "first_name": "Ingrid", "last_name": "Aas", "company": "Polarlys Shipping AS", "title": "Head of IT",
        "email": "ingrid.aas@polarlys-shipping.example", "phone_e164": "22 55 50 10", "country_code": "Norway",
        "website": "polarlys-shipping.example", "product_interest": "backup",
    },
}  # fmt: skip
"""By connection, a lead that no CRM knows."""


def admit_vendor(project: Project, crms: Sequence[Crm]) -> None:
    """Give the vendor's people a log-in to the PRM, so that the owners of what the CRMs hold are known."""
    people = {user["email"]: {"email": user["email"], "role": "channel_manager"} for crm in crms for user in crm.users()}
    with write(project.engine) as conn:
        conn.execute(insert(vendor_user), list(people.values()))


def hire(project: Project, crm: Crm, rows: Rows) -> None:
    """Give the people who have a role at a partner a log-in to the PRM."""
    with write(project.engine) as conn:
        partners = _linked(conn, crm.connection, "partner_account")
        people = {
            person["email"]: {
                "partner_account_id": partners[person["account"]],
                **{name: person[name] for name in ("email", "first_name", "last_name", "role")},
            }
            for person in rows["contact"].values()
            if person["role"] and person["account"] in partners
        }
        conn.execute(insert(partner_user), list(people.values()))


def offered(project: Project, crm: Crm, rows: Rows) -> list[Row]:
    """Leads on offer, whole enough to work with and no person twice.

    Each has its ``crm_id``, its ``partner``, an ``admin`` and a ``rep`` of it.
    """
    admin = partner_user.alias()
    a, p, u, link = lead_assignment.c, partner_account.c, partner_user.c, sync_link.c
    query = (
        select(lead, link.crm_id, u.email.label("rep"), admin.c.email.label("admin"), p.name.label("partner"))
        .join(sync_link, (link.prm_id == lead.c.id) & (link.entity == "lead") & (link.connection == crm.connection))
        .join(lead_assignment, (a.lead_id == lead.c.id) & (a.state == "offered"))
        .join(partner_account, p.id == a.partner_account_id)
        .join(partner_user, (u.partner_account_id == p.id) & (u.role == "rep"))
        .join(admin, (admin.c.partner_account_id == p.id) & (admin.c.role == "cpa"))
        .where(*(lead.c[name].is_not(None) for name in ("email", "company", "phone_e164", "title")))
        .order_by(link.crm_id, u.email)
    )
    with read(project.engine) as conn:
        found = {row["crm_id"]: dict(row) for row in conn.execute(query).mappings()}
    known = Counter(row["email"] for row in rows["lead"].values())
    return [row for row in found.values() if known[rows["lead"][row["crm_id"]]["email"]] == 1]


def partners_work(project: Project, connection: str, leads: Sequence[Row], acts: Acts) -> None:
    """Partners accept, decline, talk to people, rename, convert, and bring in a lead of their own."""
    taken, unwanted = leads[:ACCEPTED], leads[ACCEPTED]
    talked_to, disputed = taken[:-CONFLICTS], taken[-CONFLICTS:]
    for one in taken:
        partner_acts.accept(project, one["id"], one["admin"])
        partner_acts.assign_rep(project, one["id"], one["admin"], one["rep"])
    for one in talked_to:
        partner_acts.log_activity(project, one["id"], one["rep"], "contact_established")
    for one in disputed:
        with acting(project, "lead edit", one["rep"]) as doing:
            doing.change("lead", one["id"], {"company": renamed(one["company"])[1]})
    partner_acts.decline(project, unwanted["id"], unwanted["admin"], "no capacity")
    deals = [_convert(project, connection, place, one) for place, one in enumerate(taken[:CONVERTED])]
    own = _bring_in(project, connection, leads[0]["rep"])
    acts.deals += deals
    acts.own.append(own)
    acts.words += [
        f"{connection}: its partners accept {ACCEPTED} leads, decline 1, and rename {CONFLICTS} of the companies too",
        f"{connection}: they convert {CONVERTED} leads into opportunities worth {sum(d.amount for d in deals):,.0f}",
        f"{connection}: {leads[0]['partner']} brings in {own.company} itself, a lead and an opportunity worth {own.amount:,.0f}",
    ]


def _convert(project: Project, connection: str, place: int, one: Row) -> Deal:
    amount, name, note = Decimal(18_000 + 7_500 * place), f"{one['company']} - Zero Trust", "Asked for a zero-trust demo"
    partner_acts.add_note(project, f"lead/{one['id']}", one["rep"], note)
    made = partner_acts.convert_lead(project, one["id"], one["rep"], _entered(name, amount, "qualification"))
    became = (made.account_id, str(made.opportunity_id))
    return Deal(connection, one["crm_id"], *became, name, amount, one["email"], one["company"], note)


def _bring_in(project: Project, connection: str, rep: str) -> Deal:
    """A partner's own lead: noted on, converted, and the opportunity entered after that."""
    values, amount, note = _OWN[connection], Decimal(120_000), "Budget confirmed for the third quarter"
    name = f"{values['company']} - Data Lake"
    found = partner_acts.create_lead(project, rep, values)
    partner_acts.add_note(project, f"lead/{found}", rep, note)
    account = partner_acts.convert_lead(project, found, rep).account_id
    made = partner_acts.create_opportunity(project, rep, found, _entered(name, amount, "proposal"))
    return Deal(connection, "", account, made, name, amount, values["email"], values["company"], note)


def _entered(name: str, amount: Decimal, stage: str) -> Mapping[str, Any]:
    return {"name": name, "amount": amount, "currency": "EUR", "close_date": in_days(60), "stage": stage}


def _linked(conn: Connection, connection: str, entity: str) -> dict[str, str]:
    """PRM ids by CRM id."""
    t = sync_link.c
    query = select(t.crm_id, t.prm_id).where(t.connection == connection, t.entity == entity)
    return {row.crm_id: row.prm_id for row in conn.execute(query)}
