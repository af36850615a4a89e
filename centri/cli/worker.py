"""``centri worker``: stands by a connection, so that a change arrives within seconds."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    with answering(as_json=False), _asked_to_end() as asked:
        from centri.pipelines.worker import Worker

        made = Worker(settings(mappings, home), connection, timedelta(seconds=every))
        say(f"stands by {connection} (Ctrl-C ends it)")
        with suppress(KeyboardInterrupt):  # of a run that was going on
            made.work(ended, looked=lambda: ended.set() if asked() else None)
        say(f"left {connection}; what was done is kept")


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Whether somebody told this process to end.

    Signals are read from where the interpreter notes them: a run of Dagster's puts handlers of its own in the place of ours, and
    forgets what they are told when it ends.
    """
    handlers = {ending: signal.signal(ending, lambda *_: None) for ending in _ENDING}
    reading, noting = socket.socketpair()
    with reading, noting:
        reading.setblocking(False)
        noting.setblocking(False)
        before = signal.set_wakeup_fd(noting.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: _ENDING & set(_noted(reading)) != set()
        finally:
            signal.set_wakeup_fd(before)
            for ending, handler in handlers.items():
                signal.signal(ending, handler)


_ENDING = {signal.SIGINT, signal.SIGTERM}


def _noted(reading: socket.socket) -> bytes:
    try:
        return reading.recv(4096)
    except BlockingIOError:
        return b""
