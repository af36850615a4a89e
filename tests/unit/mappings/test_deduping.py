"""The ``dedupe:`` block: what it becomes, and where its faults are told."""

from __future__ import annotations

import pytest

from centri.dedupe.duplicates.people_model import default
from centri.dedupe.duplicates.ruled import judged
from centri.dedupe.duplicates.rules import Rules
from centri.errors import ConfigError
from centri.mappings.loader import load

HEAD = "connections: {east: {type: memory}}\nentities: {}\n"


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "mappings.yaml"
        path.write_text(HEAD + text)
        return load(path).dedupe

    return read


def test_rules_and_survival(read):
    policy = read("""\
dedupe:
  lead:
    rules: {any: [[email], [first_name, last_name, company~90]]}
    survivor: [most_complete, oldest]
    fields: {default: newest, score: max}
""")["lead"]
    assert policy.rules == Rules.of([["email"], ["first_name", "last_name", "company~90"]])
    assert (policy.survival.order, policy.survival.fields, policy.survival.default) == (
        ("most_complete", "oldest"),
        {"score": "max"},
        "newest",
    )
    judge = policy.judge("lead")
    assert (judge.func, judge.args) == (judged, (policy.rules.any,))


def test_without_rules_the_model_decides(read):
    policy = read("dedupe: {lead: {}}\n")["lead"]
    assert policy.rules is None
    assert policy.judge("lead") is default()
    assert policy.judge("account") is not default()
    assert policy.survival.order[0] == "has_open_opportunity"


WRONG = {
    "an entity": ("dedupe: {activity: {}}\n", "'activity' has no duplicates to find"),
    "a field": ("dedupe: {lead: {rules: {any: [[surname]]}}}\n", "no field of a rule is called 'surname'"),
    "a rule": ("dedupe: {lead: {rules: {any: [[company~90]]}}}\n", "a field without ~"),
    "no rules": ("dedupe: {lead: {rules: {any: []}}}\n", "'any' is empty"),
    "a survivor": ("dedupe: {lead: {survivor: [eldest]}}\n", "no word of survivor is called 'eldest'; did you mean 'oldest'"),
    "what is taken": ("dedupe: {lead: {fields: {score: maxi}}}\n", "no word of fields is called 'maxi'; did you mean 'max'"),
    "a key": ("dedupe: {lead: {survivors: []}}\n", "unknown key 'survivors'; did you mean 'survivor'"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_faults_are_told_with_their_line(read, text, told):
    with pytest.raises(ConfigError, match=told) as error:
        read(text)
    assert error.value.problems[0].line == HEAD.count("\n") + 1
