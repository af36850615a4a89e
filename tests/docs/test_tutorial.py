"""The tutorial does what it says: its commands run in their order, in one shell and an empty folder, and say what is shown."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from ports import free_port
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

TEXT = (Path(__file__).parents[2] / "docs/tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh)?\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.prove


def steps() -> Iterator[tuple[str, list[str]]]:
    """Each block of commands with the lines that must then be read."""
    for n, (kind, text) in enumerate(BLOCKS):
        if kind:
            shown = BLOCKS[n + 1][1] if n + 1 < len(BLOCKS) and not BLOCKS[n + 1][0] else ""
            yield text, [_spaces(line) for line in shown.splitlines() if line.strip()]


def _spaces(line: str) -> str:
    return " ".join(line.split())


class Shell:
    """One shell that is told block after block; what is said on either channel comes back."""

    def __init__(self, folder: Path) -> None:
        bare = {name: value for name, value in os.environ.items() if not re.match("CENTRI_|SALESFORCE_|SUGARCRM_", name)}
        path = f"{Path(sys.executable).parent}:{bare['PATH']}"
        self.process = subprocess.Popen(
            ["bash"],
            cwd=folder, env={**bare, "PATH": path, "HOME": str(folder)}, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, commands: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{commands}\necho '-- done'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == "-- done\n":
                break
            lines.append(_spaces(line))
        return "\n".join(lines)

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.communicate(timeout=30)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.close()


@pytest.mark.skipif(os.name != "posix", reason="written for a POSIX shell")
def test_every_step_says_what_is_shown(shell: Shell) -> None:
    """The ports alone are others, for those of the tutorial may be taken."""
    salesforce, sugarcrm = free_port(), free_port()
    ports = f"--salesforce-port {salesforce} --sugarcrm-port {sugarcrm}"
    missing = []
    for n, (commands, shown) in enumerate(steps()):
        here = re.sub(r"(centri sandbox (?:serve|env))", rf"\1 {ports}", commands)
        said = shell.run(here.replace(":8411", f":{salesforce}"))
        if n == 0:
            _wait(salesforce)
        missing += [f"{line}\n  is not in:\n{said}" for line in shown if line not in said]
        assert "Traceback" not in said
    assert not missing, "\n\n".join(missing)


def _wait(port: int) -> None:
    for attempt in Retrying(stop=stop_after_delay(60), wait=wait_fixed(0.2), retry=retry_if_exception_type(URLError)):
        with attempt:
            urlopen(f"http://127.0.0.1:{port}/__sandbox__/clock", timeout=10).close()
