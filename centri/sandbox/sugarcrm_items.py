"""Opportunities made of revenue line items: what an item takes over, and what rolls up from the items.

That amounts, close date, stage and status of the opportunity come from its items and cannot be written is documented; how
lost items count is from memory: they do where nothing else is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row
from centri.sandbox.sugarcrm_schema import plan

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

ITEMS = "RevenueLineItems"
WON, LOST = "Closed Won", "Closed Lost"


def complete(org: SugarCRM, accepted: dict[str, Any], row: Row | None) -> None:
    """An item belongs to its opportunity's account; its best and worst case are the likely one unless said otherwise."""
    held: Callable[[str], Any] = lambda name: accepted.get(name, row.get(name) if row else None)  # noqa: E731 - used thrice
    parent = org.get("Opportunities", held("opportunity_id") or "")
    if parent is not None and not accepted.get("account_id"):
        accepted["account_id"] = parent.get("account_id")
    for name in ("best_case", "worst_case"):
        if row is None and accepted.get(name) is None:
            accepted[name] = accepted.get("likely_case")


def roll_up(org: SugarCRM, id: str | None, user: str) -> None:
    """Let an opportunity say what its items say."""
    opportunity = org.get("Opportunities", id or "")
    if opportunity is None or opportunity.deleted:
        return
    said = rolled(org.table(ITEMS).find("opportunity_id", opportunity.id))
    if any(opportunity.get(name) != value for name, value in said.items()):
        org.touch("Opportunities", opportunity.id, user=user, **said)


def rolled(items: Sequence[Row]) -> dict[str, Any]:
    """The fields of an opportunity with these items."""
    counted = [item for item in items if item.get("sales_stage") != LOST] or list(items)
    amount = _sum(counted, "likely_case")
    return {
        "amount": amount,
        "amount_usdollar": amount,
        "best_case": _sum(counted, "best_case"),
        "worst_case": _sum(counted, "worst_case"),
        "date_closed": max((item.get("date_closed") for item in counted), default=None),
        **_stage({item.get("sales_stage") for item in items}),
    }


def itemise(org: SugarCRM) -> None:
    """Give each opportunity that was loaded without items one that says the same, so that a roll-up changes nothing."""
    for row in org.rows("Opportunities"):
        if not org.table(ITEMS).find("opportunity_id", row.id):
            same = ("name", "account_id", "best_case", "worst_case", "date_closed", "sales_stage", "currency_id", "base_rate")
            amount = row.get("amount") or "0.000000"
            values = {name: row.get(name) for name in same if row.get(name) is not None}
            cases = {"likely_case": amount, "best_case": amount, "worst_case": amount, "quantity": "1.000000"}
            org.load(ITEMS, {**cases, **values, "opportunity_id": row.id}, created=row.created, modified=row.modified)


def _stage(stages: set[Any]) -> dict[str, Any]:
    order = plan()["lists"]["sales_stage_dom"]
    if not stages:
        return {"sales_stage": None, "sales_status": "New"}
    if still := stages - {WON, LOST}:
        return {"sales_stage": max(still, key=order.index), "sales_status": "In Progress"}
    ended = WON if WON in stages else LOST
    return {"sales_stage": ended, "sales_status": ended}


def _sum(items: Sequence[Row], name: str) -> str:
    return str(sum((Decimal(item.get(name) or 0) for item in items), Decimal("0.000000")))
