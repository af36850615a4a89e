"""The ``centri`` command: its subcommands, put together. Each imports what it needs only when it runs."""

from typing import Annotated

import typer

from centri.cli import (
    anomalies,
    cases,
    check,
    conflicts,
    connections,
    demo,
    diff,
    importing,
    init,
    mapping,
    plan,
    reconcile,
    record,
    replay,
    runs,
    sandbox,
    status,
    store,
    sync,
    ui,
    undo,
)
from centri.cli.options import ENV
from centri.cli.output import Group, say

app = typer.Typer(
    cls=Group,
    help="Keeps CRMs and a partner relationship store in step, in both directions.",
    epilog="Exit codes: 0 fine, 1 fix the configuration, 2 try later, 3 something is held, 4 refused.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"centri {version('centri')}")
        raise typer.Exit


@app.callback()
def _centri(
    env: Annotated[
        str | None,
        typer.Option("--env", help="The environment to work in (else CENTRI_ENV, or production).", show_default=False),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    ENV.set(env)


app.command()(sync.sync)
app.command()(plan.plan)
app.command("import")(importing.import_)
app.command()(check.check)
app.command()(init.init)
app.command()(mapping.schema)
app.command("test")(cases.run)
app.command()(store.migrate)
app.command()(status.status)
app.command()(connections.connections)
app.command()(connections.arm)
app.command()(connections.disarm)
app.command()(connections.pause)
app.command()(connections.resume)
app.command()(connections.pin)
app.command()(store.trace)
app.command()(conflicts.held)
app.command()(conflicts.resolve)
app.add_typer(anomalies.app, name="anomalies")
app.command()(replay.replay)
app.command()(reconcile.reconcile)
app.command()(record.record)
app.command()(diff.diff)
app.command()(runs.runs)
app.command()(undo.undo)
app.command()(ui.ui)
app.add_typer(sandbox.app, name="sandbox")
app.command()(demo.demo)
