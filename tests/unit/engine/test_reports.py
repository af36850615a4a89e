"""Reports tell what was counted by hand, the same on both databases, and to a partner nothing but its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from csv_business import Business
from report_story import BERND, CELINE, CLARA, NOW, PEOPLE, RITA, ROB, at, tell
from sqlalchemy import text

from centri.engine.project import Project, open_project
from centri.engine.report_catalog import REPORTS
from centri.engine.report_page import as_csv, html, markdown
from centri.engine.report_values import NUMBERS
from centri.engine.reports import allowed, run
from centri.errors import ConfigError, Rejected
from centri.settings import Settings
from centri.store import views
from centri.store.database import write
from centri.store.views.narrowing import Reach


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Both databases every time: a view is only right where it is right on both."""
    return request.getfixturevalue(f"fresh_{request.param}")()


def opened(shop: Business, url: str) -> Project:
    settings = Settings(home=shop.settings.home, mappings=shop.mapping, database_url=url)
    return open_project(settings, clock=lambda: NOW)


@pytest.fixture
def project(shop: Business, store_url: str) -> Iterator[Project]:
    made = opened(shop, store_url)
    tell(made.engine)
    yield made
    made.close()


# Each table is a report as of 2026-03-20 12:00. A dot is a blank; EUR and USD amounts stand apart.
FIGURES = {
    "lead_ageing": """
        age           | leads | without_partner | untouched | oldest
        up to 1 day   | 1     | 1               | 1         | 2026-03-19 20:00
        up to 7 days  | 1     | 1               | 1         | 2026-03-15 09:00
        up to 30 days | 2     | 1               | 1         | 2026-02-20 09:00
        up to 90 days | 0     | 0               | 0         | .
        over 90 days  | 0     | 0               | 0         | .
    """,
    "open_leads": """
        lead_id | company    | source     | state    | partner | age_days | idle_days | first_response_at
        L2      | Company L2 | Web        | working  | Alpine  | 28.12    | 19.67     | 2026-02-28 20:00
        L9      | Company L9 | Web        | recycled | .       | 8.12     | 4.12      | .
        L3      | Company L3 | Trade fair | assigned | .       | 5.12     | 5.12      | .
        L4      | Company L4 | (none)     | new      | .       | 0.67     | 0.67      | .
    """,
    "leads_by_source": """
        source     | leads | open | converted | dropped
        Web        | 3     | 2    | 1         | 0
        Trade fair | 2     | 1    | 0         | 1
        (none)     | 1     | 1    | 0         | 0
        Partner    | 1     | 0    | 1         | 0
    """,
    "lead_quality": """
        segment | score_band | leads | qualified | converted | qualified_share | converted_share
        (none)  | (none)     | 1     | 0         | 0         | 0               | 0
        MM      | 50-74      | 2     | 0         | 0         | 0               | 0
        MM      | 75+        | 1     | 1         | 1         | 1               | 1
        SMB     | 0-24       | 1     | 0         | 0         | 0               | 0
        SMB     | 25-49      | 1     | 0         | 0         | 0               | 0
        SMB     | 75+        | 1     | 1         | 1         | 1               | 1
    """,
    "lead_quality_by_source": """
        source     | leads | qualified | converted | converted_share | won | lost | win_rate | won_amount | currency
        Partner    | 1     | 1         | 1         | 1               | 1   | 0    | 1        | 7500.50    | EUR
        Web        | 3     | 1         | 1         | 0.3333          | 0   | 0    | .        | 0.00       | .
        (none)     | 1     | 0         | 0         | 0               | 0   | 0    | .        | 0.00       | .
        Trade fair | 2     | 0         | 0         | 0               | 0   | 0    | .        | 0.00       | .
    """,
    "lead_by_status": """
        state        | leads | with_partner
        new          | 1     | 0
        assigned     | 1     | 0
        working      | 1     | 1
        converted    | 2     | 2
        recycled     | 1     | 0
        disqualified | 1     | 0
    """,
    "lead_conversion": """
        month   | leads | converted | converted_share
        2026-02 | 3     | 1         | 0.3333
        2026-03 | 4     | 1         | 0.25
    """,
    "converted_by_month": """
        month   | converted | with_opportunity | average_days
        2026-02 | 1         | 1                | 10
        2026-03 | 1         | 1                | 5
    """,
    "direct_vs_indirect_leads": """
        channel  | leads | open | converted | converted_share
        direct   | 4     | 3    | 0         | 0
        indirect | 3     | 1    | 2         | 0.6667
    """,
    "indirect_vs_direct_sales": """
        motion   | currency | won | amount
        direct   | EUR      | 1   | 20000.00
        indirect | EUR      | 2   | 17500.50
        indirect | USD      | 1   | 12000.00
    """,
    "sales_by_partner": """
        partner | currency | won | lost | amount
        Alpine  | EUR      | 1   | 1    | 10000.00
        Bavaria | EUR      | 1   | 0    | 7500.50
        Alpine  | USD      | 1   | 0    | 12000.00
    """,
    "top_partners": """
        place | partner | currency | won | amount
        1     | Alpine  | EUR      | 1   | 10000.00
        2     | Bavaria | EUR      | 1   | 7500.50
        1     | Alpine  | USD      | 1   | 12000.00
    """,
    "rep_stack_rank": """
        place | person      | works_for | currency | won | amount
        1     | Drew        | direct    | EUR      | 1   | 20000.00
        2     | Rita of P1  | Alpine    | EUR      | 1   | 10000.00
        3     | Bernd of P2 | Bavaria   | EUR      | 1   | 7500.50
        1     | Rob of P1   | Alpine    | USD      | 1   | 12000.00
    """,
    "deal_status": """
        state     | deals | overdue | expiring | oldest_days
        draft     | 1     | 0       | 0        | .
        submitted | 1     | 1       | 0        | 3.12
        approved  | 1     | 0       | 1        | 19.12
        rejected  | 1     | 0       | 0        | 19.12
    """,
    "pipeline_funnel": """
        stage       | currency | opportunities | without_amount | amount
        open        | EUR      | 1             | 1              | 0.00
        proposal    | EUR      | 1             | 0              | 30000.00
        negotiation | EUR      | 1             | 0              | 48000.00
        won         | EUR      | 3             | 0              | 37500.50
        won         | USD      | 1             | 0              | 12000.00
    """,
    "forecast": """
        month   | motion   | currency | opportunities | without_amount | amount   | weighted
        (none)  | indirect | EUR      | 1             | 1              | 0.00     | 0.00
        2026-04 | direct   | EUR      | 1             | 0              | 30000.00 | 15000.00
        2026-04 | indirect | EUR      | 1             | 0              | 48000.00 | 28800.00
    """,
    "closed_by_month": """
        month   | currency | won | amount   | lost
        2026-02 | EUR      | 2   | 30000.00 | 0
        2026-03 | EUR      | 1   | 7500.50  | 1
        2026-03 | USD      | 1   | 12000.00 | 0
    """,
    "top_deals": """
        place | name    | account  | partner | stage       | close_date | currency | amount
        1     | Deal O1 | Globex   | Alpine  | negotiation | 2026-04-30 | EUR      | 48000.00
        2     | Deal O7 | Globex   | .       | proposal    | 2026-04-15 | EUR      | 30000.00
        3     | Deal O2 | Soylent  | .       | won         | .          | EUR      | 20000.00
        4     | Deal O8 | Initech  | Alpine  | won         | .          | EUR      | 10000.00
        5     | Deal O3 | Umbrella | Bavaria | won         | .          | EUR      | 7500.50
        1     | Deal O4 | Initech  | Alpine  | won         | .          | USD      | 12000.00
    """,
    "dead_opportunities": """
        name    | account | partner | currency | amount  | closed_at        | lost_reason
        Deal O6 | Initech | Alpine  | EUR      | 5000.00 | 2026-03-10 09:00 | price
    """,
    "stage_durations": """
        subject     | stage         | entered | moved_on | still_there | dropped | average_hours | longest_hours
        deal        | draft         | 2       | 1        | 1           | 0       | 24            | 24
        deal        | approved      | 1       | 0        | 1           | 0       | .             | .
        deal        | rejected      | 1       | 0        | 1           | 0       | .             | .
        deal        | submitted     | 1       | 0        | 1           | 0       | .             | .
        lead        | assigned      | 3       | 2        | 1           | 1       | 37.75         | 49.5
        lead        | converted     | 2       | 0        | 2           | 0       | .             | .
        lead        | working       | 2       | 1        | 1           | 0       | 213           | 213
        lead        | disqualified  | 1       | 0        | 1           | 0       | .             | .
        lead        | new           | 1       | 0        | 1           | 0       | .             | .
        lead        | ready         | 1       | 1        | 0           | 0       | 1             | 1
        lead        | recycled      | 1       | 0        | 1           | 0       | .             | .
        opportunity | won           | 4       | 0        | 4           | 0       | .             | .
        opportunity | lost          | 1       | 0        | 1           | 0       | .             | .
        opportunity | negotiation   | 1       | 0        | 1           | 0       | .             | .
        opportunity | open          | 1       | 0        | 1           | 0       | .             | .
        opportunity | proposal      | 1       | 0        | 1           | 0       | .             | .
        opportunity | qualification | 1       | 1        | 0           | 0       | 240           | 240
    """,
    "sla_breaches": """
        clock         | subject | subject_id | partner | due_at           | settled_at       | late_hours
        qualify       | lead    | L2         | Bavaria | 2026-02-25 13:00 | 2026-02-25 14:00 | 1
        first_contact | lead    | L2         | Alpine  | 2026-02-26 20:00 | 2026-02-28 20:00 | 48
        deal_response | deal    | D4         | Bavaria | 2026-03-03 09:00 | 2026-03-03 15:00 | 6
        accept        | lead    | L9         | Alpine  | 2026-03-14 10:00 | 2026-03-14 10:30 | 0.5
        deal_response | deal    | D2         | Bavaria | 2026-03-19 09:00 | .                | 27
    """,
    "sync_health": """
        connection | last_run_at | last_status | runs | failed | to_settle | to_look_at | to_send | refused | errors | warnings
        north | 2026-03-20 08:00 | failed      | 2    | 1      | 1         | 1          | 1       | 1       | 1      | 1
        south      | .           | .           | 0    | 0      | 0         | 0          | 0       | 0       | 0      | 0
    """,
    "unlinked": """
        connection | entity  | why            | born_there | records
        north      | account | deleted_remote | no         | 1
        north      | account | never linked   | no         | 2
        north      | lead    | never linked   | no         | 6
        south      | account | never linked   | no         | 4
    """,
    "partner_pipeline": """
        for_partner | stage       | currency | opportunities | without_amount | amount
        Alpine      | open        | EUR      | 1             | 1              | 0.00
        Alpine      | negotiation | EUR      | 1             | 0              | 48000.00
        Alpine      | won         | EUR      | 1             | 0              | 10000.00
        Alpine      | won         | USD      | 1             | 0              | 12000.00
        Bavaria     | won         | EUR      | 1             | 0              | 7500.50
    """,
}

SCORECARDS = """
    figure           | Alpine  | Bavaria | Castell
    tier             | gold    | silver  | .
    offers           | 4       | 3       | 1
    accepted         | 2       | 1       | 0
    declined         | 0       | 1       | 0
    expired          | 1       | 0       | 0
    accept_rate      | 0.6667  | 0.5     | .
    hours_to_accept  | 4       | 4       | .
    leads            | 2       | 2       | 0
    hours_to_contact | 48      | .       | .
    pullbacks        | 0       | 1       | 0
    converted        | 1       | 1       | 0
    conversion       | 0.5     | 0.5     | .
    won              | 2       | 1       | 0
    lost             | 1       | 0       | 0
    win_rate         | 0.6667  | 1       | .
    revenue          | .       | 7500.50 | 0.00
    currency         | several | EUR     | .
    deals            | 1       | 2       | 0
    deals_approved   | 1       | 0       | 0
"""


def lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def told(name: str, rows: Any) -> list[list[str]]:
    """Rows of a report in the manner of the tables above."""
    columns = REPORTS[name].columns
    return [[c.name for c in columns], *([_cell(row[c.name]) for c in columns] for row in rows)]


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "." if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def test_figures_are_those_that_were_counted_by_hand(project):
    """All in one: a store that tells the story takes longer to make than all reports take to run."""
    assert {name: told(name, run(project, name).rows) for name in FIGURES} == {name: lines(FIGURES[name]) for name in FIGURES}


@pytest.mark.parametrize("name", ["partner_scorecard", "partner_scorecard_own"])
def test_the_scorecard_is_as_counted(project, name):
    rows = run(project, name).rows
    figures = [["figure", *(row["partner"] for row in rows)]]
    figures += [[c.name, *(_cell(row[c.name]) for row in rows)] for c in REPORTS[name].columns if c.name != "partner"]
    assert figures == lines(SCORECARDS)


def test_the_month_so_far_stands_beside_the_one_before(project):
    rows = {row["day"]: row for row in run(project, "mtd_trend").rows}
    assert list(rows) == list(range(1, 21))
    columns = [f"{name}{of}" for name in ("leads", "converted", "opportunities", "won") for of in ("", "_month_before")]
    assert [rows[9][name] for name in columns] == [0, 1, 0, 0, 1, 2, 1, 0]
    assert [rows[10][name] for name in columns] == [1, 2, 0, 0, 2, 2, 1, 0]
    assert [rows[20][name] for name in columns] == [4, 3, 1, 1, 3, 3, 2, 1]


def test_all_reports_are_counted_by_hand_here():
    others = {
        "partner_scorecard",
        "partner_scorecard_own",
        "mtd_trend",
        "partner_leads",
        "partner_opportunities",
        "partner_deals",
    }
    assert set(FIGURES) | others == set(REPORTS)


class TestWhoSeesWhat:
    def test_a_partners_administrator_sees_what_the_partner_was_granted(self, project):
        leads = [(r["lead_id"], r["level"], r["held"]) for r in run(project, "partner_leads", actor=CLARA).rows]
        assert leads == [("L3", "offer", False), ("L2", "write", True), ("L1", "write", True)]
        deals = [(r["number"], r["revision_no"], r["state"]) for r in run(project, "partner_deals", actor=CLARA).rows]
        assert deals == [("DR-1", 2, "approved"), ("DR-3", 1, "draft")]

    def test_a_rep_sees_what_it_was_granted_by_name(self, project):
        def seen(report: str, column: str, actor: str) -> list[tuple[str, str]]:
            return [(row[column], row["level"]) for row in run(project, report, actor=actor).rows]

        assert seen("partner_leads", "lead_id", RITA) == [("L1", "write")]
        assert seen("partner_leads", "lead_id", ROB) == [("L2", "write"), ("L1", "read")]
        assert [name for name, _ in seen("partner_opportunities", "name", ROB)] == ["Deal O4"]
        assert [name for name, _ in seen("partner_opportunities", "name", RITA)] == [f"Deal O{n}" for n in (1, 5, 6, 8)]

    def test_what_was_taken_away_is_not_seen(self, project):
        assert "L2" not in [row["lead_id"] for row in run(project, "partner_leads", actor=BERND).rows]

    def test_the_vendor_sees_whose_rows_they_are(self, project):
        rows = run(project, "partner_leads", actor="dana@vendor.example").rows
        assert [(r["for_partner"], r["for_person"], r["lead_id"]) for r in rows if r["lead_id"] == "L1"] == [
            ("Alpine", "clara@alpine.example", "L1"), ("Alpine", "rita@alpine.example", "L1"),
            ("Alpine", "rob@alpine.example", "L1"), ("Alpine", None, "L1"),
        ]  # fmt: skip

    def test_what_is_not_listed_for_a_person_is_refused_to_it(self, project):
        for actor in PEOPLE:
            listed = {report.name for report in allowed(project, actor)}
            assert {"top_partners", "sync_health", "unlinked"}.isdisjoint(listed)
            assert ("partner_scorecard" in listed) == (actor not in (RITA, ROB))
            for name in REPORTS.keys() - listed:
                with pytest.raises(Rejected, match=name) as refusal:
                    run(project, name, actor=actor)
                assert refusal.value.kind == "permission"

    def test_the_own_figures_are_those_that_the_vendor_sees(self, project):
        (own,) = run(project, "partner_scorecard", actor=BERND).rows
        assert own == run(project, "partner_scorecard").rows[1]

    def test_strangers_and_unknown_partners_are_refused(self, project):
        with pytest.raises(Rejected, match="no active user"):
            run(project, "partner_leads", actor="eve@elsewhere.example")
        with pytest.raises(Rejected, match="no partner P9"):
            run(project, "partner_leads", partner="P9")

    def test_a_partner_is_told_as_its_administrator_would_be(self, project):
        assert run(project, "pipeline_funnel", partner="P2").rows == run(project, "pipeline_funnel", actor=BERND).rows


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_a_partner_is_told_does_not_depend_on_what_others_do(shop, request, database):
    """No row and no figure of a report comes from another partner or the vendor: without them it reads the same."""
    fresh = request.getfixturevalue(f"fresh_{database}")
    among_others = _seen(opened(shop, fresh()), list(PEOPLE), only=None)
    names = {"P1": "Alpine", "P2": "Bavaria", "P3": "Castell"}
    for partner in names:
        mine = [actor for actor in PEOPLE if PEOPLE[actor] == partner]
        assert _seen(opened(shop, fresh()), mine, only=partner) == {actor: among_others[actor] for actor in mine}
        words = str([among_others[actor] for actor in mine])
        assert "Drew" not in words
        assert [id for id, name in names.items() if id != partner and (name in words or f"of {id}" in words)] == []
    assert [actor for actor in PEOPLE if among_others[actor]["partner_leads"] == []] == [CELINE]


def _seen(project: Project, actors: list[str], *, only: str | None) -> dict[str, dict[str, Any]]:
    """What each person is told by all reports that it may see."""
    try:
        tell(project.engine, only=only)
        return {a: {r.name: run(project, r.name, actor=a).rows for r in allowed(project, a)} for a in actors}
    finally:
        project.close()


def test_a_view_names_whose_rows_they_are(project):
    with write(project.engine) as conn:
        for view, column, expected in (
            ("v_partner_leads", "lead_id", {"L1", "L2", "L3"}),
            ("v_partner_opportunities", "opportunity_id", {"O1", "O4", "O5", "O6", "O8"}),
            ("v_partner_deals", "deal_id", {"D1b", "D3"}),
            ("v_partner_scorecard_own", "partner_id", {"P1"}),
        ):
            query = f"SELECT {column} FROM {view} WHERE principal_partner_id = 'P1'"
            assert expected == set(conn.execute(text(query)).scalars())
        pipeline = "SELECT sum(opportunities) FROM v_partner_pipeline WHERE principal_partner_id = 'P1'"
        assert conn.execute(text(pipeline)).scalar() == 4


class TestTimes:
    def test_only_what_happened_then_counts(self, project):
        march = {"since": at("03-01 00:00"), "until": at("04-01 00:00")}
        assert told("lead_conversion", run(project, "lead_conversion", **march).rows)[1:] == [["2026-03", "4", "1", "0.25"]]
        assert [r["month"] for r in run(project, "closed_by_month", until=at("03-01 00:00")).rows] == ["2026-02"]
        (bavaria,) = [r for r in run(project, "partner_scorecard", **march).rows if r["partner"] == "Bavaria"]
        assert (bavaria["offers"], bavaria["leads"], bavaria["pullbacks"], bavaria["won"]) == (2, 1, 0, 1)

    def test_the_first_moment_is_in_and_the_last_one_out(self, project):
        def counted(**times: datetime) -> int:
            return sum(row["leads"] for row in run(project, "lead_by_status", **times).rows)

        assert (counted(since=at("02-03 09:00")), counted(since=at("02-03 09:01"))) == (7, 6)
        assert (counted(until=at("03-19 20:00")), counted(until=at("03-19 20:01"))) == (6, 7)

    def test_of_a_time_without_events_nothing_is_counted(self, project):
        dated = [report for report in REPORTS.values() if report.dated]
        assert len(dated) > 20
        for report in dated:
            for actor in (None, CLARA) if report.reach is not Reach.NOTHING else (None,):
                rows = run(project, report.name, actor=actor, since=at("12-01 00:00"), until=at("12-02 00:00")).rows
                counts = [c.name for c in report.columns if c.unit in NUMBERS]
                assert [row for row in rows if any(row[name] for name in counts)] == [], report.name

    def test_ages_are_told_as_of_a_moment(self, project):
        assert run(project, "sla_breaches", as_of=at("03-18 00:00")).rows[-1]["subject_id"] == "L9"
        ages = {row["age"]: row["leads"] for row in run(project, "lead_ageing", as_of=at("06-30 00:00")).rows}
        assert (ages["over 90 days"], ages["up to 90 days"]) == (4, 0)

    def test_a_time_that_a_report_does_not_take_is_refused(self, project):
        with pytest.raises(ConfigError, match="sync_health takes no --since"):
            run(project, "sync_health", since=NOW)
        with pytest.raises(ConfigError, match="--since must lie before --until"):
            run(project, "lead_ageing", since=NOW, until=NOW)


def test_an_unknown_report_is_refused_with_the_nearest(project):
    with pytest.raises(ConfigError, match="did you mean 'top_partners'"):
        run(project, "top_partner")


def test_views_of_another_version_are_told(project):
    with write(project.engine) as conn:
        conn.exec_driver_sql("DROP VIEW v_top_deals")
    with pytest.raises(ConfigError, match=r"1 views of the store \(v_top_deals, ...\) are missing or old: run `centri migrate`"):
        run(project, "lead_ageing")
    with write(project.engine) as conn:
        views.install(conn)
    run(project, "lead_ageing")


def test_every_report_of_an_empty_store_can_be_shown(shop, store_url):
    project = opened(shop, store_url)
    try:
        for answer in (run(project, name) for name in REPORTS):
            assert all(written(answer) for written in (html, markdown, as_csv))
    finally:
        project.close()


def test_amounts_are_exact(project):
    amounts = [row["amount"] for row in run(project, "indirect_vs_direct_sales").rows]
    assert amounts == [Decimal("20000.00"), Decimal("17500.50"), Decimal("12000.00")]
    assert run(project, "top_deals").rows[0]["close_date"] == date(2026, 4, 30)
