"""``centri alerts``: what is wrong now, and whether those who ought to know are told."""

from typing import Any

import typer

from centri.cli.options import Home, Json, Mappings, opened
from centri.cli.output import HELD, Group, answering, print_json, say, table

app = typer.Typer(cls=Group, help="What is wrong now, and telling those who ought to know.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """List the alerts that are on, as they were last decided on: since when, why, and what to do.

    Examples: `centri alerts list`, `centri alerts list --json`

    Exit code 3 says that one is on.
    """
    with answering(as_json=as_json):
        from centri.engine.alerts import as_json as document
        from centri.engine.alerts import on

        with opened(mappings, home) as project:
            found = [document(which, known) for which, known in on(project).items()]
    if as_json:
        print_json({"ok": not found, "alerts": found})
    else:
        _print(found)
    raise typer.Exit(HELD if found else 0)


@app.command()
def evaluate(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Look for what is wrong, and tell of each change of state once. Dagster does this every minute by itself.

    Examples: `centri alerts evaluate`, `centri alerts evaluate --json`
    """
    with answering(as_json=as_json):
        from centri.engine.alerts import evaluate as engine
        from centri.engine.notify_send import send

        with opened(mappings, home) as project:
            changes = engine(project)
            send(project)
    found = [{"alert": c.which[0].value, "connection": c.which[1] or None, "move": c.move.value, "why": c.why} for c in changes]
    if as_json:
        print_json({"ok": True, "changes": found})
    elif found:
        table("", tuple(found[0]), ([*row.values()] for row in found))
    else:
        say("nothing changed")


@app.command("test")
def trial(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Send a trial message to everybody whom the mapping's `alerts` block names, and a line to the log.

    Examples: `centri alerts test`

    Exit code 2 says that it has not arrived everywhere yet, 3 that it never will.
    """
    with answering(as_json=as_json):
        from centri.engine.alerts import trial as engine
        from centri.engine.notify_send import send

        with opened(mappings, home) as project:
            told = engine(project)
            done = send(project)
    waiting = done.later or done.waiting
    if as_json:
        print_json({"ok": not (waiting or done.failed), "recipients": told, "waiting": done.waiting, "down": done.down})
    else:
        say(f"a trial message for {told} recipients; sent in all: {done.sent}")
        for channel, why in done.down.items():
            if channel in done.waiting:
                say(f"{channel}: {why}")
    raise typer.Exit(HELD if done.failed else 2 if waiting else 0)


def _print(found: list[dict[str, Any]]) -> None:
    if not found:
        say("no alert is on")
        return
    columns = ("alert", "connection", "since", "why", "remedy")
    table("", columns, ([row[name] for name in columns] for row in found))
