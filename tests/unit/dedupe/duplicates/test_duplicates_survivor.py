"""Which record survives, what it takes of the others, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from centri.dedupe.duplicates.survivor import ORDER, Standing, Survival, merged
from centri.records import PRM, Record, Ref


def lead(name, **values):
    return Record(Ref(PRM, "lead", name), values)


def day(number):
    return datetime(2026, 2, number, tzinfo=UTC)


D1 = lead("D1", last_name="Svensson", phone=None, title=None, score=10, notes="Met at the fair")
D2 = lead("D2", last_name="Svensson", phone="+46855501", title="IT Director", score=15, notes="Called")
D3 = lead("D3", last_name="Svensson", phone="+46855501", title=" ", notes="Called")
STANDINGS = {
    D1.ref: Standing(activities=2, created_at=day(1)),
    D2.ref: Standing(created_at=day(2)),
    D3.ref: Standing(created_at=day(3)),
}


def test_the_survivor_of_the_story():
    found = merged([D3, D2, D1], STANDINGS)
    assert (found.survivor, found.merged) == (D1.ref, (D2.ref, D3.ref))
    assert found.because == "most activities, before D2"
    assert found.changes(D1) == {"phone": "+46855501", "title": "IT Director", "score": 15, "notes": "Met at the fair\n\nCalled"}
    assert found.fields["title"].because == "the survivor has none, D2 has"
    assert found.fields["title"].of == (D2.ref,)
    assert found.fields["score"].because == "the largest, of D2"
    assert found.fields["last_name"].because == "the survivor's own"


def test_the_order_in_which_records_are_given_does_not_matter():
    assert len({repr(merged(order, STANDINGS)) for order in permutations([D1, D2, D3])}) == 1


A, B = lead("A", last_name="Berg"), lead("B", last_name="Berg", city="Bonn")
MORE = {
    "has_open_opportunity": Standing(open_opportunities=1),
    "most_open_opportunities": Standing(open_opportunities=2),
    "most_activities": Standing(activities=1),
    "latest_activity": Standing(last_activity_at=day(5)),
    "most_complete": Standing(),
    "oldest": Standing(created_at=day(1)),
    "newest": Standing(created_at=day(9)),
    "last_changed": Standing(changed_at=day(9)),
}


@pytest.mark.parametrize("word", ORDER)
def test_each_word_of_the_order_decides(word):
    usual = Standing(created_at=day(4), changed_at=day(4)) if word in ("oldest", "newest", "last_changed") else Standing()
    found = merged([A, B], {A.ref: usual, B.ref: MORE[word]}, Survival((word,)))
    assert found.survivor == B.ref
    assert found.because == f"{word.replace('_', ' ')}, before A"


def test_among_equals_the_lowest_id_survives():
    assert merged([B, A], {}, Survival(())).because == "lowest id, before B"


def test_unknown_times_are_neither_oldest_nor_newest():
    known = {B.ref: Standing(created_at=day(3))}
    assert merged([A, B], known, Survival(("oldest",))).survivor == B.ref
    assert merged([A, B], known, Survival(("newest",))).survivor == B.ref


# A word, the values of A (who survives), B and C (who was changed last), and what is taken.
TAKEN = {
    "survivor_then_fill_blank": [("a", "b", "c", "a"), (None, "b", "c", "b"), ("", " ", "c", "c")],
    "survivor": [("a", "b", "c", "a"), (None, "b", "c", None)],
    "newest": [("a", "b", "c", "c"), ("a", "b", None, "a")],
    "longest": [("a", "bbb", "cc", "bbb")],
    "max": [(9, 10, 8, 10), ("9.00", "10.00", None, "10.00"), ("2026-01-01", "2026-03-01", "2025-01-01", "2026-03-01")],
    "min": [(9, 10, 8, 8), ("2026-01-01", "2026-03-01", None, "2026-01-01")],
    "concatenate": [("a", "b", "a ", "a\n\nb"), (None, "b", None, "b")],
    "any_true": [(False, True, False, True), (False, False, None, False)],
    "union": [(["x"], ["y", "x"], None, ["x", "y"])],
}


@pytest.mark.parametrize(("word", "a", "b", "c", "taken"), [(word, *row) for word, rows in TAKEN.items() for row in rows])
def test_what_each_word_takes(word, a, b, c, taken):
    records = [lead("A", field=a), lead("B", field=b), lead("C", field=c)]
    found = merged(records, {records[2].ref: Standing(changed_at=day(9))}, Survival((), {}, word))
    assert found.survivor.id == "A"
    assert found.fields["field"].value == taken


def test_an_objection_of_one_holds_for_all():
    assert (
        merged([lead("A", do_not_call=False), lead("B", do_not_call=True)], {}, Survival(())).fields["do_not_call"].value is True
    )


def test_what_nobody_says_is_not_decided():
    assert "city" not in merged([lead("A", city=None), lead("B", city="")], {}).fields


@pytest.mark.parametrize(
    ("order", "fields", "told"), [(("eldest",), {}, "survivor: .*'eldest'"), ((), {"a": "best"}, "fields: .*'best'")]
)
def test_unknown_words_are_refused(order, fields, told):
    with pytest.raises(ValueError, match=told):
        Survival(order, fields)


def test_nothing_survives_of_nothing():
    with pytest.raises(ValueError, match="no records"):
        merged([], {})
