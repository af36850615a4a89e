"""A CRM that is read in earnest and written to in thought: what a push would cost is counted, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from centri.connectors.base import Cost, Handshake, Page, PullRequest, PushRequest, Reading
from centri.descriptions import Description
from centri.engine.metering import Meter
from centri.records import Ref
from centri.sync.budget import Allowance, Purpose
from centri.sync.delivery import Delivery, Outcome, Receipt


class DryCrm:
    """Stands before a connection's own connector, whose calls it enters as they are made.

    ``made`` counts those, ``writes`` the ones that pushing would have cost; ``calls`` are both: what doing it costs. At most
    ``sample`` changed records of an object are read, where that is given.
    """

    def __init__(self, meter: Meter, *, sample: int | None = None, progress: Callable[[int], None] = lambda _: None) -> None:
        self._meter, self._connector = meter, meter.connector
        self._sample, self._progress = sample, progress
        self._began, self._open = self._connector.calls, False
        self.name, self.guard = self._connector.name, self._connector.guard
        self.writes = 0
        self._once: frozenset[str] = frozenset()

    @property
    def made(self) -> int:
        return self._connector.calls - self._began

    @property
    def calls(self) -> int:
        return self.made + self.writes

    @property
    def allowance(self) -> Allowance | None:
        return self._connector.allowance

    @property
    def clock(self) -> Reading | None:
        return self._connector.clock

    def handshake(self) -> Handshake:
        return self._connector.handshake()

    def describe(self, object: str, lists: Collection[str] = ()) -> Description:
        with self._metered():
            return self._connector.describe(object, lists)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """The pages, each asked for when it is wanted; the last of a sample is cut, and nothing is read behind it."""
        left = self._sample
        if left is not None:
            request = replace(request, page_size=min(request.page_size, left))
        pages = self._connector.pull(request)
        while left is None or left > 0:
            with self._metered():
                page = next(pages, None)
            if page is None:
                return
            self._progress(len(page.records))
            if left is not None:
                page = replace(page, records=page.records[:left])
                left -= len(page.records)
            yield page

    def push(self, request: PushRequest) -> list[Outcome]:
        """Every delivery as accepted, and stored as it was sent."""
        cost = self._connector.cost(request)
        self.writes += cost.calls + len(cost.once - self._once)
        self._once |= cost.once
        return [_accepted(self.name, delivery) for delivery in request.deliveries]

    def cost(self, request: PushRequest) -> Cost:
        return self._connector.cost(request)

    def close(self) -> None:
        """What stands behind is not ours to close."""

    @contextmanager
    def _metered(self) -> Iterator[None]:
        if not self._open:
            self._meter.open()
            self._open = True
        self._meter.require(Purpose.INCREMENTAL_PULL)
        try:
            yield
        finally:
            self._meter.enter(Purpose.INCREMENTAL_PULL)


def _accepted(system: str, delivery: Delivery) -> Receipt:
    ref = Ref(system, delivery.object, delivery.crm_id or delivery.id)
    return Receipt(delivery.id, ref, delivery.expected, None, delivery.values, created=delivery.crm_id is None, ours=True)
