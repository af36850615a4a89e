"""What falls due between partners and us is seen by the sensor, and done by the job that it starts."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest
from csv_business import Business
from sqlalchemy import insert, select

from centri.engine.project import Project, open_project, utc_now
from centri.pipelines.definitions import build_definitions
from centri.pipelines.partner_timers import JOB, partner_sensor
from centri.pipelines.resources import Watch
from centri.store.database import read, write
from centri.store.partner_tables import notification
from centri.store.prm_tables import lead, lead_assignment, lead_offer, partner_account, partner_user


@pytest.fixture
def project(open_shop: Business) -> Project:
    made = open_project(open_shop.settings)
    yield made
    made.close()


def offered(project: Project, **ago: float) -> None:
    """A lead on offer, whose time ended so long ago."""
    from datetime import timedelta

    now = utc_now()
    ended = now - timedelta(**ago)
    with write(project.engine) as conn:
        conn.execute(insert(partner_account).values(id="P", name="Alpine"))
        conn.execute(insert(partner_user).values(id="U", partner_account_id="P", email="clara@alpine.example", role="cpa"))
        conn.execute(insert(lead).values(id="L", last_name="Wong", company="Umbrella", state="assigned"))
        times = {"offered_at": ended - timedelta(hours=48), "accept_by": ended}
        given = {"id": "A", "lead_id": "L", "seq": 1, "kind": "manual", "partner_account_id": "P", "state": "offered"}
        conn.execute(insert(lead_assignment).values(**given, **times))
        conn.execute(insert(lead_offer).values(assignment_id="A", partner_account_id="P"))


def asked(project: Project) -> list[dg.RunRequest | dg.SkipReason]:
    with dg.build_sensor_context() as context:
        return list(partner_sensor(project.settings)(context))


def test_nothing_is_started_where_nothing_is_due(project):
    assert [type(one) for one in asked(project)] == [dg.SkipReason]


def test_what_is_due_is_done_once_and_told(project):
    offered(project, hours=1)
    (request,) = asked(project)
    assert [again.run_key for again in asked(project)] == [request.run_key]
    resources = {"project": replace(project), "watch": Watch()}
    job = build_definitions(project.mapping, project.settings, resources).resolve_job_def(JOB)
    done = job.execute_in_process(instance=dg.DagsterInstance.ephemeral())
    told = {e.asset_key.path[-1]: e.step_materialization_data.materialization for e in done.get_asset_materialization_events()}
    assert told["partner_timers"].metadata["expired"].value == 1
    assert told["notifications"].metadata["sent"].value >= 1
    with read(project.engine) as conn:
        assert conn.execute(select(lead_assignment.c.state)).scalar_one() == "expired"
        assert set(conn.execute(select(notification.c.state)).scalars()) == {"sent"}
    assert [type(one) for one in asked(project)] == [dg.SkipReason]
