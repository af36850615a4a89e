"""``centri serve``: web-hooks of CRMs, health and figures over HTTP."""

from typing import Annotated

import typer

from centri.cli.options import Home, Mappings, opened
from centri.cli.output import note


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to serve at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port to serve at.")] = 8780,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Serve web-hooks of CRMs, health and figures until Ctrl-C or SIGTERM.

    Examples: `centri serve`, `centri serve --host 0.0.0.0 --port 8780`

    A CRM posts to `/hooks/CONNECTION` when something changed. `/health` says that the process lives, `/ready` that the store can
    be worked with, `/fresh` that every connection was read lately; `/metrics` holds figures for Prometheus. Lead only `/hooks`
    to the outside: the rest has no secret.
    """
    from centri.engine.logs import configure
    from centri.web.app import listening, server_of

    with opened(mappings, home) as project:
        configure(project.settings, always=True)
        server = server_of(project)
        with listening(host, port) as place:
            note(f"serving at http://{host}:{place.getsockname()[1]} (Ctrl-C ends it)")
            server.run(sockets=[place])
