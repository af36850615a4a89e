"""What people do: in both CRMs, in the PRM, and with the engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from crms import NOWHERE
from hypothesis import strategies as st
from hypothesis.stateful import rule
from ledger import PRM
from scene import Scene

from centri.connectors.memory import Row
from centri.engine import partner_acts
from centri.engine.held import held
from centri.engine.replay import replay
from centri.engine.resolve import resolve
from centri.engine.retry import ignore, retry
from centri.engine.tick import tick
from centri.errors import CentriError

CRM = st.sampled_from(["east", "west"])
PICK = st.integers(0, 11)
CITIES = ("Ulm", "Bonn", "Bonn am Rhein", "kiel", None)
COMPANIES = ("Globex", "Initech", "Hooli", "Umbrella Health")
PEOPLE = ("Wong", "Petit", "Maier")
SITES = ("globex.example", "initech.example", "shop.example", None)
MAILS = ("mia@globex.example", "jean@hooli.example", None)
AMOUNTS = ("100.00", "250.00", "99.50")
STATES = ("New", "Working", "Dead", "Recycled")

CRM_FIELDS = {
    "Account": {"Name": COMPANIES, "City": CITIES, "Website": SITES, "Industry": ("Steel", "Paper", None)},
    "Contact": {"FirstName": ("Ana", "Bo", None), "LastName": PEOPLE, "Email": MAILS},
    "Lead": {"LastName": PEOPLE, "Company": COMPANIES, "Email": MAILS, "City": CITIES, "Status": STATES},
    "Opportunity": {"Name": ("Vault", "Bridge"), "Amount": AMOUNTS, "Stage": ("Prospecting", "Closing")},
    "Note": {"Title": ("Call",), "Body": ("by phone", "by mail")},
}
PRM_FIELDS = {
    "account": {"name": COMPANIES, "city": (*CITIES, NOWHERE), "website": SITES, "industry_raw": ("Iron", None)},
    "contact": {"first_name": ("Ana", "Cy", None), "last_name": PEOPLE, "email": MAILS},
    "lead": {"last_name": PEOPLE, "company": COMPANIES, "email": MAILS, "city": CITIES},
    "opportunity": {"name": ("Vault", "Bridge"), "amount": AMOUNTS, "vendor_stage": ("Iron", None)},
    "note": {"body": ("in person", "by fax")},
}


def a_value(table: dict[str, dict[str, tuple[Any, ...]]]) -> st.SearchStrategy[tuple[str, str, Any]]:
    """An object, a field of it, and a value for that."""
    return st.sampled_from([(o, f, v) for o, fields in table.items() for f, values in fields.items() for v in values])


def chosen(found: Iterable[Any], pick: int) -> Any:
    some = list(found)
    return some[pick % len(some)] if some else None


def untouched(row: Any) -> bool:
    return not row.converted_to


def carries(row: Any) -> bool:
    return row.values.get("OpportunityName") and untouched(row)


class People:
    """The rules of the state machine by which people act."""

    scene: Scene

    def living(self, crm: str, object: str, pick: int, which: Callable[[Row], bool] = lambda _: True) -> str | None:
        rows = self.scene.crms[crm].objects[object].values()
        found = chosen((r for r in rows if not r.deleted and which(r) and r.values.get("Kind") != "Partner"), pick)
        return found.id if found else None

    def row(self, entity: str, pick: int, **where: Any) -> dict[str, Any] | None:
        rows = sorted(self.scene.rows(entity), key=lambda r: (r["created_at"], r["id"]))
        rows = [r for r in rows if not str(r.get("name")).startswith("Partner") and all(r[k] == v for k, v in where.items())]
        return chosen(rows, pick)

    # In a CRM.

    @rule(crm=CRM, name=st.sampled_from(COMPANIES), city=st.sampled_from(CITIES), site=st.booleans(), late=st.booleans())
    def a_crm_user_adds_a_company(self, crm, name, city, site, late):
        website = f"{name.split()[0].lower()}.example" if site else None
        made = self.scene.saves(crm, "Account", Name=name, City=city, Website=website, Industry="Steel")
        if late:
            self.scene.crms[crm].late[made] = self.scene.crms[crm].clock() + timedelta(seconds=3)

    @rule(crm=CRM, pick=PICK, name=st.sampled_from(PEOPLE), mail=st.sampled_from(MAILS))
    def a_crm_user_adds_a_contact(self, crm, pick, name, mail):
        self.scene.saves(crm, "Contact", LastName=name, Email=mail, AccountId=self.living(crm, "Account", pick))

    @rule(crm=CRM, pick=PICK, status=st.sampled_from(STATES), partner=st.booleans(), mail=st.sampled_from(MAILS))
    def a_crm_user_hands_out_a_lead(self, crm, pick, status, partner, mail):
        to = {"Partner": f"partner-{crm}"} if partner else {}
        known = {"LastName": PEOPLE[pick % 3], "Company": COMPANIES[pick % 4], "Email": mail}
        self.scene.saves(crm, "Lead", Status=status, Distribute=True, **known, **to)

    @rule(crm=CRM, pick=PICK, parent=st.sampled_from(["Account", "Lead", "Contact", "Opportunity"]))
    def a_crm_user_writes_a_note(self, crm, pick, parent):
        if there := self.living(crm, parent, pick):
            number = self.scene.ledger.now
            self.scene.saves(crm, "Note", Title=f"Call {number}", Body="by phone", ParentId=there)

    @rule(crm=CRM, pick=PICK, amount=st.sampled_from(AMOUNTS))
    def a_crm_user_adds_an_opportunity(self, crm, pick, amount):
        account = self.living(crm, "Account", pick)
        self.scene.saves(crm, "Opportunity", Name="Vault", Amount=amount, Stage="Prospecting", AccountId=account)

    @rule(crm=CRM, pick=PICK, what=a_value(CRM_FIELDS))
    def a_crm_user_edits_a_record(self, crm, pick, what):
        self.edits(crm, pick, *what)

    def edits(self, crm, pick, object, field, value):
        if there := self.living(crm, object, pick):
            self.scene.saves(crm, object, there, **{field: value})

    @rule(crm=CRM, object=st.sampled_from(list(CRM_FIELDS)), pick=PICK)
    def a_crm_user_deletes_a_record(self, crm, object, pick):
        if there := self.living(crm, object, pick):
            with self.scene.person_in(crm):
                self.scene.crms[crm].delete(object, there)

    @rule(crm=CRM, object=st.sampled_from(list(CRM_FIELDS)), pick=PICK)
    def a_crm_user_takes_a_deletion_back(self, crm, object, pick):
        rows = self.scene.crms[crm].objects[object].values()
        if there := chosen((r for r in rows if r.deleted and not r.merged_into), pick):
            with self.scene.person_in(crm):
                self.scene.crms[crm].restore(object, there.id)

    @rule(crm=CRM, object=st.sampled_from(["Account", "Contact", "Lead"]), pick=PICK, other=PICK)
    def a_crm_user_merges_two_records(self, crm, object, pick, other):
        loser, winner = self.living(crm, object, pick, untouched), self.living(crm, object, other, untouched)
        if loser and winner and loser != winner:
            self.merge(crm, object, loser, winner)

    def merge(self, crm, object, loser, winner):
        """The survivor takes over the children, as every CRM does it."""
        there = self.scene.crms[crm]
        with self.scene.person_in(crm):
            there.delete(object, loser, merged_into=winner)
            there.save(object, {}, winner)
            for child, rows in there.objects.items():
                for row in list(rows.values()):
                    moved = {f: winner for f in ("AccountId", "ContactId", "ParentId") if row.values.get(f) == loser}
                    if moved:
                        there.save(child, moved, row.id)

    @rule(crm=CRM, pick=PICK, with_opportunity=st.sampled_from([True, True, False]))
    def a_crm_user_converts_a_lead(self, crm, pick, with_opportunity):
        lead = self.living(crm, "Lead", pick, carries) or self.living(crm, "Lead", pick, untouched)
        if lead is None:
            return
        with self.scene.person_in(crm):
            became = {"contact": "somebody"}
            if with_opportunity:
                became["opportunity"] = self.opportunity_of(crm, lead)
            self.scene.crms[crm].convert("Lead", lead, became)

    def opportunity_of(self, crm, lead):
        values = self.scene.crms[crm].objects["Lead"][lead].values
        named = {"Name": values.get("OpportunityName") or "Vault", "Amount": values.get("Amount")}
        return self.scene.crms[crm].save("Opportunity", {**named, "AccountId": values.get("AccountId")}).id

    @rule(crm=CRM, pick=PICK)
    def a_crm_user_links_an_opportunity_to_a_converted_lead(self, crm, pick):
        lead = self.living(crm, "Lead", pick, lambda row: row.converted_to and not row.converted_to.get("opportunity"))
        if lead:
            with self.scene.person_in(crm):
                self.scene.crms[crm].convert("Lead", lead, {"opportunity": self.opportunity_of(crm, lead)})

    # In the PRM.

    @rule(pick=PICK, what=a_value(PRM_FIELDS))
    def somebody_edits_a_row_in_the_prm(self, pick, what):
        self.changes(pick, *what)

    def changes(self, pick, entity, field, value):
        if row := self.row(entity, pick, deleted_at=None):
            self.scene.writes_prm(entity, row["id"], **{field: value})

    @rule(pick=PICK, entity=st.sampled_from(list(PRM_FIELDS)))
    def somebody_deletes_a_row_in_the_prm(self, pick, entity):
        if row := self.row(entity, pick, deleted_at=None):
            self.scene.writes_prm(entity, row["id"], deleted_at=self.scene.clock.now)

    @rule(pick=PICK, entity=st.sampled_from(list(PRM_FIELDS)))
    def somebody_takes_a_deletion_back_in_the_prm(self, pick, entity):
        if row := chosen((r for r in self.scene.rows(entity) if r["deleted_at"]), pick):
            self.scene.writes_prm(entity, row["id"], deleted_at=None)

    @rule(pick=PICK, name=st.sampled_from(COMPANIES), amount=st.sampled_from(AMOUNTS), known=st.booleans())
    def a_partner_adds_an_opportunity(self, pick, name, amount, known):
        partner = chosen(sorted(r["id"] for r in self.scene.rows("partner_account")), pick)
        if partner is None:
            return
        account = self.row("account", pick, deleted_at=None) if known else None
        account = account["id"] if account else self.scene.writes_prm("account", None, name=name)
        person = self.scene.writes_prm("contact", None, last_name="Maier", account_id=account)
        parents = {"account_id": account, "primary_contact_id": person, "partner_account_id": partner}
        self.scene.writes_prm("opportunity", None, name=f"Deal {self.scene.ledger.now}", amount=amount, **parents)

    @rule(pick=PICK)
    def a_partner_brings_a_lead(self, pick):
        mail = ("sam@east.example", "kim@west.example")[pick % 2]
        self.act(lambda project: partner_acts.create_lead(project, mail, {"last_name": "Wong", "company": COMPANIES[pick % 4]}))

    @rule(pick=PICK, entity=st.sampled_from(["account", "contact", "lead", "opportunity"]))
    def somebody_writes_a_note_in_the_prm(self, pick, entity):
        if row := self.row(entity, pick, deleted_at=None):
            subject = f"Visit {self.scene.ledger.now}"
            self.act(lambda project: partner_acts.add_note(project, f"{entity}/{row['id']}", None, subject))

    @rule(pick=PICK, answer=st.sampled_from(["accept", "accept", "decline"]))
    def a_partner_answers_an_offer(self, pick, answer):
        if row := self.row("lead", pick, state="assigned"):
            self.act(lambda project: getattr(partner_acts, answer)(project, row["id"]))

    @rule(pick=PICK, with_opportunity=st.booleans())
    def a_partner_works_on_a_lead_and_converts_it(self, pick, with_opportunity):
        row = self.row("lead", pick, state="working") or self.row("lead", pick, state="assigned")
        if row:
            deal = {"name": f"Deal {self.scene.ledger.now}", "amount": "250.00"} if with_opportunity else None
            self.act(lambda project: partner_acts.accept(project, row["id"]))
            self.act(lambda project: partner_acts.log_activity(project, row["id"], None, "contact_established"))
            self.act(lambda project: partner_acts.convert_lead(project, row["id"], None, deal))

    @rule()
    def offers_lapse(self):
        self.scene.clock.forward(hours=49)
        self.act(tick)

    def act(self, deed: Callable[[Any], Any]) -> None:
        with self.scene.person_in(PRM), contextlib.suppress(CentriError):
            deed(self.scene.project)

    # With the engine.

    @rule(pick=PICK, take=st.sampled_from(["crm", "prm"]))
    def somebody_resolves_a_conflict(self, pick, take):
        if conflict := chosen(held(self.scene.project.engine), pick):
            about = (conflict.entity, conflict.prm_id, conflict.field, take)
            self.scene.does(lambda: resolve(self.scene.project, *about, connection=conflict.connection))

    @rule(pick=PICK, deed=st.sampled_from([ignore, retry, retry]))
    def somebody_goes_through_the_anomalies(self, pick, deed):
        if anomaly := chosen(self.scene.anomaly_rows(), pick):
            self.scene.does(lambda: deed(self.scene.project, [anomaly["id"]]))

    @rule(crm=st.sampled_from([None, "east", "west"]))
    def somebody_replays(self, crm):
        self.scene.does(lambda: replay(self.scene.project, crm))
