"""The pytest plugin: cases as tests, and silence where nobody asks for it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

MAPPINGS = Path(__file__).parents[2] / "mappings.yaml"
CASES = """
cases:
  - name: right
    given: {crm: {sugarcrm: {Contacts: {C1: {last_name: Fox}}}}}
    then: {prm: {contact: {C1: {last_name: Fox}}}}
  - name: wrong
    given: {crm: {sugarcrm: {Contacts: {C1: {last_name: Fox}}}}}
    then: {prm: {contact: {C1: {last_name: Wolf}}}}
"""


@pytest.fixture
def project(pytester):
    folder = pytester.mkdir("cases")
    (folder / "contacts.yaml").write_text(CASES)
    pytester.makepyfile(test_other="def test_other(): pass")
    return pytester


def run(project, *args):
    return project.runpytest_inprocess("-p", "centri.testing", "-p", "no:cacheprovider", *args)


def test_each_case_is_a_test(project):
    result = run(project, "--centri-cases", "cases", "--centri-mappings", str(MAPPINGS))
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*contacts.yaml:8: contact C1 last_name", '*expected*"Wolf"', '*actual*"Fox"', "*because*"])


def test_the_ini_file_says_the_same_unless_tests_are_named(project):
    project.makeini(f"[pytest]\ncentri_cases = cases\ncentri_mappings = {MAPPINGS}")
    run(project).assert_outcomes(passed=2, failed=1)
    run(project, "test_other.py").assert_outcomes(passed=1)
    run(project, "cases", "-k", "right").assert_outcomes(passed=1, deselected=1)


def test_unused_it_collects_nothing(project):
    run(project).assert_outcomes(passed=1)


def test_faults_of_a_file_are_told(project):
    (project.path / "cases/contacts.yaml").write_text("cases:\n  - nam: x\n")
    result = run(project, "--centri-cases", "cases", "--centri-mappings", str(MAPPINGS))
    result.stdout.fnmatch_lines(["*contacts.yaml:2: unknown key 'nam'; did you mean 'name'?*"])
    result.assert_outcomes(errors=1)


def test_loading_it_imports_nothing_heavy():
    heavy = ("sqlalchemy", "pydantic", "ruamel", "dagster", "pandas")
    code = f"import sys, centri.testing; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
