"""Where the demo plays: a sandbox in a process of its own, a folder that is made afresh, the settings that point at both."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import requests
from tenacity import RetryError, retry, retry_if_exception_type, stop_after_delay, wait_fixed

from centri.cli.demo_crms import DIALECTS, Crm
from centri.errors import CentriError, ConfigError
from centri.sandbox.server import HOST, SALESFORCE_PORT, SUGARCRM_PORT, environment
from centri.settings import Settings

OVERLAP = timedelta(seconds=5)

_MARK = "README.txt"
_MARKED = "This folder belongs to `centri demo`, which removes it and makes it anew each time.\n"
_READY_WITHIN, _ENDS_WITHIN = 60.0, 10.0


@dataclass(frozen=True)
class Stage:
    """``ports`` are those of Salesforce and of SugarCRM."""

    settings: Settings
    ports: tuple[int, int]

    @property
    def crms(self) -> list[Crm]:
        urls = (f"http://{HOST}:{port}" for port in self.ports)
        return [Crm(name, url, dialect) for (name, dialect), url in zip(DIALECTS.items(), urls, strict=True)]


@contextmanager
def stage(settings: Settings, seed: int) -> Iterator[Stage]:
    """A fresh folder under ``settings.home`` and a sandbox that runs until the block is left.

    Raises ConfigError where the folder holds something that is not the demo's, CentriError where the sandbox does not start.
    """
    home = _fresh(settings.home / "demo")
    ports = (free_port(SALESFORCE_PORT), free_port(SUGARCRM_PORT))
    environ = {**settings.environment, **environment(*ports)}
    own = replace(settings, home=home, database_url="", env="", overlap=OVERLAP, environment=environ)
    process = _start(home, ports, seed, environ)
    try:
        found = Stage(own, ports)
        for crm in found.crms:
            _wait(process, crm.url, home)
        yield found
    finally:
        _end(process)


def free_port(wanted: int) -> int:
    """The wanted port of this machine, or any other where that is taken."""
    with suppress(OSError), socket.create_server((HOST, wanted)):
        return wanted
    with socket.create_server((HOST, 0)) as found:
        return int(found.getsockname()[1])


def _fresh(home: Path) -> Path:
    if home.exists():
        if any(home.iterdir()) and not (home / _MARK).exists():
            raise ConfigError(f"{home} is not a folder of the demo: move it away, or set CENTRI_HOME to another place")
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / _MARK).write_text(_MARKED, encoding="utf-8")
    return home


def _start(home: Path, ports: tuple[int, int], seed: int, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    options = ["--salesforce-port", str(ports[0]), "--sugarcrm-port", str(ports[1]), "--seed", str(seed)]
    command = [sys.executable, "-m", "centri", "sandbox", "serve", *options]
    with _log(home).open("wb") as log:
        return subprocess.Popen(command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - our own interpreter and arguments


def _wait(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    waiting = retry(
        stop=stop_after_delay(_READY_WITHIN), wait=wait_fixed(0.1), retry=retry_if_exception_type(requests.RequestException)
    )
    try:
        waiting(_ask)(process, url, home)
    except RetryError as error:
        raise CentriError(f"the sandbox did not answer within {_READY_WITHIN:.0f} s; see {_log(home)}") from error


def _ask(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    if process.poll() is not None:
        raise CentriError(f"the sandbox ended at once (exit code {process.returncode}); see {_log(home)}")
    requests.get(f"{url}/__sandbox__/state", timeout=_READY_WITHIN).raise_for_status()


def _log(home: Path) -> Path:
    return home / "sandbox.log"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
