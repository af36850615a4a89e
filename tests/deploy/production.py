"""The processes of a production machine, started as the files in deploy/ start them, and what tests ask them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests
from ports import free_port
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

ROOT = Path(__file__).parents[2]
PATIENT = Retrying(
    retry=retry_if_exception_type((requests.RequestException, AssertionError, OSError)),
    stop=stop_after_delay(60),
    wait=wait_fixed(0.2),
    reraise=True,
)


@contextmanager
def running(environment: Mapping[str, str], log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of our interpreter, ended with all that it started."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *command],
            cwd=ROOT, env={**os.environ, **environment}, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


def asked(url: str, query: str, **variables: Any) -> dict[str, Any]:
    answer = requests.post(f"{url}/graphql", json={"query": query, "variables": variables}, timeout=60)
    answer.raise_for_status()
    return answer.json()["data"]


@contextmanager
def code_and_web(environment: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """A code server, a full and a read-only web server over it; the URLs of the two."""
    code, full, reading = free_port(), free_port(), free_port()
    workspace = folder / "workspace.yaml"
    workspace.write_text((ROOT / "deploy/workspace.yaml").read_text().replace("port: 4000", f"port: {code}"))
    environment = {**environment, "CENTRI_CODE_SERVER": "127.0.0.1", "DAGSTER_DISABLE_TELEMETRY": "1"}
    web = ["dagster_webserver", "-w", str(workspace), "-h", "127.0.0.1", "-p"]
    with ExitStack() as stack:

        def start(name: str, *command: str) -> None:
            stack.enter_context(running(environment, folder / f"{name}.log", *command))

        start("code", "dagster", "code-server", "start", "-h", "127.0.0.1", "-p", str(code),
              "-m", "centri.pipelines.definitions", "-a", "defs")  # fmt: skip
        PATIENT(socket.create_connection, ("127.0.0.1", code))
        start("full", *web, str(full))
        start("reading", *web, str(reading), "--read-only")
        urls = f"http://127.0.0.1:{full}", f"http://127.0.0.1:{reading}"
        for url in urls:
            PATIENT(requests.get, f"{url}/server_info", timeout=5)
        yield urls
