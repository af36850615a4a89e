"""``centri migrate``, ``status`` and ``trace``: the PRM store and what the engine keeps in it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.status import Status
    from centri.store.story import Story


def migrate(home: Home = None) -> None:
    """Bring the PRM database up to this version of centri, all or nothing.

    Examples: `centri migrate`, `CENTRI_DATABASE_URL=postgresql://prm@db/centri centri migrate`
    """
    from centri.store import database

    chosen = settings(home=home)
    database.migrate(chosen.database)
    say("the database is up to date")


def status(as_json: Json = False, home: Home = None) -> None:
    """Show how far each CRM has been read, what is owed on either side, what is held, and what ran last.

    Examples: `centri status`, `centri status --json`
    """
    with answering(as_json=as_json):
        from centri.engine import status as engine
        from centri.store.database import open_engine, require_current

        store = open_engine(settings(home=home).database)
        try:
            require_current(store)
            found = engine.status(store)
        finally:
            store.dispose()
    if as_json:
        print_json(_as_document(found))
    else:
        _print_status(found)


def trace(
    connection: Annotated[str, typer.Argument(help="A connection of the mapping.")],
    name: Annotated[str, typer.Argument(metavar="OBJECT_OR_ENTITY", help="The CRM object or the PRM entity.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="The record's id in the CRM or in the PRM.")],
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Tell the whole story of a record: staged rows, links, what its CRM was told, what was set aside.

    Examples: `centri trace salesforce Lead 00Q000000000001AAA`, `centri trace sugarcrm lead 5c1f8a3e-...`
    """
    with answering(as_json=as_json):
        from centri.engine.project import open_project
        from centri.engine.trace import trace as engine

        project = open_project(settings(mappings, home))
        try:
            story = engine(project, connection, name, id)
        finally:
            project.close()
    if as_json:
        print_json(_as_story(story))
    else:
        _print_story(story, f"{connection} {name} {id}")


def _as_document(found: "Status") -> dict[str, Any]:
    return {
        "ok": True,
        "cursors": found.cursors,
        "staged": _named(found.staged, "connection", "entity"),
        "changed": _named(found.changed, "connection", "entity"),
        "deliveries": _named(found.deliveries, "connection", "object", "state"),
        "anomalies": _named(found.anomalies, "connection", "kind"),
        "runs": found.runs,
    }


def _named(counts: Mapping[Any, int], *names: str) -> list[dict[str, Any]]:
    return [{**dict(zip(names, key, strict=True)), "count": number} for key, number in counts.items()]


def _print_status(found: "Status") -> None:
    cursors = ((c["connection"], c["object"], c["stamp"], c["crm_id"]) for c in found.cursors)
    table("Read up to", ("connection", "object", "stamp", "id"), cursors)
    owed = [(*key, "of the CRM, to settle", n) for key, n in found.staged.items()]
    owed += [(*key, "of the PRM, to settle", n) for key, n in found.changed.items()]
    owed += [(connection, object, f"delivery {state}", n) for (connection, object, state), n in found.deliveries.items()]
    table("\nOwed and done", ("connection", "what", "state", "count"), owed, numbers=("count",))
    held = ((*key, n) for key, n in found.anomalies.items())
    table("\nOpen anomalies", ("connection", "kind", "count"), held, numbers=("count",))
    runs = ((r["started_at"], r["connection"], r["name"], r["status"], _counters(r["counters"])) for r in found.runs)
    table("\nLast runs", ("started", "connection", "step", "status", "counters"), runs)


def _counters(counters: Mapping[str, Any]) -> str:
    flat = {f"{k} {name}": n for k, v in counters.items() if isinstance(v, dict) for name, n in v.items()}
    flat |= {k: v for k, v in counters.items() if not isinstance(v, dict)}
    return ", ".join(f"{name} {number}" for name, number in flat.items() if number)


def _as_story(story: "Story") -> dict[str, Any]:
    return {
        "ok": True, "links": story.links, "staging": story.staging, "deliveries": story.deliveries, "anomalies": story.anomalies,
    }  # fmt: skip


def _print_story(story: "Story", subject: str) -> None:
    if not story:
        say(f"nothing is known of {subject}")
        return
    _section("Links", story.links, ("created_at", "object", "crm_id", "entity", "prm_id", "role", "state", "crm_version"))
    _section("Staged", story.staging, ("staged_at", "entity", "stamp", "version", "deleted", "state", "outcome", "note"))
    _section("Deliveries", story.deliveries, ("created_at", "op", "entity", "values", "state", "attempts", "error"))
    _section("Anomalies", story.anomalies, ("first_seen", "kind", "field", "note", "state", "occurrences"))


def _section(title: str, rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> None:
    table(f"\n{title}", [c.removesuffix("_at").replace("_", " ") for c in columns], ([row[c] for c in columns] for row in rows))
