"""``centri migrate``, ``restored`` and ``trace``: the PRM store and what the engine keeps in it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, opened, settings
from centri.cli.output import answering, print_json, say, table

if TYPE_CHECKING:
    from centri.store.story import Story


def migrate(home: Home = None) -> None:
    """Bring the PRM database up to this version of centri, all or nothing.

    Examples: `centri migrate`, `CENTRI_DATABASE_URL=postgresql://prm@db/centri centri migrate`
    """
    from centri.store import database

    chosen = settings(home=home)
    database.migrate(chosen.database)
    say("the database is up to date")


def restored(
    connection: Annotated[str | None, typer.Argument(help="One connection of the mapping; all of them without it.")] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Say that the store came back from a dump, before the first sync: what the CRMs made since is then found, not made twice.

    Examples: `centri restored`, `centri restored salesforce --json`

    What the dump owes is decided, and each record that is still to be made is searched for first. Nothing is asked or told.
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.restored import restored as engine

        doubted = {name: engine(project, name) for name in ([connection] if connection else project.mapping.connections)}
    if as_json:
        print_json({"ok": True, "searched_for_first": doubted})
    for name, number in doubted.items() if not as_json else ():
        say(f"{name}: {number:,} records are searched for before they are made")


def trace(
    connection: Annotated[str, typer.Argument(help="A connection of the mapping.")],
    name: Annotated[str, typer.Argument(metavar="OBJECT_OR_ENTITY", help="The CRM object or the PRM entity.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="The record's id in the CRM or in the PRM.")],
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Tell the whole story of a record: staged rows, links, what changed in the PRM, what its CRM was told, what was set aside.

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


def _as_story(story: "Story") -> dict[str, Any]:
    return {
        "ok": True, "links": story.links, "staging": story.staging, "deliveries": story.deliveries, "anomalies": story.anomalies,
        "audit": story.audit,
    }  # fmt: skip


def _print_story(story: "Story", subject: str) -> None:
    if not story:
        say(f"nothing is known of {subject}")
        return
    _section("Links", story.links, ("created_at", "object", "crm_id", "entity", "prm_id", "role", "state", "crm_version"))
    _section("Staged", story.staging, ("staged_at", "entity", "stamp", "version", "deleted", "state", "outcome", "note"))
    _audit(story.audit)
    _section("Deliveries", story.deliveries, ("created_at", "op", "entity", "values", "state", "attempts", "error"))
    _section("Anomalies", story.anomalies, ("first_seen", "kind", "field", "note", "state", "occurrences"))


def _audit(entries: Iterable[Mapping[str, Any]]) -> None:
    """Old and new of each field that changed in the PRM, when, by whom and by which run."""
    rows = (
        (e["at"], e["entity"], e["field"] or "(new row)", value(e["old"]), value(e["new"]), e["actor"], cause(e)) for e in entries
    )
    table("\nChanges in the PRM", ("at", "entity", "field", "old", "new", "by", "cause"), rows)


def cause(entry: Mapping[str, Any]) -> str:
    return f"{entry['cause_type'] or ''} {entry['cause_ref'] or ''}".strip()


def value(found: Any) -> str:
    """A value for people; a row's values one by one."""
    if isinstance(found, dict):
        return ", ".join(f"{name} {value(held)}" for name, held in found.items())
    return "" if found is None else str(found)


def _section(title: str, rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> None:
    table(f"\n{title}", [c.removesuffix("_at").replace("_", " ") for c in columns], ([row[c] for c in columns] for row in rows))
