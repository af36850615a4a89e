"""A process that syncs as it is told and, at a named point, kills itself as the operating system would.

One order a line comes in, one answer a line goes out, both JSON. An order is carried out here or by a forked process of its own:
what was imported and compiled here once serves hundreds of deaths. The product itself knows nothing of the points.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Connection, Engine

from centri.connectors import http
from centri.engine import match_index, opening
from centri.engine import project as projects
from centri.engine import sync as rounds
from centri.engine.project import open_project
from centri.settings import Settings
from centri.store import database, staging

_READS = re.compile(r"/oauth2/token|/filter$")
_QUIET = 2
"""So many rounds in a row that write nothing, and the work is done."""


class Points:
    """Names every point that is reached, and dies at one of them."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, last: str) -> None:
        """Count anew, and die at the last one."""
        self.reached: list[str] = []
        self.http_writes = 0
        self._last, self._verb, self._commit = last, "open", ""
        self._counts: Counter[str] = Counter()

    def install(self) -> None:
        self._around_verbs()
        self._around_commits()
        self._around_pages()
        self._around_http_writes()

    def since_last_asked(self) -> list[str]:
        fresh, self.reached = self.reached, []
        return fresh

    def _reach(self, when: str, what: str) -> None:
        name = f"{self._verb}: {when} {what}"
        self.reached.append(name)
        if name == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _next(self, what: str) -> str:
        self._counts[f"{self._verb} {what}"] += 1
        return f"{what} {self._counts[f'{self._verb} {what}']}"

    def _around_verbs(self) -> None:
        for name in ("pull", "settle", "push"):
            setattr(rounds, name, self._named(name, getattr(rounds, name)))

    def _named(self, name: str, verb: Callable[..., Any]) -> Callable[..., Any]:
        def named(project: Any, connection: str, what: str, **options: Any) -> Any:
            self._verb = f"{name} {what}"
            return verb(project, connection, what, **options)

        return named

    def _around_commits(self) -> None:
        real = database.write

        @contextmanager
        def write(engine: Engine) -> Iterator[Connection]:
            with real(engine) as conn:
                self._commit = ""
                yield conn
                commit = self._commit or self._next("commit")
                self._reach("before", commit)
            self._reach("after", commit)

        for module in [m for name, m in sys.modules.items() if name.startswith("centri.")]:
            if getattr(module, "write", None) is real:
                module.write = write  # type: ignore[attr-defined]  # every module has its own name for it

    def _around_pages(self) -> None:
        real = staging.stage

        def stage(conn: Connection, rows: Any, **options: Any) -> None:
            self._commit = self._next("commit of page")
            real(conn, rows, **options)

        staging.stage = stage

    def _around_http_writes(self) -> None:
        real = requests.Session.send

        def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            if request.method == "GET" or _READS.search(request.path_url):
                return real(session, request, **options)
            self.http_writes += 1
            what = self._next("HTTP write")
            self._reach("before", what)
            answer = real(session, request, **options)
            self._reach("after", what)
            return answer

        http.Session.send = send  # type: ignore[method-assign]  # the connectors' own session alone


class Work:
    """Rounds of one connection, a minute apart on every clock, until nothing is left to do."""

    def __init__(self, order: dict[str, Any], points: Points) -> None:
        self._points, self._url, self._most = points, order["url"], order["rounds"]
        self._connection, self._now = order["connection"], datetime.fromisoformat(order["now"])
        home = Path(order["home"])
        self._settings = Settings(
            home, Path(order["mappings"]), order["database"], timedelta(seconds=5), page_size=3, chunk_size=3,
            environment=order["environment"],
        )  # fmt: skip

    def done(self) -> list[dict[str, Any]]:
        """The rounds: the points that each reached, and whether it wrote anything."""
        project = open_project(self._settings, clock=lambda: self._now)
        told: list[dict[str, Any]] = []
        while len(told) < self._most and not (len(told) >= _QUIET and not any(one["wrote"] for one in told[-_QUIET:])):
            told.append(self._round(project))
        project.close()
        return told

    def _round(self, project: projects.Project) -> dict[str, Any]:
        self._now += timedelta(minutes=1)
        now = {"now": self._now.isoformat(), "frozen": True}
        requests.post(f"{self._url}/__sandbox__/clock", json=now, timeout=30).raise_for_status()
        sent = self._points.http_writes
        tallies = rounds.sync(project, self._connection).tallies.values()
        counted = sum(t.to_prm + t.to_crm + t.created + t.held for t in tallies)
        return {"points": self._points.since_last_asked(), "wrote": counted + self._points.http_writes - sent}


def _work(order: dict[str, Any], points: Points) -> dict[str, Any]:
    points.begin(order["kill"])
    return {"rounds": Work(order, points).done()}


def _live(order: dict[str, Any], points: Points, answer: Pipe) -> None:
    answer.send(_work(order, points))


def _forked(order: dict[str, Any], points: Points) -> dict[str, Any]:
    heard, told = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_live, args=(order, points, told))
    process.start()
    told.close()
    try:
        answer = dict(heard.recv())
    except EOFError:
        answer = {"rounds": []}
    process.join()  # buries the dead: a zombie would still count as holding its leases
    return {**answer, "exit": process.exitcode}


def main(mappings: str) -> None:
    mapping = projects.load(Path(mappings), projects.PRM_FIELDS)
    projects.load = lambda *_: mapping  # read once, too
    opening.open_engine = cache(opening.open_engine)  # and its statements made once
    points = Points()
    points.install()
    for line in sys.stdin:
        order = json.loads(line)
        answer = _forked(order, points) if order["forked"] else {**_work(order, points), "exit": 0}
        match_index._opened.clear()  # the store is about to be put back behind our back
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
