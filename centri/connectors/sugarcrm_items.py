"""Opportunities made of revenue line items: what Sugar rolls up from the items is written on an opportunity's only item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from centri.connectors.base import PushRequest
from centri.connectors.codec import decode
from centri.connectors.guarded import Answer, Stored, Write, by_delivery
from centri.connectors.sugarcrm_client import SugarClient
from centri.connectors.sugarcrm_writes import SugarWrites
from centri.descriptions import Field, FieldType
from centri.errors import Rejected, RetryLater
from centri.sync.delivery import Delivery

OPPORTUNITIES, ITEMS = "Opportunities", "RevenueLineItems"
ON_ITEM = {"amount": "likely_case", "date_closed": "date_closed", "sales_stage": "sales_stage"}
"""What an opportunity only shows, and the field of its items that says it."""

_CASES = ("best_case", "worst_case")
_MOST = 1000
_OURS = UUID("5f0c8a0e-7c1f-4c55-9b0e-3a2f6a1d8e77")

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""The items of each opportunity, by its id."""


def made_of_items(described: Mapping[str, Any]) -> bool:
    """Whether a site keeps its opportunities so, by the metadata of their module."""
    return (described.get("config") or {}).get("opps_view_by") == ITEMS


def opened(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields of an opportunity as they can be written through its item."""
    return {n: replace(f, createable=True, updateable=True) if n in ON_ITEM else f for n, f in fields.items()}


class SugarLineItems:
    """Writes to the opportunities of such a site. One that has several items is refused, for nobody can tell which is meant.

    An opportunity is written before its item, and read again after it: only then it shows what was sent.
    """

    chunk = SugarWrites.chunk

    def __init__(self, client: SugarClient, writes: SugarWrites) -> None:
        self._client, self._writes, self.find = client, writes, writes.find

    def cost(self, deliveries: Sequence[Delivery]) -> int:
        """The calls for one bulk call's worth: look, write the opportunities, and where items say something these too.

        Known opportunities are asked for their items first; the items are looked for and written, and the opportunities read
        again. What would be refused for its items counts as written.
        """
        heads = any(_on_opportunity(w) or w.id is None for w in map(_as_write, deliveries))
        through = self.through(deliveries)
        return 1 + heads + (any(d.crm_id for d in through) + 2 if through else 0)

    def through(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Those that tell something which the items say."""
        return [d for d in deliveries if _on_item(_as_write(d))]

    def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
        known = self._items([w.id for w in writes if w.id and _on_item(w)])
        answers: dict[str, Answer] = {w.delivery.id: no for w in writes if (no := _refusal(w, known))}
        going = [w for w in writes if w.delivery.id not in answers]
        heads = [replace(w, values=head) for w in going if (head := _on_opportunity(w)) or w.id is None]
        answers |= by_delivery(heads, self._writes.write(object, heads) if heads else [])
        through = [w for w in going if _on_item(w) and isinstance(answers.get(w.delivery.id), Stored | None)]
        answers |= self._through(through, known)
        return [answers[w.delivery.id] for w in writes]

    def _through(self, writes: Sequence[Write], known: Rows) -> dict[str, Answer]:
        """Write the items, and answer what their opportunities show then."""
        if not writes:
            return {}
        names = self._names(writes, known)
        told = self._writes.write(ITEMS, [_item(w, known, names) for w in writes])
        answers = by_delivery(writes, told)
        done = [w for w in writes if isinstance(answers[w.delivery.id], Stored)]
        try:
            shown = self.find(PushRequest(OPPORTUNITIES, [w.delivery for w in done])) if done else {}
        except RetryLater as later:
            return answers | {w.delivery.id: later for w in done}
        lost = RetryLater("SugarCRM does not show an opportunity that was just written")
        return answers | {
            w.delivery.id: replace(shown[w.delivery.id], created=w.id is None) if w.delivery.id in shown else lost for w in done
        }

    def _items(self, opportunities: Sequence[str]) -> Rows:
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        last, more = "", bool(opportunities)
        while more:
            asked = {
                "filter": [{"opportunity_id": {"$in": list(opportunities)}}, *([{"id": {"$gt": last}}] if last else [])],
                "fields": ",".join(("id", "opportunity_id", "likely_case", *_CASES)),
                "order_by": "id:ASC",
                "max_num": _MOST,
            }
            answer = self._client.call("POST", f"{ITEMS}/filter", asked)
            for row in answer["records"]:
                found[row["opportunity_id"]].append(row)
            more = bool(answer["records"]) and int(answer["next_offset"]) >= 0
            last = answer["records"][-1]["id"] if more else ""
        return found

    def _names(self, writes: Iterable[Write], known: Rows) -> dict[str, str]:
        """The names of opportunities that get their first item and are not told a name."""
        ids = [w.id for w in writes if w.id and not known.get(w.id) and not w.values.get("name")]
        rows = self._client.by_ids(OPPORTUNITIES, ids, ["id", "name"]) if ids else []
        return {row["id"]: row["name"] for row in rows}


def _as_write(delivery: Delivery) -> Write:
    return Write(delivery, delivery.crm_id, delivery.values)


def _on_item(write: Write) -> dict[str, Any]:
    return {ON_ITEM[name]: value for name, value in write.values.items() if name in ON_ITEM}


def _on_opportunity(write: Write) -> dict[str, Any]:
    return {name: value for name, value in write.values.items() if name not in ON_ITEM}


def _refusal(write: Write, known: Rows) -> Rejected | None:
    told = _on_item(write)
    items = known.get(write.id or "", ())
    fields = [name for name in ON_ITEM if name in write.values]
    if told and len(items) > 1:
        why = f"the opportunity has {len(items)} revenue line items, and {', '.join(fields)} comes from them"
        return Rejected("rli_model", f"{why}; change the line items in SugarCRM", fields=fields)
    if told and not items and not told.get("date_closed"):
        why = f"the opportunity has no revenue line item, which {', '.join(fields)} comes from, and one needs a close date"
        return Rejected("rli_model", f"{why}; enter the close date, or add the line item in SugarCRM", fields=fields)
    return None


def _item(write: Write, known: Rows, names: Mapping[str, str]) -> Write:
    """The write to the only item of an opportunity, or the one that makes it: under an id of its own, so that it is made once."""
    told, items = _on_item(write), known.get(write.id or "", ())
    if items:
        return _write(items[0]["id"], items[0]["id"], told | _cases(told, items[0]))
    opportunity = write.id or write.delivery.id
    amount = told.get("likely_case") or "0.00"
    whose = {"opportunity_id": opportunity, "name": write.values.get("name") or names.get(opportunity) or opportunity}
    values = whose | dict.fromkeys(_CASES, amount) | {n: v for n, v in told.items() if v is not None} | {"likely_case": amount}
    return _write(str(uuid5(_OURS, opportunity)), None, values)


def _cases(told: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """The best and the worst case follow the likely one for as long as nobody told them apart."""
    if "likely_case" not in told:
        return {}
    held = {name: decode(FieldType.MONEY, item.get(name)) for name in ("likely_case", *_CASES)}
    return {name: told["likely_case"] for name in _CASES if held[name] == held["likely_case"]}


def _write(id: str, crm_id: str | None, values: Mapping[str, Any]) -> Write:
    return Write(Delivery(id, ITEMS, crm_id, values), crm_id, values)
