"""``centri test``: exit codes, what it prints, and what --update writes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centri.cli.app import app

MAPPINGS = Path(__file__).parents[3] / "mappings.yaml"

FILE = """\
# about contacts
cases:
  # the first of them
  - name: A contact arrives
    given:
      crm:
        sugarcrm:
          Contacts:
            C1: {last_name: Fox, title: CEO}  # no address
    when: pulled
    then:
      prm:
        contact:
          C1: {last_name: Wolf, title: CEO}  # looked at by hand

  - name: A whole result
    golden: true
    given: {crm: {sugarcrm: {Contacts: {C2: {last_name: Bear}}}}}
    when: pulled
    then:
      prm: {contact: {C2: {last_name: Bear}, C3: {last_name: Gone}}}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "contacts.yaml"
    path.write_text(FILE)
    return path


def run(*args):
    return CliRunner().invoke(app, ["test", *map(str, args), "--mappings", str(MAPPINGS)])


def test_a_failure_names_line_field_values_and_reason(file):
    result = run(file)
    assert result.exit_code == 1
    assert f'{file}:14: contact C1 last_name\n    expected  "Wolf"\n    actual    "Fox"\n    because   ' in result.output
    assert f"{file}:21: contact C3" in result.output
    assert "0 passed, 2 failed" in result.output


def test_some_of_them(file):
    assert "0 passed, 1 failed" in run(file, "-k", "WHOLE").output
    none = run(file, "-k", "unheard of")
    assert (none.exit_code, "no case's name holds 'unheard of'" in none.output) == (1, True)


def test_json(file):
    told = json.loads(run(file, "--json").output)
    assert (told["ok"], told["passed"], told["failed"]) == (False, 0, 2)
    (first,) = told["cases"][0]["differences"]
    assert (first["what"], first["line"], first["expected"], first["actual"]) == ("contact C1 last_name", 14, "Wolf", "Fox")


def test_update_writes_what_came_of_it_and_leaves_the_rest(file):
    result = run(file, "--update")
    assert (result.exit_code, "2 updated" in result.output) == (0, True)
    assert "-          C1: {last_name: Wolf, title: CEO}  # looked at by hand" in result.output
    expected = FILE.replace("last_name: Wolf, title: CEO}  #", "last_name: Fox, title: CEO}   #").replace(
        ", C3: {last_name: Gone}", ""
    )
    assert file.read_text() == expected
    assert run(file).exit_code == 0


def test_update_fills_an_empty_then(file):
    file.write_text(FILE[: FILE.index("      prm:\n        contact:\n          C1")])
    run(file, "--update")
    filled = "    then:\n      prm:\n        contact:\n          C1:\n            last_name: Fox\n            title: CEO\n"
    assert filled in file.read_text()
    assert run(file).exit_code == 0


def test_faults_of_all_files_are_told_at_once(file, tmp_path):
    (tmp_path / "a.yaml").write_text("cases:\n  - name: x\n    wen: pulled\n")
    (tmp_path / "b.yaml").write_text("cases:\n  - name: y\n    then: {prm: {contct: {}}}\n")
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "a.yaml:3: unknown key 'wen'; did you mean 'when'?" in result.output
    assert "b.yaml:3: no entity of the PRM is called 'contct'; did you mean 'contact'?" in result.output


@pytest.mark.parametrize(("path", "told"), [("nowhere.yaml", "there is no such file"), (".", "there are no cases in")])
def test_no_cases(tmp_path, path, told):
    result = run(tmp_path / path)
    assert (result.exit_code, told in result.output) == (1, True)
