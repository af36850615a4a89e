"""A model is trained on labelled leads, shown against the default one on leads held back, and written whole."""

import json

import match_csv
import pytest

from centri.dedupe.companies.measures import Measures, Point
from centri.engine.match_files import MatchFiles, match_files
from centri.engine.match_models import load_model
from centri.engine.match_report import ReportFiles, report_files, report_json
from centri.engine.match_training import TrainFiles, Trial, take, try_files
from centri.errors import ConfigError


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled")
    known = match_csv.accounts(150)
    leads, labels = match_csv.leads(known, 400)
    return (
        match_csv.write(folder / "a.csv", match_csv.ACCOUNTS, known),
        match_csv.write(folder / "l.csv", match_csv.LEADS, leads),
        match_csv.write(folder / "gold.csv", match_csv.LABELS, labels),
    )


@pytest.fixture(scope="module")
def trained(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("model") / "models" / "ours.json"
    counted: dict[str, int] = {}
    done = try_files(
        TrainFiles(*files, out, processes=1), progress=lambda what, n: counted.update({what: counted.get(what, 0) + n})
    )
    written = out.exists()
    take(done, out)
    return done, out, counted, written


def test_the_gain_is_told_before_anything_is_written(trained):
    done, out, counted, written = trained
    assert not written
    assert counted == {"accounts": 150, "leads": 400, "folds": 3}
    assert done.before.leads == done.after.leads == 400
    assert done.after.best.f1 > 0.9
    assert list(out.parent.iterdir()) == [out]


def test_the_file_says_what_it_was_trained_on_and_is_used(trained, files, tmp_path):
    _, out, _, _ = trained
    model = load_model(out)
    assert model.about["trained on"] == "a.csv, l.csv, gold.csv"
    assert model.about["held back"]["this model"].keys() == {"f1", "recall at precision 0.99", "calibration error"}
    theirs, ours = tmp_path / "theirs.csv", tmp_path / "ours.csv"
    match_files(MatchFiles(*files[:2], theirs))
    match_files(MatchFiles(*files[:2], ours, model=out))
    assert theirs.read_text() != ours.read_text()


def test_a_report_counts_what_the_answers_are(trained, files, tmp_path):
    _, out, _, _ = trained
    told = report_files(ReportFiles(*files, model=out))
    match_files(MatchFiles(*files[:2], tmp_path / "out.csv", model=out))
    right = {row["lead_id"]: row["gold_ids"] for row in match_csv.read(files[2])}
    rows = match_csv.read(tmp_path / "out.csv")
    taken = [row for row in rows if float(row["score"]) >= 0.85]
    hits = sum(right[row["lead_id"]] == row["account_id"] for row in taken)
    assert told.measures.at.recall == pytest.approx(hits / sum(map(bool, right.values())), abs=0.02)
    assert told.verdicts["match"] == sum(row["verdict"] == "match" for row in rows)
    weights = [error.found.weight for error in told.errors]
    assert weights == sorted(weights, reverse=True)
    document = json.loads(json.dumps(report_json(told)))
    assert document["model"]["trained on"] == "a.csv, l.csv, gold.csv"
    assert len(document["worst_errors"]) == len(told.errors)


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [
        ((0.9, 0.02), (0.91, 0.03), True),
        ((0.9, 0.02), (0.9, 0.01), True),
        ((0.9, 0.02), (0.9, 0.02), False),
        ((0.9, 0.02), (0.89, 0.001), False),
    ],
)
def test_a_model_is_better_that_finds_more_or_whose_scores_are_truer(before, after, better):
    told = [Measures(1, 1, Point(0.5, f1, f1), Point(0.5, f1, f1), {}, error) for f1, error in (before, after)]
    assert Trial(None, {}, *told).better is better


def test_too_few_labels_and_labels_of_others_are_refused(files, tmp_path):
    few = match_csv.write(tmp_path / "few.csv", match_csv.LABELS, match_csv.read(files[2])[:20])
    with pytest.raises(ConfigError, match="too little to learn from"):
        try_files(TrainFiles(*files[:2], few, tmp_path / "m.json"))
    strange = match_csv.write(tmp_path / "strange.csv", match_csv.LABELS, [{"lead_id": "L00001", "gold_ids": "Z9"}])
    with pytest.raises(ConfigError, match="none of its accounts is in the file of accounts, 'Z9' for one"):
        try_files(TrainFiles(*files[:2], strange, tmp_path / "m.json"))
    others = match_csv.write(tmp_path / "others.csv", match_csv.LABELS, [{"lead_id": "Q", "gold_ids": "A00001"}])
    with pytest.raises(ConfigError, match="have nothing in common"):
        try_files(TrainFiles(*files[:2], others, tmp_path / "m.json"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "the model cannot be read (No such file or directory); centri match train makes one"),
        ("{", "this is no model: it is no JSON"),
        ("[]", "the model is damaged"),
        ("{}", "it is no model of companies, or of another version; train it anew with centri match train"),
    ],
)
def test_a_file_that_holds_no_model_is_told_with_its_cure(tmp_path, content, told):
    file = tmp_path / "model.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError) as refused:
        load_model(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert told in str(refused.value)


def test_a_model_that_lacks_a_part_or_is_of_other_evidence_is_told(trained, tmp_path):
    whole = json.loads(trained[1].read_text())
    for name, broken in {
        "damaged": {**whole, "alone": {}},
        "evidence": {**whole, "alone": {**whole["alone"], "features": ["x"]}},
    }.items():
        (tmp_path / "m.json").write_text(json.dumps(broken))
        with pytest.raises(ConfigError, match=name):
            load_model(tmp_path / "m.json")
