"""``centri reload``: a mapping that was edited goes live without a restart."""

from typing import Annotated

import typer

from centri.cli.options import Mappings, settings
from centri.cli.output import say


def reload(
    url: Annotated[
        str, typer.Option("--url", help="The Dagster web server that people act at, not a read-only one.")
    ] = "http://127.0.0.1:3000",
    location: Annotated[str, typer.Option("--location", help="The code location's name in the workspace file.")] = "centri",
    mappings: Mappings = None,
) -> None:
    """Have what runs follow the mapping as it is now. Runs that are under way end with the one they began with.

    Examples: `centri reload`, `centri reload --url http://dagster.internal:3000`

    The mapping is looked through first. A faulty one is refused with file and line of every fault, and the old one stays: nothing
    is asked of the web server. `centri check` looks at more, among it what the CRMs have. The code server must see the same
    mapping file as this command, and must be one that can reload: `centri ui`, or `dagster code-server start` as in deploy/.
    """
    from centri.pipelines.reload import reload as follow

    jobs = follow(settings(mappings), url, location)
    say(f"reloaded: {', '.join(jobs)}")
