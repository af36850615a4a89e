"""Runs of Dagster that ended long ago, and their events, which it keeps for ever by itself."""

from datetime import datetime

import dagster as dg

from centri.pipelines.instance import forget

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_MOST = 200
"""So many runs are asked for at a time."""


def let_go(instance: dg.DagsterInstance, *, before: datetime) -> int:
    """Delete the runs that were made before and have ended; answers how many. How an asset was last made stays known."""
    wanted = dg.RunsFilter(statuses=_ENDED, created_before=before)
    gone = 0
    while runs := instance.get_runs(filters=wanted, limit=_MOST):
        for run in runs:
            forget(instance, run.run_id)
        gone += len(runs)
    return gone
