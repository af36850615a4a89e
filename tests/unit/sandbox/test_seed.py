"""The business that a sandbox starts with: the same each time, plausible, dirty in the ways people are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from centri import values
from centri.sandbox import seed
from centri.sandbox.people import SalesforceUser, SugarUser
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.seed_names import SALESFORCE, SUGARCRM
from centri.sandbox.server import Sandbox
from centri.sandbox.state import Org
from centri.sandbox.sugarcrm_org import SugarCRM

NOW = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
YEAR = 365 * 24 * 3600
PARTNERS = ("Channel Partner / Reseller", "Installation Partner", "Technology Partner", "Reseller", "Integrator", "Partner")


def filled(number: int) -> tuple[SalesforceOrg, SugarCRM]:
    salesforce, sugarcrm = SalesforceOrg(), SugarCRM()
    for org in (salesforce, sugarcrm):
        org.clock.set(NOW, frozen=True)
    seed.fill(salesforce, sugarcrm, number)
    return salesforce, sugarcrm


def business(org: Org) -> list[tuple[str, str, object, int]]:
    """Every row but the org's own, which are as old as the process."""
    return [(name, row.id, row.values, row.stamp) for name in org.tables for row in org.rows(name) if row.stamp <= NOW]


@pytest.fixture(scope="module")
def orgs() -> tuple[SalesforceOrg, SugarCRM]:
    return filled(1)


def test_a_seed_makes_the_same_business_again_and_another_seed_another(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    assert [business(org) for org in filled(1)] == [business(org) for org in orgs]
    assert [business(org) for org in filled(2)] != [business(org) for org in orgs]


def test_how_much_there_is(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    salesforce, sugarcrm = orgs
    assert (salesforce.count("Lead"), sugarcrm.count("Leads")) == (1200, 800)
    assert (salesforce.count("Account"), sugarcrm.count("Accounts")) == (210, 152)
    kinds = Counter(row.get("Type") in PARTNERS for row in salesforce.rows("Account"))
    assert kinds[True] == 30
    assert Counter(row.get("account_type") in PARTNERS for row in sugarcrm.rows("Accounts"))[True] == 24
    for org, names in zip(orgs, (SALESFORCE, SUGARCRM), strict=True):
        assert all(org.count(name) > 0 for name in names.objects.values())


def test_a_tenth_of_the_leads_is_for_partners_and_most_name_one_that_exists(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    salesforce, sugarcrm = orgs
    asked = [row for row in salesforce.rows("Lead") if row.get("CENTRI_Distribute__c")]
    named = [row.get("CENTRI_Partner__c") for row in asked if row.get("CENTRI_Partner__c")]
    assert 80 < len(asked) < 160
    assert 0.7 < len(named) / len(asked) < 1
    assert {salesforce.get("Account", id).get("Type") for id in named} <= set(PARTNERS)
    sugar = [row.get("prm_partner_account_c") for row in sugarcrm.rows("Leads") if row.get("prm_partner_account_c")]
    assert {sugarcrm.get("Accounts", id).get("account_type") for id in sugar} <= set(PARTNERS)


def test_the_dirt_is_there(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    leads = orgs[0].rows("Lead")
    countries = Counter(row.get("Country") for row in leads)
    assert all(countries[spelling] > 20 for spelling in ("Germany", "Deutschland", "GERMANY", None))
    addresses = [row.get("Email") or "" for row in leads]
    assert sum("@gmail.example" in one for one in addresses) > 20
    assert 0 < sum(not one for one in addresses) < 300
    assert all(one.endswith(".example") for one in addresses if one)
    people = Counter((row.get("FirstName"), (row.get("LastName") or "").casefold(), row.get("Email")) for row in leads)
    assert sum(count > 1 for (_, _, email), count in people.items() if email) > 20


def test_most_phone_numbers_can_be_dialled_and_a_few_cannot(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    salesforce, sugarcrm = orgs
    written = [(row.get("Phone"), row.get("BillingCountry")) for row in salesforce.rows("Account")]
    written += [(row.get("Phone"), row.get("MailingCountry")) for row in salesforce.rows("Contact")]
    written += [(row.get("phone_work"), row.get("primary_address_country")) for row in sugarcrm.rows("Leads")]
    told = [(phone, country) for phone, country in written if phone]
    assert sum(bool(country) for _, country in told) > 0.85 * len(told)
    assert 0 < sum(not dialled(phone, country) for phone, country in told) < 0.04 * len(told)


def dialled(phone: str, country: str | None) -> bool:
    try:
        return bool(values.phone(phone, values.country(country) if country else None))
    except ValueError:
        return False


def test_leads_are_handed_to_partners_that_take_them_but_for_a_few(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    salesforce, _ = orgs
    named = [row.get("CENTRI_Partner__c") for row in salesforce.rows("Lead") if row.get("CENTRI_Partner__c")]
    status = [salesforce.get("Account", id).get("CENTRI_Partner_Status__c") for id in named]
    assert status.count("active") > 0.95 * len(named)
    assert {row.get("CENTRI_Partner_Status__c") for row in salesforce.rows("Account")} >= {"active", "pending"}


def test_some_accounts_are_in_both_under_one_domain(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    def domains(org: Org, module: str, website: str, name: str) -> dict[str, str]:
        rows = [row for row in org.rows(module) if row.get(website)]
        return {row.get(website).split("//")[-1].removeprefix("www.").strip("/"): row.get(name) for row in rows}

    ours, theirs = domains(orgs[0], "Account", "Website", "Name"), domains(orgs[1], "Accounts", "website", "name")
    both = ours.keys() & theirs.keys()
    assert 9 <= len(both) <= 12
    assert sum(ours[domain] != theirs[domain] for domain in both) > len(both) / 2


def test_times_lie_in_the_past_year_and_references_lead_somewhere(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    salesforce, sugarcrm = orgs
    for row in [*salesforce.rows("Lead"), *sugarcrm.rows("Notes")]:
        assert NOW - YEAR <= row.created <= row.modified <= NOW
    parents = [row.get("ParentId") for row in salesforce.rows("Account") if row.get("ParentId")]
    assert len(parents) > 15
    assert all(salesforce.by_id(id) for id in [*parents, *(row.get("ParentId") for row in salesforce.rows("Note"))])
    for row in sugarcrm.rows("Notes"):
        assert sugarcrm.get(row.get("parent_type"), row.get("parent_id"))


def test_what_is_seeded_would_be_accepted_from_a_person(orgs: tuple[SalesforceOrg, SugarCRM]) -> None:
    for org in filled(3):
        for name in org.tables:
            writable = [field.name for field in org.table(name).schema.fields.values() if field.createable]
            for row in org.rows(name) if name not in ("User", "Organization", "Users") else ():
                org.create(name, {key: value for key, value in row.values.items() if key in writable})


# -- simulated users ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=1) as running:
        yield running


def test_people_work_in_salesforce(sandbox: Sandbox) -> None:
    dana = SalesforceUser(sandbox.salesforce_url, "dana@vantage.example", seed=4)
    lead = next(row for row in dana.rows("Lead") if not row["CENTRI_Distribute__c"])["Id"]
    partner = next(row for row in dana.rows("Account") if row["Type"] == "Technology Partner")["Id"]
    phone = dana.change_phone(lead)["Phone"]
    assert phone.startswith("+49 89 555")
    assert dana.set_status(lead, "Working - Contacted")["Status"] == "Working - Contacted"
    changed = dana.distribute(lead, partner)
    assert (changed["CENTRI_Distribute__c"], changed["CENTRI_Partner__c"], changed["Phone"]) == (True, partner, phone)
    assert changed["LastModifiedById"] == sandbox.salesforce.person("dana@vantage.example")
    assert dana.write_note(lead, "Asked for a quote")["ParentId"] == lead
    assert dana.convert(lead)["IsConverted"] is True


def test_people_work_in_sugar(sandbox: Sandbox) -> None:
    ines = SugarUser(sandbox.sugarcrm_url, "ines@vantage.example", seed=4)
    lead = next(row for row in ines.rows("Leads") if row["account_name"])["id"]
    partner = next(row for row in ines.rows("Accounts") if row["account_type"] == "Reseller")["id"]
    assert ines.change_phone(lead)["phone_work"].startswith("+49 89 555")
    assert ines.set_status(lead, "In Process")["status"] == "In Process"
    assert ines.distribute(lead, partner)["prm_partner_account_c"] == partner
    note = ines.write_note(lead, "Asked for a quote")
    assert (note["parent_type"], note["parent_id"], note["modified_by_name"]) == ("Leads", lead, "Ines Graf")
    assert ines.convert(lead)["converted"] is True
    ines.delete("Notes", note["id"])
    with pytest.raises(requests.HTTPError):
        ines.update("Notes", "nobody", {"name": "x"})


def test_a_person_with_a_seed_acts_the_same_again(sandbox: Sandbox) -> None:
    lead = SugarUser(sandbox.sugarcrm_url).rows("Leads")[0]["id"]
    phones = [SugarUser(sandbox.sugarcrm_url, seed=7).change_phone(lead)["phone_work"] for _ in range(2)]
    assert phones[0] == phones[1]
