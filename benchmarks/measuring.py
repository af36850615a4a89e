"""What the measurements share: the sandbox in a process of its own, and the peak of this one's memory."""

import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from centri.sandbox.server import environment
from centri.settings import Settings


@contextmanager
def sandboxed(database: str, fill: Callable[[Path], None]) -> Iterator[Settings]:
    """The settings of a fresh project beside both sandboxes; ``fill`` puts CSV files of their rows into the folder it is told."""
    work = Path(tempfile.mkdtemp())
    fill(work / "data")
    ports = free_port(), free_port()
    code = f"from centri.sandbox.server import serve; serve({ports[0]}, {ports[1]}, {str(work / 'data')!r})"
    server = subprocess.Popen([sys.executable, "-c", code])
    try:
        wait_for(server, f"http://127.0.0.1:{ports[0]}")
        yield Settings(home=work, database_url=database, environment=environment(*ports))
    finally:
        server.terminate()
        shutil.rmtree(work, ignore_errors=True)


def hired(url: str, kind: str) -> str:
    """The id of a new user of a sandboxed CRM, ``salesforce`` or ``sugarcrm``, who is not ours."""
    name, email = "dana", "dana@vantage.example"
    told = {
        "salesforce": ("User", {"Email": email, "LastName": name, "Username": email, "Alias": name}),
        "sugarcrm": ("Users", {"email1": email, "last_name": name, "user_name": email}),
    }
    object, values = told[kind]
    act = {"action": "create", "object": object, "values": values}
    return str(requests.post(f"{url}/__sandbox__/edit", json=act, timeout=30).json()["id"])


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    """Until the sandbox answers; exits if it ends before."""
    while server.poll() is None:
        try:
            requests.get(f"{url}/__sandbox__/clock", timeout=120)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the sandbox did not start")


def peak() -> float:
    """The most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
