"""``centri anomalies``: what was set aside, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, print_json, say, table
from centri.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

app = typer.Typer(help="What was set aside, and why.", no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(metavar="ID...", help="Anomalies, by the id that the list shows.")]
AllOf = Annotated[str | None, typer.Option("--all-of", help="Every open one of a kind.", show_default=False)]

_SHOWN = ("id", "connection", "entity", "object", "crm_id", "prm_id", "field", "kind", "severity", "stage", "note", "state",
          "occurrences", "first_seen", "last_seen", "detail", "raw")  # fmt: skip


@app.callback()
def _anomalies() -> None:
    pass


@app.command("list")
def list_(
    only_open: Annotated[bool, typer.Option("--open", help="Leave out what was resolved.")] = False,
    connection: Annotated[str | None, typer.Option("--connection", help="Those of one connection.", show_default=False)] = None,
    most: Annotated[int, typer.Option("--most", help="How many at the most, the latest first.", min=1)] = 100,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List anomalies, the latest first, each with what to do about it.

    Examples: `centri anomalies list --open`, `centri anomalies list --connection salesforce --json`
    """
    with answering(as_json=as_json):
        from centri.engine.remedies import remedy
        from centri.store import findings

        with _reading(home) as conn:
            rows = findings.listed(conn, state="open" if only_open else None, connection=connection, most=most)
    found = [{name: row[name] for name in _SHOWN} | {"remedy": remedy(row["kind"])} for row in rows]
    if as_json:
        print_json({"ok": True, "anomalies": found})
    else:
        _print(found)


@app.command()
def show(
    id: Annotated[int, typer.Argument(metavar="ID", help="An anomaly, by the id that the list shows.")],
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Print all that is known of one anomaly, its raw record included, and what to do next.

    Examples: `centri anomalies show 12`, `centri anomalies show 12 --json`
    """
    with answering(as_json=as_json):
        from centri.engine.remedies import next_commands, remedy
        from centri.store import findings

        with _reading(home) as conn:
            found = findings.matching(conn, id=id)
    if not found:
        raise ConfigError(f"there is no anomaly {id}; `centri anomalies list` shows those there are")
    document = {**found[0], "remedy": remedy(found[0]["kind"]), "next": next_commands(found[0])}
    if as_json:
        print_json({"ok": True, "anomaly": document})
    else:
        _print_one(document)


@app.command()
def retry(ids: Ids = None, all_of: AllOf = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Put records that were set aside back, to be decided on at the next `centri sync`.

    Examples: `centri anomalies retry 12 15`, `centri anomalies retry --all-of picklist_value`
    """
    from centri.engine import retry as engine

    found = _act(engine.retry, ids, all_of, mappings, home, as_json=as_json)
    _tell("retried", found, "{} back to be decided on; now: centri sync", as_json=as_json)


@app.command()
def ignore(ids: Ids = None, all_of: AllOf = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Close anomalies without effect. They stay closed as long as they come again unchanged.

    Examples: `centri anomalies ignore 12 15`, `centri anomalies ignore --all-of possible_duplicate`
    """
    from centri.engine import retry as engine

    found = _act(engine.ignore, ids, all_of, mappings, home, as_json=as_json)
    _tell("ignored", found, "{} ignored", as_json=as_json)


def known_kind(kind: str | None) -> str | None:
    """The kind. Raises ConfigError where there is none of that name."""
    from centri.anomalies import KINDS
    from centri.mappings.words import near

    if kind is not None and kind not in KINDS:
        raise ConfigError(f"no kind of anomaly is called {kind!r}{near(kind, KINDS)}")
    return kind


@contextmanager
def _reading(home: Home) -> "Iterator[Connection]":
    from centri.engine.opening import open_store
    from centri.store.database import read

    store = open_store(settings(home=home))
    try:
        with read(store) as conn:
            yield conn
    finally:
        store.dispose()


def _act(
    verb: Callable[..., list[Mapping[str, Any]]], ids: list[int] | None, kind: str | None, mappings: Mappings, home: Home, *,
    as_json: bool,
) -> list[Mapping[str, Any]]:  # fmt: skip
    with answering(as_json=as_json):
        from centri.engine.project import open_project

        if not ids and not kind:
            raise ConfigError("name anomalies by their ids, or a kind with --all-of")
        project = open_project(settings(mappings, home))
        try:
            return verb(project, ids or (), kind=known_kind(kind))
        finally:
            project.close()


def _tell(done: str, found: Sequence[Mapping[str, Any]], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, done: [a["id"] for a in found]})
    else:
        say(text.format(f"{len(found):,}"))


def _print_one(anomaly: Mapping[str, Any]) -> None:
    plain = [
        (name.replace("_", " "), value) for name, value in anomaly.items() if name not in ("detail", "raw", "next", "subject")
    ]
    rows = [
        *plain,
        *((f"detail: {n}", v) for n, v in anomaly["detail"].items()),
        *((f"raw: {n}", v) for n, v in anomaly["raw"].items()),
    ]
    table("", ("", ""), ((name, _shown(value)) for name, value in rows))
    if anomaly["next"]:
        say("\nNext:\n" + "\n".join(f"    {command}" for command in anomaly["next"]))


def _shown(value: Any) -> Any:
    """Numbers as they are, without the marks of thousands: some are ids."""
    return str(value) if isinstance(value, bool | int | float) else value


def _print(found: list[dict[str, Any]]) -> None:
    from centri.engine.remedies import story, subject

    if not found:
        say("there are none")
        return
    columns = ("id", "connection", "what", "field", "kind", "note", "times", "what to do")
    rows = (
        (str(a["id"]), a["connection"], subject(a), a["field"], a["kind"], a["note"], a["occurrences"], a["remedy"])
        for a in found
    )
    table("", columns, rows, numbers=("times",))
    if told := next(filter(None, map(story, found)), ""):
        say(f"\nThe whole story of a record: {told}")
