"""Duplicates in a plain file: what is read, what is written, and what is said of files that do not do."""

from __future__ import annotations

import csv
import gzip

import pytest

from centri.dedupe.duplicates.rules import Rules
from centri.engine.dedupe_file import dedupe_file
from centri.errors import ConfigError

LEADS = """\
lead_id,first_name,last_name,email,company,remark
1,Anna,Svensson,anna.svensson@initech.com,Initech,x
2,Kai,Kraus,kai@kraus.de,Kraus AG,
3,A.,Svensson,ANNA.SVENSSON@initech.com,Initech LLC,y

4,Anna,Svensson,,"Initech, LLC",
"""


@pytest.fixture
def leads(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text(LEADS, encoding="utf-8")
    return path


def rows(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_lead_is_written_with_its_group(leads, tmp_path):
    seen = []
    done = dedupe_file(leads, tmp_path / "out.csv", progress=seen.append)
    found = rows(tmp_path / "out.csv")
    assert [(row["lead_id"], row["group"]) for row in found] == [("1", "1"), ("2", "2"), ("3", "1"), ("4", "1")]
    assert found[1]["score"] == ""
    assert all(0.9 < float(found[at]["score"]) <= 1 for at in (0, 2, 3))
    assert (done.leads, done.duplicates, sum(seen)) == (4, 2, 4)


def test_compressed_files_and_other_columns(tmp_path):
    path, out = tmp_path / "leads.csv.gz", tmp_path / "out.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\ufeffNr,Mail\na,x@y.example\nb,X@Y.example\n")
    done = dedupe_file(path, out, {"Nr": "lead_id", "Mail": "email"}, Rules.of([["email"]]))
    assert done.duplicates == 1
    assert [row["group"] for row in rows(out)] == ["a", "a"]


WRONG = {
    "no id": ("email\na@b.example\n", {}, "has no column lead_id"),
    "nothing known": ("lead_id,remark\n1,x\n", {}, "no column that is understood besides lead_id"),
    "an id twice": ("lead_id,email\n1,a@b.example\n1,c@d.example\n", {}, "line 3: two rows have the lead_id '1'"),
    "no id in a row": ("lead_id,email\n,a@b.example\n", {}, "line 2: a row without lead_id"),
    "a column that is not there": ("lead_id,email\n", {"Mail": "email"}, "has no column 'Mail'"),
    "a word that is none": ("lead_id,Mail\n", {"Mail": "e-mail"}, "'e-mail' is nothing that a column can be"),
    "two columns of one kind": ("lead_id,email,Mail\n", {"Mail": "email"}, "two columns are email"),
    "empty": ("", {}, "has no column lead_id"),
}


@pytest.mark.parametrize(("text", "columns", "told"), WRONG.values(), ids=WRONG)
def test_a_file_that_does_not_do(text, columns, told, tmp_path):
    (tmp_path / "leads.csv").write_text(text)
    with pytest.raises(ConfigError, match=told):
        dedupe_file(tmp_path / "leads.csv", tmp_path / "out.csv", columns)
    assert not (tmp_path / "out.csv").exists()


def test_files_that_cannot_be_read_or_written(leads, tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        dedupe_file(tmp_path / "missing.csv", tmp_path / "out.csv")
    with pytest.raises(ConfigError, match="cannot be written"):
        dedupe_file(leads, tmp_path / "no" / "out.csv")
    with pytest.raises(ConfigError, match="the file of the leads itself"):
        dedupe_file(leads, leads)
    (tmp_path / "latin.csv").write_bytes("lead_id,last_name\n1,Müller\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        dedupe_file(tmp_path / "latin.csv", tmp_path / "out.csv")
    (tmp_path / "plain.csv.gz").write_text(LEADS)
    with pytest.raises(ConfigError, match="cannot be read"):
        dedupe_file(tmp_path / "plain.csv.gz", tmp_path / "out.csv")
