"""Figures for Prometheus, computed from the store when they are asked for, so that every process tells the same.

No label holds anything of a record: connections, objects, entities, kinds and states are all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from centri.engine.alerts import now_of
from centri.engine.project import Project
from centri.engine.status import Status
from centri.errors import RetryLater

Samples = Iterable[tuple[tuple[str, ...], float]]


class Figures(Collector):
    """All figures of a project. The number of queries does not grow with what is in the store."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is asked of the store before somebody wants to know."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            found = now_of(self._project)
        except RetryLater:
            yield GaugeMetricFamily("centri_store_up", "Whether the store could be read.", 0)
            return
        yield GaugeMetricFamily("centri_store_up", "Whether the store could be read.", 1)
        yield from _reading(found)
        yield from _owed(found)
        yield from _connections(found)
        yield from _people(found)


def _reading(found: Status) -> Iterator[GaugeMetricFamily]:
    at = ("connection", "object")
    lag = (((c["connection"], c["object"]), _age(found, c["stamp"])) for c in found.cursors)
    yield _family("cursor_lag_seconds", "Age of the last change that was read.", at, lag)
    steps = [((s["connection"], s["name"]), s) for s in found.steps]
    of = ("connection", "step")
    ages = ((key, _age(found, s["succeeded_at"])) for key, s in steps if s["succeeded_at"])
    yield _family("step_success_age_seconds", "Time since a step last succeeded.", of, ages)
    yield _family("step_failures", "How often in a row a step has failed.", of, ((key, s["failures"]) for key, s in steps))
    yield _family(
        "runs_last_hour", "Steps that began in the last hour.", ("connection", "status"), found.outcomes.items()
    )  # fmt: skip
    beats = (((w["connection"],), _age(found, w["beat_at"])) for w in found.workers)
    yield _family("worker_heartbeat_age_seconds", "Time since a resident worker's sign of life.", ("connection",), beats)


def _owed(found: Status) -> Iterator[GaugeMetricFamily]:
    entity = ("connection", "entity")
    yield _family("staged_records", "Records of the CRM that are not settled yet.", entity, found.staged.items())
    yield _family("changed_rows", "Rows of the PRM that are not settled yet.", entity, found.changed.items())
    states = ("connection", "object", "state")
    yield _family("deliveries", "Writes to the CRM, by state.", states, found.deliveries.items())
    waits = (((name,), _age(found, since)) for name, since in found.owed_since.items())
    yield _family("delivery_oldest_age_seconds", "Age of the oldest write that waits.", ("connection",), waits)
    yield _family("anomalies_open", "Records and fields set aside.", ("connection", "kind"), found.anomalies.items())


def _connections(found: Status) -> Iterator[GaugeMetricFamily]:
    at, all_ = ("connection",), found.standings
    calls = (((s.name, purpose.value), number) for s in all_ for purpose, number in s.calls.items())
    yield _family("api_calls_today", "Our API calls since midnight UTC.", ("connection", "purpose"), calls)
    left = (((s.name,), s.allowance.left) for s in all_ if s.allowance)
    yield _family("api_calls_left", "API calls left by the tightest limit.", at, left)
    yield _family("connection_armed", "Whether the CRM may be written to.", at, (((s.name,), s.armed) for s in all_))
    yield _family("connection_paused", "Whether nothing runs.", at, (((s.name,), s.paused) for s in all_))


def _people(found: Status) -> Iterator[GaugeMetricFamily]:
    late = (((row["channel"], row["state"]), row["count"]) for row in found.unsent)
    yield _family("notifications_due", "Messages that ought to have left by now.", ("channel", "state"), late)
    yield _family("match_reviews_open", "Leads whose match waits for a person.", (), [((), found.reviews)])
    on = (((trouble.value, subject), 1) for trouble, subject in found.alerts)
    yield _family("alert_on", "Alerts that are on.", ("alert", "connection"), on)


def _family(name: str, about: str, labels: tuple[str, ...], samples: Samples) -> GaugeMetricFamily:
    made = GaugeMetricFamily(f"centri_{name}", about, labels=labels)
    for values, number in samples:
        made.add_metric(values, float(number))
    return made


def _age(found: Status, then: datetime) -> float:
    return max(0.0, (found.at - then).total_seconds())
