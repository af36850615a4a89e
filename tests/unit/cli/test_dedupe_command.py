"""``centri dedupe file``: the forms of its answer, and its errors."""

import json

import pytest
from typer.testing import CliRunner

from centri.cli.app import app


@pytest.fixture
def run(tmp_path):
    (tmp_path / "leads.csv").write_text("lead_id,Mail,last_name\na,x@y.example,Berg\nb,X@Y.example,Berg\nc,z@y.example,Kraus\n")

    def run(*words):
        files = ["--leads", str(tmp_path / "leads.csv"), "--out", str(tmp_path / "out.csv")]
        return CliRunner().invoke(app, ["dedupe", "file", *files, *words])

    return run


def test_text_says_how_many_and_where(run, tmp_path):
    done = run("--columns", "Mail=email", "--rule", "email")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("3 leads, 1 pairs compared: 1 duplicates in 1 groups")
    assert done.stdout.rstrip().endswith(f"written to {tmp_path / 'out.csv'}")
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == ["a,a,0.982014", "b,a,0.982014", "c,c,"]


def test_json_says_the_same(run, tmp_path):
    done = json.loads(run("--columns", "Mail=email", "--json").stdout)
    assert {key: done[key] for key in ("ok", "leads", "groups", "duplicates", "cut")} == {
        "ok": True,
        "leads": 3,
        "groups": 1,
        "duplicates": 1,
        "cut": [],
    }


WRONG = {
    "a rule": (("--rule", "surname"), "--rule: no field of a rule is called 'surname'"),
    "a rule to find nothing by": (("--rule", "company~90"), "--rule: a rule needs a field without ~"),
    "columns": (("--columns", "Mail"), "--columns takes COLUMN=field, not 'Mail'"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_wrong_words_are_named(run, words, told):
    done = run(*words)
    assert done.exit_code == 1
    assert told in done.stderr
    assert told in json.loads(run(*words, "--json").stdout)["problems"][0]["message"]
