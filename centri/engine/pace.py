"""How fast records come, and how old they are when they do, hour by hour: what the journals of runs tell of a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from centri.engine.charts import Line, lines
from centri.engine.project import Project
from centri.store import runs
from centri.store.database import read

HOURS = 24


@dataclass
class Hour:
    """One connection's pulls in one hour: records, the seconds that they took, and how old the newest was at the end of each.

    ``lags`` are in seconds, of pulls that brought something.
    """

    records: int = 0
    seconds: float = 0.0
    lags: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float | None:
        """Records in a second, None where nothing came."""
        return round(self.records / self.seconds, 1) if self.records and self.seconds else None

    @property
    def lag(self) -> float | None:
        return round(median(self.lags), 1) if self.lags else None


@dataclass(frozen=True, slots=True)
class Pace:
    """The last hours, oldest first, and what each connection did in each."""

    hours: Sequence[datetime]
    of: Mapping[str, Sequence[Hour]]

    def records(self) -> int:
        return sum(hour.records for hours in self.of.values() for hour in hours)

    def lag(self) -> float:
        """The median age in seconds, over all; 0 where nothing came."""
        every = [lag for hours in self.of.values() for hour in hours for lag in hour.lags]
        return round(median(every), 1) if every else 0.0

    def pictures(self) -> Iterator[tuple[str, str]]:
        """Titles, and what they are the title of, as SVG."""
        labels = [f"{hour:%H:%M}" for hour in self.hours]
        for title, of in _DRAWN:
            yield title, lines(title, labels, [Line(name, [of(hour) for hour in hours]) for name, hours in self.of.items()])


_DRAWN: Sequence[tuple[str, Callable[[Hour], float | None]]] = (
    ("Records per second while reading", lambda hour: hour.rate),
    ("Seconds until a change is read", lambda hour: hour.lag),
)


def pace(project: Project) -> Pace:
    """The last 24 hours up to now, by the hour."""
    last = project.now().replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    found = {name: [Hour() for _ in hours] for name in project.mapping.connections}
    with read(project.engine) as conn:
        pulls = runs.pulls(conn, since=hours[0])
    for pull in pulls:
        at = int((pull["started_at"] - hours[0]) / timedelta(hours=1))
        if pull["connection"] in found and at < HOURS:
            _add(found[pull["connection"]][at], pull)
    return Pace(hours, found)


def _add(hour: Hour, pull: Mapping[str, Any]) -> None:
    brought = sum(pull["counters"].get("read", {}).values())
    if not brought:
        return
    hour.records += brought
    hour.seconds += (pull["ended_at"] - pull["started_at"]).total_seconds()
    stamp = pull["cursor_after"].partition(" ")[0]
    if stamp:
        hour.lags.append(max(0.0, (pull["ended_at"] - datetime.fromisoformat(stamp)).total_seconds()))
