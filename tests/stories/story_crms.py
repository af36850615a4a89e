"""How the two CRMs name the things that the stories speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Crm:
    """One CRM's dialect: our words for objects, fields and choices, and its own.

    ``writes`` is a pattern of the paths by which records are written, ``contact_writes`` of those by which contacts are;
    ``lead_needs_contact`` says whether its lead refers to the contact, and so has to wait for it; ``lead_names_opportunity``
    whether a person may name an opportunity on a lead that was converted without one; ``joined`` what stands between
    several choices, where they are no list.
    """

    name: str
    objects: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]
    choices: Mapping[str, str]
    ids: Mapping[str, str]
    modified: str
    writes: str
    contact_writes: str
    lead_needs_contact: bool
    lead_names_opportunity: bool
    joined: str = ""

    def told(self, object: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by our words, as this CRM's own."""
        names = self.fields[object]
        return {
            names[word]: self.choices.get(value, value) if isinstance(value, str) else value for word, value in values.items()
        }

    def heard(self, object: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of this CRM by our words; a blank text is None."""
        names = self.fields[object]
        return {"id": row.get("id") or row.get("Id"), **{word: _blank(row.get(name)) for word, name in names.items()}}

    def several(self, *choices: str) -> Any:
        """Several choices, as this CRM writes them."""
        return self.joined.join(choices) if self.joined else list(choices)

    def choice(self, word: str) -> str:
        return self.choices[word]


def _blank(value: Any) -> Any:
    return None if value == "" else value


SUGARCRM = Crm(
    name="sugarcrm",
    objects={
        "account": "Accounts", "contact": "Contacts", "lead": "Leads", "opportunity": "Opportunities", "note": "Notes",
        "user": "Users",
    },
    fields={
        "user": {"email": "email1", "last_name": "last_name", "login": "user_name"},
        "account": {
            "name": "name", "owner": "assigned_user_id", "type": "account_type", "website": "website",
            "country": "billing_address_country",
            "our_id": "sync_key", "duplicate_of": "prm_duplicate_of_c", "registered_partner": "prm_registered_partner_c",
            "registration_expires": "prm_registration_expires_c", "registrations": "prm_registrations_c",
        },
        "contact": {
            "first_name": "first_name", "last_name": "last_name", "email": "email1", "phone": "phone_work", "title": "title",
            "account": "account_id", "our_id": "sync_key", "duplicate_of": "prm_duplicate_of_c",
        },
        "lead": {
            "first_name": "first_name", "last_name": "last_name", "company": "account_name", "title": "title", "email": "email1",
            "phone": "phone_work", "city": "primary_address_city", "country": "primary_address_country",
            "website": "website", "source": "lead_source", "status": "status",
            "distribute": "prm_distribute_c", "partner": "prm_partner_account_c",
            "distribution_status": "prm_distribution_status_c", "accepted_at": "prm_accepted_at_c", "prm_status": "prm_status_c",
            "our_id": "sync_key", "our_opportunity": "prm_opportunity_id_c", "opportunity_name": "opportunity_name",
            "amount": "opportunity_amount", "currency": "prm_currency_c", "close_date": "prm_close_date_c",
            "stage": "prm_stage_c", "converted": "converted", "account": "account_id", "contact": "contact_id",
            "deal_no": "prm_deal_no_c", "deal_state": "prm_deal_state_c",
            "opportunity": "opportunity_id", "interest": "product_interest_c", "duplicate_of": "prm_duplicate_of_c",
        },
        "opportunity": {
            "name": "name", "owner": "assigned_user_id", "account": "account_id", "amount": "amount", "close_date": "date_closed",
            "stage": "sales_stage",
            "approval": "prm_approval_c", "approval_text": "prm_approval_text_c", "partner": "prm_partner_account_c",
            "our_id": "sync_key", "currency": "currency_id", "partner_user": "prm_partner_user_c",
            "registered": "prm_registered_c", "registered_partner": "prm_registered_partner_c",
            "registration_no": "prm_registration_no_c", "registration_expires": "prm_registration_expires_c",
        },
        "note": {"subject": "name", "body": "description", "parent": "parent_id"},
    },
    choices={
        "reseller": "Reseller", "integrator": "Integrator", "prospect": "Prospect", "customer": "Customer",
        "new": "New", "assigned": "Assigned", "working": "In Process", "recycled": "Recycled", "converted": "Converted",
        "trade show": "Trade Show", "from a partner": "Partner", "prospecting": "Prospecting", "qualification": "Qualification",
        "approved": "Approved", "rejected": "Rejected", "won": "Closed Won", "closed": "Dead",
    },
    ids={
        "P1": "11111111-0000-4000-8000-000000000001", "P2": "11111111-0000-4000-8000-000000000002",
        "P3": "11111111-0000-4000-8000-000000000003", "AC3": "11111111-0000-4000-8000-000000000013",
        "L1": "33333333-0000-4000-8000-000000000001",
    },
    modified="date_modified",
    writes=r"/bulk",
    contact_writes=r"/bulk",
    lead_needs_contact=True,
    lead_names_opportunity=True,
)  # fmt: skip

SALESFORCE = Crm(
    name="salesforce",
    objects={
        "account": "Account", "contact": "Contact", "lead": "Lead", "opportunity": "Opportunity", "note": "Note", "user": "User",
    },
    fields={
        "user": {"email": "Email", "last_name": "LastName", "login": "Username", "alias": "Alias"},
        "account": {
            "name": "Name", "owner": "OwnerId", "type": "Type", "website": "Website", "country": "BillingCountry",
            "our_id": "CENTRI_PRM_Id__c", "duplicate_of": "CENTRI_Duplicate_Of__c",
            "registered_partner": "CENTRI_Registered_Partner__c", "registration_expires": "CENTRI_Registration_Expires__c",
            "registrations": "CENTRI_Registrations__c",
        },
        "contact": {
            "first_name": "FirstName", "last_name": "LastName", "email": "Email", "phone": "Phone", "title": "Title",
            "account": "AccountId", "our_id": "CENTRI_PRM_Id__c", "duplicate_of": "CENTRI_Duplicate_Of__c",
        },
        "lead": {
            "first_name": "FirstName", "last_name": "LastName", "company": "Company", "title": "Title", "email": "Email",
            "phone": "Phone", "city": "City", "country": "Country", "website": "Website", "source": "LeadSource",
            "status": "Status",
            "distribute": "CENTRI_Distribute__c", "partner": "CENTRI_Partner__c",
            "distribution_status": "CENTRI_Distribution_Status__c", "accepted_at": "CENTRI_Accepted_At__c",
            "prm_status": "CENTRI_Status__c", "our_id": "CENTRI_PRM_Id__c", "our_opportunity": "CENTRI_Opportunity_Id__c",
            "opportunity_name": "CENTRI_Opportunity_Name__c", "amount": "CENTRI_Amount__c", "currency": "CENTRI_Currency__c",
            "close_date": "CENTRI_Close_Date__c", "stage": "CENTRI_Stage__c", "converted": "IsConverted",
            "account": "ConvertedAccountId", "contact": "ConvertedContactId", "opportunity": "ConvertedOpportunityId",
            "deal_no": "CENTRI_Deal_No__c", "deal_state": "CENTRI_Deal_State__c",
            "interest": "CENTRI_Product_Interest__c", "duplicate_of": "CENTRI_Duplicate_Of__c",
        },
        "opportunity": {
            "name": "Name", "owner": "OwnerId", "account": "AccountId", "amount": "Amount", "close_date": "CloseDate",
            "stage": "StageName",
            "approval": "CENTRI_Approval__c", "approval_text": "CENTRI_Approval_Text__c", "partner": "CENTRI_Partner__c",
            "our_id": "CENTRI_PRM_Id__c", "partner_user": "CENTRI_Partner_User__c", "registered": "CENTRI_Registered__c",
            "registered_partner": "CENTRI_Registered_Partner__c", "registration_no": "CENTRI_Registration_No__c",
            "registration_expires": "CENTRI_Registration_Expires__c",
        },
        "note": {"subject": "Title", "body": "Body", "parent": "ParentId"},
    },
    choices={
        "reseller": "Channel Partner / Reseller", "integrator": "Installation Partner", "prospect": "Prospect",
        "customer": "Customer - Direct", "new": "Open - Not Contacted", "assigned": "Open - Not Contacted",
        "working": "Working - Contacted", "recycled": "Open - Not Contacted", "converted": "Closed - Converted",
        "trade show": "Trade Show", "from a partner": "Partner Referral", "prospecting": "Prospecting",
        "qualification": "Qualification", "approved": "Approved", "rejected": "Rejected", "won": "Closed Won",
        "closed": "Closed - Not Converted",
    },
    ids={
        "P1": "001Hs00000P1AAAIA3", "P2": "001Hs00000P2AAAIA3", "P3": "001Hs00000P3AAAIA3", "AC3": "001Hs00000C1AAAIA3",
        "L1": "00QHs00000L1AAAMA3",
    },
    modified="LastModifiedDate",
    writes=r"/composite/sobjects",
    contact_writes=r"/composite/sobjects/Contact",
    lead_needs_contact=False,
    lead_names_opportunity=False,
    joined=";",
)  # fmt: skip
