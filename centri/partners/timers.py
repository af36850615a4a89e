"""The times of an assignment: the deadlines it gets, and what is due at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from centri.errors import Rejected
from centri.partners.terms import Terms, in_words


class Timer(StrEnum):
    """What may fall due for an assignment."""

    ACCEPT = "accept"
    """Nobody has accepted in time: the offers lapse, and the assignment has expired."""
    RETAIN = "retain"
    """Whoever accepted has not shown in time that it works on the lead: the lead is pulled back."""
    RESPONSE = "response"
    """Whoever accepted has not done anything within the hours that it promised; it is told of, and nothing changes."""
    REMINDER = "reminder"
    """A deadline is near."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times of an assignment, all aware. ``response_within`` is what the partner promised."""

    state: str
    offered_at: datetime | None = None
    accept_by: datetime | None = None
    accepted_at: datetime | None = None
    qualify_by: datetime | None = None
    first_response_at: datetime | None = None
    response_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What has fallen due, of which deadline; of a reminder, of which timer and how long before."""

    timer: Timer
    deadline: datetime
    of: Timer | None = None
    before: timedelta | None = None

    @property
    def key(self) -> str:
        """Tells it from every other of the same assignment, so that each is told once."""
        which = f":{self.of.value}-{in_words(self.before)}" if self.of and self.before else ""
        return f"{self.timer.value}{which}:{self.deadline:%Y-%m-%dT%H:%M:%S}"


def due(times: Times, terms: Terms, now: datetime) -> tuple[Due, ...]:
    """What is due at ``now``. A deadline is over once it lies in the past: at the very moment one is still in time.

    Of the reminders of a deadline only the latest that has become due is told, so that nobody gets several after a pause.
    """
    if times.state == "offered":
        return tuple(_of(Timer.ACCEPT, times.offered_at, times.accept_by, terms, now))
    if times.state == "accepted":
        return (*_of(Timer.RETAIN, times.accepted_at, times.qualify_by, terms, now), *_unanswered(times, now))
    return ()


def on_offer(terms: Terms, now: datetime) -> Mapping[str, datetime]:
    """The times of an assignment that is offered now: ``offered_at``, ``accept_by``."""
    return {"offered_at": now, "accept_by": now + terms.accept_within}


def on_accept(times: Times, terms: Terms, now: datetime) -> Mapping[str, datetime]:
    """The times that accepting now brings: ``accepted_at`` and, where the terms have one, ``qualify_by``.

    Raises Rejected where the lead is not on offer, or the time to accept is over.
    """
    if times.state != "offered":
        raise Rejected("illegal_transition", f"the lead is not on offer: it was {times.state.replace('_', ' ')}")
    if times.accept_by and now > times.accept_by:
        raise Rejected("illegal_transition", f"the offer ended at {times.accept_by:%Y-%m-%d %H:%M} UTC")
    return {"accepted_at": now} | ({"qualify_by": now + terms.qualify_within} if terms.qualify_within else {})


def on_extend(times: Times, until: datetime, now: datetime) -> Mapping[str, datetime]:
    """The times that an extension brings: the running deadline and ``extended_until``.

    Raises Rejected where no deadline is running, where it is over, or where ``until`` is not after it.
    """
    name = {"offered": "accept_by", "accepted": "qualify_by"}.get(times.state, "")
    running: datetime | None = getattr(times, name) if name else None
    if running is None:
        raise Rejected("illegal_transition", f"no deadline is running that could be extended: the lead is {times.state}")
    if now > running:
        raise Rejected("illegal_transition", f"the time was over at {running:%Y-%m-%d %H:%M} UTC; give the lead anew")
    if until <= running:
        raise Rejected("validation", f"an extension ends after {running:%Y-%m-%d %H:%M} UTC, which is the deadline now")
    return {name: until, "extended_until": until}


def retains(times: Times, terms: Terms, kind: str, at: datetime) -> bool:
    """Whether an activity of a kind (or ``converted``) lets the partner keep the lead that it accepted."""
    in_time = times.qualify_by is None or at <= times.qualify_by
    return times.state == "accepted" and kind in terms.retain_if and in_time


def _of(timer: Timer, start: datetime | None, deadline: datetime | None, terms: Terms, now: datetime) -> Iterator[Due]:
    """The deadline itself, or the reminder of it; one that would come at the very start reminds of nothing."""
    if deadline is None:
        return
    if now > deadline:
        yield Due(timer, deadline)
        return
    past = [b for b in terms.reminders if deadline - b <= now and (start is None or deadline - b > start)]
    if past:
        yield Due(Timer.REMINDER, deadline, timer, min(past))


def _unanswered(times: Times, now: datetime) -> Iterator[Due]:
    if times.first_response_at is None and times.accepted_at and times.response_within:
        promised = times.accepted_at + times.response_within
        if now > promised:
            yield Due(Timer.RESPONSE, promised)
