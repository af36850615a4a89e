"""The primary partner of an opportunity, against the sandbox over HTTP: one row is added, none is changed or taken away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from conformance import EPOCH
from sandboxed import sandbox
from world import PATIENCE

from centri.connectors.base import PullRequest, PushRequest
from centri.connectors.registry import open_connector
from centri.connectors.salesforce_partners import PRIMARY
from centri.errors import ConfigError, Rejected, RetryLater
from centri.sync.delivery import Delivery, Moved, Outcome, Receipt

DEAL = {"Name": "Zero Trust", "StageName": "Qualification", "CloseDate": "2026-06-15"}


@dataclass
class Desk:
    """An org with a customer and two partners, and our connector to it."""

    org: Any = field(default_factory=lambda: sandbox().salesforce)

    def __post_init__(self) -> None:
        self.org.reset()
        self.org.clock.set(int(EPOCH.timestamp()), frozen=True)
        self.customer, self.castell, self.alpine = (
            self.org.create("Account", {"Name": name}).id for name in ("Globex", "Castell", "Alpine")
        )
        self.connector = self.connect(partner_role="Reseller")

    def connect(self, **options: Any) -> Any:
        who = self.org.credentials
        auth = {"flow": "client_credentials", "client_id": who.client_id, "client_secret": who.client_secret}
        given = {"instance_url": sandbox().salesforce_url, "auth": auth}
        return open_connector("salesforce", "sf", given | options, patience=PATIENCE)

    def push(self, crm_id: str | None, values: dict[str, Any], **more: Any) -> Outcome:
        delivery = Delivery(str(UUID(int=7)), "Opportunity", crm_id, values, key=("CENTRI_PRM_Id__c", str(UUID(int=7))), **more)
        request = PushRequest("Opportunity", [delivery])
        self.connector.describe("Opportunity")
        before = self.connector.calls
        (outcome,) = self.connector.push(request)
        assert self.connector.calls - before <= self.connector.cost(request).calls
        return outcome

    def sold(self) -> str:
        receipt = self.push(None, DEAL | {"AccountId": self.customer, PRIMARY: self.castell})
        assert isinstance(receipt, Receipt)
        assert receipt.created
        assert receipt.values[PRIMARY] == self.castell
        return receipt.ref.id

    def rows(self) -> list[tuple[Any, ...]]:
        names = ("OpportunityId", "AccountFromId", "AccountToId", "Role", "IsPrimary")
        return [tuple(row.get(n) for n in names) for row in self.org.rows("Partner")]

    def read(self, *fields: str) -> list[Any]:
        request = PullRequest("Opportunity", fields or (PRIMARY,))
        return [record.values.get(PRIMARY) for page in self.connector.pull(request) for record in page.records]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_new_opportunity_takes_its_partner_along(desk: Desk) -> None:
    sold = desk.sold()
    assert desk.rows() == [(sold, desk.customer, desk.castell, "Reseller", True)]
    assert desk.read() == [desk.castell]


def test_another_partner_becomes_the_primary_one_beside_the_former(desk: Desk) -> None:
    sold = desk.sold()
    receipt = desk.push(sold, {PRIMARY: desk.alpine, "StageName": "Closed Won"}, seen={PRIMARY: desk.castell})
    assert isinstance(receipt, Receipt)
    assert receipt.values == {PRIMARY: desk.alpine, "StageName": "Closed Won"}
    assert [row[2:] for row in desk.rows()] == [(desk.castell, "Reseller", False), (desk.alpine, "Reseller", True)]
    assert desk.read() == [desk.alpine]


def test_the_same_partner_told_again_adds_no_row(desk: Desk) -> None:
    sold = desk.sold()
    receipt = desk.push(sold, {PRIMARY: desk.castell})
    assert isinstance(receipt, Receipt)
    assert (receipt.values, len(desk.rows())) == ({PRIMARY: desk.castell}, 1)


def test_a_blank_leaves_the_row_and_says_what_is_there(desk: Desk) -> None:
    sold = desk.sold()
    receipt = desk.push(sold, {PRIMARY: None})
    assert isinstance(receipt, Receipt)
    assert (receipt.values, len(desk.rows())) == ({PRIMARY: desk.castell}, 1)


def test_a_partner_that_the_vendor_chose_meanwhile_is_seen_before_ours_goes_out(desk: Desk) -> None:
    sold = desk.sold()
    theirs = {"OpportunityId": sold, "AccountToId": desk.alpine, "Role": "Distributor", "IsPrimary": True}
    desk.org.create("Partner", theirs)
    outcome = desk.push(sold, {PRIMARY: desk.customer}, seen={PRIMARY: desk.castell})
    assert isinstance(outcome, Moved)
    assert desk.read() == [desk.alpine]


def test_a_lost_answer_makes_no_second_row(desk: Desk) -> None:
    desk.connector.describe("Opportunity")
    desk.org.faults.arm(method="POST", path="/composite/sobjects$", kind="after", status=504)
    first = desk.push(None, DEAL | {"AccountId": desk.customer, PRIMARY: desk.castell})
    assert isinstance(first, RetryLater)
    again = desk.push(None, DEAL | {"AccountId": desk.customer, PRIMARY: desk.castell}, attempts=1)
    assert isinstance(again, Receipt)
    assert (again.values[PRIMARY], len(desk.rows()), len(list(desk.org.rows("Opportunity")))) == (desk.castell, 1, 1)


def test_a_partner_that_is_not_there_is_told_of_the_opportunity(desk: Desk) -> None:
    gone = desk.org.create("Account", {"Name": "Gone"}).id
    desk.org.delete("Account", gone)
    outcome = desk.push(None, DEAL | {"AccountId": desk.customer, PRIMARY: gone})
    assert isinstance(outcome, Rejected)
    assert desk.rows() == []


def test_an_opportunity_without_a_partner_reads_as_blank(desk: Desk) -> None:
    desk.push(None, DEAL | {"AccountId": desk.customer})
    assert desk.read("Name", PRIMARY) == [None]


def test_without_a_role_there_is_no_such_field(desk: Desk) -> None:
    plain = desk.connect()
    with pytest.raises(ConfigError, match="unknown field of Opportunity"):
        list(plain.pull(PullRequest("Opportunity", (PRIMARY,))))
