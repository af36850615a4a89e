"""Lead conversion as a person clicks it: an account, a contact and, if wanted, an opportunity come of a lead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row
from centri.sandbox.state import Refused

if TYPE_CHECKING:
    from centri.sandbox.salesforce_org import SalesforceOrg

ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
TO_ACCOUNT = {"Company": "Name", "OwnerId": "OwnerId", **{part: f"Billing{part}" for part in ADDRESS}}
TO_ACCOUNT |= {name: name for name in ("Phone", "Fax", "Website", "Industry", "AnnualRevenue", "NumberOfEmployees", "Rating")}
TO_ACCOUNT |= {"LeadSource": "AccountSource"}
TO_CONTACT = {name: name for name in ("Salutation", "FirstName", "LastName", "Title", "Phone", "MobilePhone", "Fax", "Email")}
TO_CONTACT |= {"OwnerId": "OwnerId", "LeadSource": "LeadSource", **{part: f"Mailing{part}" for part in ADDRESS}}
CONVERTED = ("Closed - Converted",)
"""Lead statuses that a converted lead may have."""
DEFAULT_OPPORTUNITY: dict[str, Any] = {}


def convert(
    org: SalesforceOrg,
    id: str,
    *,
    user: str | None = None,
    account_id: str | None = None,
    contact_id: str | None = None,
    opportunity: dict[str, Any] | str | None = DEFAULT_OPPORTUNITY,
    status: str = "Closed - Converted",
) -> dict[str, Any]:
    """Convert a live lead; existing ids are taken as they are. ``opportunity`` is its fields, an id, or None for none.

    Returns ``account_id``, ``contact_id`` and ``opportunity_id``. Raises Refused.
    """
    lead = org.get("Lead", id)
    if lead is None or lead.deleted:
        raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if lead.get("IsConverted"):
        raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "Cannot convert a lead that is already converted", [])
    account_id = account_id or org.create("Account", _copied(lead, TO_ACCOUNT), user=user).id
    contact_id = contact_id or org.create("Contact", {**_copied(lead, TO_CONTACT), "AccountId": account_id}, user=user).id
    opportunity_id = _opportunity(org, lead, account_id, opportunity, user)
    today = datetime.fromtimestamp(org.clock.now(), UTC).date().isoformat()
    became = {"ConvertedAccountId": account_id, "ConvertedContactId": contact_id, "ConvertedOpportunityId": opportunity_id}
    org.touch("Lead", lead.id, user=user, Status=status, IsConverted=True, ConvertedDate=today, **became)
    return {"account_id": account_id, "contact_id": contact_id, "opportunity_id": opportunity_id}


def _copied(lead: Row, names: dict[str, str]) -> dict[str, Any]:
    return {there: lead.values[here] for here, there in names.items() if here in lead.values}


def _opportunity(
    org: SalesforceOrg, lead: Row, account_id: str, wish: dict[str, Any] | str | None, user: str | None
) -> str | None:
    if wish is None or isinstance(wish, str):
        return wish
    today = datetime.fromtimestamp(org.clock.now(), UTC).date()
    values = {"Name": f"{lead.get('Company')}-", "StageName": "Prospecting", "CloseDate": _quarter_end(today).isoformat()}
    source = {"LeadSource": lead.get("LeadSource"), "OwnerId": lead.get("OwnerId")}
    return org.create("Opportunity", {**values, **source, "AccountId": account_id, **wish}, user=user).id


def _quarter_end(day: date) -> date:
    first = day.replace(month=(day.month + 2) // 3 * 3, day=28) + timedelta(days=4)
    return first - timedelta(days=first.day)
