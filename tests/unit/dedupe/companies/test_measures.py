"""The measures of matching, counted by hand."""

import numpy as np
import pytest

from centri.dedupe.companies.measures import Bin, Outcomes, Point, as_json, at, bins, calibration_error, measure, points, thinned

OUTCOMES = Outcomes.of([
    (0.95, True, True),
    (0.95, True, True),
    (0.80, False, False),
    (0.60, True, True),
    (0.55, False, True),
    (0.00, False, True),
    (0.00, False, False),
])  # fmt: skip


def test_the_curve_has_a_point_for_each_score():
    assert points(OUTCOMES) == [
        Point(0.95, 1.0, 2 / 5),
        Point(0.80, 2 / 3, 2 / 5),
        Point(0.60, 3 / 4, 3 / 5),
        Point(0.55, 3 / 5, 3 / 5),
    ]


def test_the_best_f1_and_the_recall_that_a_precision_allows():
    told = measure(OUTCOMES, 0.8)
    assert told.best == Point(0.60, 3 / 4, 3 / 5)
    assert told.best.f1 == pytest.approx(2 / 3)
    assert told.at == Point(0.8, 2 / 3, 2 / 5)
    assert told.recall_at == {0.95: 0.4, 0.98: 0.4, 0.99: 0.4, 0.995: 0.4}
    assert (told.leads, told.answerable) == (7, 5)


def test_a_lead_without_a_candidate_is_never_taken():
    assert at(OUTCOMES, 0.0) == Point(0.0, 3 / 5, 3 / 5)


def test_the_calibration_error_is_the_distance_of_each_group_by_its_leads():
    found = bins(OUTCOMES)
    assert [(b.leads, b.right) for b in found] == [(2, 0.0), (1, 0.0), (1, 1.0), (1, 0.0), (2, 1.0)]
    assert calibration_error(found) == pytest.approx((0 + 0.55 + 0.4 + 0.8 + 2 * 0.05) / 7)
    assert calibration_error([Bin(0.9, 0.9, 10)]) == 0.0


def test_a_score_of_one_stands_in_the_last_group():
    assert bins(Outcomes.of([(1.0, True, True)])) == [Bin(1.0, 1.0, 1)]


@pytest.mark.parametrize("outcomes", [[], [(0.0, False, True)], [(0.9, False, False)]])
def test_nothing_found_and_nothing_right_are_measured_too(outcomes):
    told = measure(Outcomes.of(outcomes), 0.85)
    assert told.best.f1 == told.at.f1 == 0.0
    assert as_json(told)["recall_at_precision"]["0.99"] == 0.0


def test_a_long_curve_keeps_its_ends():
    curve = [Point(x, x, 1 - x) for x in np.linspace(0, 1, 1000).tolist()]
    kept = thinned(curve, 50)
    assert (len(kept), kept[0], kept[-1]) == (50, curve[0], curve[-1])
