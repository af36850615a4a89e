"""The scorer of the matching benchmark: by hand on few leads, and equal to the labelled set's own where that is present."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
LEADBENCH = Path(__file__).parents[4] / "shared" / "data" / "leadbench"


def loaded(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


score = loaded(BENCHMARKS / "leadbench_score.py")


def gold(*rows):
    columns = ["lead_id", "gold_ids", "kind", "ops", "email_kind"]
    return pd.DataFrame(rows, columns=columns)


def links(*rows):
    return pd.DataFrame(rows, columns=["lead_id", "account_id", "score"])


FOUR = gold(
    ("L1", "A1|A2", "match", "typo1+legal", "corp"),
    ("L2", "A3", "match", "legal", "free"),
    ("L3", "A4", "match", "typo1", "corp"),
    ("L4", "", "none_near", "", "corp"),
)


def test_the_best_link_is_the_answer_and_any_of_the_gold_accounts_is_right():
    told = score.evaluated(links(("L1", "A2", 0.9), ("L1", "A9", 0.4), ("L2", "A9", 0.8), ("L2", "A3", 0.3)), FOUR)
    assert told["recall@1"] == round(1 / 3, 4)
    assert told["recall@5"] == round(2 / 3, 4)
    assert told["best"] == {"threshold": 0.9, "precision": 1.0, "recall": 0.3333, "f1": 0.5}


def test_precision_counts_links_of_leads_without_an_account():
    told = score.evaluated(links(("L1", "A1", 0.9), ("L4", "A9", 0.9), ("L2", "A3", 0.5)), FOUR, threshold=0.6)
    assert told["at"] == {"threshold": 0.6, "precision": 0.5, "recall": 0.3333, "f1": 0.4}
    assert told["false_link_rate"] == {"none_near": 1.0}
    assert told["recall_by_op"] == {"legal": 0.0, "typo1": 0.5}
    assert told["recall_by_email"] == {"corp": 0.5, "free": 0.0}


def test_links_of_one_score_are_not_told_apart():
    told = score.evaluated(links(("L1", "A1", 0.5), ("L2", "A3", 0.5), ("L3", "A9", 0.5), ("L4", "A9", 0.5)), FOUR)
    assert told["best"]["precision"] == 0.5
    assert told["recall_at_p0.95"] == 0.0


def test_confidence_is_compared_with_truth_where_it_is_a_probability():
    sure = links(("L1", "A1", 1.0), ("L2", "A3", 1.0), ("L3", "A4", 1.0))
    assert score.evaluated(sure, FOUR)["ece_top1"] == 0.0
    assert score.evaluated(sure.assign(account_id="A9"), FOUR)["ece_top1"] == 0.75
    assert "ece_top1" not in score.evaluated(sure.assign(score=100.0), FOUR)


def test_no_links_at_all_score_nothing():
    told = score.evaluated(links(), FOUR)
    assert told["best"]["f1"] == 0.0
    assert told["accuracy_all_leads"] == 0.25


@pytest.mark.skipif(not LEADBENCH.exists(), reason="the labelled set is not here")
@pytest.mark.parametrize("threshold", [None, 0.5])
def test_it_agrees_with_the_scorer_of_the_labelled_set(threshold):
    theirs = loaded(LEADBENCH / "score.py")
    answers = theirs.load(str(LEADBENCH))
    made = predictions(answers)
    assert score.evaluated(made, score.gold_of(LEADBENCH), threshold) == theirs.evaluate(made.copy(), answers, threshold)


def predictions(answers):
    """Right and wrong links of scores that often tie, several for some leads and none for others."""
    draw = np.random.default_rng(3)
    accounts = sorted({one for ids in answers.gold_ids for one in ids.split("|") if one})
    rows = []
    for lead, ids in zip(answers.lead_id, answers.gold_ids, strict=True):
        for _ in range(int(draw.integers(0, 13))):
            right = ids and draw.random() < 0.4
            account = ids.split("|")[0] if right else accounts[draw.integers(len(accounts))]
            rows.append((lead, account, round(float(draw.random()), 2)))
    return links(*rows)
