"""Timers and messages in Dagster: an asset each, one job, and a sensor that starts it when something has fallen due."""

from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import dagster as dg

from centri.engine.notify_send import send
from centri.engine.project import Project, open_project
from centri.engine.tick import due_now, tick
from centri.pipelines.automation import sensors_are
from centri.pipelines.resources import Watch
from centri.pipelines.translator import OWNER
from centri.settings import Settings
from centri.store import notices
from centri.store.database import read

GROUP, JOB = "partners", "partners"
EVERY = 30
"""Seconds between two looks of the sensor."""

_TIMERS = dg.AssetSpec(
    "partner_timers",
    group_name=GROUP,
    owners=[OWNER],
    kinds={"python"},
    description="Offers that lapsed, leads that were pulled back and given anew, deadlines reminded of, deals that expired.",
)
_MESSAGES = dg.AssetSpec(
    "notifications",
    group_name=GROUP,
    owners=[OWNER],
    kinds={"python"},
    deps=[_TIMERS.key],
    description="What people were told, by e-mail, web-hook or log, and what could not be delivered yet.",
)


def partner_assets() -> list[dg.AssetsDefinition]:
    return [_timers, _messages]


@dg.multi_asset(specs=[_TIMERS], name="tick")
def _timers(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> dg.MaterializeResult[None]:
    with watch.step("partners", "timers"):
        done = tick(project)
    return dg.MaterializeResult(metadata=asdict(done))


@dg.multi_asset(specs=[_MESSAGES], name="send_notifications")
def _messages(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> dg.MaterializeResult[None]:
    with watch.step("partners", "notifications"):
        sent = send(project)
    told = asdict(sent)
    waiting, down = told.pop("waiting"), told.pop("down")
    told["waiting"] = sum(waiting.values())
    return dg.MaterializeResult(metadata={**told, **({"down": dg.MetadataValue.json(down)} if down else {})})


def partner_job() -> Any:
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(*partner_assets()),
        description="Do what has fallen due between partners and us, and tell whom it concerns.",
    )


def partner_sensor(settings: Settings) -> dg.SensorDefinition:
    """Looks whether anything is due, and starts the job once for it."""

    @dg.sensor(name="partner_timers_due", job_name=JOB, minimum_interval_seconds=EVERY, default_status=sensors_are(settings))
    def due() -> Iterator[dg.RunRequest | dg.SkipReason]:
        project = open_project(settings)
        try:
            keys = due_now(project)
            with read(project.engine) as conn:
                now = project.now()
                if waiting := notices.waiting(conn, now=now):
                    keys.append(f"{sum(waiting.values())} messages at {now:%Y-%m-%dT%H:%M}")
        finally:
            project.close()
        if not keys:
            yield dg.SkipReason("nothing is due")
            return
        yield dg.RunRequest(run_key=sha256("\n".join(sorted(keys)).encode()).hexdigest(), tags={"centri/due": str(len(keys))})

    return due
