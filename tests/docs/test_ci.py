"""The workflow to copy in docs/ci.md: it parses, what it calls is there, and the shell version of it runs."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from centri.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]


WORKFLOW = YAML(typ="safe").load(block("yaml"))
STEPS = WORKFLOW["jobs"]["mapping"]["steps"]
SCRIPT = block("sh")


def commands():
    """Every call of centri on the page: of the workflow, of the script, of the table and the prose."""
    lines = [line for step in STEPS for line in step.get("run", "").splitlines()]
    lines += SCRIPT.splitlines() + re.findall(r"`(centri [^`]+)`", PAGE)
    return sorted({line.split(" >>")[0] for line in lines if line.startswith("centri ")})


def test_the_workflow_is_one():
    assert WORKFLOW["on"]["pull_request"]["paths"]
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all(("uses" in step) != ("run" in step) for step in STEPS)


def test_it_calls_the_three_commands():
    run = "\n".join(step.get("run", "") for step in STEPS)
    assert all(call in run for call in ("centri check --offline --format github", "centri test", "centri diff"))


@pytest.mark.parametrize("command", commands())
def test_what_it_calls_has_these_options(command):
    _, name, *words = shlex.split(command)
    told = CliRunner().invoke(app, [name, "--help"], terminal_width=200)
    assert told.exit_code == 0, told.output
    missing = [word for word in words if word.startswith("--") and word not in told.output]
    assert not missing


@pytest.mark.prove
def test_the_script_runs_as_it_stands(tmp_path):
    """In a clone whose mapping was edited since the branch it is compared with, and no case says anything of that."""

    def git(*words, cwd):
        who = ("-c", "user.name=Kim", "-c", "user.email=kim@centri.example", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *words], cwd=cwd, check=True, capture_output=True)

    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    shutil.copy(ROOT / "mappings.yaml", origin)
    shutil.copytree(ROOT / "fixtures", origin / "fixtures", ignore=shutil.ignore_patterns("__pycache__", "recorded.yaml"))
    git("init", "--quiet", "--initial-branch", "main", cwd=origin)
    git("add", ".", cwd=origin)
    git("commit", "--quiet", "-m", "first", cwd=origin)
    git("clone", "--quiet", str(origin), str(clone), cwd=tmp_path)

    def script(edited):
        (clone / "mappings.yaml").write_text(edited)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(["sh", "-c", SCRIPT], cwd=clone, env={"PATH": path}, capture_output=True, text=True, check=False)

    shipped = (ROOT / "mappings.yaml").read_text()
    fine = script(shipped.replace("# Salesforce\n", "# the first CRM\n"))
    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert fine.stdout.endswith("nothing changes\n")
    edit = ("        employees_raw: {crm: NumberOfEmployees, transform: text, direction: in}\n", "")
    assert edit[0] in shipped
    other = script(shipped.replace(*edit))
    assert other.returncode == 0, other.stdout + other.stderr
    assert "- entities.account.salesforce.fields.employees_raw" in other.stdout
    assert "(stays as it is)" in other.stdout
