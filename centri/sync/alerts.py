"""When people are told that something is wrong, and when that it is over: once for each change of state."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Trouble(StrEnum):
    """What can be wrong with a connection, or with the whole."""

    FAILING = "failing"
    STALE = "stale"
    ANOMALIES = "anomalies"
    BUDGET = "budget"
    CREDENTIALS = "credentials"
    DRIFT = "drift"
    STUCK = "stuck"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A trouble in words: its title, when it begins, and what to do, with the commands."""

    title: str
    begins: str
    remedy: str


MEANINGS: Mapping[Trouble, Meaning] = {
    Trouble.FAILING: Meaning(
        "Runs fail",
        "A step of the connection's runs failed as often in a row as `failures` says, and has not succeeded since.",
        "Read the error: `centri runs --connection CONNECTION`, or the failed run in the Dagster UI. What it names is to be"
        " mended; the next run goes on where the last one stopped, so nothing is to be repeated by hand.",
    ),
    Trouble.STALE: Meaning(
        "Out of date",
        "An object of the connection was not read to its end for longer than `stale_minutes`.",
        "See whether runs are started at all: `centri status`, and in the Dagster UI that the daemon runs and the schedules are"
        " on. Run one by hand: `centri sync CONNECTION`.",
    ),
    Trouble.ANOMALIES: Meaning(
        "Many records set aside",
        "More anomalies than `anomalies` are open on the connection, mere remarks aside.",
        "See what they have in common: `centri anomalies list --open`. Very often it is one value that a map does not know, or"
        " one required field; mend the mapping, then `centri replay`.",
    ),
    Trouble.BUDGET: Meaning(
        "API calls nearly used up",
        "The share of the day's API calls that is used has come to `budget`.",
        "See what they were spent on: `centri connections`. Other programs may be at it too, where the CRM counts them. Calls for"
        " what partners did have a reserve; everything else waits until there are calls again.",
    ),
    Trouble.CREDENTIALS: Meaning(
        "Log-in refused",
        "The CRM refused our credentials.",
        "Renew the password or the client's secret, set it in the environment, restart what runs, and see that it is taken:"
        " `centri check`.",
    ),
    Trouble.DRIFT: Meaning(
        "The CRM's schema changed",
        "A field or an object that the mapping names is gone from the CRM, or is not what it was.",
        "See which: `centri anomalies list --open`. Adapt the mapping, then `centri check`. What the field would have brought is"
        " read again by itself.",
    ),
    Trouble.STUCK: Meaning(
        "Writes wait",
        "What the CRM ought to be told has waited longer than `stuck_minutes`, although the connection may write.",
        "See why: `centri status`, then `centri anomalies list --open` for what the CRM said of single records.",
    ),
    Trouble.UNTOLD: Meaning(
        "People are not told",
        "A notification could not be delivered, or one that is due has waited longer than `stuck_minutes`.",
        "See which: `centri notifications list --state failed`. Correct the address or the mail server, then"
        " `centri notifications retry --all`.",
    ),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is wrong. ``budget`` is a share; ``calm`` is how long it must be well to be over."""

    failures: int = 3
    stale_after: timedelta = timedelta(minutes=30)
    anomalies: int = 100
    budget: float = 0.9
    stuck_after: timedelta = timedelta(minutes=60)
    calm: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that has failed ``times`` in a row."""

    step: str
    times: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one connection at a moment; of the whole where ``subject`` is blank.

    ``read_at`` is when each object was last read to its end. ``used`` is a share of the day's API calls. ``refused`` is what the
    CRM said of our credentials, ``changed`` how many mapped fields changed in it. ``owed_since`` is when the oldest write began
    to wait that nothing holds up by intent. ``undelivered`` counts notifications that failed, ``due_since`` tells of the oldest
    that waits.
    """

    subject: str = ""
    failures: Collection[Failure] = ()
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    anomalies: int = 0
    used: float = 0.0
    refused: str = ""
    changed: int = 0
    owed_since: datetime | None = None
    undelivered: int = 0
    due_since: datetime | None = None


Which = tuple[Trouble, str]
"""A trouble and whom it concerns: a connection, or blank for the whole."""


@dataclass(frozen=True, slots=True)
class Known:
    """An alert that is on: since when, why, and since when there has been no reason for it any more, if so."""

    since: datetime
    why: str
    calm_since: datetime | None = None


class Move(StrEnum):
    """What becomes of an alert. Of the first two people are told."""

    BEGINS = "begins"
    ENDS = "ends"
    CALMS = "calms"
    RETURNS = "returns"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Change:
    """A move of one alert, with the reason that it has, or had. ``since`` is when it began."""

    which: Which
    move: Move
    why: str
    since: datetime


def troubles(seen: Seen, limits: Limits, now: datetime) -> dict[Trouble, str]:
    """What is wrong, each with why, in words for people."""
    return dict(_troubles(seen, limits, now))


def stale(seen: Seen, limits: Limits, now: datetime) -> dict[str, datetime]:
    """The objects that were not read to their end for too long, each with when they last were."""
    return {object: at for object, at in seen.read_at.items() if now - at > limits.stale_after}


def remedy(which: Which) -> str:
    """What to do about a trouble, with the commands of the connection that it concerns."""
    trouble, subject = which
    return MEANINGS[Trouble(trouble)].remedy.replace("CONNECTION", subject)


def _troubles(seen: Seen, limits: Limits, now: datetime) -> Iterator[tuple[Trouble, str]]:
    worst = max(seen.failures, key=lambda f: f.times, default=Failure("", 0))
    if worst.times >= limits.failures:
        yield Trouble.FAILING, f"{worst.step} failed {worst.times} times in a row" + (f": {worst.error}" if worst.error else "")
    if late := stale(seen, limits, now):
        object, read_at = min(late.items(), key=lambda pair: pair[1])
        yield Trouble.STALE, f"{object} was last read to its end at {read_at:%Y-%m-%d %H:%M} UTC"
    if seen.anomalies > limits.anomalies:
        yield Trouble.ANOMALIES, f"{seen.anomalies:,} anomalies are open, more than {limits.anomalies:,}"
    if seen.used >= limits.budget:
        yield Trouble.BUDGET, f"{seen.used:.0%} of the day's API calls are used"
    if seen.refused:
        yield Trouble.CREDENTIALS, seen.refused
    if seen.changed:
        yield Trouble.DRIFT, f"{seen.changed:,} of what the mapping names changed in the CRM"
    yield from _waits(seen, limits, now)


def _waits(seen: Seen, limits: Limits, now: datetime) -> Iterator[tuple[Trouble, str]]:
    """What ought to have left us by now."""
    if seen.owed_since and now - seen.owed_since > limits.stuck_after:
        yield Trouble.STUCK, f"a write has waited since {seen.owed_since:%Y-%m-%d %H:%M} UTC"
    if seen.undelivered:
        yield Trouble.UNTOLD, f"{seen.undelivered:,} notification{'s' if seen.undelivered > 1 else ''} could not be delivered"
    elif seen.due_since and now - seen.due_since > limits.stuck_after:
        yield Trouble.UNTOLD, f"a notification has waited since {seen.due_since:%Y-%m-%d %H:%M} UTC"


def decide(wrong: Mapping[Which, str], known: Mapping[Which, Known], calm: timedelta, now: datetime) -> list[Change]:
    """What becomes of each alert, by what is wrong now and which are on.

    One that has no reason any more ends once it has been calm for long enough, so that what comes and goes is told of once.
    """
    return [_change(which, wrong.get(which), known.get(which), calm, now) for which in sorted({*wrong, *known})]


def _change(which: Which, why: str | None, on: Known | None, calm: timedelta, now: datetime) -> Change:
    if on is None:
        return Change(which, Move.BEGINS, why or "", now)
    if why is not None:
        return Change(which, Move.RETURNS if on.calm_since else Move.STAYS, why, on.since)
    if on.calm_since is None:
        return Change(which, Move.CALMS if calm else Move.ENDS, on.why, on.since)
    return Change(which, Move.ENDS if now - on.calm_since >= calm else Move.STAYS, on.why, on.since)
