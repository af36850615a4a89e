"""``centri worker``: stands by a connection, so that a change arrives within seconds."""

import signal
from datetime import timedelta
from threading import Event
from typing import Annotated

import typer

from centri.cli.options import Home, Mappings, settings
from centri.cli.output import answering, say


def worker(
    connection: Annotated[str, typer.Argument(help="A connection of the mapping.")],
    every: Annotated[
        float, typer.Option("--every", min=1, help="Seconds after which the CRM is read even if nothing hints at a change.")
    ] = 60,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Stand by a connection until Ctrl-C or SIGTERM: each second a look, and a round where something has changed.

    Examples: `centri worker salesforce`, `centri worker salesforce --every 10`

    Each round is an ordinary run that the Dagster UI shows. Start one worker for each connection, under whatever starts it again;
    meanwhile the schedule leaves the connection to it. An edited mapping is taken up by itself, a faulty one is not.
    """
    ended = Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with answering(as_json=False):
        from centri.pipelines.worker import Worker

        made = Worker(settings(mappings, home), connection, timedelta(seconds=every))
        say(f"stands by {connection} (Ctrl-C ends it)")
        try:
            made.work(ended)
        except KeyboardInterrupt:
            say(f"left {connection}; what was done is kept")
