"""One fault for each file in broken/, which says in its first line what must be reported; files in good/ load."""

from pathlib import Path

import pytest

from centri.errors import ConfigError
from centri.mappings.loader import load

HERE = Path(__file__).parent
PRM_FIELDS = {
    "partner_account": ["name", "lead_id"],
    "account": ["name", "website"],
    "contact": ["last_name"],
    "lead": ["company", "website", "email", "phone_e164", "country_code", "state", "target_partner_id"],
    "opportunity": ["name"],
}


@pytest.mark.parametrize("path", sorted((HERE / "broken").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_one_fault_is_reported_where_it_is(path):
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# line ")
    with pytest.raises(ConfigError) as raised:
        load(path, PRM_FIELDS)
    told = [f"{p.file}:{p.line}: {p.message}".removeprefix(f"{path}:") for p in raised.value.problems]
    assert [problem.removeprefix(f"{path.parent}/") for problem in told] == [expected]
    assert str(raised.value).startswith(f"{path.parent}/")
    assert raised.value.exit_code == 1


@pytest.mark.parametrize("path", sorted((HERE / "good").glob("*.yaml")), ids=lambda path: path.stem)
def test_good_files_load(path):
    assert load(path, PRM_FIELDS).mappings


def test_all_problems_are_reported_at_once(tmp_path):
    path = tmp_path / "many.yaml"
    path.write_text(
        "connections:\n"
        "  acme: {type: memory, password: hunter2}\n"
        "entities:\n"
        "  lead:\n"
        "    acme:\n"
        "      object: Lead\n"
        "      polcy: hold\n"
        "      fields:\n"
        "        compnay: Company\n"
        "        email: {crm: Email, transform: emial, direction: inn}\n"
        "    amce: {object: Lead, fields: {company: Company}}\n"
        "matching:\n"
        "  lead: {block: [emial], compare: {email: 6}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as raised:
        load(path, PRM_FIELDS)
    assert [p.line for p in raised.value.problems] == [2, 7, 9, 10, 10, 11, 13]


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("connections: {é: 1}".encode("latin-1"))
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load(tmp_path / "latin.yaml")
