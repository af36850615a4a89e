"""A mapping with faults is caught before it runs: by the check, by a sync, and by whatever would run it on a schedule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from centri.cli.app import app
from centri.errors import ConfigError
from centri.pipelines.definitions import defs

MAPPING = """\
connections:
  sugarcrm: {type: sugarcrm, url: !env URL, username: !env USERNAME, password: !env PASSWORD, platform: centri}
entities:
  partner_account:
    sugarcrm:
      object: Accounts
      fields:
        name: {crm: name, direction: in}
        website: {crm: website, transform: lowercase, direction: in}
        tier: {crm: prm_tier_c, direction: in}
"""
TRANSFORM, FIELD = 9, 10
"""The lines of the two faults."""


class Desk:
    """A folder in which somebody works on a mapping."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mapping = folder, folder / "mappings.yaml"
        self.environ = {"CENTRI_MAPPINGS": str(self.mapping), "CENTRI_HOME": str(folder / "home"), "CENTRI_DATABASE_URL": ""}
        self.mapping.write_text(MAPPING, encoding="utf-8")
        self.describe("name", "website")

    def describe(self, *names: str) -> None:
        fields = [{"name": name, "type": "text", "length": 255} for name in names]
        file = self.folder / "fixtures" / "metadata" / "sugarcrm" / "Accounts.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"object": "Accounts", "fields": fields}), encoding="utf-8")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, words, env=self.environ)

    def problems(self) -> list[dict[str, Any]]:
        return list(json.loads(self.run("check", "--offline", "--json").stdout)["problems"])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    return made


def test_a_field_that_nobody_has_and_a_word_that_nobody_knows_are_both_told_and_nothing_starts(desk: Desk) -> None:
    checked = desk.run("check", "--offline")
    assert checked.exit_code == 1
    told = checked.stderr.splitlines()
    assert f"{desk.mapping}:{TRANSFORM}: error: no transform is called 'lowercase'" in told[0]
    assert f"{desk.mapping}:{FIELD}: error: Accounts has no field 'prm_tier_c'" in told[1]
    assert [(p["line"], p["rule"]) for p in desk.problems()] == [(TRANSFORM, "language"), (FIELD, "field")]

    refused = desk.run("sync")
    assert (refused.exit_code, f"{desk.mapping}:{TRANSFORM}: " in refused.stderr) == (1, True)
    with pytest.raises(ConfigError, match=f":{TRANSFORM}: no transform is called 'lowercase'"):
        defs()
    assert not (desk.folder / "home").exists()

    desk.mapping.write_text(MAPPING.replace("lowercase", "lower"), encoding="utf-8")
    assert [(p["line"], p["rule"]) for p in desk.problems()] == [(FIELD, "field")]
    desk.describe("name", "website", "prm_tier_c")
    passed = desk.run("check", "--offline")
    assert (passed.exit_code, desk.problems()) == (0, []), passed.output
    jobs = {job.name for job in defs().resolve_all_job_defs()}
    assert "sync_sugarcrm" in jobs
