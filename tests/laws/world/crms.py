"""CRMs in which something always happens: values are tidied, calls fail, people edit between pages and around writes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from centri.connectors.base import Page, PullRequest, PushRequest
from centri.connectors.memory import OUR_USER, MemoryConnector, MemoryCrm, Row
from centri.errors import Rejected, RetryLater
from centri.records import Record, same
from centri.sync.delivery import Delivery, Outcome

NOWHERE = "Nowhere"
"""A city that the eastern CRM refuses."""

Deed = Callable[[], None]


def tidy_east(object: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Cuts cities to six letters, and refuses one."""
    if values.get("City") == NOWHERE:
        raise Rejected("validation", "no such city", fields=("City",))
    return {k: v[:6] if k == "City" and isinstance(v, str) else v for k, v in values.items()}


def tidy_west(object: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Writes cities and names of people with a capital, and drops the cents of whole amounts."""
    return {name: _west(name, value) for name, value in values.items()}


def _west(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in ("City", "FirstName"):
        return value.strip().capitalize()
    return value.removesuffix(".00") if name == "Amount" else value


class RestlessCrm(MemoryCrm):
    """``skew`` is how far its clock is from ours; ``deeds`` are what people do at the next moment of a kind, ``pushing`` is what
    it is being told then.

    ``locked`` counts writes that find their record locked, ``cuts`` after how many writes of a call the line goes dead.
    ``overwritten`` tells of people's values that we wrote over before we had read them.
    """

    def __init__(self, clock: Callable[[], datetime], tidy: Any) -> None:
        super().__init__(clock=lambda: clock() + self.skew, tidy=tidy)
        self.skew = timedelta()
        self.deeds: dict[str, deque[Deed]] = defaultdict(deque)
        self.late: dict[str, datetime] = {}
        self.locked = 0
        self.cuts: deque[int] = deque()
        self.ours: set[tuple[str, str]] = set()
        self.pushing: Sequence[Delivery] = ()
        self.written: dict[tuple[str, str, str], int] = {}
        self.read: dict[tuple[str, str], int] = {}
        self.overwritten: list[str] = []

    def save(self, object: str, values: Mapping[str, Any], id: str | None = None, *, user: str = "person") -> Row:
        before = self.objects.get(object, {}).get(id or "")
        row = super().save(object, values, id, user=user)
        if user == OUR_USER and before is None:
            self.ours.add((object, row.id))
        held = before.values if before else {}
        for name in (n for n in values if not same(row.values.get(n), held.get(n))):
            self._writes(object, row, name, held.get(name), user)
        return row

    def _writes(self, object: str, row: Row, name: str, held: Any, user: str) -> None:
        """Who wrote a field last, by the version they made; the versions that were read say whether we knew of it."""
        last = self.written.pop((object, row.id, name), 0)
        if user != OUR_USER:
            self.written[object, row.id, name] = row.version
        elif last > self.read.get((object, row.id), 0):
            self.overwritten.append(f"{object} {row.id}: {name} {held!r} by {row.values[name]!r}")

    def happen(self, moment: str) -> None:
        if self.deeds[moment]:
            self.deeds[moment].popleft()()

    def hidden(self, row: Row) -> bool:
        """Whether the record's transaction has not committed yet: its stamp is older than its visibility."""
        return row.id in self.late and self.clock() < self.late[row.id]

    def calm(self) -> None:
        self.faults.clear()
        self.lost_answers.clear()
        self.cuts.clear()
        self.deeds.clear()
        self.locked = 0


class RestlessConnector(MemoryConnector):
    """The line to such a CRM."""

    crm: RestlessCrm

    def pull(self, request: PullRequest) -> Iterator[Page]:
        for page in super().pull(request):
            self.crm.happen("page")
            self.crm.read |= {(request.object, r.ref.id): int(r.version) for r in page.records}
            yield page

    def push(self, request: PushRequest) -> list[Outcome]:
        self.crm.pushing = request.deliveries
        self.crm.happen("before push")
        outcomes = self._cut(request) if self.crm.cuts else super().push(request)
        self.crm.happen("after push")
        return outcomes

    def _cut(self, request: PushRequest) -> list[Outcome]:
        """Some records are written, then the line goes dead: nobody hears of any of them."""
        self._call()
        for delivery in request.deliveries[: self.crm.cuts.popleft()]:
            self._deliver(delivery)
        return [RetryLater("connection reset")] * len(request.deliveries)

    def _deliver(self, delivery: Delivery) -> Outcome:
        if self.crm.locked:
            self.crm.locked -= 1
            return RetryLater("UNABLE_TO_LOCK_ROW")
        return super()._deliver(delivery)

    def _read(self, request: PullRequest, wanted: Callable[[Row], bool]) -> list[Record]:
        return super()._read(request, lambda row: wanted(row) and not self.crm.hidden(row))
