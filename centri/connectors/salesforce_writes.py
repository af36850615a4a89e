"""Writes to Salesforce: finds what is there, sends collections of 200, reads back what was stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from centri.connectors import soql
from centri.connectors.base import Linked, PushRequest
from centri.connectors.codec import decode, instant
from centri.connectors.guarded import Answer, Stored, Write
from centri.connectors.salesforce_client import SalesforceClient
from centri.connectors.salesforce_errors import is_unnamed_duplicate, row_error
from centri.connectors.salesforce_fields import LONG_TEXT, encode
from centri.descriptions import Description, Field, FieldType
from centri.errors import ConfigError, Rejected, RetryLater
from centri.sync.delivery import Delivery, holds

_COMPARABLE = (FieldType.TEXT, FieldType.REFERENCE, FieldType.CHOICE)

Body = dict[str, Any]


class SalesforceWrites:
    """The two halves of a guarded push to Salesforce. A collection holds 200 records at most."""

    chunk = 200

    def __init__(self, client: SalesforceClient, describe: Callable[[str], Description]) -> None:
        self._client, self._describe = client, describe

    def cost(self, deliveries: Sequence[Delivery]) -> int:
        """The calls for one collection's worth: look, write each kind as a collection of its own, read back."""
        creates = [d for d in deliveries if d.crm_id is None]
        again = [d for d in creates if d.attempts]
        found = {key[0] for d in again if (key := self._key(d))}
        searched = sum(self._key(d) is None for d in again)
        looks = (len(creates) < len(deliveries)) + len(found) + searched
        kinds = {self._call_of(Write(d, d.crm_id, d.values)) for d in deliveries}
        return looks + len(kinds) + 1

    # -- what is there -----------------------------------------------------------------------------------------------

    def find(self, request: PushRequest) -> Mapping[str, Stored]:
        """Records to update, and creates that an earlier try may have made: by external key, else by what was sent."""
        object, deliveries = request.object, request.deliveries
        updates = {d.crm_id: d.id for d in deliveries if d.crm_id is not None}
        retries = [d for d in deliveries if d.crm_id is None and d.attempts]
        keyed = [d for d in retries if self._key(d)]
        found = {updates[s.id]: s for s in self._stored(object, "Id", list(updates), _fields(deliveries)) if s.id in updates}
        found |= self._by_key(object, keyed)
        taken = {stored.id for stored in found.values()}
        for delivery in (d for d in retries if d not in keyed):
            stored = self._by_values(delivery, taken, request.linked)
            if stored:
                taken.add(stored.id)
                found[delivery.id] = stored
        return found

    def _by_key(self, object: str, deliveries: Sequence[Delivery]) -> dict[str, Stored]:
        """Each external key field is asked for once."""
        found: dict[str, Stored] = {}
        for name in {d.key[0] for d in deliveries if d.key}:
            wanted = {d.key[1].casefold(): d for d in deliveries if d.key and d.key[0] == name}
            values = [d.key[1] for d in wanted.values() if d.key]
            for stored in self._stored(object, name, values, [name, *_fields(deliveries)]):
                if not stored.deleted:
                    found[wanted[str(stored.values[name]).casefold()].id] = stored
        return found

    def _by_values(self, delivery: Delivery, taken: set[str], linked: Linked) -> Stored | None:
        """The newest record of our own making that holds what was sent, neither linked nor given to another delivery yet.

        Short texts and references are compared by the query, long texts here. A CRM that rewrote a short text hides the
        record from this search; an external key is the cure.
        """
        fields = self._describe(delivery.object).fields
        where = [
            f"{name} = {soql.literal(value)}"
            for name, value in delivery.values.items()
            if isinstance(value, str) and value and _comparable(fields[name])
        ]
        clauses = [*where, f"CreatedById = {soql.literal(self._client.user)}"]
        candidates = self._read(delivery.object, clauses, list(delivery.values))
        fitting = [s for s in candidates if s.id not in taken and not s.deleted and holds(s.values, delivery.values)]
        others = set(linked([s.id for s in fitting])) if fitting else set()
        return next((s for s in reversed(fitting) if s.id not in others), None)

    def _stored(self, object: str, name: str, values: Sequence[str], fields: Sequence[str]) -> list[Stored]:
        return self._read(object, [soql.one_of(name, values)], fields) if values else []

    def _read(self, object: str, where: Sequence[str], fields: Sequence[str]) -> list[Stored]:
        """Deleted records too, oldest change first."""
        columns = dict.fromkeys(["Id", soql.STAMP, "LastModifiedById", "IsDeleted", *fields])
        types = {name: field.type for name, field in self._describe(object).fields.items()}
        return [self._as_stored(row, types, fields) for row in self._client.every(columns, object, where)]

    def _as_stored(self, row: Mapping[str, Any], types: Mapping[str, FieldType], fields: Sequence[str]) -> Stored:
        values = {name: decode(types[name], row.get(name)) for name in fields}
        ours, stamp = row["LastModifiedById"] == self._client.user, row[soql.STAMP]
        return Stored(row["Id"], decode(FieldType.DATETIME, stamp), instant(stamp), values, ours, bool(row["IsDeleted"]))

    # -- writing -----------------------------------------------------------------------------------------------------

    def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
        """Creates, upserts and updates each as one collection; then one query tells what Salesforce made of them."""
        answers: dict[str, Answer] = {}
        groups: dict[tuple[str, str], list[Write]] = {}
        for write in writes:
            groups.setdefault(self._call_of(write), []).append(write)
        for (method, path), group in groups.items():
            answers |= self._with_candidates(object, group, self._write_group(object, method, path, group))
        self._read_back(object, writes, answers)
        return [answers[write.delivery.id] for write in writes]

    def _with_candidates(self, object: str, group: Sequence[Write], answers: dict[str, Answer]) -> dict[str, Answer]:
        """A collection does not say which records a duplicate rule found; the write of the row alone does.

        Where the rule takes it by now, that was the write. It is never told to save all the same.
        """
        return answers | {
            write.delivery.id: self._written_alone(object, write)
            for write in group
            if is_unnamed_duplicate(answers[write.delivery.id])
        }

    def _written_alone(self, object: str, write: Write) -> Answer:
        body = encode(self._describe(object).fields, write.values)
        key = self._key(write.delivery)
        end = f"/{write.id}" if write.id else f"/{key[0]}/{key[1]}" if key else ""
        if key and not write.id:
            body.pop(key[0], None)
        try:
            answer = self._client.send_row("PATCH" if end else "POST", f"sobjects/{object}{end}", body)
        except RetryLater as later:
            return later
        if isinstance(answer, list):
            return row_error(answer)
        made = answer or {}
        return Stored(made.get("id") or write.id or "", "", None, {}, ours=False, created=bool(made.get("created", not write.id)))

    def _call_of(self, write: Write) -> tuple[str, str]:
        if write.id is not None:
            return "PATCH", "composite/sobjects"
        key = self._key(write.delivery)
        return ("PATCH", f"composite/sobjects/{write.delivery.object}/{key[0]}") if key else ("POST", "composite/sobjects")

    def _key(self, delivery: Delivery) -> tuple[str, str] | None:
        """The external key, where the org does have the field."""
        field = self._describe(delivery.object).fields.get(delivery.key[0]) if delivery.key else None
        return delivery.key if field and field.external_key else None

    def _write_group(self, object: str, method: str, path: str, group: Sequence[Write]) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}
        bodies: dict[str, Body] = {}
        for write in group:
            try:
                bodies[write.delivery.id] = self._body(object, write, path)
            except Rejected as rejected:
                answers[write.delivery.id] = rejected
        return answers | self._send_until_unlocked(method, path, bodies)

    def _body(self, object: str, write: Write, path: str) -> Body:
        body: Body = {"attributes": {"type": object}, **encode(self._describe(object).fields, write.values)}
        key = self._key(write.delivery)
        if write.id is not None:
            body["id"] = write.id
        elif key and path.endswith(f"/{key[0]}"):
            body[key[0]] = key[1]
        return body

    def _send_until_unlocked(self, method: str, path: str, bodies: Mapping[str, Body]) -> dict[str, Answer]:
        """Rows that someone else holds a lock on are sent again, a few times; nothing was done to them."""
        answers: dict[str, Answer] = {}

        def send_rest() -> bool:
            rest = {key: body for key, body in bodies.items() if isinstance(answers.get(key), RetryLater | None)}
            try:
                answers.update(self._send(method, path, rest) if rest else {})
            except RetryLater as later:
                answers.update(dict.fromkeys(rest, later))
                return True
            return not any(isinstance(answer, RetryLater) for answer in answers.values())

        self._client.session.patience.until(send_rest)
        return answers

    def _send(self, method: str, path: str, bodies: Mapping[str, Body]) -> dict[str, Answer]:
        body = {"allOrNone": False, "records": list(bodies.values())}
        results = self._client.send(method, path, body, repeatable=method == "PATCH")
        if not isinstance(results, list) or len(results) != len(bodies):
            raise ConfigError(f"connection {self._client.name!r}: Salesforce did not answer for each record of a collection")
        return {key: _answer(result, bodies[key]) for key, result in zip(bodies, results, strict=True)}

    def _read_back(self, object: str, writes: Sequence[Write], answers: dict[str, Answer]) -> None:
        """What was stored, for the receipts. Where it cannot be read, they claim only what was sent."""
        written = {a.id: (w.delivery.id, a) for w in writes if isinstance(a := answers[w.delivery.id], Stored)}
        try:
            stored = self._stored(object, "Id", list(written), _fields([w.delivery for w in writes])) if written else []
        except (RetryLater, ConfigError):
            return
        for now in stored:
            delivery, answer = written[now.id]
            answers[delivery] = Stored(now.id, now.version, now.changed_at, now.values, now.ours, now.deleted, answer.created)


def _answer(result: Mapping[str, Any], body: Body) -> Answer:
    """Until it is read back, a written record is known by its id alone."""
    if not result.get("success"):
        return row_error(result.get("errors") or ())
    created = bool(result.get("created", "id" not in body))
    return Stored(result["id"], "", None, {}, ours=False, created=created)


def _fields(deliveries: Sequence[Delivery]) -> list[str]:
    return list(dict.fromkeys(f for d in deliveries for f in (*d.values, *d.seen)))


def _comparable(field: Field) -> bool:
    return field.type in _COMPARABLE and field.length <= LONG_TEXT
