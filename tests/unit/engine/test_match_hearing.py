"""Leads of a file as they are ranked: each once, in front of whoever may be of its person, however far apart they stand."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri.engine import match_hearing
from centri.engine.match_columns import Columns, open_columns
from centri.engine.match_hearing import Together, acquainted, together

HEAD = "lead_id,first_name,last_name,email\n"


def opened(folder: Path, people: list[int]) -> Columns:
    """A file of leads, each of the person of that number; 0 is a person of its own each time."""
    rows = [f"L{at},,,p{who or f'alone{at}'}@example.com" for at, who in enumerate(people)]
    path = folder / "leads.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return open_columns({"leads": path})["leads"]


def read(people: list[int], wanted: set[int], chunk: int) -> list[Together]:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(match_hearing, "LEADS", chunk)
        leads = opened(Path(folder), people)
        return list(together(leads, acquainted(leads), lambda row: int(row["lead_id"][1:]) in wanted))


def heard_of(part: Together, answered: int) -> set[str]:
    return {
        part.rows[other]["lead_id"] for lead, other in zip(part.pairs.lead, part.pairs.other, strict=True) if lead == answered
    }


files = st.lists(st.integers(0, 5), min_size=1, max_size=40).filter(lambda people: all(people.count(n) <= 6 for n in range(1, 6)))


@given(files, st.integers(1, 7), st.sets(st.integers(0, 39)))
def test_each_wanted_lead_is_answered_once_and_hears_all_of_its_person(people, chunk, wanted):
    parts = read(people, wanted, chunk)
    answered = [place for part in parts for place in part.places]
    assert sorted(answered) == [place for place in range(len(people)) if place in wanted]
    for part in parts:
        assert len({row["lead_id"] for row in part.rows}) == len(part.rows)
        for at, place in enumerate(part.places):
            assert part.rows[at]["lead_id"] == f"L{place}"
            others = {n for n, who in enumerate(people) if who and who == people[place] and n != place}
            assert heard_of(part, at) == {f"L{n}" for n in others}


@given(st.integers(1, 5))
def test_those_of_one_person_are_ranked_together(chunk):
    people = [1, *[0] * 20, 2, 1, *[0] * 20, 2]
    alone = [part for part in read(people, set(range(len(people))), chunk) if len(part.places) < len(part.rows)]
    assert not alone, "nobody is ranked a second time to be heard"


def test_a_lead_that_is_not_wanted_is_still_heard():
    (part,) = read([1, 1, 0], {0}, 10)
    assert part.places == [0]
    assert [row["lead_id"] for row in part.rows] == ["L0", "L1"]


def test_chunks_stay_small_where_nobody_knows_another():
    assert [len(part.rows) for part in read([0] * 10, set(range(10)), 4)] == [4, 4, 2]
