"""``centri sync``: one round of each connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.environments import note_absent
from centri.cli.options import Home, Json, Mappings, settings, share
from centri.cli.output import HELD, answering, console, note, print_json, say, table
from centri.errors import CentriError, ConfigError, Stop

if TYPE_CHECKING:
    from centri.pipelines.resources import Told
    from centri.pipelines.run import Synced

_NUMBERS = ("read", "unchanged", "to_prm", "to_crm", "created", "held", "api_calls", "seconds")
_GRAVEST_FIRST = (Stop, ConfigError)


def sync(
    connection: Annotated[str | None, typer.Argument(help="One connection of the mapping; all of them without it.")] = None,
    entity: Annotated[str | None, typer.Argument(help="One PRM entity of that connection.")] = None,
    allow: Annotated[
        str | None, typer.Option(help="Let this run change up to this share of the linked records, such as 45%.")
    ] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Pull what the CRMs changed, settle it with the PRM, push what the CRMs must learn.

    Examples: `centri sync`, `centri sync salesforce`, `centri sync salesforce lead --json`

    Each connection is an ordinary Dagster run, which `centri ui` shows. Exit code 3 says that records were held and wait
    for a person: `centri anomalies list --open` names them. Exit code 4 says that a run was refused, because it would have
    changed a larger share of the linked records than the mapping's `refuse_over`; `--allow 45%` lets it pass once. It says so
    too where the connection is paused (`centri resume`) or leads to another org than before. A connection that is not armed
    is read and settled, and what it ought to be told waits for `centri arm`.
    """
    with answering(as_json=as_json):
        from centri.pipelines.run import run_sync

        given = replace(settings(mappings, home), allow=share(allow))
        note_absent(given)
        with _progress() as told:
            results = run_sync(given, connection, entity, told=told)
    if as_json:
        print_json(_document(results))
    else:
        _print(results)
    for result in results:
        if result.failure:
            note(f"centri: {result.failure}")
    raise typer.Exit(_exit_code(results))


def _document(results: "list[Synced]") -> dict[str, Any]:
    failed = {r.connection: str(r.failure) for r in results if r.failure}
    read_only, suspended = _read_only(results), _suspended(results)
    document = {"ok": not failed, "connections": {r.connection: r.round.as_json() for r in results}}
    return (
        document
        | ({"read_only": read_only} if read_only else {})
        | ({"suspended": suspended} if suspended else {})
        | ({"failed": failed} if failed else {})
    )


def _print(results: "list[Synced]") -> None:
    rows = [(r.connection, entity, *tally.values()) for r in results for entity, tally in r.round.as_json().items()]
    columns = ("connection", "entity", *(name.replace("_", " ") for name in _NUMBERS))
    if rows:
        table("", columns, rows, numbers=columns[2:])
    for name, number in _read_only(results).items():
        say(f"\n{number:,} writes wait, for {name} is read-only; to let them go: centri arm {name}")
    for name, entities in _suspended(results).items():
        for entity, why in entities.items():
            say(f"\n{name} {entity} is left alone as the CRM's schema stands: {why}; to see it: centri anomalies list --open")
    if held := _held(results):
        say(f"\n{held:,} held or waiting; to see why: centri anomalies list --open")


def _exit_code(results: "list[Synced]") -> int:
    """That of the gravest failure; without one, whether something is held."""
    failures = [r.failure for r in results if r.failure]
    for kind in (*_GRAVEST_FIRST, CentriError):
        if found := next((f for f in failures if isinstance(f, kind)), None):
            return found.exit_code
    return HELD if _held(results) else 0


def _read_only(results: "list[Synced]") -> dict[str, int]:
    """The writes that wait for a connection to be armed."""
    return {r.connection: r.round.read_only for r in results if r.round.read_only}


def _suspended(results: "list[Synced]") -> dict[str, dict[str, str]]:
    """The entities that are left alone, each with the reason, by connection."""
    return {r.connection: r.round.suspended for r in results if r.round.suspended}


def _held(results: "list[Synced]") -> int:
    return sum(tally.held for r in results for tally in r.round.tallies.values())


@contextmanager
def _progress() -> "Iterator[Told]":
    """A line on a terminal's stderr that says what is being done."""
    done = 0
    with console(stderr=True).status("starting") as status:

        def told(connection: str, step: str, number: int) -> None:
            nonlocal done
            done = done + number if number else 0
            status.update(f"{connection}: {step}" + (f", {done:,} records" if done else ""))

        yield told
