"""What Celery's workers are told; they find it as the module dagster_celery_config on their PYTHONPATH."""

import os

broker_url = os.environ["CENTRI_BROKER_URL"]
result_backend = os.environ.get("CENTRI_RESULTS_URL", broker_url)

# A run takes a process for itself; none waits behind another one in a worker that has taken both.
worker_prefetch_multiplier = 1
# Each process reads the mapping when it starts, so one that has run for a while is started anew.
worker_max_tasks_per_child = int(os.environ.get("CENTRI_RUNS_PER_PROCESS", "50"))
include = ["centri.pipelines.definitions"]
