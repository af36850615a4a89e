"""The command line says what it can do, at once and without loading what it may not need."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from centri.cli import sandbox
from centri.cli.app import app
from centri.pipelines import webserver
from centri.sandbox import server

HEAVY = ("dagster", "pandas", "sqlalchemy", "requests", "pydantic", "starlette", "rich")
PROGRAM = """
import sys
from centri.__main__ import main
sys.argv = ["centri", "--help"]
try:
    main()
except SystemExit as end:
    print(end.code, [name for name in {heavy} if name in sys.modules])
"""


def commands() -> list[list[str]]:
    import typer

    root = typer.main.get_command(app)
    found: list[list[str]] = []
    for name, command in sorted(root.commands.items()):
        found += [[name, sub] for sub in sorted(getattr(command, "commands", {}))] or [[name]]
    return found


def test_help_loads_nothing_heavy():
    code = PROGRAM.format(heavy=HEAVY)
    ran = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "0 []"
    assert ran.stderr == ""


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_each_command_shows_an_example(command):
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert "Example" in shown.stdout
    assert f"centri {' '.join(command)}" in " ".join(shown.stdout.split())


def test_the_version_is_the_packages():
    from importlib.metadata import version

    assert CliRunner().invoke(app, ["--version"]).stdout == f"centri {version('centri')}\n"


def test_python_m_centri_is_the_command():
    ran = subprocess.run([sys.executable, "-m", "centri", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("centri ")


def test_the_defaults_that_help_shows_are_those_of_the_programs():
    assert (sandbox.SALESFORCE_PORT, sandbox.SUGARCRM_PORT, sandbox.SEED) == (
        server.SALESFORCE_PORT, server.SUGARCRM_PORT, server.SEED,
    )  # fmt: skip
    assert (sandbox.SALESFORCE_HTTPS_PORT, sandbox.SUGARCRM_HTTPS_PORT, sandbox.PROXY_PORT) == (
        server.SALESFORCE_HTTPS_PORT, server.SUGARCRM_HTTPS_PORT, server.PROXY_PORT,
    )  # fmt: skip
    shown = CliRunner().invoke(app, ["ui", "--help"]).stdout
    assert f"[default: {webserver.PORT}]" in shown
    assert f"[default: {webserver.HOST}]" in shown
