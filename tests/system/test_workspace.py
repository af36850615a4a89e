"""workspace.yaml as Dagster's own tools read it, with nothing in the environment."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from dagster._core.workspace.load import location_origins_from_yaml_paths
from ports import free_port

from centri.pipelines.webserver import webserver
from centri.settings import from_environment

ROOT = Path(__file__).parents[2]


def validate(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "DAGSTER_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "1", "COLUMNS": "500"}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    return subprocess.run(command, cwd=ROOT, env={**bare, **environment}, capture_output=True, text=True, check=False)


def test_it_names_one_code_location():
    (origin,) = location_origins_from_yaml_paths([str(ROOT / "workspace.yaml")])
    assert origin.location_name == "centri"
    assert origin.loadable_target_origin.module_name == "centri.pipelines.definitions"


def test_dagster_loads_it(tmp_path):
    ran = validate(tmp_path, CENTRI_HOME=str(tmp_path / "home"))
    assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "home").exists()


def test_a_faulty_mapping_shows_with_file_and_line(tmp_path):
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("connections:\n  north: {type: csvfile, folder: .}\nentities:\n  leed: {}\n")
    ran = validate(tmp_path, CENTRI_MAPPINGS=str(faulty))
    assert ran.returncode != 0
    assert f"{faulty}:4: " in ran.stderr + ran.stdout


@pytest.mark.prove
def test_the_ui_comes_up_and_leaves_nothing_behind(tmp_path):
    """Real: five processes. An answer to a question about the code location proves that it loaded."""
    port = free_port()
    settings = from_environment({**os.environ, "CENTRI_HOME": str(tmp_path), "CENTRI_MAPPINGS": str(ROOT / "mappings.yaml")})
    with webserver(settings, port=port, workspace=ROOT / "workspace.yaml") as process:
        query = "{repositoriesOrError {... on RepositoryConnection {nodes {jobs {name}}}}}"
        answer = requests.post(f"http://127.0.0.1:{port}/graphql", json={"query": query}, timeout=30).json()
    (repository,) = answer["data"]["repositoriesOrError"]["nodes"]
    assert {"sync_salesforce", "sync_sugarcrm"} <= {job["name"] for job in repository["jobs"]}
    assert process.returncode is not None
    socket.create_server(("127.0.0.1", port)).close()
