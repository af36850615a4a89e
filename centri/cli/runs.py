"""``centri runs``: what ran."""

from typing import Annotated

import typer

from centri.cli.options import Home, Json, settings
from centri.cli.output import answering, note, print_json, table
from centri.cli.status import counted


def runs(
    connection: Annotated[str | None, typer.Option("--connection", help="Runs of one connection.", show_default=False)] = None,
    last: Annotated[int, typer.Option(help="How many, the latest first.", min=1)] = 20,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List what ran: each step of each round, how it ended, what it counted, and the Dagster run it was a part of.

    Examples: `centri runs`, `centri runs --connection salesforce --last 100 --json`

    `centri undo` takes one of them back.
    """
    with answering(as_json=as_json):
        from centri.engine.opening import open_store
        from centri.store import runs as store
        from centri.store.alerts import on
        from centri.store.database import read

        engine = open_store(settings(home=home))
        try:
            with read(engine) as conn:
                found, alerts = store.latest(conn, connection=connection, most=last), on(conn)
        finally:
            engine.dispose()
    if as_json:
        print_json({"ok": True, "runs": found})
        return
    rows = (
        (r["id"], r["started_at"], r["connection"], r["name"], r["status"], counted(r["counters"]), r["dagster_run_id"])
        for r in found
    )
    table("", ("run", "started", "connection", "step", "status", "counters", "Dagster run"), rows)
    if alerts:
        note(f"\nalerts are on ({len(alerts)}): centri alerts list")
