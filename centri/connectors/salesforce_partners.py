"""The primary partner of an opportunity: a row beside it, which Salesforce lets one add and take away but not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from centri.connectors import soql
from centri.connectors.base import PushRequest
from centri.connectors.guarded import Answer, Stored, Write, by_delivery
from centri.connectors.salesforce_client import SalesforceClient
from centri.connectors.salesforce_writes import SalesforceWrites
from centri.descriptions import Description, Field, FieldType
from centri.errors import RetryLater
from centri.sync.delivery import Delivery

PRIMARY = "PrimaryPartnerId"
"""What a mapping calls the account of an opportunity's primary partner row; Salesforce has no field of that name."""

OPPORTUNITY, ROWS, ACCOUNT = "Opportunity", "Partner", "AccountToId"
_FIELD = Field(PRIMARY, FieldType.REFERENCE, "Primary Partner", 18, createable=True, updateable=True, references=("Account",))


def with_primary(described: Description) -> Description:
    """An opportunity's description as a connection with a ``partner_role`` shows it."""
    return replace(described, fields={**described.fields, PRIMARY: _FIELD})


def column(name: str) -> str:
    """The field as a query selects it."""
    return f"(SELECT {ACCOUNT} FROM Partners WHERE IsPrimary = true AND IsDeleted = false)" if name == PRIMARY else name  # noqa: S608 - no value goes in


def flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row that was asked for with :func:`column`, with the field under its name."""
    rows = (row.get("Partners") or {}).get("records") or [{}]
    return {**row, PRIMARY: rows[0].get(ACCOUNT)}


class SalesforcePartners:
    """Writes to opportunities where a partner's row goes with them. Another partner becomes the primary one beside the former,
    which Salesforce then shows as one of several; none is ever taken away, so that a blank leaves what is there.
    """

    chunk = SalesforceWrites.chunk

    def __init__(self, client: SalesforceClient, writes: SalesforceWrites, role: str) -> None:
        self._client, self._writes, self._role = client, writes, role

    def cost(self, deliveries: Sequence[Delivery]) -> int:
        """The calls for one collection's worth: those of the opportunities, a look at the rows before, and for those that
        are told a partner a look again, what a row is made of, the new rows, what became of them, and a read of the
        opportunities where nothing else is written.
        """
        told = any(PRIMARY in d.values for d in deliveries)
        return self._writes.cost([_without(d) for d in deliveries]) + any(map(_names, deliveries)) + (5 if told else 0)

    def find(self, request: PushRequest) -> Mapping[str, Stored]:
        found = self._writes.find(replace(request, deliveries=[_without(d) for d in request.deliveries]))
        asked = [found[d.id].id for d in request.deliveries if _names(d) and d.id in found]
        rows = self._primary(asked)
        return {key: _shown(s, rows.get(s.id)) if s.id in asked else s for key, s in found.items()}

    def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
        """The opportunities first, for a row needs one; then the rows of those that were written."""
        heads = [replace(w, values=rest, delivery=_without(w.delivery)) for w in writes if (rest := _rest(w)) or w.id is None]
        answers: dict[str, Answer] = by_delivery(heads, self._writes.write(object, heads) if heads else [])
        alone = [_without(w.delivery) for w in writes if w.delivery.id not in answers]
        try:
            answers |= self._writes.find(PushRequest(object, alone)) if alone else {}
            answers |= self._rows(writes, answers)
        except RetryLater as later:
            answers |= {w.delivery.id: later for w in writes if PRIMARY in w.values}
        lost = RetryLater("Salesforce does not show an opportunity that is to get a partner")
        return [answers.get(w.delivery.id, lost) for w in writes]

    def _rows(self, writes: Sequence[Write], answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """What becomes of those that name a partner; one that is the primary partner already gets no second row."""
        named = {w.delivery.id: a for w in writes if PRIMARY in w.values and isinstance(a := answers.get(w.delivery.id), Stored)}
        there = self._primary([s.id for s in named.values() if not s.created])
        wanted = {w.delivery.id: w.values[PRIMARY] for w in writes if w.delivery.id in named}
        new = [key for key, s in named.items() if wanted[key] and wanted[key] != there.get(s.id)]
        rows = [self._row(key, named[key].id, wanted[key]) for key in new]
        told = dict(zip(new, self._writes.write(ROWS, rows) if rows else [], strict=True))
        return {key: _then(s, told.get(key), wanted[key], there.get(s.id)) for key, s in named.items()}

    def _row(self, delivery: str, opportunity: str, partner: str) -> Write:
        values = {"OpportunityId": opportunity, ACCOUNT: partner, "Role": self._role, "IsPrimary": True}
        return Write(Delivery(delivery, ROWS, None, values), None, values)

    def _primary(self, opportunities: Sequence[str]) -> dict[str, str]:
        """The account of each opportunity's primary row."""
        if not opportunities:
            return {}
        where = [soql.one_of("OpportunityId", opportunities), "IsPrimary = true"]
        rows = self._client.every(["Id", soql.STAMP, "OpportunityId", ACCOUNT, "IsDeleted"], ROWS, where)
        return {row["OpportunityId"]: row[ACCOUNT] for row in rows if not row["IsDeleted"]}


def _names(delivery: Delivery) -> bool:
    return PRIMARY in delivery.values or PRIMARY in delivery.seen


def _without(delivery: Delivery) -> Delivery:
    values, seen = ({n: v for n, v in given.items() if n != PRIMARY} for given in (delivery.values, delivery.seen))
    return replace(delivery, values=values, seen=seen)


def _rest(write: Write) -> dict[str, Any]:
    return {name: value for name, value in write.values.items() if name != PRIMARY}


def _shown(stored: Stored, partner: str | None) -> Stored:
    return replace(stored, values={**stored.values, PRIMARY: partner})


def _then(stored: Stored, row: Answer | None, wanted: str | None, there: str | None) -> Answer:
    return row if row and not isinstance(row, Stored) else _shown(stored, wanted or there)
