"""``centri replay``: what was set aside, sent through today's mapping."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.anomalies import known_kind
from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import HELD, answering, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.replay import Replayed


def replay(
    connection: Annotated[str | None, typer.Argument(help="One connection of the mapping; all of them without it.")] = None,
    entity: Annotated[str | None, typer.Argument(help="One PRM entity of that connection.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Anomalies of one kind.", show_default=False)] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Send the raw records of open anomalies through today's mapping, settle them, and tell what became of each.

    Examples: `centri replay`, `centri replay salesforce lead`, `centri replay --kind picklist_value --json`

    What a CRM must learn of it is told at the next `centri sync`. Exit code 3 says that some are held still.
    """
    with answering(as_json=as_json):
        from centri.engine.project import open_project
        from centri.engine.replay import replay as engine

        project = open_project(settings(mappings, home))
        try:
            found = engine(project, connection, entity, kind=known_kind(kind))
        finally:
            project.close()
    if as_json:
        print_json({"ok": True, "replayed": [_document(r) for r in found]})
    else:
        _print(found)
    raise typer.Exit(0 if all(r.done for r in found) else HELD)


def _document(replayed: "Replayed") -> dict[str, Any]:
    before = {
        name: replayed.before[name] for name in ("id", "connection", "entity", "object", "crm_id", "prm_id", "field", "kind")
    }
    news = [{"id": n["id"], "kind": n["kind"], "field": n["field"], "note": n["note"]} for n in replayed.news]
    return before | {"state": replayed.now["state"], "note": replayed.now["note"], "instead": news}


def _print(found: "Sequence[Replayed]") -> None:
    from centri.engine.remedies import subject

    if not found:
        say("nothing is set aside")
        return
    rows = ((a["id"], a["connection"], subject(a), a["field"], a["kind"], _became(r)) for r in found for a in (r.before,))
    table("", ("id", "connection", "what", "field", "kind", "now"), rows)
    say(f"\n{sum(r.done for r in found):,} of {len(found):,} are settled")


def _became(replayed: "Replayed") -> str:
    if replayed.news:
        return "; ".join(f"{n['kind']}: {n['note']}" for n in replayed.news)
    return f"still: {replayed.now['note']}" if replayed.now["state"] == "open" else str(replayed.now["state"])
