"""YAML as plain data with lines."""

import pytest

from centri.errors import ConfigError
from centri.mappings.source import EnvRef, parse, plain


def test_values_keep_their_kind_and_keys_are_text():
    data = parse("on: yes\n1: 0x1F\nc: [1.5, null, true, 2026-01-01, '5', 1_000]\nd: !env NAME\n").data
    assert data == {"on": "yes", "1": 31, "c": [1.5, None, True, "2026-01-01", "5", 1000], "d": EnvRef("NAME")}


def test_every_key_and_value_knows_its_line():
    source = parse("a:\n  b: 1\n  c:\n    - x\n    - {y: 2}\n")
    assert source.line(("a", "b")) == 2
    assert source.line(("a", "c"), key=True) == 3
    assert source.line(("a", "c", 1, "y")) == 5
    assert source.line(("a", "c", "nowhere")) == 3
    assert source.line(("nowhere",)) == 1


def test_a_blank_stands_on_the_line_of_its_key():
    assert parse("a:\nb: 1\n").line(("a",)) == 1


def test_an_alias_is_the_same_block_again():
    assert parse("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "a: 'x", "*nowhere", "[" * 400])
def test_what_cannot_be_read_is_an_error_and_never_a_crash(text):
    with pytest.raises(ConfigError, match=r"mappings\.yaml(:\d+)?: is not YAML"):
        parse(text)


def test_a_block_that_contains_itself_is_a_problem():
    assert "is nested too deeply" in str(parse("a: &x [*x]").problems[0])


def test_plain_shows_references_instead_of_secrets():
    assert plain(parse("a: !env NAME\nb: [1]").data) == {"a": "!env NAME", "b": [1]}
