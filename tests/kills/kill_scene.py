"""What the kill tests kill in the midst of: a CRM and a store that people on both sides have worked on since the last sync."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import insert, select, update
from stories.story_crms import Crm

from centri.engine import partner_acts
from centri.engine.project import open_project
from centri.engine.sync import sync
from centri.sandbox.server import Sandbox
from centri.settings import Settings
from centri.store.database import read, write
from centri.store.prm_tables import lead, partner_account, partner_user
from centri.store.tables import metadata

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[2] / "mappings.yaml"

_PARTNERS = {
    "Alpine Resellers GmbH": {"type": "reseller", "website": "alpine.example", "country": "Germany"},
    "Bavaria IT AG": {"type": "integrator", "website": "bavaria.example", "country": "Germany"},
    "Castell Systems SARL": {"type": "reseller", "website": "castell.example", "country": "France"},
}
_CUSTOMERS = {
    "Umbrella Health": {"type": "prospect", "website": "umbrella.example", "country": "Germany"},
    "Acme Tools": {"type": "customer", "website": "acme.example", "country": "Germany"},
}
_NEWCOMERS = {
    "Borealis Shipping": {"type": "prospect", "website": "borealis.example", "country": "Norway"},
    "Cobalt Mining": {"type": "prospect", "website": "cobalt.example", "country": "Poland"},
}
_DEAL = {"name": "Nouvelle Banque - Security", "amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "open"}


class Scene:
    """One CRM behind HTTP with people in it, and a store.

    :meth:`prepare` brings both to the moment before the killing; after it, whoever restores what the CRM and the store were
    then stands at that moment again.
    """

    def __init__(self, crm: Crm, sandbox: Sandbox, database_url: str, home: Path) -> None:
        self.crm, self.sandbox, self.database_url, self.home = crm, sandbox, database_url, home
        self.url = {"sugarcrm": sandbox.sugarcrm_url, "salesforce": sandbox.salesforce_url}[crm.name]
        self._org = {"sugarcrm": sandbox.sugarcrm, "salesforce": sandbox.salesforce}[crm.name]
        self.control("POST", "reset")
        self._dana = ""

    def order(self, *, kill: str = "", after: int = 60, forked: bool = True) -> dict[str, Any]:
        """What the runner is told: work from so many minutes after the start on, and die at the point."""
        return {
            "url": self.url, "connection": self.crm.name, "home": str(self.home), "mappings": str(MAPPINGS), "rounds": 6,
            "database": self.database_url, "environment": self.sandbox.environment, "kill": kill,
            "forked": forked,
            "now": (START + timedelta(minutes=after)).isoformat(),
        }  # fmt: skip

    def restore_crm(self) -> None:
        self.control("POST", "reset")

    def crm_rows(self) -> dict[str, list[dict[str, Any]]]:
        """The live rows of every object that takes part."""
        return {
            object: self.control("GET", f"state?object={object}&deleted=false")["rows"]
            for word, object in self.crm.objects.items()
            if word != "user"
        }

    def prepare(self) -> None:
        self._now = START
        settings = Settings(self.home, MAPPINGS, self.database_url, timedelta(seconds=5), environment=self.sandbox.environment)
        self._project = open_project(settings, clock=lambda: self._now)
        self._the_first_records()
        self._the_partners_people()
        self._what_the_vendor_did()
        self._what_the_partners_did()
        self._project.close()
        self._org.remember()

    def _the_first_records(self) -> None:
        self._at(0)
        self._hire()
        partners = {name: self._creates("account", name=name, **values) for name, values in _PARTNERS.items()}
        self.partners = partners
        self._customers = {name: self._creates("account", name=name, **values) for name, values in _CUSTOMERS.items()}
        self._olsen = self._hands_out("Olsen", "Acme Tools", "Alpine Resellers GmbH", phone="089 5550100", country="Germany")
        self._pratt = self._hands_out("Pratt", "Pratt & Sons", "Bavaria IT AG")
        for minutes in (1, 2, 3):
            self._at(minutes)
            sync(self._project, self.crm.name)

    def _the_partners_people(self) -> None:
        self._at(10)
        with write(self._project.engine) as conn:
            for name, values in _PARTNERS.items():
                t = partner_account.c
                partner = conn.execute(select(t.id).where(t.name == name)).scalar_one()
                person = {"email": f"cpa@{values['website']}", "first_name": "Cora", "last_name": name[:6], "role": "cpa"}
                conn.execute(insert(partner_user).values(partner_account_id=partner, **person))
        partner_acts.accept(self._project, self._lead_id("Olsen"), "cpa@alpine.example")
        for minutes in (11, 12):
            self._at(minutes)
            sync(self._project, self.crm.name)

    def _what_the_vendor_did(self) -> None:
        """New companies, new leads for partners and for none, a new title, and one side of a conflict."""
        self._at(30)
        for name, values in _NEWCOMERS.items():
            self._creates("account", name=name, **values)
        self._hands_out("Quist", "Borealis Shipping", "Bavaria IT AG")
        self._hands_out("Rossi", "Rossi SpA", "Alpine Resellers GmbH", email="rossi@rossi.example")
        self._hands_out("Stone", "Stone Ltd", None)
        self._sets("lead", self._olsen, company="Olsen by Dana", title="Head of IT")
        self._sets("account", self._customers["Umbrella Health"], website="umbrella-health.example")
        note = {"subject": "Call them in May", "body": "Not before.", "parent": self._olsen}
        self._creates("note", **note, **({"parent_type": "Leads"} if self.crm.name == "sugarcrm" else {}))

    def _what_the_partners_did(self) -> None:
        """The other side of the conflict, a new phone number, and an opportunity with its family and a note."""
        self._at(40)
        project = self._project
        with write(project.engine) as conn:
            t = lead.c
            conn.execute(update(lead).where(t.id == self._lead_id("Olsen")).values(company="Olsen by Cora", first_name="Ann"))
        person = {"first_name": "Jean", "last_name": "Petit", "email": "jean@banque.example", "country_code": "FR"}
        found = partner_acts.create_lead(project, "cpa@castell.example", {**person, "company": "Nouvelle Banque SA"})
        partner_acts.add_note(project, f"lead/{found}", "cpa@castell.example", "Budget confirmed Q3")
        partner_acts.convert_lead(project, found, "cpa@castell.example", _DEAL)

    def _lead_id(self, last_name: str) -> str:
        with read(self._project.engine) as conn:
            return str(conn.execute(select(lead.c.id).where(lead.c.last_name == last_name)).scalar_one())

    def _hands_out(self, last_name: str, company: str, partner: str | None, **values: Any) -> str:
        target = {"partner": self.partners[partner]} if partner else {}
        known = {"last_name": last_name, "company": company, "status": "new", "distribute": True, **target, **values}
        return self._creates("lead", **known)

    def _creates(self, object: str, **values: Any) -> str:
        parent = {"parent_type": values.pop("parent_type")} if "parent_type" in values else {}
        return str(self._edit("create", object, values={**self.crm.told(object, values), **parent})["id"])

    def _sets(self, object: str, id: str, **values: Any) -> None:
        self._edit("update", object, id=id, values=self.crm.told(object, values))

    def _edit(self, action: str, object: str, **wishes: Any) -> dict[str, Any]:
        who = {"user": self._dana} if self._dana else {}
        return dict(self.control("POST", "edit", {"action": action, "object": self.crm.objects[object], **who, **wishes}))

    def _hire(self) -> None:
        values = {"email": "dana@vantage.example", "last_name": "Dana", "login": "dana@vantage.example", "alias": "dana"}
        self._dana = self._creates("user", **{word: v for word, v in values.items() if word in self.crm.fields["user"]})

    def _at(self, minutes: int) -> None:
        self._now = START + timedelta(minutes=minutes)
        self.control("POST", "clock", {"now": self._now.isoformat(), "frozen": True})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/__sandbox__/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()


def store_rows(engine: Any) -> dict[str, list[Mapping[str, Any]]]:
    """Every row of the store, by table."""
    with read(engine) as conn:
        return {t.name: [dict(row) for row in conn.execute(select(t)).mappings()] for t in metadata.sorted_tables}
