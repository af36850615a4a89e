"""Whatever kills a sync, and wherever: whoever starts it again ends where an undisturbed run ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from end_state import difference, end_state, natural_keys
from kill_scene import MAPPINGS, Scene, store_rows
from stores import PostgresqlStore, SqliteStore, Store
from stories.story_crms import SALESFORCE, SUGARCRM, Crm

from centri.sandbox.server import Sandbox
from centri.store.database import open_engine

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

RUNNER = Path(__file__).with_name("runner.py")
FEWEST = 40
"""So many points there must be, or the runner has lost sight of the product's commits and calls."""


class Runner:
    """The process that syncs and dies."""

    def __init__(self) -> None:
        given: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen([sys.executable, str(RUNNER), str(MAPPINGS)], **given)

    def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Trial:
    """The scene, the undisturbed run and its end; each death starts from the same moment."""

    def __init__(self, scene: Scene, store: Store, runner: Runner) -> None:
        self.scene, self._store, self._runner = scene, store, runner
        scene.prepare()
        store.keep()
        undisturbed = self._run(scene.order(forked=False))
        assert undisturbed["exit"] == 0, undisturbed
        self.rounds: list[dict[str, Any]] = undisturbed["rounds"]
        self.end, self.keys = self._now()

    @property
    def points(self) -> list[str]:
        """All after which the world is another one, and some of the others.

        Before a commit or a write the world is as after the last one, so of those every fourth has to do, as it has of the
        round that hears the echo of the last write. The second CRM is spoken to by other calls alone: all of those, and every
        other commit, which are the same code.
        """
        working = list(chain(*(one["points"] for one in self.rounds if one["wrote"])))
        echo = self.rounds[sum(bool(one["wrote"]) for one in self.rounds)]["points"]
        after = [point for point in working if ": after " in point]
        before = [point for point in working if ": before " in point]
        assert len(after) + len(before) == len(working)
        if self.scene.crm is SALESFORCE:
            commits = [point for point in after if " commit" in point]
            after = [point for point in after if point not in commits[1::2]]
        return [*after, *before[::4], *echo[::4]]

    def die(self, point: str) -> list[str]:
        """Die there, start again, and say what is not as it is after the undisturbed run."""
        self._store.restore()
        self.scene.restore_crm()
        died = self._run(self.scene.order(kill=point))
        if died["exit"] != -signal.SIGKILL:
            return [f"  it was not reached: exit {died['exit']}"]
        again = self._run(self.scene.order(after=66))
        if again["exit"] != 0:
            return [f"  the next process failed with {again['exit']}"]
        if any(one["wrote"] for one in again["rounds"][-2:]):
            return [f"  it does not come to rest: {[one['wrote'] for one in again['rounds']]}"]
        end, keys = self._now()
        doubled = [f"  {key} is there twice" for key in sorted(set(keys)) if keys.count(key) > self.keys.count(key)]
        return doubled + difference(end, self.end)

    def _run(self, order: dict[str, Any]) -> dict[str, Any]:
        return self._runner.carry_out(order)

    def _now(self) -> tuple[dict[str, list[str]], list[str]]:
        engine = open_engine(self._store.url)
        store, crm = store_rows(engine), self.scene.crm_rows()
        engine.dispose()
        return end_state(store, crm), natural_keys(store) + natural_keys(crm)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """One for each trial: its beginning is the scene's."""
    with Sandbox() as made:
        yield made


@pytest.fixture(params=[SUGARCRM, SALESFORCE], ids=lambda crm: crm.name)
def crm(request: pytest.FixtureRequest) -> Crm:
    return request.param


@pytest.fixture
def trial(request: pytest.FixtureRequest, crm: Crm, sandbox: Sandbox, runner: Runner, tmp_path: Path) -> Iterator[Trial]:
    fresh: Callable[[], str] = request.getfixturevalue(f"fresh_{request.param}")
    store = {"sqlite": SqliteStore, "postgresql": PostgresqlStore}[request.param](fresh())
    yield Trial(Scene(crm, sandbox, store.url, tmp_path / "home"), store, runner)
    if isinstance(store, PostgresqlStore):
        store.forget()


def _deaths(trial: Trial, points: list[str]) -> str:
    """What went wrong, point by point."""
    return "\n".join("\n".join([point, *wrong]) for point in points if (wrong := trial.die(point)))


@pytest.mark.parametrize("part", range(PARTS := 4))
@pytest.mark.parametrize("trial", ["sqlite"], indirect=True)
def test_a_death_at_any_point_changes_nothing_in_the_end(trial: Trial, part: int) -> None:
    assert len(trial.points) >= FEWEST
    assert _deaths(trial, trial.points[part::PARTS]) == ""


@pytest.mark.parametrize("trial", ["postgresql"], indirect=True)
def test_on_postgresql_too_at_every_fifth_point(trial: Trial) -> None:
    assert _deaths(trial, trial.points[1::5]) == ""
