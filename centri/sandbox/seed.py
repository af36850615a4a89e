"""The small channel business that a sandbox starts with: accounts, partners, contacts, leads, notes, opportunities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from centri.sandbox.dialects import dialect_of
from centri.sandbox.invention import Company, Inventor
from centri.sandbox.seed_names import SALESFORCE, SUGARCRM, Names
from centri.sandbox.state import Org

YEAR = 365 * 24 * 3600
SHARED = 12
"""Accounts that both CRMs hold, under names that differ a little and one domain."""

KINDS = {
    "salesforce": {"partner": 30, "customer": 70, "prospect": 90, "competitor": 8},
    "sugarcrm": {"partner": 24, "customer": 50, "prospect": 60, "competitor": 6},
}
LEADS = {"salesforce": 1200, "sugarcrm": 800}
SECOND_TIME = 0.04
DISTRIBUTED = 0.1
PARTNER_NAMED = 0.85
ANY_PARTNER = 0.05
"""Share of leads for which somebody names whatever partner comes to mind, active or not."""
PARTNER_STATUS = (85, 10, 5)
"""How many partners of a hundred are active, pending and inactive."""
STAFF = (("Dana", "Keller", "Channel Manager"), ("Drew", "Marsh", "Account Executive"), ("Ines", "Graf", "Inside Sales"))


def fill(salesforce: Org, sugarcrm: Org, seed: int) -> None:
    """Put the business into two empty CRMs; the same seed makes the same one, with times counted back from their clocks."""
    inventor = Inventor(Random(seed))
    shared = [inventor.company("customer" if place % 2 else "prospect") for place in range(SHARED)]
    for org, names in ((salesforce, SALESFORCE), (sugarcrm, SUGARCRM)):
        own = inventor.companies(KINDS[org.name])
        both = shared if org is salesforce else [inventor.known_as(one) for one in shared]
        _Writer(org, names, inventor).write([*own, *both], LEADS[org.name])


@dataclass(frozen=True, slots=True)
class _Account:
    id: str
    company: Company
    takes_leads: bool


class _Writer:
    """Writes the business into one CRM, in that CRM's names and words."""

    def __init__(self, org: Org, names: Names, inventor: Inventor) -> None:
        self._org, self._names, self._inventor, self._random = org, names, inventor, inventor.random
        self._dialect = dialect_of(org)
        self._now = org.clock.now()
        self._staff: list[str] = []

    def write(self, companies: Sequence[Company], leads: int) -> None:
        self._staff = [self._user(*one) for one in STAFF]
        accounts: list[_Account] = []
        for company in companies:
            parent = accounts[company.parent].id if company.parent is not None else None
            accounts.append(self._account(company, parent))
        contacts = {account.id: self._contacts(account) for account in accounts}
        self._leads(accounts, leads)
        for account in accounts:
            self._opportunities(account, contacts[account.id])

    # -- parties -------------------------------------------------------------------------------------------------------

    def _user(self, first: str, last: str, title: str) -> str:
        address = f"{first.lower()}@vantage.example"
        login = {"email": address, "user_name": address, "alias": first.lower()}
        return self._put("user", {"first_name": first, "last_name": last, "title": title, **login})

    def _account(self, company: Company, parent: str | None) -> _Account:
        status = self._random.choices(["active", "pending", "inactive"], weights=PARTNER_STATUS)[0]
        partner = {"tier": self._random.choice(["gold", "silver", "bronze"]), "partner_status": status}
        values = {
            "name": company.full_name,
            "kind": self._random.choice(self._names.kinds[company.kind]),
            "website": self._inventor.maybe(0.95, self._inventor.website(company)),
            "phone": self._inventor.maybe(0.8, self._inventor.phone(company)),
            "industry": company.industry,
            "employees": company.employees,
            "parent": parent,
            **self._inventor.address(company),
            **(partner if company.kind == "partner" else {}),
        }
        account = self._put("account", values)
        if self._random.random() < 0.3:
            self._note("account", account)
        return _Account(account, company, takes_leads=company.kind == "partner" and status == "active")

    def _contacts(self, account: _Account) -> list[str]:
        partner = account.company.kind == "partner"
        return [self._contact(account, role) for role in (["cpa", "rep"] if partner else [None] * self._random.randrange(4))]

    def _contact(self, account: _Account, role: str | None) -> str:
        person = self._inventor.person(account.company)
        named = {"first_name": person.first_name, "last_name": person.last_name, "title": person.title}
        country = self._inventor.maybe(0.95, self._inventor.country(account.company))
        phone = person.phone if country else self._inventor.phone(account.company, from_abroad=True)
        reached = {"email": person.email, "phone": self._inventor.maybe(0.8, phone), "country": country}
        return self._put("contact", {**named, **reached, "account": account.id, "role": role})

    # -- leads ---------------------------------------------------------------------------------------------------------

    def _leads(self, accounts: list[_Account], count: int) -> None:
        partners = [one for one in accounts if one.company.kind == "partner"]
        buyers = [one.company for one in accounts if one.company.kind in ("customer", "prospect")]
        made: list[tuple[dict[str, Any], Company]] = []
        for _ in range(count):
            if made and self._random.random() < SECOND_TIME:
                earlier, company = self._random.choice(made)
                lead = self._inventor.again(earlier, company)
            else:
                company = self._random.choice(buyers) if self._random.random() < 0.55 else self._inventor.company("prospect")
                lead = self._inventor.lead(company)
            made.append((lead, company))
            self._lead(lead, partners)

    def _lead(self, lead: dict[str, Any], partners: list[_Account]) -> None:
        distribute = self._random.random() < DISTRIBUTED
        state = "new" if distribute else self._random.choices(["new", "working", "dead"], weights=(60, 30, 10))[0]
        partner = self._inventor.maybe(PARTNER_NAMED, self._partner(partners)) if distribute else None
        words = {"state": self._random.choice(self._names.states[state]), "source": self._random.choice(self._names.sources)}
        made = self._put("lead", {**lead, **words, "distribute": distribute, "partner": partner})
        if self._random.random() < 0.15:
            self._note("lead", made)

    def _partner(self, partners: list[_Account]) -> str:
        fit = partners if self._random.random() < ANY_PARTNER else [one for one in partners if one.takes_leads]
        return self._random.choice(fit).id

    def _note(self, parent: str, id: str) -> None:
        remark = self._random.choice(self._inventor.words["remarks"])
        values = {"subject": remark, "body": self._inventor.maybe(0.5, f"{remark}.\nWill follow up."), "parent": id}
        self._put("note", {**values, "parent_module": self._names.objects[parent]})

    # -- opportunities -------------------------------------------------------------------------------------------------

    def _opportunities(self, account: _Account, contacts: list[str]) -> None:
        if account.company.kind == "customer" and contacts:
            for _ in range(self._random.randrange(3)):
                self._opportunity(account)

    def _opportunity(self, account: _Account) -> None:
        closed = self._random.random() < 0.45
        stage = self._random.choice(
            ("Closed Won", "Closed Lost") if closed else ("Prospecting", "Qualification", "Needs Analysis")
        )
        days = self._random.randrange(-200, -5) if closed else self._random.randrange(10, 180)
        close = datetime.fromtimestamp(self._now, UTC).date() + timedelta(days=days)
        name = f"{account.company.name} - {self._random.choice(self._inventor.words['products'])}"
        amount = self._random.randrange(20, 900) * 100
        self._put("opportunity", {"name": name, "account": account.id, "amount": amount, "close": str(close), "stage": stage})

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _put(self, entity: str, values: dict[str, Any]) -> str:
        """Load one row; what is None, or has no field in this CRM, is left out."""
        table = self._org.table(self._names.objects[entity])
        stored = self._dialect.defaults(self._org, table)
        if self._staff and self._names.owner in table.schema.fields:
            stored[self._names.owner] = self._random.choice(self._staff)
        for name, value in values.items():
            field = table.schema.fields.get(self._names.fields[entity].get(name, ""))
            if field is not None and value is not None and value is not False:
                stored[field.name] = self._dialect.read(self._org, field, value)
        created = self._now - self._random.randrange(YEAR)
        modified = self._random.randint(created, self._now)
        return self._org.load(table.schema.name, stored, created=created, modified=modified).id
