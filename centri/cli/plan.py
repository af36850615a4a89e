"""``centri plan``: what a sync would do, and what it would cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.environments import note_absent
from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import HELD, answering, console, note
from centri.errors import CentriError, ConfigError, Stop

if TYPE_CHECKING:
    from centri.engine.plan import Planned, Planning

_SHOWN = 50
_GRAVEST_FIRST = (Stop, ConfigError, CentriError)

Sample = Annotated[int | None, typer.Option("--sample", min=1, help="Read at most so many changed records of each object.")]


def plan(
    connection: Annotated[str | None, typer.Argument(help="One connection of the mapping; all of them without it.")] = None,
    entity: Annotated[str | None, typer.Argument(help="One PRM entity of that connection.")] = None,
    sample: Sample = None,
    everything: Annotated[bool, typer.Option("--all", help=f"Show every change, not the first {_SHOWN}.")] = False,
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a comment on a pull request.")] = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Show what `centri sync` would do now, and how many API calls it would cost, without doing it.

    Examples: `centri plan`, `centri plan salesforce lead --sample 200`, `centri plan --mappings changed.yaml --markdown`

    The CRMs are asked what changed, and nothing is written to them nor to the store, in which only the calls are counted.
    Several connections are planned one after the other, each on what the ones before it would leave behind. Another mapping
    file shows what that mapping would do with today's records. Exit code 3 says that a record would be held, 4 that the
    sync would be refused, for its share of the linked records or because the connection is paused, and 2 that a CRM could
    not be looked at: then nothing is known of it, while `nothing to do` says that it was looked at.
    """
    from centri.cli import plan_shown as shown
    from centri.engine.plan import planning

    with answering(as_json=as_json):
        if as_json and as_markdown:
            raise ConfigError("--json and --markdown are two answers; ask for one of them")
        project = _opened(mappings, home)
        try:
            with _progress() as (told, progress), planning(project, sample=sample, progress=progress) as planner:
                planned = _planned(planner, list(project.mapping.connections), connection, entity, told)
                most = None if everything or as_json else _SHOWN
                show = shown.as_json if as_json else shown.as_markdown if as_markdown else shown.as_text
                told("")
                show(planned, planner.changes, sample=sample, most=most, again=_again(connection, entity))
        finally:
            project.close()
    for one in planned:
        if one.failure:
            note(f"centri: {shown.failed(one)}")
    raise typer.Exit(_exit_code(planned))


def _opened(mappings: Any, home: Any) -> Any:
    """The project, whose store is not told of the mapping: that is but tried."""
    from centri.engine.project import mapping_of, project_of

    given = settings(mappings, home)
    note_absent(given)
    return project_of(given, mapping_of(given), declare=False)


def _planned(planner: "Planning", names: list[str], connection: str | None, entity: str | None, told: Any) -> "list[Planned]":
    def plan(name: str) -> "Planned":
        return planner.plan(name, entity, told=lambda step: told(f"{name}: {step}"))

    return [plan(name) for name in ([connection] if connection else names)]


def _again(connection: str | None, entity: str | None) -> str:
    return " ".join(["centri sync", *filter(None, (connection, entity))])


def _exit_code(planned: "list[Planned]") -> int:
    """That of the gravest failure; without one, whether something would be held."""
    failures = [one.failure for one in planned if one.failure]
    for kind in _GRAVEST_FIRST:
        if found := next((f for f in failures if isinstance(f, kind)), None):
            return found.exit_code
    return HELD if any(one.held for one in planned) else 0


@contextmanager
def _progress() -> Iterator[Any]:
    """A line on a terminal's stderr that says what is being done; it goes away before the answer."""
    step, done = "copying the store", 0
    with console(stderr=True).status(step) as status:

        def told(words: str) -> None:
            nonlocal step, done
            step, done = words, 0
            status.update(words) if words else status.stop()

        def progress(number: int) -> None:
            nonlocal done
            done += number
            status.update(f"{step}, {done:,} records")

        yield told, progress
