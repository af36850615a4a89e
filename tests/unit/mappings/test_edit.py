"""Additions to a mapping file keep every line of it; what has no room is refused."""

from difflib import ndiff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri.errors import ConfigError
from centri.mappings import edit
from centri.mappings.source import parse, plain

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "mappings.yaml", *sorted((ROOT / "tests/mappings/good").glob("*.yaml"))]
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def removed(before, after):
    return [line for line in ndiff(before.splitlines(), after.splitlines()) if line.startswith("-")]


def data(text):
    return plain(parse(text).data)


def blocks(node, place=()):
    """The places of all blocks of keys."""
    if isinstance(node, dict):
        yield place
        for key, value in node.items():
            yield from blocks(value, (*place, key))


@each_file
def test_an_addition_anywhere_changes_only_the_lines_it_adds_or_is_refused(path):
    before = path.read_text()
    done = 0
    places = [place for place in blocks(data(before)) if place]
    for place in places[:: 1 + len(places) // 25]:
        try:
            after = edit.add(before, place, "fresh", "a: b\nc: {d: e}\n")
        except ConfigError:
            continue
        expected = data(before)
        inside = expected
        for step in place:
            inside = inside[step]
        inside["fresh"] = {"a": "b", "c": {"d": "e"}}
        assert data(after) == expected
        assert removed(before, after) == []
        assert len(after.splitlines()) == len(before.splitlines()) + 3
        done += 1
    assert done >= 3


@each_file
def test_a_connection_an_entity_and_a_field_find_their_places(path):
    before = path.read_text()
    after = edit.add_connection(before, "fresh", "type: memory\n")
    after = edit.add_entity(after, "note", "fresh", "object: Note\nfields:\n  body: Body\n", remark="Words.")
    after = edit.add_field(after, ("entities", "note", "fresh", "fields"), "subject: Title  # unsure: 0.70")
    found = data(after)
    assert found["connections"]["fresh"] == {"type": "memory"}
    assert found["entities"]["note"]["fresh"] == {"object": "Note", "fields": {"body": "Body", "subject": "Title"}}
    assert removed(before, after) == []
    assert ("  # Words.\n  note:\n" in after) is ("note" not in data(before)["entities"])


NAMES = st.text("abcxyz", min_size=1, max_size=6)
SCALARS = st.sampled_from(
    ["word", "'quoted: # text'", '"double"', "|\n{pad}line one\n{pad}\n{pad}line two", ">-\n{pad}folded", "", "[1, 2]"]
)
COMMENTS = st.sampled_from(["", "  # behind"])


@st.composite
def files(draw):
    """A file of one block, with all kinds of values, comments and blank lines between them, and another block behind."""
    lines = ["top:"]
    indent = " " * draw(st.integers(1, 5))
    for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)):
        value = draw(SCALARS).replace("{pad}", indent + "   ")
        behind = draw(COMMENTS) if "\n" not in value else ""
        lines.append(f"{indent}{name}: {value}{behind}")
        lines += draw(st.lists(st.sampled_from(["", f"{indent}# of this block"]), max_size=2))
    lines += draw(st.lists(st.sampled_from(["", "# of the next block"]), max_size=2))
    lines += draw(st.sampled_from([["next: 1"], []]))
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\n\n"]))


@given(files(), st.booleans())
def test_whatever_stands_in_a_block_stays_and_the_new_entry_is_its_last(text, windows):
    before = text.replace("\n", "\r\n") if windows else text
    after = edit.add(before, ("top",), "", "fresh: 1")
    old = data(before if before.endswith("\n") else before + "\n")  # a text that ends the file ends a line from now on
    new = data(after)
    assert list(new["top"]) == [*old["top"], "fresh"]
    assert {k: v for k, v in new["top"].items() if k != "fresh"} == old["top"]
    assert new.get("next") == old.get("next")
    assert [line for line in after.splitlines() if "fresh" not in line] == before.splitlines()
    assert not windows or "\n" not in after.replace("\r\n", "")


REFUSED = {
    "on one line": ("entities: {lead: {acme: {object: Lead}}}\n", ("entities", "lead"), 1),
    "an alias": ("x:\n  a: &same\n    b: c\n  d: *same\n", ("x", "d"), 4),
    "an anchor that is named elsewhere": ("x:\n  a: &same\n    b: c\n  d: *same\n", ("x", "a"), 2),
    "a single value": ("x: y\n", ("x",), 1),
}


@pytest.mark.parametrize(("text", "place", "at"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_added_to_without_changing_it_is_refused_with_its_line(text, place, at):
    with pytest.raises(ConfigError) as raised:
        edit.add(text, place, "fresh", "a: b")
    assert raised.value.problems[0].line == at


def test_a_value_is_replaced_and_nothing_else():
    before = "a:\n  b: {c: d}  # why\n  e: 'f'\n"
    assert edit.replace(before, ("a", "b"), "{c: x}") == "a:\n  b: {c: x}  # why\n  e: 'f'\n"
    assert edit.replace(before, ("a", "e"), "g") == "a:\n  b: {c: d}  # why\n  e: g\n"
    with pytest.raises(ConfigError, match=r"there is no a\.x"):
        edit.replace(before, ("a", "x"), "g")


def test_a_new_entry_stands_behind_the_comments_of_its_block_and_before_those_of_the_next():
    before = "x:\n  a: 1\n  # of x\n    # too\n# of y\ny: 2\n"
    assert edit.add(before, ("x",), "", "b: 3") == "x:\n  a: 1\n  # of x\n    # too\n  b: 3\n# of y\ny: 2\n"
