"""``centri prune``: what is done with and old enough is let go."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer

from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, print_json, say


def prune(
    days: Annotated[float | None, typer.Option("--days", min=1, help="Keep so many days (else CENTRI_KEEP_DAYS, or 90).")] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Let go what the journals hold that is done with and older than 90 days; in Dagster the retention job does it by night.

    Examples: `centri prune`, `centri prune --days 30 --json`

    Settled rows, delivered writes, resolved anomalies and ended runs go. What is open or held stays, as do links and the
    audit. A run that is let go cannot be undone any more.
    """
    with answering(as_json=as_json):
        from centri.engine.project import open_project
        from centri.engine.retention import prune as engine

        given = settings(mappings, home)
        project = open_project(replace(given, keep=timedelta(days=days)) if days else given)
        try:
            gone = engine(project)
        finally:
            project.close()
    if as_json:
        print_json({"ok": True, "gone": gone})
        return
    for table, number in gone.items():
        say(f"{table:<14} {number:>9,} rows")
