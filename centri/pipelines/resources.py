"""What assets are given to work with: the project, opened for one run, and a watch that sees what they do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import dagster as dg

from centri.engine.project import Project, open_project
from centri.engine.pull import Progress
from centri.engine.sync import Round
from centri.errors import CentriError
from centri.pipelines.stuck import PROCESS_TAG, this_process
from centri.settings import Settings

Told = Callable[[str, str, int], None]
"""Called with a connection, a step such as ``pull Lead``, and the number of records done since the last call (0: it begins)."""


def silent(connection: str, step: str, done: int) -> None:
    """Nobody listens."""


@dataclass
class Watch:
    """Sees what assets do: progress, and by connection the engine's reports and what stopped its run first."""

    told: Told = silent
    rounds: dict[str, Round] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)

    def round(self, connection: str) -> Round:
        return self.rounds.setdefault(connection, Round(connection))

    @contextmanager
    def step(self, connection: str, name: str) -> Iterator[Progress]:
        """Around one verb of the engine. What a person can act on fails the step with its message, and is not retried."""
        self.told(connection, name, 0)
        try:
            yield partial(self.told, connection, name)
        except CentriError as error:
            self.failures.setdefault(connection, error)
            cure = {"cure": dg.MetadataValue.text(type(error).__name__), "exit_code": dg.MetadataValue.int(error.exit_code)}
            raise dg.Failure(f"{name}: {error}", metadata=cure, allow_retries=False) from error
        except Exception as error:
            self.failures.setdefault(connection, error)
            raise


def project_of(settings: Settings) -> dg.ResourceDefinition:
    """Opens the project when a run begins and closes it when it ends; no setting becomes resource configuration."""

    @dg.resource(description="The mapping, the PRM store and the CRMs, opened for one run.")
    def project(context: dg.InitResourceContext) -> Iterator[Project]:
        opened = open_project(settings)
        opened.dagster_run_id = context.run_id
        if context.instance and context.run_id:
            context.instance.add_run_tags(context.run_id, {PROCESS_TAG: this_process()})
        try:
            yield opened
        finally:
            opened.close()

    return project


@dg.resource(description="Gathers what the steps of one run report.")
def fresh_watch(context: dg.InitResourceContext) -> Watch:
    return Watch()
