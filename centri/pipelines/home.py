"""The folder of Dagster's own instance under CENTRI_HOME, and its settings."""

from pathlib import Path

from centri.settings import Settings

DAGSTER_YAML = """\
# Dagster's settings for centri. Written once; change it as you like.
telemetry: {enabled: false}
nux: {enabled: false}
# A run in the queue starts within a second; runs of one connection never overlap.
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1}
concurrency:
  runs:
    max_concurrent_runs: 4
    tag_concurrency_limits: [{key: centri/connection, value: {applyLimitPerUniqueValue: true}, limit: 1}]
retention:
  schedule: {purge_after_days: {skipped: 1, failure: 14, success: 7}}
  sensor: {purge_after_days: {skipped: 1, failure: 14, success: 7}}
"""


def prepare(settings: Settings) -> Path:
    """The instance's folder, made with its ``dagster.yaml`` where it is not there yet."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_text(DAGSTER_YAML, encoding="utf-8")
    return home
