"""Calls to a CRM on an account: each made for a purpose, counted in the store, and refused once its purpose must stop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Engine

from centri.connectors.base import Connector, Cost, Handshake, Page, PullRequest, PushRequest, Reading
from centri.descriptions import Description
from centri.engine.admission import greet, refuse_paused
from centri.errors import RetryLater
from centri.store import calls, connections
from centri.store.connections import Row
from centri.store.database import read, write
from centri.sync.budget import Allowance, Budget, Purpose, ceiling, used_up
from centri.sync.delivery import Outcome

BELIEVED = timedelta(hours=1)
"""How long the CRM's own figures count. They cover the last 24 hours and everybody, so they get better by themselves: after
this time a call is risked, whose answer brings new ones."""


def allowances(known: Row, ours: int, budget: Budget, *, since: datetime | None = None) -> list[Allowance]:
    """What limits a connection: the mapping's own limit on ``ours``, the calls of the day, and the CRM's on everybody's.

    The CRM's figures are left out where they are older than ``since``.
    """
    found = [Allowance(budget.calls_per_day, ours)] if budget.calls_per_day is not None else []
    if known["calls_limit"] is not None and (since is None or known["calls_told_at"] > since):
        found.append(Allowance(known["calls_limit"], known["calls_used"], everybody=True))
    return found


class Meter:
    """One connection's calls in this process. Not for several threads at once; other processes' calls show after each entry."""

    def __init__(self, engine: Engine, connector: Connector, name: str, budget: Budget, now: Callable[[], datetime]) -> None:
        self.connector = connector
        self._engine, self._name, self._budget, self._now = engine, name, budget, now
        self._entered = connector.calls
        self._told = connector.allowance
        self._greeted: Row | None = None
        self._account: _Account | None = None

    def greet(self) -> Row:
        """What was known of the connection when this process first shook hands with its CRM. Raises what the handshake does."""
        if self._greeted is None:
            self._greeted = greet(self._engine, self._name, self.connector, self._now())
        return self._greeted

    def armed(self) -> bool:
        """Whether writes may be sent now. Shakes hands first: the first handshake arms what leads to this machine only."""
        self.greet()
        with read(self._engine) as conn:
            return connections.get(conn, self._name)["armed_at"] is not None

    def open(self) -> None:
        """Raises Stop where nobody may work on the connection now."""
        refuse_paused(self._engine, self._name)
        self.greet()

    def require(self, purpose: Purpose) -> None:
        """Raises RetryLater where no more calls may be made for this purpose."""
        now = self._now()
        if self._account is None or self._account.day != now.astimezone(UTC).date():
            with read(self._engine) as conn:
                self._account = self._read(conn, now)
        limits = allowances(self._account.known, self._account.ours, self._budget, since=now - BELIEVED)
        if spent := used_up(purpose, limits, self._budget.reserve):
            raise RetryLater(self._words(purpose, spent, self._account, now), daily_limit=True)

    def enter(self, purpose: Purpose) -> None:
        """Enter the calls made since the last entry, and what the CRM told meanwhile; without any, nothing is written."""
        made, told, now = self.connector.calls - self._entered, self.connector.allowance, self._now()
        if not made:
            return
        with write(self._engine) as conn:
            calls.add(conn, self._name, purpose, made, now=now)
            if told and told is not self._told:
                connections.told(conn, self._name, told, now=now)
            self._account = self._read(conn, now)
        self._entered, self._told = self._entered + made, told

    def refused(self, purpose: Purpose, refusal: RetryLater) -> RetryLater:
        """The CRM's own refusal for the day, with what it means for us."""
        if not refusal.daily_limit:
            return refusal
        told = f"; it tells of {self._told.used:,} calls out of {self._told.limit:,}" if self._told else ""
        return RetryLater(f"{refusal}{told}; {purpose.words} goes on with the first run that finds calls left", daily_limit=True)

    def _read(self, conn: Connection, now: datetime) -> _Account:
        ours = calls.used(conn, now=now).get(self._name, {})
        return _Account(now.astimezone(UTC).date(), sum(ours.values()), connections.get(conn, self._name))

    def _words(self, purpose: Purpose, spent: Allowance, account: _Account, now: datetime) -> str:
        stop = ceiling(purpose, spent.limit, self._budget.reserve)
        if spent.everybody:
            whose = f"the {spent.limit:,} API calls that the CRM allows everybody in 24 hours"
            anew = f"the CRM is asked again from {account.known['calls_told_at'] + BELIEVED:%Y-%m-%d %H:%M} UTC on"
        else:
            whose = f"the {spent.limit:,} API calls that the mapping allows in a day"
            anew = f"it goes on at {now.astimezone(UTC).date() + timedelta(days=1)} 00:00 UTC"
        return f"{self._name}: {spent.used:,} of {whose} are used, and {purpose.words} stops at {stop:,}; {anew}"


@dataclass(frozen=True, slots=True)
class _Account:
    """What the store held at a moment: our calls of the day, and what is known of the connection."""

    day: date
    ours: int
    known: Row


class MeteredConnector:
    """A connector whose calls are made for one purpose. Entries are made by the caller's thread, outside its transactions.

    Raises, besides what the connector raises, Stop where nobody may work on the connection, and RetryLater with
    ``daily_limit`` before a call that the purpose may not make any more.
    """

    def __init__(self, meter: Meter, purpose: Purpose) -> None:
        self._meter, self._purpose = meter, purpose
        self._connector = meter.connector
        self.name, self.guard = self._connector.name, self._connector.guard
        self._open = False

    @property
    def calls(self) -> int:
        return self._connector.calls

    @property
    def allowance(self) -> Allowance | None:
        return self._connector.allowance

    @property
    def clock(self) -> Reading | None:
        return self._connector.clock

    def handshake(self) -> Handshake:
        return self._connector.handshake()

    def require(self) -> None:
        """Raises RetryLater or Stop where the next call would."""
        if not self._open:
            self._meter.open()
            self._open = True
        self._meter.require(self._purpose)

    def describe(self, object: str, lists: Collection[str] = ()) -> Description:
        with self._metered():
            return self._connector.describe(object, lists)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """The pages, the next one fetched while its forerunner is worked on; before each it is asked whether it may be."""
        pages = self._connector.pull(request)
        refusal: RetryLater | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="pull") as pool:
            self.require()
            coming = pool.submit(next, pages, None)
            while refusal is None:
                with self._metered(ask=False):
                    page = coming.result()
                if page is None:
                    return
                try:
                    self.require()
                    coming = pool.submit(next, pages, None)
                except RetryLater as later:
                    refusal = later
                yield page
        raise refusal

    def push(self, request: PushRequest) -> list[Outcome]:
        with self._metered():
            outcomes = self._connector.push(request)
        return [self._meter.refused(self._purpose, o) if isinstance(o, RetryLater) else o for o in outcomes]

    def cost(self, request: PushRequest) -> Cost:
        return self._connector.cost(request)

    def close(self) -> None:
        self._connector.close()

    @contextmanager
    def _metered(self, *, ask: bool = True) -> Iterator[None]:
        if ask:
            self.require()
        try:
            try:
                yield
            finally:
                self._meter.enter(self._purpose)
        except RetryLater as refusal:
            raise self._meter.refused(self._purpose, refusal) from None


def limit_reached(outcomes: Sequence[Outcome]) -> RetryLater | None:
    """The refusal that says that the day's calls are used up, if one is among the outcomes."""
    return next((o for o in outcomes if isinstance(o, RetryLater) and o.daily_limit), None)
