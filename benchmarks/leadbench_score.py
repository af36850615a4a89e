"""Scores predicted links of leads to accounts against the right answers.

    python benchmarks/leadbench_score.py PRED.csv SPLIT [--threshold T] [--first N] [--out scores.json]

PRED has lead_id, account_id and score, several rows a lead allowed: the best one is the answer, all of them count for the recall
at k. SPLIT is the folder with ``gold.csv.gz``. A link is right when its account is among the lead's gold accounts. Precision is
right links among links, recall right links among the leads that have an account.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DEPTHS = (1, 5, 10, 50)
PRECISIONS = (0.95, 0.98, 0.99, 0.995)
DRAWS = 200  # samples with replacement behind the interval of F1

Answers = dict[str, frozenset[str]]


def gold_of(split: Path, first: int | None = None) -> pd.DataFrame:
    """The right answers of a split, of its first leads only where asked for."""
    gold = pd.read_csv(split / "gold.csv.gz", dtype=str, keep_default_na=False)
    return gold.head(first) if first else gold


def predicted(file: Path) -> pd.DataFrame:
    """The links of a file: rows without an account are none."""
    rows = pd.read_csv(file, dtype={"lead_id": str, "account_id": str}, keep_default_na=False)
    return rows[rows.account_id != ""]


def evaluated(links: pd.DataFrame, gold: pd.DataFrame, threshold: float | None = None) -> dict[str, Any]:
    """All figures of a prediction; those that need a threshold are taken at the given one, else at that of the best F1."""
    answers: Answers = {
        lead: frozenset(ids.split("|")) if ids else frozenset() for lead, ids in zip(gold.lead_id, gold.gold_ids, strict=True)
    }
    ranked = _ranked(links, answers)
    findable = sum(bool(ids) for ids in answers.values())
    top = ranked[ranked["rank"] == 0].sort_values("score", ascending=False)
    curve = _Curve(top, findable)
    cut = curve.best["threshold"] if threshold is None else threshold
    scores: dict[str, Any] = {
        "leads": len(answers),
        "with_gold": findable,
        **_recalls(ranked, findable),
        "best": _rounded(curve.best),
    }
    scores |= {"ap": round(curve.average_precision(), 4), **curve.recalls_at_precision()}
    if threshold is not None:
        scores["at"] = _rounded(curve.at(threshold))
    scores |= _by_kind(_accepted(top, answers, cut), gold, answers)
    if len(top) and top.score.min() >= 0 and top.score.max() <= 1:
        scores["ece_top1"] = round(_calibration_error(top, answers), 4)
    return scores


def _ranked(links: pd.DataFrame, answers: Answers) -> pd.DataFrame:
    known = links[links.lead_id.isin(answers.keys())].assign(score=lambda rows: rows.score.astype(float))
    known = known.sort_values(["lead_id", "score"], ascending=[True, False], kind="stable")
    hits = [account in answers[lead] for lead, account in zip(known.lead_id, known.account_id, strict=True)]
    return known.assign(rank=known.groupby("lead_id").cumcount(), hit=np.array(hits, dtype=bool))


def _recalls(ranked: pd.DataFrame, findable: int) -> dict[str, float]:
    found = {k: ranked[ranked["rank"] < k].groupby("lead_id").hit.max().sum() for k in DEPTHS}
    return {f"recall@{k}": round(float(count) / findable, 4) for k, count in found.items()}


class _Curve:
    """Precision, recall and F1 of the best links at each threshold. Links of one score come and go together."""

    def __init__(self, top: pd.DataFrame, findable: int) -> None:
        self._scores, self._findable = top.score.to_numpy(), findable
        self._hits = top.hit.to_numpy().astype(int)
        right = self._hits.cumsum()
        self._precision = right / np.arange(1, len(top) + 1)
        self._recall = right / findable
        changes = self._scores[1:] != self._scores[:-1]
        self._ends = np.flatnonzero(np.append(changes, True)) if len(top) else np.array([], dtype=int)

    @property
    def best(self) -> dict[str, float]:
        if not len(self._ends):
            return _figures(0.0, 0.0, 0.0)
        precision, recall = self._precision[self._ends], self._recall[self._ends]
        place = self._ends[(2 * precision * recall / np.maximum(precision + recall, 1e-12)).argmax()]
        return _figures(self._scores[place], self._precision[place], self._recall[place])

    def at(self, threshold: float) -> dict[str, float]:
        linked = self._scores >= threshold
        right = self._hits[linked].sum()
        return _figures(threshold, right / max(linked.sum(), 1), right / self._findable)

    def average_precision(self) -> float:
        return float((self._hits * self._precision).sum() / self._findable)

    def recalls_at_precision(self) -> dict[str, float]:
        ends = self._ends
        kept = {wanted: ends[self._precision[ends] >= wanted] for wanted in PRECISIONS}
        return {f"recall_at_p{wanted}": round(float(self._recall[some].max(initial=0)), 4) for wanted, some in kept.items()}


def _figures(threshold: float, precision: float, recall: float) -> dict[str, float]:
    f1 = 2 * precision * recall / max(precision + recall, 1e-12)
    return {"threshold": float(threshold), "precision": float(precision), "recall": float(recall), "f1": float(f1)}


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def _accepted(top: pd.DataFrame, answers: Answers, threshold: float) -> dict[str, str]:
    linked = top[top.score >= threshold]
    return dict.fromkeys(answers, "") | dict(zip(linked.lead_id, linked.account_id, strict=True))


def _by_kind(accepted: dict[str, str], gold: pd.DataFrame, answers: Answers) -> dict[str, Any]:
    """Where links are right and wrong: by noise, by e-mail, by the kind of those without an account; and F1's 95 % interval."""
    right = np.array([accepted[lead] in ids if ids else not accepted[lead] for lead, ids in answers.items()])
    judged = gold.assign(ok=right, op=gold.ops.str.split("+").str[0])
    match, none = judged[judged.kind == "match"], judged[judged.kind != "match"]
    return {
        "accuracy_all_leads": round(float(right.mean()), 4),
        "recall_by_op": _means(match, "op"),
        "recall_by_email": _means(match, "email_kind"),
        "false_link_rate": {kind: round(1 - mean, 3) for kind, mean in _means(none, "kind").items()},
        "f1_ci95": _interval(accepted, answers),
    }


def _means(rows: pd.DataFrame, column: str) -> dict[str, float]:
    return {str(name): round(float(mean), 3) for name, mean in rows.groupby(column).ok.mean().items()}


def _interval(accepted: dict[str, str], answers: Answers) -> list[float]:
    draw = np.random.default_rng(1)
    findable = np.array([bool(ids) for ids in answers.values()])
    linked = np.array([bool(accepted[lead]) for lead in answers])
    right = np.array([accepted[lead] in ids for lead, ids in answers.items()])
    drawn = [draw.integers(0, len(answers), len(answers)) for _ in range(DRAWS)]
    f1s = [2 * right[some].sum() / max(linked[some].sum() + findable[some].sum(), 1) for some in drawn]
    return [round(float(np.quantile(f1s, share)), 4) for share in (0.025, 0.975)]


def _calibration_error(top: pd.DataFrame, answers: Answers) -> float:
    """How far confidence and truth of the best link are apart, in ten bins of confidence; no link is a confidence of 0."""
    by_lead = top.set_index("lead_id").reindex(list(answers))
    confidence = by_lead.score.fillna(0.0).to_numpy(dtype=float)
    truth = np.where(by_lead.score.isna(), 0.0, by_lead.hit.eq(True).to_numpy(dtype=float))
    bins = np.minimum((confidence * 10).astype(int), 9)
    inside = [bins == number for number in range(10)]
    return float(sum(abs(confidence[some].mean() - truth[some].mean()) * some.mean() for some in inside if some.any()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("predicted", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("--threshold", type=float)
    parser.add_argument("--first", type=int, help="score only the first leads")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    text = json.dumps(evaluated(predicted(asked.predicted), gold_of(asked.split, asked.first), asked.threshold), indent=1)
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
