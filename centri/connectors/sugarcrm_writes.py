"""Writes to SugarCRM: finds what is there, sends creates and updates as one bulk call, whose answers are what was stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from centri.connectors.base import PushRequest
from centri.connectors.codec import decode, instant
from centri.connectors.guarded import Answer, Stored, Write
from centri.connectors.sugarcrm_client import Sub, SubAnswer, SugarClient
from centri.connectors.sugarcrm_errors import record_error
from centri.connectors.sugarcrm_fields import encode
from centri.connectors.sugarcrm_filter import STAMP
from centri.descriptions import Field, FieldType
from centri.errors import Rejected, RetryLater
from centri.sync.delivery import Delivery, Moved

_EDIT_CONFLICT = 409


class SugarWrites:
    """The two halves of a guarded push to Sugar. Sugar documents no limit for a bulk call; its own clients send up to 100."""

    chunk = 100

    def __init__(self, client: SugarClient, fields: Callable[[str], Mapping[str, Field]]) -> None:
        self._client, self._fields = client, fields

    def cost(self, deliveries: Sequence[Delivery]) -> int:
        """The calls for one bulk call's worth: look and write; the answers are what was stored."""
        return 2

    def find(self, request: PushRequest) -> Mapping[str, Stored]:
        """A create takes the delivery's id as the record's, so an earlier try is found under it, even one not known of."""
        object, deliveries = request.object, request.deliveries
        wanted = {d.crm_id or d.id: d.id for d in deliveries}
        names = list(dict.fromkeys(f for d in deliveries for f in (*d.values, *d.seen)))
        rows = self._client.by_ids(object, list(wanted), ["id", STAMP, "modified_user_id", "deleted", *names])
        return {wanted[row["id"]]: self._stored(object, row, names) for row in rows if row["id"] in wanted}

    def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
        answers: dict[str, Answer] = {}
        subs: dict[str, Sub] = {}
        for write in writes:
            try:
                subs[write.delivery.id] = self._sub(object, write)
            except Rejected as rejected:
                answers[write.delivery.id] = rejected
        by_id = {write.delivery.id: write for write in writes}
        answers |= self._made_after_all(object, by_id, self._send_until_through(object, by_id, subs))
        return [answers[write.delivery.id] for write in writes]

    def _made_after_all(self, object: str, writes: Mapping[str, Write], answers: dict[str, Answer]) -> dict[str, Answer]:
        """A create may be refused because its first sending, whose answer was lost, did create the record."""
        refused = [w.delivery for key, w in writes.items() if w.id is None and isinstance(answers.get(key), Rejected)]
        try:
            found = self.find(PushRequest(object, refused)) if refused else {}
        except RetryLater as later:
            return answers | {delivery.id: later for delivery in refused}
        return answers | {key: replace(stored, created=True) for key, stored in found.items()}

    def _send_until_through(self, object: str, writes: Mapping[str, Write], subs: Mapping[str, Sub]) -> dict[str, Answer]:
        """Requests of a bulk call that met a busy server are sent again, a few times: each may be repeated."""
        answers: dict[str, Answer] = {}

        def send_rest() -> bool:
            rest = {key: sub for key, sub in subs.items() if isinstance(answers.get(key), RetryLater | None)}
            try:
                replies = self._client.bulk(list(rest.values())) if rest else []
            except RetryLater as later:
                answers.update(dict.fromkeys(rest, later))
                return True
            answers.update({key: self._answer(object, writes[key], reply) for key, reply in zip(rest, replies, strict=True)})
            return not any(isinstance(answer, RetryLater) for answer in answers.values())

        self._client.session.patience.until(send_rest)
        return answers

    def _sub(self, object: str, write: Write) -> Sub:
        values = encode(self._fields(object), write.values)
        if write.id is not None:
            return Sub("PUT", f"{object}/{write.id}", values)
        return Sub("POST", object, {"id": write.delivery.id, **values})

    def _answer(self, object: str, write: Write, reply: SubAnswer) -> Answer:
        if reply.status == _EDIT_CONFLICT:
            return Moved(write.delivery.id, "")
        if reply.status != 200 or not isinstance(reply.contents, Mapping):
            return record_error(reply.status, reply.contents)
        return self._stored(object, reply.contents, list(write.delivery.values), created=write.id is None)

    def _stored(self, object: str, row: Mapping[str, Any], names: Sequence[str], *, created: bool = False) -> Stored:
        fields, stamp = self._fields(object), row.get(STAMP) or ""
        return Stored(
            id=row["id"],
            version=decode(FieldType.DATETIME, stamp) or "",
            changed_at=instant(stamp) if stamp else None,
            values={name: decode(fields[name].type, row[name]) for name in names if name in row},
            ours=row.get("modified_user_id") == self._client.user,
            deleted=bool(decode(FieldType.BOOLEAN, row.get("deleted"))),
            created=created,
        )
