"""What an editor knows of a mapping file: every word with its meaning, good files without a complaint, broken ones with one."""

import json
import re
from enum import StrEnum
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from centri.dedupe.blocking import BLOCKS
from centri.dedupe.caps import CAPS
from centri.dedupe.comparisons import COMPARISONS
from centri.mappings.conditions import Birth
from centri.mappings.json_schema import SCHEMA_FILE
from centri.mappings.rules import MissingParent, Nulls
from centri.mappings.schema import Entry, KeyWrite
from centri.mappings.source import plain, read
from centri.mappings.transforms import TRANSFORMS
from centri.sync.filters import OnLeave
from centri.sync.merge import Direction
from centri.sync.policies import POLICIES
from centri.sync.reconcile import OnDelete

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
GOOD = [ROOT / "mappings.yaml", *sorted((ROOT / "tests/mappings/good").glob("*.yaml"))]
BROKEN = sorted((ROOT / "tests/mappings/broken").glob("*.yaml"))
KINDS: list[type[StrEnum]] = [Direction, Nulls, MissingParent, KeyWrite, Entry, OnDelete, OnLeave, Birth]
TABLES = {"transform": TRANSFORMS, "policy": POLICIES, "block": BLOCKS, "comparison": COMPARISONS, "cap": CAPS}

WITHIN = re.compile(
    r"unknown key|is not known for|^# line \d+: '\w+' is missing$|is empty$|must be (text|true|a |at )|must hold"
    r"|no (transform|conflict policy|blocking key|comparison|cap) is called|takes no options|'create' is|is not a share"
)
"""What a fault within one block is told by; what several places say together is beyond a schema."""


def walk(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


NODES = [node for node in walk(SCHEMA) if isinstance(node, dict)]


def complaints(path):
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(plain(read(path).data))]


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_file_has_nothing_underlined(path):
    assert complaints(path) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_mode_is_offered(kind):
    offered = [set(node["enum"]) for node in NODES if "enum" in node]
    offered += [{part.get("const") for part in node["anyOf"]} for node in NODES if "anyOf" in node]
    written = {word.value for word in kind} - {Birth.WHEN.value}  # a block of its own: {when: ...}
    assert any(written <= words for words in offered)


@pytest.mark.parametrize(("kind", "table"), TABLES.items(), ids=TABLES.keys())
def test_every_word_is_offered_and_explained(kind, table):
    words = {word for node in NODES for word in node.get("enum", ())} | {n for node in NODES for n in node.get("properties", ())}
    hovers = "\n".join(node["description"] for node in NODES if isinstance(node.get("description"), str))
    assert [word for word in table if word not in words] == []
    assert [word for word in table if f"{word}: " not in hovers] == []


def test_every_key_says_what_it_is_for():
    silent = [
        f"{name}.{key}"
        for name, block in SCHEMA["$defs"].items()
        for part in (block, *block.get("anyOf", ()))
        for key, described in part.get("properties", {}).items()
        if not _explained(described)
    ]
    assert silent == []


def _explained(node):
    if node.get("description"):
        return True
    inner = [SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]] if "$ref" in node else node.get("anyOf", [])
    return any(_explained(part) for part in inner)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_fault_within_a_block_is_underlined(path):
    message = path.read_text(encoding="utf-8").splitlines()[0]
    if WITHIN.search(message):
        assert complaints(path), message


def test_most_of_those_faults_are_among_the_broken_files():
    assert sum(bool(WITHIN.search(path.read_text(encoding="utf-8").splitlines()[0])) for path in BROKEN) >= 40
