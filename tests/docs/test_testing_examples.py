"""Every case that the page on testing shows runs and passes on the project's own mapping."""

import re
from pathlib import Path

import pytest

from centri.engine.case_report import failure
from centri.engine.cases import descriptions, fixtures_beside, known, running
from centri.engine.project import PRM_FIELDS
from centri.mappings.case_files import read_cases
from centri.mappings.cases import CASES_SCHEMA_FILE, ExpectedMatch, Given, GivenLink, Then, When, cases_schema_text
from centri.mappings.loader import load
from centri.mappings.source import parse

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_passes(text):
    mapping, fixtures = load(ROOT / "mappings.yaml", PRM_FIELDS), fixtures_beside(ROOT / "mappings.yaml")
    described = descriptions(mapping, fixtures)
    cases = read_cases(parse(text, "docs/testing.md"), known(mapping, described))
    with running(mapping, fixtures, described) as runner:
        failed = [failure(outcome) for outcome in map(runner.run, cases) if not outcome.passed]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("model", [Given, GivenLink, Then, ExpectedMatch])
def test_every_word_is_explained(model):
    names = {info.alias or name for name, info in model.model_fields.items()} | {str(word) for word in When}
    assert {name for name in names if f"`{name}`" not in PAGE} <= {"converted"}


def test_the_committed_schema_is_current():
    assert CASES_SCHEMA_FILE.read_text(encoding="utf-8") == cases_schema_text(), "to mend it: centri schema --cases --write"
