"""Run centri unattended over four CRMs with people at work, and see that nothing fails, grows or is lost.

    python benchmarks/soak.py [--minutes 60] [--out soak.json]

Two sandboxes make four CRMs; `centri ui` has its schedules start a round of each every minute, and now and then old runs are let
go. Every two seconds somebody edits a lead, in a CRM or in the PRM. Once the minutes are over the editing ends, and what was
edited last must stand on the other side.

It ends with 1 where a run failed, a CRM had less than half of its rounds, an edit was lost, a process that stays grew by a MiB
a minute or more once it was warm, or Dagster's storage kept growing behind its retention. The last two are judged in soaks of
twenty minutes or more; a shorter one only tells them.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import requests
from measuring import free_port, hired, wait_for
from sqlalchemy import select, update

from centri.pipelines.webserver import webserver
from centri.sandbox.people import Person, SalesforceUser, SugarUser
from centri.sandbox.server import environment
from centri.settings import Settings
from centri.store.database import migrate, open_engine, read, write
from centri.store.journal_tables import sync_link
from centri.store.prm_tables import lead

WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"
CRMS = ("east_salesforce", "east_sugarcrm", "west_salesforce", "west_sugarcrm")
EVERY, LOOK = 2.0, 10.0
"""Seconds between two edits, and two looks at memory and storage."""

RETENTIONS = 12
"""How often in the whole time what is old is let go; runs are kept for a sixth of it."""

JUDGED = 20
"""Minutes from which on growth is judged: a shorter soak is all warm-up."""

WARM = 0.25
"""The first share of the time counts as warm-up."""

LEAST_ROUNDS = 0.5
"""Rounds of each CRM a minute: one is asked for, and a busy machine may be late."""

MOST_GROWTH = 1.0
"""MiB a minute."""

OBJECTS = {"salesforce": ("Lead", "Title", "City", "LastName", "Company"),
           "sugarcrm": ("Leads", "title", "primary_address_city", "last_name", "account_name")}  # fmt: skip
"""Of each kind of CRM: the object of leads, and the fields that hold title, city, last name and company."""


def mapping() -> str:
    lines = ["connections:"]
    for name in CRMS:
        side = name.upper()
        if name.endswith("salesforce"):
            auth = f"{{flow: client_credentials, client_id: !env {side}_CLIENT_ID, client_secret: !env {side}_CLIENT_SECRET}}"
            lines.append(f"  {name}: {{type: salesforce, instance_url: !env {side}_URL, auth: {auth}}}")
        else:
            keys = ", ".join(f"{key}: !env {side}_{key.upper()}" for key in ("url", "username", "password", "platform"))
            lines.append(f"  {name}: {{type: sugarcrm, {keys}}}")
    lines += ["entities:", "  lead:"]
    for name in CRMS:
        object, title, city, last_name, company = OBJECTS[name.partition("_")[2]]
        fields = f"last_name: {last_name}, company: {company}, title: {{crm: {title}, direction: out}}, city: {city}"
        lines += [f"    {name}: {{object: {object}, fields: {{{fields}}}}}"]
    return "\n".join([*lines, ""])


def variables(ports: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    """What the mapping names, for both sandboxes."""
    return {f"{side.upper()}_{name}": value for side, both in ports.items() for name, value in environment(*both).items()}


@dataclass
class Soak:
    """What happens and what is seen. ``edits`` are the last ones of each lead and field: where it has to arrive, and as what.

    ``seen`` are all runs as they were last seen, by id: those let go since among them.
    """

    settings: Settings
    url: str
    people: Mapping[str, Person]
    server: psutil.Process
    edits: dict[tuple[str, str, str], str] = field(default_factory=dict)
    made: int = 0
    memory: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    storage: list[tuple[float, float, int]] = field(default_factory=list)
    seen: dict[str, Mapping[str, str]] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        self.engine = open_engine(self.settings.database)

    def run(self, minutes: float) -> None:
        began = edited = looked = retained = time.monotonic()
        while (now := time.monotonic()) - began < minutes * 60:
            if now - edited >= EVERY:
                self.edit()
                edited = now
            if now - looked >= LOOK:
                self.look((now - began) / 60)
                looked = now
            if now - retained >= max(minutes * 60 / RETENTIONS, 60):
                self.launch("retention")
                retained = now
            time.sleep(0.2)

    def edit(self) -> None:
        """Somebody moves to another city, in a CRM; or has another title, in the PRM."""
        links = self.links()
        if not links:
            return
        connection, crm_id, prm_id = self.chance.choice(links)
        value = f"{self.chance.choice(('Bonn', 'Ulm', 'Kiel', 'Jena'))} {self.made}"
        self.made += 1
        if self.chance.random() < 0.5:
            object, _, city, *_ = OBJECTS[connection.partition("_")[2]]
            self.people[connection].update(object, crm_id, {city: value})
            self.edits[connection, crm_id, "city"] = value
        else:
            with write(self.engine) as conn:
                conn.execute(update(lead).where(lead.c.id == prm_id).values(title=value, revision=lead.c.revision + 1))
            self.edits[connection, crm_id, "title"] = value

    def links(self) -> list[tuple[str, str, str]]:
        t = sync_link.c
        with read(self.engine) as conn:
            return [tuple(row) for row in conn.execute(select(t.connection, t.crm_id, t.prm_id).where(t.state == "active"))]

    def look(self, minute: float) -> None:
        for process in (self.server, *self.server.children(recursive=True)):
            try:
                if time.time() - process.create_time() > 120:
                    name = f"{process.pid} {_called(process.cmdline())}"
                    self.memory.setdefault(name, []).append((minute, process.memory_info().rss / 2**20))
            except psutil.NoSuchProcess:
                pass
        size = sum(map(_size, self.settings.dagster_home.rglob("*"))) / 2**20
        runs = self.runs()
        self.seen |= {run["runId"]: run for run in runs}
        self.storage.append((minute, size, len(runs)))

    def lost(self, patience: float = 180) -> list[str]:
        """The edits that do not stand on the other side, after so many seconds at the most."""
        until = time.monotonic() + patience
        while (missing := self.missing()) and time.monotonic() < until:
            time.sleep(5)
        return missing

    def missing(self) -> list[str]:
        with read(self.engine) as conn:
            rows = {row["id"]: row for row in conn.execute(select(lead)).mappings()}
        prm_ids = {(connection, crm_id): prm_id for connection, crm_id, prm_id in self.links()}
        crm: dict[tuple[str, str], Mapping[str, Any]] = {}
        for connection, person in self.people.items():
            for row in person.rows(OBJECTS[connection.partition("_")[2]][0]):
                crm[connection, row.get("Id") or row["id"]] = row
        wrong = []
        for (connection, crm_id, what), value in self.edits.items():
            title = OBJECTS[connection.partition("_")[2]][1]
            there = rows[prm_ids[connection, crm_id]]["city"] if what == "city" else crm[connection, crm_id][title]
            if there != value:
                wrong.append(f"{connection} {crm_id} {what}: {value!r} was entered, {there!r} arrived")
        return wrong

    def launch(self, job: str) -> None:
        selector = f'{{repositoryLocationName: "centri", repositoryName: "__repository__", pipelineName: "{job}"}}'
        self.ask(f"mutation {{launchRun(executionParams: {{selector: {selector}}}) {{__typename}}}}")

    def runs(self) -> list[dict[str, str]]:
        asked = self.ask("{runsOrError {... on Runs {results {runId jobName status}}}}")
        return list(asked["runsOrError"]["results"])

    def ask(self, query: str) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/graphql", json={"query": query}, timeout=60)
        answer.raise_for_status()
        return dict(answer.json()["data"])


def _size(path: Path) -> int:
    """In bytes; of one that has gone meanwhile none."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def _called(words: Sequence[str]) -> str:
    """What a process of Dagster's is, out of its command line."""
    known = ("dagster_webserver", "dagster._daemon", "grpc", "code-server", "dagster dev", "dagster")
    line = " ".join(words)
    return next((name for name in known if name in line), line[:40])


def slope(points: Sequence[tuple[float, float]], minutes: float) -> float | None:
    """MiB a minute, by least squares over what was seen after the warm-up; None of a process that was not there for long."""
    late = [(at, size) for at, size in points if at >= minutes * WARM]
    if len(late) < 6 or late[-1][0] - late[0][0] < minutes * 0.4:
        return None
    return statistics.linear_regression([at for at, _ in late], [size for _, size in late]).slope


@contextmanager
def sandboxes(folder: Path) -> Iterator[dict[str, tuple[int, int]]]:
    """Two of them, each two CRMs, with leads of their own."""
    with ExitStack() as stack:
        ports = {}
        for seed, side in enumerate(("east", "west"), start=1):
            ports[side] = free_port(), free_port()
            salesforce, sugarcrm = map(str, ports[side])
            options = ["--salesforce-port", salesforce, "--sugarcrm-port", sugarcrm, "--seed", str(seed)]
            log = stack.enter_context((folder / f"{side}.log").open("wb"))
            server = subprocess.Popen([sys.executable, "-m", "centri", "sandbox", "serve", *options], stdout=log, stderr=log)
            stack.callback(server.wait)
            stack.callback(server.terminate)
            wait_for(server, f"http://127.0.0.1:{salesforce}")
        yield ports


def people(ports: Mapping[str, tuple[int, int]]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for side, (salesforce, sugarcrm) in ports.items():
        for kind, port, who in (("salesforce", salesforce, SalesforceUser), ("sugarcrm", sugarcrm, SugarUser)):
            url = f"http://127.0.0.1:{port}"
            found[f"{side}_{kind}"] = who(url, hired(url, kind), seed=1)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "mappings.yaml").write_text(mapping())
        with sandboxes(folder) as ports:
            settings = Settings(folder / "home", folder / "mappings.yaml", environment=variables(ports))
            settings = replace(settings, keep_runs=timedelta(minutes=max(given.minutes / 6, 1)), overlap=timedelta(seconds=30))
            migrate(settings.database)
            port = free_port()
            with webserver(settings, port=port, workspace=WORKSPACE) as process:
                soak = Soak(settings, f"http://127.0.0.1:{port}", people(ports), psutil.Process(process.pid))
                soak.run(given.minutes)
                lost = soak.lost()
                soak.look(given.minutes)
                soak.engine.dispose()
    told = judged(soak, lost, given.minutes)
    print(json.dumps(told, indent=2))
    if given.out:
        given.out.write_text(json.dumps(told, indent=2))
    sys.exit(1 if told["wrong"] else 0)


def judged(soak: Soak, lost: Sequence[str], minutes: float) -> dict[str, Any]:
    statuses = Counter(run["status"] for run in soak.seen.values())
    rounds = Counter(run["jobName"] for run in soak.seen.values())
    slopes = {name: round(found, 3) for name, points in soak.memory.items() if (found := slope(points, minutes)) is not None}
    growth = slope([(at, size) for at, size, _ in soak.storage], minutes * 1.5) if soak.storage else None
    wrong = [f"{statuses['FAILURE']} runs failed"] if statuses["FAILURE"] else []
    rare = {name: n for name in CRMS if (n := rounds[f"sync_{name}"]) < minutes * LEAST_ROUNDS}
    wrong += [f"{name} had only {n} rounds" for name, n in rare.items()]
    wrong += [f"{len(lost)} edits were lost"] if lost else []
    wrong += [] if soak.made else ["nobody edited anything"]
    if minutes >= JUDGED:
        wrong += [f"{name} grew by {by} MiB a minute" for name, by in slopes.items() if by >= MOST_GROWTH]
        wrong += [f"Dagster's storage grew by {growth:.2f} MiB a minute"] if growth and growth >= MOST_GROWTH else []
    return {
        "minutes": minutes,
        "wrong": wrong,
        "edits": soak.made,
        "lost": lost[:10],
        "runs": dict(statuses),
        "rounds": rounds,
        "memory_mib_a_minute": slopes,
        "memory_mib": {name: [round(points[0][1], 1), round(points[-1][1], 1)] for name, points in soak.memory.items()},
        "storage_mib": [round(soak.storage[0][1], 1), round(soak.storage[-1][1], 1)] if soak.storage else [],
        "storage_mib_a_minute": None if growth is None else round(growth, 3),
        "runs_kept": soak.storage[-1][2] if soak.storage else 0,
    }


if __name__ == "__main__":
    main()
