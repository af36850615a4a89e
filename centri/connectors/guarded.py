"""The push of every connector that must look before it writes: read the chunk, drop the movers, write, give receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from centri.connectors.base import PushRequest
from centri.connectors.paging import chunks
from centri.errors import ConfigError, LoginRefused, Rejected, RetryLater
from centri.records import MISSING, Ref, same
from centri.sync.delivery import Delivery, Moved, Outcome, Receipt


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as the CRM holds it now. ``ours`` says that our own user changed it last, ``created`` that this call made it."""

    id: str
    version: str
    changed_at: datetime | None
    values: Mapping[str, Any]
    ours: bool = True
    deleted: bool = False
    created: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """A delivery that may go ahead: ``id`` is None for a create, ``values`` are in canonical form."""

    delivery: Delivery
    id: str | None
    values: Mapping[str, Any]


Answer = Stored | Moved | Rejected | RetryLater


class Target(Protocol):
    """The two calls that a guarded push is made of."""

    chunk: int

    def find(self, request: PushRequest) -> Mapping[str, Stored]:
        """What the CRM holds for each delivery, by delivery id: the record to update, or one that an earlier try created."""
        ...

    def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
        """One answer for each write, in order."""
        ...


def push(target: Target, system: str, request: PushRequest) -> list[Outcome]:
    """One outcome for each delivery. Once nothing gets through any more, the rest is left for later untried.

    Raises ConfigError only while nothing was written yet, so that no receipt is lost.
    """
    outcomes: list[Outcome] = []
    for chunk in chunks(request.deliveries, target.chunk):
        try:
            outcomes += _push_chunk(target, system, replace(request, deliveries=chunk))
        except (RetryLater, ConfigError) as error:
            if isinstance(error, ConfigError) and not outcomes:
                raise
            kind = "auth" if isinstance(error, LoginRefused) else ""
            later = error if isinstance(error, RetryLater) else RetryLater(str(error), kind=kind)
            return outcomes + [later] * (len(request.deliveries) - len(outcomes))
        if outcomes and all(isinstance(outcome, RetryLater) for outcome in outcomes[-len(chunk) :]):
            return outcomes + [outcomes[-1]] * (len(request.deliveries) - len(outcomes))
    return outcomes


def _push_chunk(target: Target, system: str, request: PushRequest) -> list[Outcome]:
    found = target.find(request)
    plans = [_plan(delivery, found.get(delivery.id), system) for delivery in request.deliveries]
    writes = [plan for plan in plans if isinstance(plan, Write)]
    answers = iter(target.write(request.object, writes) if writes else [])
    return [_outcome(plan, next(answers), system) if isinstance(plan, Write) else plan for plan in plans]


def _plan(delivery: Delivery, stored: Stored | None, system: str) -> Write | Outcome:
    if stored is None:
        if delivery.crm_id is None:
            return Write(delivery, None, delivery.values)
        return Rejected("not_found_remote", f"{delivery.object} {delivery.crm_id} is not there")
    if stored.deleted:
        return Rejected("deleted_remote", f"{delivery.object} {stored.id} is deleted")
    if delivery.crm_id is None:
        return _found_again(delivery, stored, system)
    if moved(delivery, stored.version, stored.values):
        return Moved(delivery.id, stored.version)
    return Write(delivery, stored.id, delivery.values)


def _found_again(delivery: Delivery, stored: Stored, system: str) -> Write | Receipt:
    """An earlier try did create the record. What differs is sent, unless someone has worked on it since."""
    differing = {f: v for f, v in delivery.values.items() if not same(v, stored.values.get(f, MISSING))}
    return Write(delivery, stored.id, differing) if stored.ours and differing else _receipt(delivery, stored, system)


def by_delivery(writes: Sequence[Write], answers: Sequence[Answer]) -> dict[str, Answer]:
    """What became of each write, by the id of its delivery."""
    return {write.delivery.id: answer for write, answer in zip(writes, answers, strict=True)}


def moved(delivery: Delivery, version: str, values: Mapping[str, Any]) -> bool:
    """The CRM's version is not the expected one, or a field no longer holds what it held when last agreed.

    The second matters where stamps are as coarse as a second: two edits within one share a version.
    """
    if delivery.expected and version != delivery.expected:
        return True
    return any(not same(values.get(field, MISSING), value) for field, value in delivery.seen.items())


def _outcome(write: Write, answer: Answer, system: str) -> Outcome:
    return _receipt(write.delivery, answer, system) if isinstance(answer, Stored) else answer


def _receipt(delivery: Delivery, stored: Stored, system: str) -> Receipt:
    """Claims only what was sent: as stored where our own write is the latest, else as sent."""
    held = stored.values if stored.ours else {}
    values = {field: held.get(field, sent) for field, sent in delivery.values.items()}
    ref = Ref(system, delivery.object, stored.id)
    return Receipt(delivery.id, ref, stored.version, stored.changed_at, values, stored.created, stored.ours)
