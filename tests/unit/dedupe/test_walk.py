"""The keys of a walk through reviews."""

import pytest

from centri.dedupe.walk import Kind, Said, Walk, step


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("y", Said(Kind.THIS, 0)),
        ("Y", Said(Kind.THIS, 0)),
        ("a", Said(Kind.ALWAYS, 0)),
        ("n", Said(Kind.NONE)),
        ("1", Said(Kind.THIS, 0)),
        ("3", Said(Kind.THIS, 2)),
    ],
)
def test_an_answer_leads_on(key, said):
    assert step(Walk(2), key, 3) == (Walk(2, at=1, answered=1), said)


@pytest.mark.parametrize("key", ["4", "0", "x", "", "12", "\r", "²"])
def test_a_key_that_means_nothing_leaves_all_as_it_was(key):
    assert step(Walk(2), key, 3) == (Walk(2), None)


@pytest.mark.parametrize("key", ["y", "a", "1"])
def test_where_there_is_no_candidate_none_can_be_taken(key):
    assert step(Walk(1), key, 0) == (Walk(1), None)


def test_later_is_no_answer():
    now, said = step(Walk(1), "s", 1)
    assert (now, said, now.over, now.open) == (Walk(1, at=1, skipped=1), None, True, 1)


@pytest.mark.parametrize("key", ["q", "Q", "\x03", "\x04", "\x1b"])
def test_enough_ends_it_and_what_was_said_stays(key):
    now, said = step(Walk(3, at=1, answered=1), key, 1)
    assert (said, now.over, now.answered, now.open) == (None, True, 1, 2)


def test_nothing_follows_the_end():
    assert step(Walk(1, at=1, answered=1), "y", 1) == (Walk(1, at=1, answered=1), None)
    assert Walk(0).over
