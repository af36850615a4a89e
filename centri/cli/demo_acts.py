"""What simulated people do in the demo between two rounds, and what is remembered of it for the claims."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from centri.cli.demo_crms import Crm, Row, Rows

ACCEPTED, CONVERTED, CONFLICTS = 10, 4, 2
"""How many of each CRM's leads its partners accept; of those, how many they convert, and how many companies they rename."""
PHONES, NOTES, HANDED_OUT = 6, 3, 5
"""How many phone numbers each CRM's people correct, how many notes they write, how many more leads they hand out."""

NOTE = "Prefers to be called in the morning"

Key = tuple[str, str]
"""A connection and a lead's id in that CRM."""


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity that a partner brought forth, with ids of the PRM; ``crm_lead`` is blank where the lead was its own."""

    connection: str
    crm_lead: str
    account: str
    opportunity: str
    name: str
    amount: Decimal
    email: str
    company: str
    note: str


@dataclass(slots=True)
class Acts:
    """What was done: in words, and in the values that must be found everywhere afterwards."""

    words: list[str] = field(default_factory=list)
    phones: dict[Key, str] = field(default_factory=dict)
    notes: dict[Key, str] = field(default_factory=dict)
    handed_out: set[Key] = field(default_factory=set)
    conflicts: dict[Key, tuple[str, str]] = field(default_factory=dict)
    """The company's name, as it was changed in the CRM and as it was changed in the PRM."""
    deals: list[Deal] = field(default_factory=list)
    own: list[Deal] = field(default_factory=list)


def vendor_works(crm: Crm, rows: Rows, offered: Sequence[Row], acts: Acts) -> None:
    """Dana edits leads that partners were offered, and hands out more."""
    name, dana = crm.connection, crm.dana
    rest = [lead["crm_id"] for lead in offered[ACCEPTED + 1 :]]
    for lead in rest[:PHONES]:
        dana.change_phone(lead)
    for lead in rest[-NOTES:]:
        dana.write_note(lead, NOTE)
        acts.notes[name, lead] = NOTE
    for lead, partner in zip(_kept(crm, rows), _partners(crm, rows), strict=False):
        dana.distribute(lead, partner)
        acts.handed_out.add((name, lead))
    for one in offered[ACCEPTED - CONFLICTS : ACCEPTED]:
        theirs, ours = renamed(one["company"])
        crm.update("lead", one["crm_id"], company=theirs)
        acts.conflicts[name, one["crm_id"]] = (theirs, ours)
    after = crm.rows()["lead"]
    acts.phones |= {(name, lead): after[lead]["phone"] for lead in rest[:PHONES]}
    acts.words.append(
        f"{name}: the vendor's Dana corrects {PHONES} phone numbers, writes {NOTES} notes, hands out {HANDED_OUT} more leads, "
        f"renames {CONFLICTS} companies"
    )


def approve(crm: Crm, deal: Deal) -> str:
    """Dana converts the lead that carries a partner's own opportunity, and approves what it becomes; says so."""
    rows = crm.rows()
    (lead,) = (row for row in rows["lead"].values() if row["our_opportunity"] == deal.opportunity)
    (account,) = (row for row in rows["account"].values() if row["name"] == deal.company)
    (contact,) = (row for row in rows["contact"].values() if row["account"] == account["id"])
    wanted = {"name": deal.name, "amount": float(deal.amount), "close": in_days(90), "stage": "Prospecting"}
    crm.convert(lead["id"], account=account["id"], contact=contact["id"], opportunity=wanted)
    became = crm.rows()["lead"][lead["id"]]["became"]
    crm.update("opportunity", became, approval="Approved", stage="Qualification")
    return f"{crm.connection}: Dana converts the lead of {deal.company} into an opportunity and approves it"


def renamed(company: str) -> tuple[str, str]:
    """What the vendor and a partner make of a company's name at the same time."""
    return f"{company} Holding", f"{company} Group"


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def _kept(crm: Crm, rows: Rows) -> list[str]:
    """The first new leads that are not handed out yet."""
    new = crm.dialect.names.states["new"]
    found = sorted(id for id, row in rows["lead"].items() if not row["distribute"] and row["state"] in new and row["email"])
    return found[:HANDED_OUT]


def _partners(crm: Crm, rows: Rows) -> list[str]:
    kinds = crm.dialect.names.kinds["partner"]
    return sorted(i for i, row in rows["account"].items() if row["kind"] in kinds and row["partner_status"] == "active")
