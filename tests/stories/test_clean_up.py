"""Eight leads with raw values become leads with codes; what nobody knows is counted, and known once a team says what it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from centri.engine.clean import clean
from centri.engine.project import Project, mapping_of, open_project
from centri.settings import Settings
from centri.store.database import read, write
from centri.store.prm_tables import account, audit_log, contact, lead
from centri.store.standard_tables import standardisation_miss

MAPPING = "connections: {acme: {type: memory}}\nentities: {lead: {acme: {object: Lead, fields: {company: Company}}}}\n"
SYNONYM = "standardize: {industries: {SOFTWARE: [Blockchainy things]}}\n"

LEADS = [
    ("VP, Info. Security", "VP", "IT_SECURITY", "Hospital/Health Care", "HEALTHCARE", "1,001-5,000 emp", "1001-5000", "MID"),
    ("Chief Information Security Officer", "C_LEVEL", "IT_SECURITY", "healthcare", "HEALTHCARE", "3k", "1001-5000", "MID"),
    ("Sr. Mgr Mktg", "MANAGER", "MARKETING", "Banking & Fin. Svcs", "FINANCIAL_SERVICES", "250", "201-500", "SMB"),
    ("Leiter Einkauf", "DIRECTOR", "PROCUREMENT", "Maschinenbau", "MANUFACTURING", "ca. 80", "51-200", "SMB"),
    ("Intern", "ENTRY", None, "Comp. Software", "SOFTWARE", "11-50", "11-50", "SMB"),
    ("Student", "STUDENT", None, "Edu", "EDUCATION", "-", None, None),
    ("CEO & Founder", "C_LEVEL", "EXECUTIVE", None, None, "7", "1-10", "SMB"),
    ("Owner/Ninja", "OWNER", None, "Blockchainy things", None, ">10000", "10001+", "ENT"),
]
RAW = ("title", "industry_raw", "employees_raw")
CODES = ("title_level_code", "job_function_code", "industry_code", "company_size_code", "segment_code")
UNKNOWN = {
    ("job_function", "Intern"), ("job_function", "Student"), ("job_function", "Owner/Ninja"), ("industry", "Blockchainy things"),
}  # fmt: skip


@pytest.fixture
def project(store_url: str, tmp_path: Path) -> Project:
    (tmp_path / "mappings.yaml").write_text(MAPPING, encoding="utf-8")
    settings = Settings(home=tmp_path / "home", mappings=tmp_path / "mappings.yaml", database_url=store_url, chunk_size=3)
    made = open_project(settings, clock=lambda: datetime(2026, 3, 2, 9, tzinfo=UTC))
    with write(made.engine) as conn:
        for n, row in enumerate(LEADS):
            raw = dict(zip(RAW, (row[0], row[3], row[5]), strict=True))
            conn.execute(insert(lead).values(id=f"L{n}", company="Acme GmbH", **raw))
        conn.execute(update(lead).where(lead.c.id == "L1").values(match_class="named"))
    yield made
    made.close()


def rows(project: Project, table: Any = lead) -> list[dict[str, Any]]:
    with read(project.engine) as conn:
        return [dict(row) for row in conn.execute(select(table).order_by(*table.primary_key)).mappings()]


def misses(project: Project) -> dict[tuple[str, str], int]:
    return {(row["kind"], row["raw"]): row["count"] for row in rows(project, standardisation_miss)}


def changed(project: Project) -> int:
    return sum(one.changed for one in clean(project).cleaned)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_leads_are_standardized_once_and_what_is_unknown_is_counted(project: Project) -> None:
    before = rows(project)
    planned = clean(project, plan=True)
    assert (planned.cleaned[0].changed, rows(project), misses(project)) == (8, before, {})
    assert changed(project) == 8
    after = rows(project)
    assert [tuple(row[c] for c in CODES) for row in after] == [(t, f, i, s, g) for _, t, f, _, i, _, s, g in LEADS]
    assert [tuple(row[c] for c in RAW) for row in after] == [tuple(row[c] for c in RAW) for row in before]
    assert {row["company_norm"] for row in after} == {"acme"}
    assert misses(project) == dict.fromkeys(UNKNOWN, 1)
    audited = {(row["entity_id"], row["field"], row["new"]) for row in rows(project, audit_log)}
    assert ("L3", "industry_code", "MANUFACTURING") in audited

    known, entries = rows(project, standardisation_miss), len(audited)
    assert changed(project) == 0
    assert (rows(project), rows(project, standardisation_miss), len(rows(project, audit_log))) == (after, known, entries)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_synonym_clears_the_miss_and_changes_that_lead_alone(project: Project) -> None:
    clean(project)
    before = {row["id"]: row for row in rows(project)}
    project.settings.mappings.write_text(MAPPING + SYNONYM, encoding="utf-8")
    project.mapping = mapping_of(project.settings)
    assert changed(project) == 1
    assert {row["id"] for row in rows(project) if row != before[row["id"]]} == {"L7"}
    assert set(misses(project)) == UNKNOWN - {("industry", "Blockchainy things")}


def test_decision_makers_come_first_and_students_last(project: Project) -> None:
    clean(project)
    by_priority = sorted(rows(project), key=lambda row: -row["priority"])
    assert [row["title"] for row in by_priority if row["id"] in ("L0", "L1", "L2", "L4", "L5")] == [
        "Chief Information Security Officer", "VP, Info. Security", "Sr. Mgr Mktg", "Intern", "Student",
    ]  # fmt: skip
    assert [row["title"] for row in by_priority[-2:]] == ["Intern", "Student"]


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_countries_and_phones_take_one_form_and_no_country_is_guessed(project: Project) -> None:
    written = [("Germany", "089 5550101"), ("DEU", "+49 89 5550101"), ("de", "0049 89 5550101"), ("Neverland", "089 5550101")]
    with write(project.engine) as conn:
        conn.execute(delete(lead))
        for n, (country, phone) in enumerate(written):
            conn.execute(insert(lead).values(id=f"L{n}", company="Acme", country_code=country, phone_e164=phone))
        conn.execute(insert(contact).values(id="C", last_name="Wong", phone_e164="call me", title="Wizard"))
        conn.execute(insert(account).values(id="A", name="Acme", country_code="Österreich", employees_raw="many"))
        conn.execute(insert(account).values(id="B", name="Gone", country_code="Atlantis", deleted_at=project.now()))
    clean(project)
    assert [(row["country_code"], row["phone_e164"]) for row in rows(project)] == [
        *[("DE", "+49895550101")] * 3, ("Neverland", "089 5550101"),
    ]  # fmt: skip
    assert [row["country_code"] for row in rows(project, account)] == ["AT", "Atlantis"]
    assert set(misses(project)) == {
        ("country", "Neverland"), ("phone", "089 5550101"), ("phone", "call me"), ("title_level", "Wizard"),
        ("job_function", "Wizard"), ("company_size", "many"),
    }  # fmt: skip
    assert changed(project) == 0


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_whatever_was_written_is_no_reason_to_fail(project: Project) -> None:
    odd = ["", " ", "🦄", "x" * 10_000, "株式会社 部長", "Ж" * 10_000, "%_'\"\\;--", "0", "🦄" * 3000]
    with write(project.engine) as conn:
        conn.execute(delete(lead))
        for n, text in enumerate(odd):
            given = dict.fromkeys((*RAW, "country_code", "phone_e164", "email", "website", "last_name"), text)
            conn.execute(insert(lead).values(id=f"L{n}", company=text, **given))
        conn.execute(insert(lead).values(id="none", company="Acme"))
    clean(project)
    assert all(row["industry_code"] is None for row in rows(project))
    assert ("industry", "x" * 200) in misses(project)
    assert ("industry", "") not in misses(project)
    assert changed(project) == 0


def test_a_code_that_a_crm_says_itself_is_left_to_it(project: Project) -> None:
    text = MAPPING.replace("company: Company", "company: Company, industry_code: {crm: Industry, direction: in}")
    project.settings.mappings.write_text(text, encoding="utf-8")
    project.mapping = mapping_of(replace(project.settings))
    with write(project.engine) as conn:
        conn.execute(update(lead).where(lead.c.id == "L0").values(industry_code="THEIRS"))
    clean(project)
    assert rows(project)[0]["industry_code"] == "THEIRS"
    assert rows(project)[0]["title_level_code"] == "VP"
