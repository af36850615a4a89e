"""The files in deploy/ are what they should be to those who read them, and name commands that there are."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from centri.cli.app import app

DEPLOY = Path(__file__).parents[2] / "deploy"
OUR_PROGRAMS = {"centri", "dagster", "dagster-webserver", "dagster-daemon", "celery"}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = ("namespace", "migrate", "serve", "workers")
VERSION = "1.31"


def documents(path: Path) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(path.read_text()))


def load(name: str) -> Any:
    (found,) = documents(DEPLOY / name)
    return found


def is_a_command(words: list[str]) -> bool:
    """Whether centri takes these words, as far as its help can tell."""
    name, *rest = words
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.stdout)
    return shown.exit_code == 0 and all(word in text for word in rest if word.startswith("--"))


def of_compose() -> Iterator[tuple[str, list[str]]]:
    for name, service in load("compose.yaml")["services"].items():
        if name != "database":
            yield name, [*service.get("entrypoint", ["centri"]), *service["command"]]


@pytest.mark.parametrize(("service", "words"), list(of_compose()), ids=lambda given: given if isinstance(given, str) else "")
def test_every_service_of_compose_starts_a_program_that_there_is(service, words):
    assert words[0] in OUR_PROGRAMS
    assert words[0] != "centri" or is_a_command(words[1:])


def test_compose_publishes_at_loopback_alone_and_names_only_secrets_that_it_has():
    compose = load("compose.yaml")
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert set(service.get("secrets", [])) <= set(compose["secrets"])


@pytest.mark.parametrize("name", ["database", "code", "web", "web-readonly", "daemon", "serve"])
def test_who_can_say_how_he_is_is_asked(name):
    assert load("compose.yaml")["services"][name]["healthcheck"]["test"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_unit_starts_a_program_that_there_is_as_nobody_in_particular(path):
    text = path.read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, *words = command.split()
    assert Path(program).name in OUR_PROGRAMS
    assert Path(program).name != "centri" or is_a_command(words)
    assert {"User=centri", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(text.splitlines())
    assert "0.0.0.0" not in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd on this machine")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_understands_every_unit(path, tmp_path):
    """Programs and folders of the machine it is meant for are not on this one, so only what is wrong with the file counts."""
    for unit in (DEPLOY / "systemd").iterdir():
        shutil.copy(unit, tmp_path)
    name = path.name.replace("@", "@north")
    ran = subprocess.run(["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False)
    assert not [line for line in ran.stderr.splitlines() if str(tmp_path) in line and "is not executable" not in line]


@pytest.mark.parametrize("name", MANIFESTS)
def test_kubernetes_takes_every_manifest(name):
    found = documents(DEPLOY / f"kubernetes/{name}.yaml")
    assert found
    for document in found:
        kubernetes_validate.validate(document, VERSION, strict=True)


def test_every_container_of_kubernetes_runs_a_command_that_there_is_without_rights():
    for name in MANIFESTS[1:]:
        for document in documents(DEPLOY / f"kubernetes/{name}.yaml"):
            if document["kind"] == "Service":
                continue
            pod = document["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            assert is_a_command(container["args"])
            assert pod["securityContext"]["runAsNonRoot"]
            assert container["securityContext"]["readOnlyRootFilesystem"]


def test_the_values_for_dagsters_chart_say_what_dagster_yaml_says():
    values, instance = load("kubernetes/dagster-values.yaml"), load("dagster.yaml")
    daemon, limits = values["dagsterDaemon"], values["concurrency"]
    queue = daemon["runCoordinator"]["config"]["queuedRunCoordinator"]
    assert limits["enabled"]
    assert snake(limits["runs"]) == instance["concurrency"]["runs"]
    assert snake(limits["pools"]) == instance["concurrency"]["pools"]
    assert snake(queue) == instance["run_coordinator"]["config"]
    assert snake(daemon["runRetries"]) == instance["run_retries"]
    monitoring = snake(daemon["runMonitoring"])
    assert monitoring.items() <= instance["run_monitoring"].items()
    (code,) = values["dagster-user-deployments"]["deployments"]
    assert code["codeServerArgs"][:2] == ["--module-name", "centri.pipelines.definitions"]


def snake(values: dict[str, Any]) -> dict[str, Any]:
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): value for name, value in values.items()}


def test_the_image_carries_all_that_it_copies():
    for line in (DEPLOY / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY") and "--from" not in line:
            *sources, _ = [word for word in line.split()[1:] if not word.startswith("--")]
            assert all((DEPLOY.parent / source).exists() for source in sources), line
