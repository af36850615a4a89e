"""Groups by correlation: what joins, what does not, and what people said."""

from __future__ import annotations

import pytest

from centri.dedupe.duplicates.clusters import clusters

# Log odds of pairs, must-links, cannot-links, and the cluster of each row.
MADE = {
    "nothing": ({}, (), (), (0, 1, 2, 3)),
    "a pair": ({(0, 1): 2.0}, (), (), (0, 0, 2, 3)),
    "a pair that is none": ({(0, 1): -0.1}, (), (), (0, 1, 2, 3)),
    "three, each like each": ({(0, 1): 2.0, (0, 2): 2.0, (1, 2): 2.0}, (), (), (0, 0, 0, 3)),
    "three, of whom two are a little unlike": ({(0, 1): 3.0, (0, 2): 2.0, (1, 2): -1.0}, (), (), (0, 0, 0, 3)),
    "a chain breaks where it is weakest": ({(0, 1): 3.0, (1, 2): 1.0, (2, 3): 3.0}, (), (), (0, 0, 2, 2)),
    "like one and unlike two": ({(0, 1): 3.0, (1, 2): 2.0, (0, 2): -3.0}, (), (), (0, 0, 2, 3)),
    "people say it is one": ({(0, 1): -5.0}, ((0, 1),), (), (0, 0, 2, 3)),
    "people say it of rows that were never compared": ({}, ((3, 1),), (), (0, 1, 2, 1)),
    "people say it is not": ({(0, 1): 9.0}, (), ((1, 0),), (0, 1, 2, 3)),
    "what is not one keeps its friends apart": ({(0, 2): 3.0, (1, 2): 2.0}, (), ((0, 1),), (0, 1, 0, 3)),
    "a row moves to where it belongs": (
        {(0, 1): 4.0, (1, 2): 2.9, (1, 3): 2.9, (2, 3): 3.9, (0, 2): -2.5, (0, 3): -2.5},
        (),
        (),
        (0, 1, 1, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edges", "must", "cannot", "made"), MADE.values(), ids=MADE)
def test_what_joins(edges, must, cannot, made):
    assert clusters(4, edges, must, cannot).of == made


def test_a_must_link_that_a_cannot_link_forbids_is_refused():
    made = clusters(3, {}, must=[(0, 1), (1, 2)], cannot=[(0, 2)])
    assert made.of == (0, 0, 2)
    assert made.refused == ((1, 2),)


def test_a_long_chain_of_weak_pairs_is_not_one_group():
    made = clusters(300, {(row, row + 1): 1.0 for row in range(299)})
    assert max(made.of.count(number) for number in set(made.of)) <= 3


def test_a_star_of_five_thousand_is_done_in_one_go():
    made = clusters(5001, {(0, row): 6.0 for row in range(1, 5001)})
    assert made.of[0] == 0
    assert 2 <= made.of.count(0) <= 10
