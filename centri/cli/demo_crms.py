"""How the demo speaks to both CRMs: their people, and their rows by our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from centri.sandbox.people import SalesforceUser, SugarUser
from centri.sandbox.seed_names import SALESFORCE, SUGARCRM, Names

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, Row]]
"""Live rows by our word for the object and by id."""

OBJECTS = ("account", "contact", "lead", "opportunity", "note")
DANA = "dana@vantage.example"
"""The vendor's channel manager, who has a login in both CRMs."""


@dataclass(frozen=True)
class Dialect:
    """A CRM's names, those of its seed and ``more``; ``from_partner`` is its lead source for what partners bring in."""

    names: Names
    person: type[SalesforceUser] | type[SugarUser]
    more: Mapping[str, Mapping[str, str]]
    from_partner: str

    def field(self, object: str, word: str) -> str:
        return self._fields(object)[word]

    def told(self, object: str, values: Row) -> dict[str, Any]:
        """Values by our words, as this CRM's own."""
        return {self.field(object, word): value for word, value in values.items()}

    def heard(self, object: str, row: Row) -> dict[str, Any]:
        """A row of this CRM by our words; a blank text is None, an amount is exact."""
        found = {word: row.get(name) or None for word, name in self._fields(object).items()}
        if found.get("amount") is not None:
            found["amount"] = Decimal(str(found["amount"]))
        return {"id": row.get("Id") or row.get("id"), **found}

    def _fields(self, object: str) -> Mapping[str, str]:
        return {**self.names.fields[object], **self.more.get(object, {})}


@dataclass(frozen=True)
class Crm:
    """A CRM of the sandbox under its connection's name, at ``url``."""

    connection: str
    url: str
    dialect: Dialect

    @property
    def dana(self) -> SalesforceUser | SugarUser:
        return self.dialect.person(self.url, DANA, seed=1)

    def rows(self) -> Rows:
        """Everything that is there now, as the CRM shows it."""
        return {object: {row["id"]: row for row in self._of(object)} for object in OBJECTS}

    def users(self) -> list[Row]:
        """Who may use the CRM; those without an address are machines."""
        return [user for user in self._of("user") if user["email"]]

    def update(self, object: str, id: str, **values: Any) -> None:
        self.dana.update(self.dialect.names.objects[object], id, self.dialect.told(object, values))

    def create(self, object: str, **values: Any) -> None:
        self.dana.create(self.dialect.names.objects[object], self.dialect.told(object, values))

    def convert(self, lead: str, *, account: str, contact: str, opportunity: Row) -> None:
        wanted = self.dialect.told("opportunity", opportunity)
        self.dana.convert(lead, account_id=account, contact_id=contact, opportunity=wanted)

    def _of(self, object: str) -> list[dict[str, Any]]:
        return [self.dialect.heard(object, row) for row in self.dana.rows(self.dialect.names.objects[object])]


DIALECTS: Mapping[str, Dialect] = {
    "salesforce": Dialect(
        SALESFORCE,
        SalesforceUser,
        {
            "account": {"our_id": "CENTRI_PRM_Id__c"},
            "contact": {"our_id": "CENTRI_PRM_Id__c"},
            "lead": {
                "our_id": "CENTRI_PRM_Id__c",
                "our_opportunity": "CENTRI_Opportunity_Id__c",
                "distribution_status": "CENTRI_Distribution_Status__c",
                "opportunity_name": "CENTRI_Opportunity_Name__c",
                "amount": "CENTRI_Amount__c",
                "converted": "IsConverted",
                "became": "ConvertedOpportunityId",
            },
            "opportunity": {"our_id": "CENTRI_PRM_Id__c", "approval": "CENTRI_Approval__c"},
        },
        "Partner Referral",
    ),
    "sugarcrm": Dialect(
        SUGARCRM,
        SugarUser,
        {
            "user": {"email": "email1"},
            "account": {"our_id": "sync_key"},
            "contact": {"our_id": "sync_key", "email": "email1"},
            "lead": {
                "our_id": "sync_key",
                "email": "email1",
                "our_opportunity": "prm_opportunity_id_c",
                "distribution_status": "prm_distribution_status_c",
                "opportunity_name": "opportunity_name",
                "amount": "opportunity_amount",
                "converted": "converted",
                "became": "opportunity_id",
            },
            "opportunity": {"our_id": "sync_key", "approval": "prm_approval_c"},
        },
        "Partner",
    ),
}
