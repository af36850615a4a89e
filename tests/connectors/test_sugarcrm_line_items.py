"""Opportunities made of revenue line items, against a sandbox that keeps them so: what is sent is what the CRM shows."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

import pytest
from conformance import EPOCH
from world import PATIENCE

from centri.connectors.base import Connector, PullRequest, PushRequest
from centri.connectors.registry import open_connector
from centri.errors import Rejected, RetryLater
from centri.sandbox.server import Sandbox
from centri.sync.delivery import Delivery, Moved, Outcome, Receipt

DEAL = {"name": "Zero Trust", "amount": "48000.00", "date_closed": "2026-06-30", "sales_stage": "Qualification"}
HELD = ("amount", "date_closed", "sales_stage")


@cache
def sandbox() -> Sandbox:
    return Sandbox(sugarcrm_opportunities="rli")


class Site:
    """A Sugar whose opportunities are made of line items, its people, and our connector to it."""

    def __init__(self) -> None:
        self.org = sandbox().sugarcrm
        self.org.reset()
        self.org.clock.set(int(EPOCH.timestamp()), frozen=True)
        self.person = self.org.load("Users", {"user_name": "max", "last_name": "Max"}).id
        self.account = self.org.create("Accounts", {"name": "Acme"}, user=self.person).id
        who = self.org.credentials
        options = {"url": sandbox().sugarcrm_url, "username": who.username, "password": who.password, "platform": "centri"}
        self.connector: Connector = open_connector("sugarcrm", "sugar", options, patience=PATIENCE)

    def deal(self, *amounts: str) -> str:
        """An opportunity of a person's, with a line item for each amount."""
        made = self.org.create("Opportunities", {"name": "Deal", "account_id": self.account}, user=self.person).id
        for amount in amounts:
            item = {"name": "Licences", "opportunity_id": made, "date_closed": "2026-05-01", "sales_stage": "Prospecting"}
            self.org.create("RevenueLineItems", {**item, "likely_case": amount}, user=self.person)
        self.org.clock.set(self.org.clock.now() + 60, frozen=True)
        return made

    def push(self, crm_id: str | None, values: dict[str, Any], *, id: str = "", expected: str = "") -> Outcome:
        delivery = Delivery(id or str(UUID(int=7)), "Opportunities", crm_id, values, expected)
        (outcome,) = self.connector.push(PushRequest("Opportunities", [delivery]))
        return outcome

    def items(self, opportunity: str) -> list[dict[str, Any]]:
        return [dict(row.values) for row in self.org.table("RevenueLineItems").find("opportunity_id", opportunity)]

    def shows(self, opportunity: str) -> tuple[Any, ...]:
        row = self.org.get("Opportunities", opportunity)
        assert row is not None
        return tuple(row.get(name) for name in HELD)


@pytest.fixture
def site() -> Site:
    return Site()


def test_what_rolls_up_can_be_written(site: Site) -> None:
    described = site.connector.describe("Opportunities").fields
    assert [described[name].updateable and described[name].createable for name in HELD] == [True] * 3
    assert not described["best_case"].updateable


def test_a_new_opportunity_takes_its_amount_along_on_one_item(site: Site) -> None:
    receipt = site.push(None, DEAL | {"account_id": site.account})
    assert isinstance(receipt, Receipt)
    assert receipt.created
    assert receipt.ours
    assert {name: receipt.values[name] for name in HELD} == {name: DEAL[name] for name in HELD}
    (item,) = site.items(receipt.ref.id)
    assert (item["name"], item["account_id"], item["likely_case"]) == ("Zero Trust", site.account, "48000.000000")
    assert (item["best_case"], item["worst_case"]) == ("48000.000000", "48000.000000")
    assert site.shows(receipt.ref.id) == ("48000.000000", "2026-06-30", "Qualification")


def test_the_only_item_is_changed(site: Site) -> None:
    deal = site.deal("100")
    receipt = site.push(deal, {"amount": "250.00", "name": "Bigger deal"})
    assert isinstance(receipt, Receipt)
    assert receipt.values == {"amount": "250.00", "name": "Bigger deal"}
    assert [(i["name"], i["likely_case"], i["best_case"]) for i in site.items(deal)] == [("Licences", "250.000000", "250.000000")]
    assert receipt.version == _version(site, deal)


def test_cases_that_a_person_told_apart_stay(site: Site) -> None:
    deal = site.deal("100")
    (row,) = site.org.table("RevenueLineItems").find("opportunity_id", deal)
    site.org.update("RevenueLineItems", row.id, {"best_case": "180"}, user=site.person)
    site.push(deal, {"amount": "120.00"})
    (item,) = site.items(deal)
    assert (item["likely_case"], item["best_case"], item["worst_case"]) == ("120.000000", "180.000000", "120.000000")


def test_an_opportunity_without_items_gets_one(site: Site) -> None:
    deal = site.deal()
    receipt = site.push(deal, {"amount": "250.00", "date_closed": "2026-07-01"})
    assert isinstance(receipt, Receipt)
    assert not receipt.created
    (item,) = site.items(deal)
    assert (item["name"], item["likely_case"], item["sales_stage"]) == ("Deal", "250.000000", "Prospecting")
    assert site.shows(deal)[:2] == ("250.000000", "2026-07-01")


@pytest.mark.parametrize(
    ("amounts", "values", "words"),
    [
        (("100", "50"), {"amount": "250.00", "name": "x"}, "has 2 revenue line items, and amount comes from them"),
        (("100", "50"), {"date_closed": "2026-07-01"}, "has 2 revenue line items, and date_closed comes from them"),
        ((), {"amount": "250.00"}, "one needs a close date"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_written(
    site: Site, amounts: tuple[str, ...], values: dict[str, Any], words: str
) -> None:
    deal = site.deal(*amounts)
    before = (site.shows(deal), site.items(deal))
    refusal = site.push(deal, values)
    assert isinstance(refusal, Rejected)
    assert (refusal.kind, refusal.fields) == ("rli_model", tuple(n for n in HELD if n in values))
    assert words in str(refusal)
    assert (site.shows(deal), site.items(deal)) == before
    row = site.org.get("Opportunities", deal)
    assert row is not None
    assert row.get("name") == "Deal"


def test_what_does_not_roll_up_is_written_however_many_items_there_are(site: Site) -> None:
    deal = site.deal("100", "50")
    assert isinstance(site.push(deal, {"name": "Renamed"}), Receipt)
    assert site.shows(deal)[0] == "150.000000"


def test_one_that_cannot_be_written_leaves_the_others_of_its_batch_alone(site: Site) -> None:
    deals = [site.deal("100"), site.deal("100", "50"), site.deal("100")]
    parcels = [Delivery(str(UUID(int=n)), "Opportunities", deal, {"amount": "9.00"}) for n, deal in enumerate(deals)]
    outcomes = site.connector.push(PushRequest("Opportunities", parcels))
    assert [type(outcome) for outcome in outcomes] == [Receipt, Rejected, Receipt]


@pytest.mark.parametrize(
    ("path", "nth"),
    [("/bulk$", 1), ("/bulk$", 2), ("Opportunities/filter$", 2)],
    ids=["its opportunity", "its item", "the last reading"],
)
def test_a_create_whose_answer_was_lost_makes_no_second_one(site: Site, path: str, nth: int) -> None:
    """What was sent comes in full, and each record once, at whatever call the line went dead."""
    site.org.faults.arm(path=path, nth=nth, kind="reset", after=True, every=True)
    first = site.push(None, DEAL)
    assert isinstance(first, RetryLater)
    site.org.faults.clear()
    again = site.push(None, DEAL)
    assert isinstance(again, Receipt)
    (row,) = site.org.rows("Opportunities")
    assert len(site.items(row.id)) == 1
    assert site.shows(row.id) == ("48000.000000", "2026-06-30", "Qualification")
    assert {name: again.values[name] for name in HELD} == {name: DEAL[name] for name in HELD}


def test_an_item_that_a_person_changed_meanwhile_is_not_overwritten(site: Site) -> None:
    deal = site.deal("100")
    before = _version(site, deal)
    site.org.clock.set(site.org.clock.now() + 60, frozen=True)
    (row,) = site.org.table("RevenueLineItems").find("opportunity_id", deal)
    site.org.update("RevenueLineItems", row.id, {"likely_case": "500"}, user=site.person)
    assert isinstance(site.push(deal, {"amount": "250.00"}, expected=before), Moved)
    assert site.shows(deal)[0] == "500.000000"


def _version(site: Site, deal: str) -> str:
    """Of an opportunity, as a pull reads it."""
    (page,) = site.connector.pull(PullRequest("Opportunities", ("amount",), ids=(deal,)))
    (record,) = page.records
    return record.version
