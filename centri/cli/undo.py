"""``centri undo``: take a run back."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import HELD, answering, print_json, say, table
from centri.cli.store import value

if TYPE_CHECKING:
    from centri.engine.undo import Undone
    from centri.sync.undo import Inverse

_HEADS = {
    "back": "PRM fields that go back",
    "removed": "PRM rows that are deleted again",
    "told back": "CRM fields that are told back at the next push",
    "by hand": "CRM records to delete by hand, if wanted",
    "left alone": "Left alone",
    "already back": "Already as before",
}


def undo(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of it, or the id of a Dagster run.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this nothing is done.")] = False,
    show: Annotated[int, typer.Option(help="How many of each kind to list.", min=0)] = 50,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Show what taking a run back would do, and with --yes do it.

    Examples: `centri undo 5c1f8a3e`, `centri undo 5c1f8a3e --yes`, `centri undo 5c1f8a3e --json`

    PRM fields go back to what they held, rows that the run made are deleted unless somebody has worked on them, and the CRM is
    told at the next push what it held before. What was changed since by anybody is left alone, links stay, and nothing is
    deleted in a CRM. An undo is a run too, and can be undone. `centri runs` lists the runs. Exit code 3 says that something is
    left for a person to look at.
    """
    with answering(as_json=as_json):
        from centri.engine.project import open_project
        from centri.engine.undo import undo as engine

        project = open_project(settings(mappings, home))
        try:
            done = engine(project, run, yes=yes, most=show)
        finally:
            project.close()
    if as_json:
        print_json(_document(done))
    else:
        _print(done)
    raise typer.Exit(0 if done.complete else HELD)


def _document(done: "Undone") -> dict[str, Any]:
    return {
        "ok": True,
        "undone": [r["id"] for r in done.runs],
        "connection": done.connection,
        "applied_by": done.run_id or None,
        "counts": {fate.value: number for fate, number in done.counts.items()},
        "shown": [_entry(one) for entries in done.shown.values() for one in entries],
    }


def _entry(one: "Inverse") -> dict[str, Any]:
    system, object, id = one.ref
    return {**asdict(one), "fate": one.fate.value, "ref": {"system": system, "object": object, "id": id}}


def _print(done: "Undone") -> None:
    for run in done.runs:
        say(f"{run['connection']} {run['name']}  {run['id']}  {run['started_at']:%Y-%m-%dT%H:%M:%SZ}")
    for name, head in _HEADS.items():
        entries = next((found for fate, found in done.shown.items() if fate.value == name), [])
        number = next((n for fate, n in done.counts.items() if fate.value == name), 0)
        if entries:
            table(f"\n{head}: {number:,}", ("where", "record", "field", "now", "before", "because"), _rows(entries))
            if number > len(entries):
                say(f"... and {number - len(entries):,} more")
    say(f"\n{_end(done)}")


def _rows(entries: "list[Inverse]") -> Iterator[tuple[str, ...]]:
    for one in entries:
        system, object, id = one.ref
        yield system, f"{object} {id}", one.field, value(one.now), value(one.back), one.because


def _end(done: "Undone") -> str:
    todo = sum(done.counts[fate] for fate in done.counts if fate.value in ("back", "removed", "told back"))
    if done.run_id:
        told = next((n for fate, n in done.counts.items() if fate.value == "told back"), 0)
        then = f"; {done.connection} is told at the next: centri sync {done.connection}" if told else ""
        return f"undone by run {done.run_id}{then}"
    if not todo:
        return "There is nothing to undo."
    return f"Nothing was done. To do it: centri undo {done.runs[0]['id'] if len(done.runs) == 1 else _shared(done)} --yes"


def _shared(done: "Undone") -> str:
    return str(done.runs[0]["dagster_run_id"])
