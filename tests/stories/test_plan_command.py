"""``centri plan`` as people and machines see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from story_crms import SALESFORCE, Crm
from story_world import MAPPINGS, World
from typer.testing import CliRunner

from centri.cli.app import app


@pytest.fixture(params=[SALESFORCE], ids=lambda crm: crm.name)
def crm(request: pytest.FixtureRequest) -> Crm:
    return request.param


@pytest.fixture
def planned(world: World, tmp_path: Path) -> Any:
    """Runs the command on the world's store."""
    settings = world.project.settings
    env = {**settings.environment, "CENTRI_DATABASE_URL": settings.database, "CENTRI_HOME": str(tmp_path / "home")}
    runner = CliRunner(env={**env, "CENTRI_MAPPINGS": str(MAPPINGS), "CENTRI_OVERLAP_SECONDS": "5"})

    def run(*words: str) -> Result:
        return runner.invoke(app, ["plan", "salesforce", *words])

    return run


def test_the_answers_and_the_exit_codes(world: World, planned: Any) -> None:
    globex = world.dana_creates("account", name="Globex <&> Co", type="prospect", website="globex.example")
    text = planned()
    assert (text.exit_code, planned().stdout) == (0, text.stdout)
    assert f"+ salesforce Account {globex}  account (new)  create in PRM: new in the CRM" in text.stdout
    assert "To do it: centri sync salesforce" in text.stdout
    assert "salesforce was never read" in text.stdout

    document = json.loads(planned("--json").stdout)
    state = document["connections"]["salesforce"]
    assert (state["state"], state["api_calls"]["plan"]) == ("to do", state["api_calls"]["sync"])
    assert (globex, "create in PRM") in [(c["crm_id"], c["action"]) for c in document["changes"]]
    (fields,) = [c["fields"] for c in document["changes"] if c["crm_id"] == globex and c["action"] == "create in PRM"]
    assert {"name": "Globex <&> Co", "website": "globex.example"}.items() <= {f["field"]: f["value"] for f in fields}.items()

    comment = planned("--markdown").stdout
    assert "| salesforce | account | 1 | 0 | 1 | 0 | 1 | 0 |" in comment
    assert "<details><summary>" in comment
    assert "Globex &lt;&amp;&gt; Co" in comment
    assert "of the first 1 changed" in planned("--sample", "1").stdout

    world.sync()
    idle = planned()
    assert (idle.exit_code, idle.stdout.strip().splitlines()[-1]) == (0, "nothing to do")
    world.fault(kind="status", status=503, times=500)
    away = planned("--json")
    world.mend()
    assert away.exit_code == 2
    assert json.loads(away.stdout)["connections"]["salesforce"]["state"] == "not looked at"
    assert "could not look at salesforce" in away.stderr
    assert planned("--json", "--markdown").exit_code == 1
