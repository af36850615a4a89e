"""``centri anomalies``: what was set aside, and why."""

from typing import Annotated, Any

import typer

from centri.cli.options import Home, Json, settings
from centri.cli.output import answering, print_json, say, table

app = typer.Typer(help="What was set aside, and why.", no_args_is_help=True)

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
        from centri.store import findings
        from centri.store.database import open_engine, read, require_current

        store = open_engine(settings(home=home).database)
        try:
            require_current(store)
            with read(store) as conn:
                rows = findings.listed(conn, state="open" if only_open else None, connection=connection, most=most)
        finally:
            store.dispose()
    found = [{name: row[name] for name in _SHOWN} | {"remedy": _remedy(row["kind"])} for row in rows]
    if as_json:
        print_json({"ok": True, "anomalies": found})
    else:
        _print(found)


def _print(found: list[dict[str, Any]]) -> None:
    if not found:
        say("there are none")
        return
    columns = ("connection", "what", "field", "kind", "note", "times", "what to do")
    rows = ((a["connection"], _subject(a), a["field"], a["kind"], a["note"], a["occurrences"], a["remedy"]) for a in found)
    table("", columns, rows, numbers=("times",))
    say(f"\nThe whole story of a record: centri trace {found[0]['connection']} {_subject(found[0])}")


def _subject(anomaly: dict[str, Any]) -> str:
    """As ``centri trace`` takes it."""
    return f"{anomaly['object']} {anomaly['crm_id']}" if anomaly["crm_id"] else f"{anomaly['entity']} {anomaly['prm_id']}"


def _remedy(kind: str) -> str:
    from centri.anomalies import KINDS

    return KINDS[kind].remedy if kind in KINDS else ""
