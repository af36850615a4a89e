"""What the invented business is called in each CRM: objects, fields and the words of their lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """By entity and our own name of a field, the CRM's names; a field that the CRM lacks is not there."""

    objects: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]
    owner: str
    kinds: Mapping[str, Sequence[str]]
    states: Mapping[str, Sequence[str]]
    sources: Sequence[str]


SALESFORCE = Names(
    objects={
        "user": "User",
        "account": "Account",
        "contact": "Contact",
        "lead": "Lead",
        "note": "Note",
        "opportunity": "Opportunity",
    },
    fields={
        "user": {
            "first_name": "FirstName",
            "last_name": "LastName",
            "title": "Title",
            "email": "Email",
            "user_name": "Username",
            "alias": "Alias",
        },
        "account": {
            "name": "Name",
            "kind": "Type",
            "website": "Website",
            "phone": "Phone",
            "industry": "Industry",
            "employees": "NumberOfEmployees",
            "parent": "ParentId",
            "street": "BillingStreet",
            "city": "BillingCity",
            "postal_code": "BillingPostalCode",
            "country": "BillingCountry",
            "tier": "CENTRI_Tier__c",
            "partner_status": "CENTRI_Partner_Status__c",
        },
        "contact": {
            "first_name": "FirstName",
            "last_name": "LastName",
            "title": "Title",
            "email": "Email",
            "phone": "Phone",
            "country": "MailingCountry",
            "account": "AccountId",
            "role": "CENTRI_Role__c",
        },
        "lead": {
            "first_name": "FirstName",
            "last_name": "LastName",
            "company": "Company",
            "email": "Email",
            "phone": "Phone",
            "title": "Title",
            "website": "Website",
            "city": "City",
            "country": "Country",
            "industry": "Industry",
            "employees": "NumberOfEmployees",
            "state": "Status",
            "source": "LeadSource",
            "distribute": "CENTRI_Distribute__c",
            "partner": "CENTRI_Partner__c",
        },
        "note": {"subject": "Title", "body": "Body", "parent": "ParentId"},
        "opportunity": {
            "name": "Name",
            "account": "AccountId",
            "amount": "Amount",
            "close": "CloseDate",
            "stage": "StageName",
        },
    },
    owner="OwnerId",
    kinds={
        "partner": ("Channel Partner / Reseller", "Installation Partner", "Technology Partner"),
        "customer": ("Customer - Direct", "Customer - Channel"),
        "prospect": ("Prospect",),
        "competitor": ("Other",),
    },
    states={
        "new": ("Open - Not Contacted",),
        "working": ("Working - Contacted",),
        "dead": ("Closed - Not Converted",),
    },
    sources=("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
)

SUGARCRM = Names(
    objects={
        "user": "Users",
        "account": "Accounts",
        "contact": "Contacts",
        "lead": "Leads",
        "note": "Notes",
        "opportunity": "Opportunities",
    },
    fields={
        "user": {
            "first_name": "first_name",
            "last_name": "last_name",
            "title": "title",
            "email": "email",
            "user_name": "user_name",
        },
        "account": {
            "name": "name",
            "kind": "account_type",
            "website": "website",
            "phone": "phone_office",
            "industry": "industry",
            "employees": "employees",
            "parent": "parent_id",
            "street": "billing_address_street",
            "city": "billing_address_city",
            "postal_code": "billing_address_postalcode",
            "country": "billing_address_country",
            "tier": "prm_tier_c",
            "partner_status": "prm_status_c",
        },
        "contact": {
            "first_name": "first_name",
            "last_name": "last_name",
            "title": "title",
            "email": "email",
            "phone": "phone_work",
            "country": "primary_address_country",
            "account": "account_id",
            "role": "prm_role_c",
        },
        "lead": {
            "first_name": "first_name",
            "last_name": "last_name",
            "company": "account_name",
            "email": "email",
            "phone": "phone_work",
            "title": "title",
            "website": "website",
            "city": "primary_address_city",
            "country": "primary_address_country",
            "industry": "industry_c",
            "employees": "employees_c",
            "state": "status",
            "source": "lead_source",
            "distribute": "prm_distribute_c",
            "partner": "prm_partner_account_c",
        },
        "note": {"subject": "name", "body": "description", "parent": "parent_id", "parent_module": "parent_type"},
        "opportunity": {
            "name": "name",
            "account": "account_id",
            "amount": "amount",
            "close": "date_closed",
            "stage": "sales_stage",
        },
    },
    owner="assigned_user_id",
    kinds={
        "partner": ("Reseller", "Integrator", "Partner"),
        "customer": ("Customer",),
        "prospect": ("Prospect",),
        "competitor": ("Competitor",),
    },
    states={"new": ("New",), "working": ("In Process", "Assigned"), "dead": ("Dead", "Recycled")},
    sources=("Web Site", "Trade Show", "Cold Call", "Partner", "Campaign", "Word of mouth", "Other"),
)
