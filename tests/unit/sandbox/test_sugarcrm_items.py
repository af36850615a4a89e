"""Opportunities made of revenue line items: what rolls up, what cannot be written, and what the metadata say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sugar_client import NOON, Alone, Client, served

from centri.sandbox.server import Sandbox
from centri.sandbox.sugarcrm_items import itemise
from centri.sandbox.sugarcrm_org import new_org

CLOSE = "2026-06-30"


@pytest.fixture(scope="module")
def alone() -> Iterator[Alone]:
    with served(new_org(opportunities="rli")) as serving:
        serving.sugarcrm.remember()
        yield serving


@pytest.fixture
def call(alone: Alone) -> Client:
    alone.sugarcrm.reset()
    alone.sugarcrm.clock.set(NOON, frozen=True)
    return Client(alone)


@pytest.fixture
def deal(call: Client) -> str:
    account = call.created("Accounts", name="Umbrella")["id"]
    return str(call.created("Opportunities", name="Deal", account_id=account, amount="99", date_closed=CLOSE)["id"])


def item(call: Client, deal: str, amount: Any, **values: Any) -> dict[str, Any]:
    given = {"name": "Licences", "likely_case": amount, "date_closed": CLOSE, "sales_stage": "Prospecting", **values}
    return call.created("RevenueLineItems", opportunity_id=deal, **given)


def said(call: Client, deal: str) -> list[Any]:
    names = ("amount", "best_case", "date_closed", "sales_stage", "sales_status")
    record = call("GET", f"Opportunities/{deal}")[1]
    return [record[name] for name in names]


def test_an_opportunity_without_items_holds_no_amount_whatever_was_written(call: Client, deal: str) -> None:
    assert said(call, deal) == ["0.000000", "0.000000", "", "", "New"]
    call("PUT", f"Opportunities/{deal}", {"amount": "5", "sales_stage": "Closed Won", "name": "Renamed"})
    assert said(call, deal) == ["0.000000", "0.000000", "", "", "New"]


def test_items_roll_up_with_every_write(alone: Alone, call: Client, deal: str) -> None:
    alone.sugarcrm.clock.set(NOON + 5, frozen=True)
    one = item(call, deal, "100", best_case="150")
    assert (one["account_name"], one["opportunity_name"], one["worst_case"]) == ("Umbrella", "Deal", "100.000000")
    two = item(call, deal, 50.5, date_closed="2026-09-30", sales_stage="Qualification")
    assert said(call, deal) == ["150.500000", "200.500000", "2026-09-30", "Qualification", "In Progress"]
    assert call("GET", f"Opportunities/{deal}")[1]["date_modified"] == "2026-03-02T07:00:05-05:00"
    call("PUT", f"RevenueLineItems/{two['id']}", {"sales_stage": "Closed Lost"})
    assert said(call, deal) == ["100.000000", "150.000000", CLOSE, "Prospecting", "In Progress"]
    call("PUT", f"RevenueLineItems/{one['id']}", {"sales_stage": "Closed Won"})
    assert said(call, deal)[3:] == ["Closed Won", "Closed Won"]
    call("DELETE", f"RevenueLineItems/{one['id']}")
    assert said(call, deal) == ["50.500000", "50.500000", "2026-09-30", "Closed Lost", "Closed Lost"]


def test_an_item_that_moves_is_counted_where_it_is(call: Client, deal: str) -> None:
    other = call.created("Opportunities", name="Other", account_id=call.created("Accounts", name="B")["id"])["id"]
    moved = item(call, deal, 10)["id"]
    call("PUT", f"RevenueLineItems/{moved}", {"opportunity_id": other})
    assert [said(call, one)[0] for one in (deal, other)] == ["0.000000", "10.000000"]
    call("POST", f"Opportunities/{deal}/link/revenuelineitems/{moved}")
    assert [said(call, one)[0] for one in (deal, other)] == ["10.000000", "0.000000"]


def test_items_fall_with_their_opportunity(call: Client, deal: str) -> None:
    one = item(call, deal, 10)["id"]
    call("DELETE", f"Opportunities/{deal}")
    assert call("GET", f"RevenueLineItems/{one}")[0] == 404


def test_the_metadata_say_so(call: Client) -> None:
    told = call("GET", "metadata?module_filter=Opportunities,RevenueLineItems")[1]
    assert "RevenueLineItems" in told["full_module_list"]
    opportunity = told["modules"]["Opportunities"]
    assert opportunity["config"] == {"opps_view_by": "RevenueLineItems"}
    fields = opportunity["fields"]
    assert {name: fields[name].get("readonly") for name in ("amount", "date_closed", "sales_stage", "name")} == {
        "amount": True,
        "date_closed": True,
        "sales_stage": True,
        "name": None,
    }
    assert fields["amount"]["calculated"]
    assert "required" not in fields["amount"]
    assert told["modules"]["RevenueLineItems"]["fields"]["likely_case"]["required"]


def test_without_items_there_is_no_such_module_and_the_amount_is_the_opportunitys_own() -> None:
    org = new_org()
    assert "RevenueLineItems" not in org.tables
    assert org.table("Opportunities").schema.fields["amount"].createable
    with pytest.raises(ValueError, match="only, rli"):
        new_org(opportunities="both")


def test_loaded_opportunities_get_an_item_that_says_the_same() -> None:
    org = new_org(opportunities="rli")
    loaded = {"name": "Old", "amount": "7.000000", "date_closed": CLOSE, "sales_stage": "Qualification"}
    deal = org.load("Opportunities", loaded, modified=NOON)
    itemise(org)
    itemise(org)
    (one,) = org.rows("RevenueLineItems")
    org.update("RevenueLineItems", one.id, {"name": "Renamed"})
    after = org.live("Opportunities", deal.id)
    assert {name: after.get(name) for name in loaded} == loaded


def amounts(sandbox: Sandbox) -> dict[str, float]:
    return {row.id: float(row.get("amount") or 0) for row in sandbox.sugarcrm.rows("Opportunities")}


def test_a_seeded_sandbox_with_line_items_keeps_its_amounts():
    with Sandbox(seed=1) as plain, Sandbox(seed=1, sugarcrm_opportunities="rli") as itemised:
        assert amounts(plain) == amounts(itemised)
        assert itemised.sugarcrm.count("RevenueLineItems") >= len(amounts(itemised))
