"""A forest says what its learner says, read either way, and its parts add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

from centri.dedupe.forest import Forest, Growth, grow
from centri.dedupe.forest_bits import LEAVES, laid_out

NAMES = ("near", "far", "other")
DRAW = np.random.default_rng(7)
ASKED = DRAW.normal(size=(3000, 3)).astype(np.float32)
RIGHT = (ASKED[:, 0] - ASKED[:, 1] + 0.5 * DRAW.normal(size=3000)) > 0
RISING = {"near": 1, "far": -1}
FOREST = grow(NAMES, ASKED, RIGHT, RISING, Growth(trees=30, leaves=8))


def test_it_says_what_its_learner_says():
    learner = HistGradientBoostingClassifier(
        learning_rate=0.08, max_iter=30, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=5.0,
        monotonic_cst=[1, -1, 0], early_stopping=False, random_state=1,
    ).fit(ASKED, RIGHT)  # fmt: skip
    assert FOREST.log_odds(ASKED) == pytest.approx(learner.decision_function(ASKED), abs=1e-4)


def test_what_the_features_give_adds_up():
    assert FOREST.contributions(ASKED).sum(axis=1) + FOREST.base == pytest.approx(FOREST.log_odds(ASKED), abs=1e-4)


def test_more_agreement_never_lowers_it_and_more_of_the_contrary_never_raises_it():
    more, less = ASKED.copy(), ASKED.copy()
    more[:, 0] += 0.3
    less[:, 1] += 0.3
    assert (FOREST.log_odds(more) >= FOREST.log_odds(ASKED)).all()
    assert (FOREST.log_odds(less) <= FOREST.log_odds(ASKED)).all()


def test_a_file_keeps_it():
    again = Forest.of_json(FOREST.as_json())
    assert again.features == NAMES
    changed = np.abs(again.log_odds(ASKED) - FOREST.log_odds(ASKED)) > 1e-3
    assert changed.mean() < 0.01  # those whose feature lay within the rounding of a threshold


def walked(forest, row):
    """The sum of the leaves that a row comes to, tree by tree: what the quick reading must equal."""
    told = np.float32(forest.bias)
    for root in forest.roots:
        node = root
        while forest.left[node] >= 0:
            node = (forest.left if row[forest.feature[node]] <= forest.threshold[node] else forest.right)[node]
        told += forest.value[node]
    return told


numbers = st.one_of(st.floats(-4, 4, width=32), st.sampled_from([*FOREST.threshold.tolist(), float("nan"), 0.0]))


@given(st.lists(numbers, min_size=3, max_size=3))
def test_reading_by_thresholds_is_reading_tree_by_tree(row):
    asked = np.array([row], dtype=np.float32)
    assert FOREST.log_odds(asked)[0] == walked(FOREST, asked[0])


def test_a_tree_with_a_bit_for_each_leaf_is_the_largest():
    def chain(leaves):
        """A tree that asks one feature again and again, its right child a leaf each time but the last."""
        inner = leaves - 1
        left = np.array([*range(1, inner), 2 * inner, *[-1] * leaves], dtype=np.int32)
        right = np.array([*range(inner, 2 * inner), *[-1] * leaves], dtype=np.int32)
        threshold = np.array([*range(inner, 0, -1), *[0] * leaves], dtype=np.float32)
        feature, value = np.zeros(2 * leaves - 1, dtype=np.int32), np.arange(2 * leaves - 1, dtype=np.float32)
        return 1, np.zeros(1, dtype=np.int32), feature, threshold, left, right, value

    whole = laid_out(*chain(LEAVES))
    asked = np.array([[0.0], [LEAVES - 1.0], [99.0]], dtype=np.float32)
    assert whole.sums(asked, 0.0).tolist() == [2 * LEAVES - 2, LEAVES, LEAVES - 1]
    with pytest.raises(ValueError, match="33 leaves; 32 are the most"):
        laid_out(*chain(LEAVES + 1))


@settings(max_examples=10, deadline=None)
@given(st.floats(0, 1))
def test_a_mixed_forest_says_what_both_say_by_their_shares(share):
    other = grow(NAMES, ASKED, ~RIGHT, {}, Growth(trees=5, leaves=4, seed=3))
    mixed = FOREST.mixed(other, share)
    wanted = (1 - share) * FOREST.log_odds(ASKED) + share * other.log_odds(ASKED)
    assert mixed.log_odds(ASKED) == pytest.approx(wanted, abs=1e-3)
    assert mixed.contributions(ASKED[:50]).sum(axis=1) + mixed.base == pytest.approx(wanted[:50], abs=1e-3)
