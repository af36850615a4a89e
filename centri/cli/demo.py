"""``centri demo``: two CRMs, people, and the PRM between them, from an empty store to the Dagster UI."""

import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from centri.cli.options import Json, settings
from centri.cli.output import answering, note, print_json
from centri.cli.sandbox import SEED
from centri.errors import CentriError

if TYPE_CHECKING:
    from centri.cli.demo_play import Outcome
    from centri.cli.demo_report import Report
    from centri.cli.demo_stage import Stage

_UI_PORT = 3000


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the last claim instead of serving the Dagster UI.")] = False,
    as_json: Json = False,
    seed: Annotated[int, typer.Option("--seed", help="Which invented business the CRMs start with.")] = SEED,
) -> None:
    """Show a whole main job: leads go out to partners, opportunities come back, and a third sync writes nothing.

    Examples: `centri demo`, `centri demo --once`, `centri demo --once --json`

    Everything it makes is in the folder demo of the working folder, in a store of its own. With --json it always ends as
    with --once. The exit code is 0 only where every claim held.
    """
    for end in (signal.SIGINT, signal.SIGTERM):  # even where a shell in the background ignores the first
        signal.signal(end, signal.default_int_handler)
    with answering(as_json=as_json):
        from centri.cli.demo_play import play
        from centri.cli.demo_report import Report
        from centri.cli.demo_stage import stage

        report = Report(quiet=as_json)
        note("starting a Salesforce and a SugarCRM on this machine")
        with stage(settings(), seed) as found:
            where = (f"{crm.connection:<10} {crm.url}" for crm in found.crms)
            report.step("The stage", *where, f"{'store':<10} {found.settings.database}")
            outcome = play(found, report)
            if not (once or as_json):
                _serve(found, outcome, report)
    if as_json:
        print_json(outcome.as_json())
    elif once:
        _show_next(found, outcome, report, running=False)
    raise typer.Exit(0 if outcome.ok else CentriError.exit_code)


def _serve(stage: "Stage", outcome: "Outcome", report: "Report") -> None:
    """The Dagster UI over the runs of the demo, until Ctrl-C."""
    from centri.cli.demo_stage import free_port
    from centri.pipelines.webserver import HOST, webserver

    port = free_port(_UI_PORT)
    note("\nstarting the Dagster UI")
    with webserver(stage.settings, port=port) as process:
        _show_next(stage, outcome, report, running=True)
        report.step(f"The Dagster UI shows these runs: http://{HOST}:{port} (Ctrl-C ends it and both CRMs)")
        with suppress(KeyboardInterrupt):
            process.wait()
        note("ending the Dagster UI and both CRMs")


def _show_next(stage: "Stage", outcome: "Outcome", report: "Report", *, running: bool) -> None:
    from centri.cli.demo_report import next_steps

    unset = bool(settings().database_url)
    lines = next_steps(stage.settings.home, stage.ports, running=running, lead=outcome.lead, unset=unset)
    report.step("Look further" + (", in another terminal" if running else ""), *lines)
