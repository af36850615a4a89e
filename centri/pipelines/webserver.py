"""Dagster's UI as a process of its own: started, waited for, ended."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import requests
from tenacity import RetryError, retry, retry_if_exception_type, stop_after_delay, wait_fixed

from centri.errors import CentriError, ConfigError
from centri.pipelines.home import prepare
from centri.settings import Settings

HOST, PORT = "127.0.0.1", 3000
WORKSPACE = Path("workspace.yaml")

_READY_WITHIN, _ENDS_WITHIN = 90.0, 15.0
"""Seconds."""


@contextmanager
def webserver(
    settings: Settings, *, host: str = HOST, port: int = PORT, workspace: Path = WORKSPACE, read_only: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """The UI, its daemon and its code server, answering at ``http://host:port`` until the block is left.

    One that is ``read_only`` has no daemon, and refuses whatever would start, stop or change something.

    Raises ConfigError where the port is taken or there is no workspace file, CentriError where the UI does not come up.
    """
    process = _start(settings, host, port, workspace, read_only)
    try:
        _wait(process, f"http://{host}:{port}/server_info")
        yield process
    finally:
        _end(process)


def environment(settings: Settings) -> dict[str, str]:
    """What another process must find in its environment to work with the same settings."""
    return {
        **settings.environment,
        "CENTRI_HOME": str(settings.home.resolve()),
        "CENTRI_MAPPINGS": str(settings.mappings.resolve()),
        **_store(settings),
        "CENTRI_OVERLAP_SECONDS": str(settings.overlap.total_seconds()),
        "CENTRI_PAGE_SIZE": str(settings.page_size),
        "CENTRI_KEEP_DAYS": str(settings.keep / timedelta(days=1)),
        "CENTRI_KEEP_RUNS_DAYS": str(settings.keep_runs / timedelta(days=1)),
        "CENTRI_AUTOMATION": "on" if settings.automation else "off",
        "CENTRI_HISTORY_FROM": f"{settings.history_from:%Y-%m}",
        "DAGSTER_HOME": str(settings.dagster_home),
    }


def _store(settings: Settings) -> dict[str, str]:
    """The environment and its store; production's own stays named, so that the two are never taken for one."""
    if not settings.env:
        return {"CENTRI_ENV": "", "CENTRI_DATABASE_URL": settings.database_url}
    return {"CENTRI_ENV": settings.env, f"CENTRI_DATABASE_URL_{settings.env.upper()}": settings.database_url}


def _start(settings: Settings, host: str, port: int, workspace: Path, read_only: bool) -> subprocess.Popen[bytes]:
    if not workspace.is_file():
        raise ConfigError(f"there is no {workspace} here: run this in the project's folder, or name the file with --workspace")
    _require_free(host, port)
    prepare(settings)
    program = ["dagster_webserver", "--read-only"] if read_only else ["dagster", "dev", "--code-server-log-level", "warning"]
    options = ["-w", str(workspace), "-h", host, "-p", str(port)]
    level = ["--dagster-log-level" if read_only else "--log-level", "warning"]
    command = [sys.executable, "-W", "ignore", "-m", *program, *options, *level]
    # A session of its own: Ctrl-C reaches this process alone, which then ends the whole group.
    return subprocess.Popen(command, env=environment(settings), stdout=sys.stderr, start_new_session=True)  # noqa: S603 - our own interpreter and arguments


def _require_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise ConfigError(f"cannot serve at {host}:{port} ({error.strerror}): choose another with --port") from error


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    waiting = retry(
        stop=stop_after_delay(_READY_WITHIN), wait=wait_fixed(0.25), retry=retry_if_exception_type(requests.RequestException)
    )
    try:
        waiting(_ask)(process, url)
    except RetryError as error:
        raise CentriError(f"the Dagster UI did not answer within {_READY_WITHIN:.0f} s") from error


def _ask(process: subprocess.Popen[bytes], url: str) -> None:
    if process.poll() is not None:
        raise CentriError(f"the Dagster UI ended at once (exit code {process.returncode}); what it said stands above")
    requests.get(url, timeout=5).raise_for_status()


def _end(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C would, which lets it end its own processes; what is left of them then goes with the group."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_ENDS_WITHIN)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
