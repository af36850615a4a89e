"""Transforms of dates and moments, with the time zones of CRMs that keep local times."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, field_validator

from centri import values
from centri.mappings.transform import Beside, Transform, text
from centri.mappings.words import near


class _Zoned(Transform):
    """A transform that may know where the CRM's clocks stand."""

    short: ClassVar[str] = "zone"
    zone: str | None = Field(default=None, description="The CRM's time zone: `Europe/Berlin`.")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and _zone(zone) is None:
            raise ValueError(f"no time zone is called {zone!r}{near(zone, available_timezones())}")
        return zone


class Date(_Zoned):
    """A calendar date; of a date and time, the date that is written, or with ``zone`` the date on which it was there.

    >>> Date().inward("2026-06-30T23:00:00Z", ALONE), Date(zone="Europe/Berlin").inward("2026-06-30T23:00:00Z", ALONE)
    ('2026-06-30', '2026-07-01')
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        day = values.date(text(value))
        if not self.zone:
            return day
        moment = dt.datetime.fromisoformat(value.strip())
        return day if moment.tzinfo is None else _moved(moment, _known(self.zone)).date().isoformat()

    def outward(self, value: Any, beside: Beside) -> Any:
        return values.date(text(value))


class DateTime(_Zoned):
    """A moment, in UTC. With ``zone``, the CRM keeps local times that name no time zone.

    A local time that the change of the clocks skips or repeats is set aside.

    >>> DateTime().inward("2026-03-02T12:00:00+01:00", ALONE)
    '2026-03-02T11:00:00Z'
    >>> berlin = DateTime(zone="Europe/Berlin")
    >>> berlin.inward("2026-07-01 12:00:00", ALONE), berlin.outward("2026-07-01T10:00:00Z", ALONE)
    ('2026-07-01T10:00:00Z', '2026-07-01T12:00:00')
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        moment = _naive(text(value)) if self.zone else None
        if moment is None:
            return values.datetime_utc(text(value))
        return values.datetime_utc(_there(moment, self.zone or "").isoformat())

    def outward(self, value: Any, beside: Beside) -> Any:
        moment = values.datetime_utc(text(value))
        if not self.zone:
            return moment
        local = _moved(dt.datetime.fromisoformat(moment), _known(self.zone)).replace(tzinfo=None, fold=0)
        _there(local, self.zone)
        return local.isoformat()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name in available_timezones() else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _known(name: str) -> dt.tzinfo:
    return _zone(name) or dt.UTC


def _naive(written: str) -> dt.datetime | None:
    """A date and time that names no time zone; None where it names one, or is none."""
    try:
        moment = dt.datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is None else None


def _moved(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()!r} is out of the calendar") from None


def _there(moment: dt.datetime, name: str) -> dt.datetime:
    """A local time as a moment. Raises ValueError where the clocks skip or repeat it."""
    zone = _known(name)
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return _moved(first, dt.UTC)
    skipped = _moved(_moved(first, dt.UTC), zone).replace(tzinfo=None) != moment
    told = "is skipped" if skipped else "comes twice"
    raise ValueError(f"{moment.isoformat()} {told} in {name}, where the clocks change then")
