"""``centri ui``: the Dagster UI over the same definitions and runs."""

import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from centri.cli.options import Home, Mappings, settings
from centri.cli.output import note, say


def ui(
    port: Annotated[int, typer.Option("--port", help="The port to serve at.")] = 3000,
    host: Annotated[
        str, typer.Option("--host", help="The address to serve at. The UI has no log-in of its own: keep it to this machine.")
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="For people who look only: nothing can be started, stopped or changed, no daemon.")
    ] = False,
    workspace: Annotated[Path, typer.Option("--workspace", help="The workspace file.")] = Path("workspace.yaml"),
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Serve the Dagster UI until Ctrl-C: the assets of the mapping, every run, and buttons to start one.

    Examples: `centri ui`, `centri ui --port 3100`, `centri ui --read-only --port 3001`
    """
    from centri.pipelines.webserver import webserver

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    note("starting the Dagster UI")
    serving = webserver(settings(mappings, home), host=host, port=port, workspace=workspace, read_only=read_only)
    with suppress(KeyboardInterrupt), serving as process:
        say(f"the Dagster UI is at http://{host}:{port} (Ctrl-C ends it)")
        process.wait()
