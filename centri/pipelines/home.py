"""The folder of Dagster's own instance under CENTRI_HOME, and its settings."""

from hashlib import sha256
from pathlib import Path

from centri.settings import Settings

DAGSTER_YAML = """\
# Dagster's settings for centri. Change it as you like: then it is never written anew.
telemetry: {enabled: false}
nux: {enabled: false}
# Runs leave the terminal to warnings; all they do stands in the UI, event by event.
python_logs: {python_log_level: WARNING}
# A run in the queue starts within a second; runs of one connection never overlap, nor do backfills of one entity.
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1}
concurrency:
  pools: {default_limit: 1, granularity: run}
  runs:
    max_concurrent_runs: 4
    tag_concurrency_limits: [{key: centri/connection, value: {applyLimitPerUniqueValue: true}, limit: 1}]
# A run whose process died is found and ended, so that nothing waits for it; none is stuck for ever.
run_monitoring:
  enabled: true
  poll_interval_seconds: 10
  start_timeout_seconds: 180
  cancel_timeout_seconds: 180
  max_resume_run_attempts: 0
  max_runtime_seconds: 14400
retention:
  schedule: {purge_after_days: {skipped: 1, failure: 14, success: 7}}
  sensor: {purge_after_days: {skipped: 1, failure: 14, success: 7}}
"""

_EARLIER = {"323941e1ee6a401c0173b5ca173900d2733e6482ede4619d7704dac42ea74c72"}
"""What earlier releases wrote, by digest: such a file is nobody's own, and follows the release."""


def prepare(settings: Settings) -> Path:
    """The instance's folder, with a ``dagster.yaml``: made where there is none, renewed where an earlier release made it."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    path = home / "dagster.yaml"
    if not path.exists() or sha256(path.read_bytes()).hexdigest() in _EARLIER:
        path.write_text(DAGSTER_YAML, encoding="utf-8")
    return home
