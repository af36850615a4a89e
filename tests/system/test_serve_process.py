"""``centri serve`` as a process: it takes a hint, and ends in peace when it is told to."""

import os
import signal
import subprocess
import sys

import pytest
import requests
from csv_business import Business
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from centri.engine.project import open_project
from centri.store import hints
from centri.store.database import read

pytestmark = pytest.mark.prove

WORD = "sixteen characters or more"


def test_it_serves_until_it_is_told_to_end(shop: Business):
    plain = f"{{type: csvfile, folder: {shop.folder}/north}}"
    shop.mapping.write_text(shop.mapping.read_text().replace(plain, plain[:-1] + ", hook: {secret: !env NORTH_HOOK}}"))
    environment = {**os.environ, **shop.environment, "NORTH_HOOK": WORD, "CENTRI_LOG": "json"}
    command = [sys.executable, "-m", "centri", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stderr.readline()
            while "serving at" not in line:
                assert line, "it ended"
                line = process.stderr.readline()
            at = line.split()[2]
            patient = Retrying(
                retry=retry_if_exception_type(requests.ConnectionError), stop=stop_after_delay(30), wait=wait_fixed(0.1)
            )
            assert patient(requests.get, f"{at}/ready", timeout=30).status_code == 200
            assert requests.post(f"{at}/hooks/north", headers={"Authorization": f"Bearer {WORD}"}, timeout=30).status_code == 202
        finally:
            process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert WORD not in said
    project = open_project(shop.settings)
    try:
        with read(project.engine) as conn:
            assert list(hints.waiting(conn)) == ["north"]
    finally:
        project.close()
