"""The documentation says what is there: links lead somewhere, named code exists, every word and command is explained."""

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from centri.anomalies import KINDS
from centri.dedupe.blocking import BLOCKS
from centri.dedupe.caps import CAPS
from centri.dedupe.comparisons import COMPARISONS
from centri.dedupe.duplicates.rules import FIELDS as RULE_FIELDS
from centri.dedupe.duplicates.survivor import FIELDS as TAKINGS
from centri.dedupe.duplicates.survivor import ORDER
from centri.mappings.json_schema import json_schema
from centri.mappings.loader import load
from centri.mappings.transforms import TRANSFORMS
from centri.mappings.words import meaning
from centri.pipelines import checks
from centri.store import prm
from centri.sync.alerts import Trouble
from centri.sync.policies import POLICIES

ROOT = Path(__file__).parents[2]


def _generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generator()
PAGES = {str(page.relative_to(ROOT)): page for page in GENERATE.pages()}
RECORDS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
WORDS = {
    "transform": TRANSFORMS,
    "policy": POLICIES,
    "block": BLOCKS,
    "comparison": COMPARISONS,
    "cap": CAPS,
    "rule of dedupe": RULE_FIELDS,
    "survivor": ORDER,
    "fields of dedupe": TAKINGS,
}

OTHERS = ("celery", "dagster", "docker", "helm", "kubectl", "pg_dump", "pg_restore", "pip", "systemctl")
"""Commands that are not ours, whose options no test of ours knows; they stand at the beginning of a line."""

each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@each_page
def test_generated_parts_are_current(page):
    stale = page.read_text(encoding="utf-8") != GENERATE.filled(page)
    assert not stale, f"{page.relative_to(ROOT)} is out of date; mend it with: {GENERATE.COMMAND}"


@each_page
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        assert "://" not in path, f"{target} leads out of the project"
        found = page.parent / path if path else page
        assert found.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in _anchors(found), f"{target}: there is no such heading"


def _anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_named_files_exist(page):
    for name in re.findall(r"`((?:centri|tests|docs|fixtures|benchmarks)/[\w/.\-]*)`", page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), f"there is no {name}"


@each_page
def test_named_code_exists(page):
    for name in re.findall(r"`(centri(?:\.\w+)+)`", page.read_text(encoding="utf-8")):
        assert _found(name), f"there is no {name}"


def _found(name):
    """Whether a dotted name leads to a module, or to something within one."""
    module, _, inside = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return "." in name and hasattr(importlib.import_module(module), inside)
    return True


def test_decision_records_are_numbered_without_gaps():
    numbers = [int(page.name[:4]) for page in RECORDS]
    assert numbers == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=lambda page: page.stem)
def test_a_decision_record_weighs_options_and_names_costs(record):
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(record.name[:4])}. ")
    for part in ("## Context", "## Decision", "## Consequences"):
        assert part in text
    assert len(text.split()) <= 500, "a decision record is one page"


def test_every_kind_of_anomaly_is_explained():
    page = read("docs/anomalies.md")
    assert [name for name in KINDS if f"| `{name}` |" not in page] == []


def test_something_opens_every_kind_of_anomaly():
    files = [p for p in (ROOT / "centri").rglob("*.py") if p.name != "anomalies.py" and "sandbox" not in p.parts]
    code = "".join(p.read_text(encoding="utf-8") for p in files)
    assert [name for name in KINDS if f'"{name}"' not in code] == []


@pytest.mark.parametrize("table", WORDS.values(), ids=WORDS.keys())
def test_every_word_is_explained(table):
    page = read("docs/mapping.md")
    assert [name for name in table if f"`{name}`" not in page] == []
    assert [name for name, function in table.items() if not meaning(function)] == []


def test_every_key_of_the_mapping_file_is_explained():
    page = read("docs/mapping.md")
    keys = {key for block in json_schema()["$defs"].values() for key in _keys(block)}
    assert sorted(key for key in keys if f"`{key}`" not in page) == []


def _keys(block):
    forms = block.get("anyOf", [block])
    return [key for form in forms for key in form.get("properties", {})]


def test_every_command_has_help_and_is_in_the_readme():
    readme = read("README.md")
    found = GENERATE.commands()
    assert len(found) > 5
    assert [name for name, told in found if not told] == []
    assert [name for name, _ in found if f"`{name}`" not in readme] == []


@each_page
def test_commands_that_a_page_names_exist(page):
    commands = [name.split() for name, _ in GENERATE.commands()]
    for written in re.findall(r"(?:^|\()centri ([^\n#)\"]+)", _code(page), re.MULTILINE):
        words = ["centri", *re.sub(r"^--env \w+ ", "", written).split()]
        assert any(_begins(words, command) for command in commands), f"there is no `centri {written}`"


def _code(page):
    """What stands between backticks, a piece on each line."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", text)])


def _begins(words, command):
    """Whether what is written is a command, or the beginning of one: a group, or one without its arguments."""
    fixed = [word for word in command if word[0] not in "[{" and word.islower()]
    return words[: len(fixed)] == fixed[: len(words)]


@each_page
def test_options_that_a_page_names_exist(page):
    pytest_plugin = set(re.findall(r'"(--[a-z-]+)"', read("centri/testing.py")))
    known = {option for command in GENERATE.options() for option in command} | pytest_plugin
    ours = re.sub(rf"(?m)^(?:{'|'.join(OTHERS)}) .*$", "", _code(page))
    assert sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) - known) == []


def test_every_setting_is_in_the_readme():
    readme = read("README.md")
    settings = set(re.findall(r"\bCENTRI_[A-Z_]+", read("centri/settings.py")))
    variables = set(re.findall(r"!env (\w+)", read("mappings.yaml")))
    assert sorted(name for name in settings | variables if f"`{name}`" not in readme) == []


def test_every_connector_is_in_the_mapping_reference():
    from centri.connectors.registry import OPENERS

    page = read("docs/mapping.md")
    assert [name for name in OPENERS if f"`{name}`" not in page] == []


def test_the_example_of_the_mapping_reference_is_a_mapping(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", read("docs/mapping.md"), re.DOTALL)[1]
    partners = "  partner_account:\n    salesforce: {object: Account, fields: {name: {crm: Name, direction: in}}}\n"
    (tmp_path / "mappings.yaml").write_text(example + partners, encoding="utf-8")
    loaded = load(tmp_path / "mappings.yaml", {entity: prm.fields(entity) for entity in prm.ENTITIES})
    assert {m.entity for m in loaded.mappings} == {"lead", "partner_account"}


def test_verbs_are_in_the_makefile():
    makefile = read("Makefile")
    for name in ("README.md", "CONTRIBUTING.md"):
        for verb in re.findall(r"^\|? ?`?make (\w+)", read(name), re.MULTILINE):
            assert re.search(rf"^{verb}:", makefile, re.MULTILINE), f"{name} names `make {verb}`"


def test_layers_are_those_that_are_checked():
    page = read("CONTRIBUTING.md")
    checked = re.search(r'name = "layers".*?layers = \[(.*?)\]', read("pyproject.toml"), re.DOTALL)[1]
    written = re.search(r"```\n(__main__.*?)```", page, re.DOTALL)[1]
    assert written.split() == re.sub(r'[",]', " ", checked).split()


@pytest.mark.parametrize("word", [*sorted(trouble.value for trouble in Trouble), *sorted(KINDS)])
def test_operations_say_what_to_do_about_every_alert_and_anomaly(word):
    text = read("docs/operations.md")
    assert f"### `{word}`\n\n" in text
    told = text.split(f"### `{word}`\n\n")[1].split("\n#")[0]
    assert told.startswith("See [") or len(told.split()) > 3


def test_each_check_is_told_of_in_operations():
    text = read("docs/operations.md")
    named = (checks.FRESH, checks.SCHEMA, checks.CALLS, checks.TAKEN, checks.FEW_HELD, checks.REFERENCES)
    assert [name for name in named if f"| `{name}` |" not in text] == []
