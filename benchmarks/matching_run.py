"""Environments of peers, and a command run with a limit of time, its seconds and its peak memory measured."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LOOK_EVERY = 0.25  # seconds between two looks at a command's memory
TOLD = 400  # how many letters of a failure's output are kept


class CannotInstall(Exception):
    """A peer's packages cannot be had here; the text says why."""


@dataclass(frozen=True)
class Ran:
    """Seconds of wall time and of processor time; ``mebibytes`` at the peak, all processes of the command taken together."""

    seconds: float
    processor: float
    mebibytes: float
    failure: str = ""


def interpreter(cache: Path, name: str, requirements: Sequence[str], log: Path) -> Path:
    """The Python of the environment of that name, made if it is not there. Raises CannotInstall."""
    mark = hashlib.sha256("\n".join(sorted(requirements)).encode()).hexdigest()[:8]
    folder = cache / f"{name}-{sys.version_info.major}.{sys.version_info.minor}-{mark}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        _install(python, requirements, log)
        (folder / "complete").touch()
    return python


def _install(python: Path, requirements: Sequence[str], log: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    log.write_text(ran.stdout + ran.stderr, encoding="utf-8")
    if ran.returncode:
        raise CannotInstall(_last_line(ran.stderr))


def measured(
    command: Sequence[str], log: Path, limit: float, folder: Path | None = None, more: Mapping[str, str] | None = None
) -> Ran:
    """Runs the command in a process group of its own, which is ended when ``limit`` seconds are over."""
    with log.open("wb") as output:
        began, used = time.perf_counter(), _processor()
        child = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, start_new_session=True, env={**os.environ, **(more or {})}
        )
        peak = _Peak(child.pid)
        failure = _waited(child, limit)
        seconds = time.perf_counter() - began
    if child.returncode and not failure:
        failure = _last_line(log.read_text(encoding="utf-8", errors="replace")) or f"ended with {child.returncode}"
    return Ran(seconds, _processor() - used, peak.stopped(), failure)


def _processor() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _waited(child: "subprocess.Popen[bytes]", limit: float) -> str:
    try:
        child.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return f"not finished in {limit / 60:.0f} minutes"
    return ""


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:TOLD] if lines else ""


class _Peak:
    """Looks at a process and those it started until told to stop. Pages that they share count once; 0 where there is no /proc."""

    def __init__(self, process: int) -> None:
        self._process, self._most, self._over = process, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stopped(self) -> float:
        self._over.set()
        self._thread.join()
        return self._most / 1024

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            family = [PROC / str(process) for process in _family(self._process)]
            together = sum(_kibibytes(process / "smaps_rollup", "Pss:") for process in family) if len(family) > 1 else 0
            alone = max((_kibibytes(process / "status", "VmHWM:") for process in family), default=0)
            self._most = max(self._most, together, alone)


def _family(process: int) -> list[int]:
    """The process and all that it and its own started."""
    started = [int(child) for file in (PROC / str(process) / "task").glob("*/children") for child in _words(file)]
    return [process, *(one for child in started for one in _family(child))]


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:  # the process is gone
        return []


def _kibibytes(file: Path, name: str) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:  # the process is gone, or is no longer ours to look at
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
