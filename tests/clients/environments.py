"""Environments of their own for software that nobody here wrote: made once, kept in a folder, run as a subprocess.

The folder is ``CENTRI_CLIENTS_HOME``, or one under the system's temporary folder; it can be kept between runs, and thrown
away at any time. Where what an environment needs cannot be had (no registry, no Node), a test is skipped and says so; with
``CI`` set it fails.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

SCRIPTS = Path(__file__).parent / "scripts"
MAKING = 600
"""Seconds that making an environment may take before it is given up."""

RUNNING = 240
"""Seconds that a client may take before it counts as hanging."""


SERIOUS = ("error", "npm error")
"""How lines begin in which pip and npm say what is wrong."""


@dataclass(frozen=True)
class Environment:
    """A folder with a client installed in it, and the command that runs a script there."""

    folder: Path
    command: tuple[str, ...]

    def run(self, script: str, *arguments: str, cwd: Path | None = None, **variables: str) -> Any:
        """What a script in ``scripts/`` printed as the last line of its output, read as JSON; it must end well."""
        done = self.start([*self.command, str(SCRIPTS / script), *arguments], cwd=cwd, **variables)
        assert done.returncode == 0, f"{script} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return json.loads(done.stdout.strip().splitlines()[-1])

    def start(self, command: Sequence[str], *, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run any command in this environment's own variables; a name without a slash is one of its programs."""
        first = self.folder / "bin" / command[0]
        line = [str(first) if first.exists() else command[0], *command[1:]]
        return _run(line, cwd=cwd or self.folder, variables={**_plain(), **variables}, seconds=RUNNING)


def python(*requirements: str) -> Environment:
    """A virtual environment with these packages, each as pip wants it named."""
    with _made("python", [sys.version, *requirements]) as (folder, make):
        if make:
            _must([sys.executable, "-m", "venv", str(folder)], folder.parent, "cannot make a virtual environment")
            install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            install += ["--retries", "2"]
            _must([*install, *requirements], folder, f"cannot install {', '.join(requirements)}")
    return Environment(folder, (str(folder / "bin" / "python"),))


def node(*packages: str, runner: Sequence[str] = ("node",)) -> Environment:
    """An npm project with these packages (``name@version``). ``runner`` starts a script: a program of the project or node."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        unavailable("Node.js is not installed")
    with _made("node", packages) as (folder, make):
        if make:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text(json.dumps({"name": "clients", "version": "1.0.0", "private": True}))
            (folder / ".npmrc").write_text("omit-lockfile-registry-resolved=true\n")
            install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"]
            install += ["--fetch-retries", "1", "--fetch-retry-mintimeout", "1000"]
            _must([*install, *packages], folder, f"cannot install {', '.join(packages)}")
    program = folder / "node_modules" / ".bin" / runner[0]
    return Environment(folder, (str(program) if program.exists() else runner[0], *runner[1:]))


def unavailable(why: str) -> NoReturn:
    """Skip the test, or in CI let it fail: there these tests must run."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(f"{why}; this test needs it")


def home() -> Path:
    """Where the environments are kept."""
    given = os.environ.get("CENTRI_CLIENTS_HOME")
    return Path(given) if given else Path(tempfile.gettempdir()) / f"centri-clients-{os.getuid()}"


@contextmanager
def _made(kind: str, wanted: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    """The folder of what is wanted, and whether it is still to be made; one process at a time makes it."""
    name = f"{kind}-{hashlib.sha256(json.dumps(list(wanted)).encode()).hexdigest()[:12]}"
    folder, ready = home() / name, home() / f"{name}.ready"
    home().mkdir(parents=True, exist_ok=True)
    with (home() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make = not ready.exists()
        if make:
            shutil.rmtree(folder, ignore_errors=True)
        yield folder, make
        ready.touch()


def _must(command: Sequence[str], cwd: Path, otherwise: str) -> None:
    try:
        done = _run(command, cwd=cwd, variables=dict(os.environ), seconds=MAKING)
    except subprocess.TimeoutExpired:
        unavailable(f"{otherwise}: it took more than {MAKING} seconds")
    if done.returncode:
        told = (done.stderr.strip() or done.stdout.strip()).splitlines() or [f"it ended with {done.returncode}"]
        unavailable(f"{otherwise}: {next((line for line in told if line.lower().startswith(SERIOUS)), told[-1])}")


def _run(command: Sequence[str], *, cwd: Path, variables: Mapping[str, str], seconds: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(command), cwd=cwd, env=dict(variables), capture_output=True, text=True, timeout=seconds, check=False
    )


def _plain() -> dict[str, str]:
    """This process's variables, without what would lead a client past loopback or into our own packages."""
    others = ("PYTHON", "VIRTUAL_ENV", "SUGAR", "THORN")
    direct = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)} | direct
