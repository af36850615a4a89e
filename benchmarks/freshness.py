"""How long a change takes to the other side, by the resident worker: from a CRM by its web-hook, and from the PRM.

    python benchmarks/freshness.py [--edits 100]

A sandboxed Salesforce, `centri serve` and `centri worker`, each a process of its own. Leads are edited at random moments: in the
CRM, which posts a hint as a flow would, and in the PRM; the other side is watched until it holds the edit. Printed: the middle,
the 95th percentile and the longest, in seconds, each way.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import requests
from measuring import free_port, hired, sandboxed
from sqlalchemy import Engine, select, update

from centri.pipelines.webserver import environment
from centri.sandbox.people import SalesforceUser
from centri.settings import Settings
from centri.store.database import migrate, open_engine, read, write
from centri.store.journal_tables import sync_link
from centri.store.prm_tables import lead

SECRET = "a-secret-of-the-benchmark"
LEADS = 50

MAPPING = """\
connections:
  salesforce:
    type: salesforce
    instance_url: !env SALESFORCE_URL
    auth: {flow: client_credentials, client_id: !env SALESFORCE_CLIENT_ID, client_secret: !env SALESFORCE_CLIENT_SECRET}
    hook: {secret: !env SALESFORCE_HOOK}
entities:
  lead:
    salesforce: {object: Lead, fields: {last_name: LastName, company: Company, title: {crm: Title, direction: out}, city: City}}
"""


def fill(folder: Path) -> None:
    (folder / "salesforce").mkdir(parents=True)
    with (folder / "salesforce" / "Lead.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["LastName", "Company", "City"])
        rows.writerows((f"Person {n}", f"Company {n}", "Berlin") for n in range(LEADS))


@contextmanager
def running(settings: Settings, *words: str) -> Iterator[None]:
    command = [sys.executable, "-W", "ignore", "-m", "centri", *words]
    environ = {**os.environ, **environment(settings), "CENTRI_LOG": "json"}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def watched(holds: Any, within: float = 120.0) -> float:
    """Seconds until it holds; exits where it does not."""
    began = time.perf_counter()
    while time.perf_counter() - began < within:
        if holds():
            return time.perf_counter() - began
        time.sleep(0.02)
    sys.exit("a change did not arrive")


def links(engine: Engine) -> list[tuple[str, str]]:
    with read(engine) as conn:
        return [(row.crm_id, row.prm_id) for row in conn.execute(select(sync_link.c.crm_id, sync_link.c.prm_id))]


def measure(settings: Settings, edits: int) -> dict[str, Any]:
    settings.mappings.write_text(MAPPING)
    migrate(settings.database)
    engine, url, port = open_engine(settings.database), settings.environment["SALESFORCE_URL"], free_port()
    person, chance = SalesforceUser(url, hired(url, "salesforce"), seed=1), random.Random(1)
    hook = f"http://127.0.0.1:{port}/hooks/salesforce?object=Lead"
    headers = {"Authorization": f"Bearer {SECRET}"}

    def in_prm(id: str, city: str) -> bool:
        with read(engine) as conn:
            return conn.execute(select(lead.c.city).where(lead.c.id == id)).scalar() == city

    def in_crm(id: str, title: str) -> bool:
        return any(row["Id"] == id and row["Title"] == title for row in person.rows("Lead"))

    inward, outward = [], []
    with ExitStack() as stack:
        stack.enter_context(running(settings, "serve", "--port", str(port)))
        stack.enter_context(running(settings, "worker", "salesforce"))
        watched(lambda: len(links(engine)) == LEADS)
        known = links(engine)
        for number in range(edits):
            time.sleep(chance.uniform(0.2, 2.0))
            crm_id, prm_id = chance.choice(known)
            if number % 2:
                person.update("Lead", crm_id, {"City": f"City {number}"})
                assert requests.post(hook, headers=headers, timeout=10).status_code == requests.codes.accepted
                inward.append(watched(partial(in_prm, prm_id, f"City {number}")))
            else:
                with write(engine) as conn:
                    changed = {"title": f"Title {number}", "revision": lead.c.revision + 1}
                    conn.execute(update(lead).where(lead.c.id == prm_id).values(**changed))
                outward.append(watched(partial(in_crm, crm_id, f"Title {number}")))
    return {"crm_to_prm": told(inward), "prm_to_crm": told(outward)}


def told(seconds: list[float]) -> dict[str, float]:
    late = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    found = {"edits": len(seconds), "middle": statistics.median(seconds), "p95": late, "longest": max(seconds)}
    return {name: round(value, 2) for name, value in found.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--edits", type=int, default=100)
    given = options.parse_args()
    with sandboxed("", fill) as settings:
        environ = {**settings.environment, "SALESFORCE_HOOK": SECRET}
        found = replace(settings, mappings=settings.home / "mappings.yaml", environment=environ)
        print(json.dumps(measure(found, given.edits), indent=2))


if __name__ == "__main__":
    main()
