"""The ``centri`` command: its subcommands, put together. Each imports what it needs only when it runs."""

from typing import Annotated

import typer

from centri.cli import (
    alerts,
    anomalies,
    audit,
    backfill,
    cases,
    check,
    clean,
    conflicts,
    connections,
    deal_decisions,
    deals,
    dedupe,
    demo,
    diff,
    erasing,
    importing,
    init,
    lead_loading,
    leads,
    mapping,
    matching,
    notifications,
    opportunities,
    plan,
    programs,
    reconcile,
    record,
    reload,
    replay,
    report,
    retention,
    runs,
    sandbox,
    serve,
    status,
    store,
    sync,
    ui,
    undo,
    worker,
)
from centri.cli.options import ENV, log_for_machines
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
    log_for_machines()


app.command()(sync.sync)
app.command()(plan.plan)
app.command("import")(importing.import_)
app.command()(check.check)
app.add_typer(clean.app, name="clean")
app.command()(init.init)
app.command()(mapping.schema)
app.command("test")(cases.run)
app.command()(store.migrate)
app.command()(store.restored)
app.command()(status.status)
app.command()(connections.connections)
app.command()(connections.arm)
app.command()(connections.disarm)
app.command()(connections.pause)
app.command()(connections.resume)
app.command()(connections.pin)
app.command()(store.trace)
app.add_typer(audit.app, name="audit")
app.add_typer(erasing.app, name="erase")
app.command()(conflicts.held)
app.command()(conflicts.resolve)
app.add_typer(alerts.app, name="alerts")
app.add_typer(anomalies.app, name="anomalies")
app.add_typer(dedupe.app, name="dedupe")
app.add_typer(lead_loading.app, name="lead")
app.command()(leads.tick)
app.add_typer(matching.app, name="match")
app.add_typer(notifications.app, name="notifications")
app.add_typer(opportunities.app, name="opp")
deal_decisions.add_to(deals.app)
app.add_typer(deals.app, name="deal")
app.add_typer(programs.app, name="program")
app.command()(replay.replay)
app.command()(reconcile.reconcile)
app.command()(backfill.backfill)
app.command()(record.record)
app.command()(diff.diff)
app.command()(runs.runs)
app.command()(report.report)
app.command()(undo.undo)
app.command()(ui.ui)
app.command()(reload.reload)
app.command()(serve.serve)
app.command()(worker.worker)
app.command()(retention.prune)
app.add_typer(sandbox.app, name="sandbox")
app.command()(demo.demo)
