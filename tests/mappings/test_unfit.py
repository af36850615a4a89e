"""Mappings that do not fit what is recorded in fixtures beside them: one fault a file, named in its first line."""

from pathlib import Path

import pytest

from centri.connectors.recorded import Fixtures
from centri.engine.check import Against, check
from centri.settings import Settings

HERE = Path(__file__).parent / "unfit"
FIXTURES = Fixtures(HERE / "fixtures")
FILES = sorted(HERE.glob("*.yaml"))


def checked(path, monkeypatch):
    monkeypatch.chdir(HERE)
    return check(Settings(mappings=Path(path.name)), Against.RECORDED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_one_fault_is_reported_where_it_is(path, monkeypatch):
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# line ")
    report = checked(path, monkeypatch)
    assert [f"{f.line}: {f.rule} {f.severity}: {f.message}; {f.remedy}" for f in report.found] == [expected]
    (found,) = report.found
    assert (found.file, found.remedy == "", report.exit_code) == (path.name, False, 1 if "error:" in expected else 0)
    assert found.column > 0


def test_every_fault_is_in_the_museum():
    """With the files about the language, that is well over sixty."""
    assert len(FILES) >= 35
    assert len(FILES) + len(list((HERE.parent / "broken").glob("*.yaml"))) >= 60


GOOD = """\
connections: {acme: {type: memory}}
choices:
  rating: {inward: {Hot: raw, Warm: mql, Cold: sql}}
entities:
  account: {acme: {object: Account, key: PrmId, fields: {name: Name, parent_account_id: {crm: ParentId, reference: account}}}}
  lead:
    acme:
      object: Lead
      where: {Handed: true, Status: [New, Working]}
      create: always
      key: PrmId
      fields:
        company: Company
        last_name: {crm: LastName, transform: {truncate: 80}}
        qualification: {crm: Rating, transform: {choice: rating}}
        employees_raw: {crm: Score, transform: text, direction: in}
        converted_at: {crm: Created, direction: in}
        matched_account_id: {crm: AccountId, reference: account, direction: in}
"""


def test_a_mapping_that_fits_has_no_fault(tmp_path):
    path = tmp_path / "mappings.yaml"
    path.write_text(GOOD)
    report = check(Settings(mappings=path), Against.RECORDED, FIXTURES, strict=True)
    assert (report.found, report.exit_code, report.mappings) == ((), 0, 2)


def test_a_field_that_is_not_there_is_told_along_with_faults_of_the_language(tmp_path):
    path = tmp_path / "mappings.yaml"
    path.write_text(GOOD.replace("company: Company", "company: {crm: prm_tier_c, transform: emial}").replace("Handed", "Handd"))
    report = check(Settings(mappings=path), Against.RECORDED, FIXTURES)
    assert [(f.rule, f.line, f.message.partition(";")[0]) for f in report.found] == [
        ("field", 9, "Lead has no field 'Handd'"),
        ("field", 13, "Lead has no field 'prm_tier_c'"),
        ("language", 13, "no transform is called 'emial'"),
    ]
    path.write_text("no: [yaml")
    assert [f.rule for f in check(Settings(mappings=path), Against.RECORDED, FIXTURES).found] == ["language"]
