"""Reports as pages, kept as text so that a change of them is seen."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from centri.engine.report_catalog import REPORTS
from centri.engine.report_page import as_csv, html, picture
from centri.engine.reports import Answer

HERE = Path(__file__).parent
REFRESH = ".venv/bin/python tests/golden/test_report_pages.py"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)

_ROWS: dict[str, list[tuple[Any, ...]]] = {
    "pipeline_funnel": [
        ("open", "EUR", 7, 7, Decimal(0)), ("proposal", "EUR", 4, 0, Decimal("130000.50")),
        ("proposal", "USD", 1, 0, Decimal(900)),
        ("won", "EUR", 2, 0, Decimal("48000.00")),
    ],
    "closed_by_month": [
        ("2026-01", "EUR", 2, Decimal("30000.00"), 0), ("2026-02", "EUR", 1, Decimal("7500.50"), 1),
        ("2026-02", "USD", 1, Decimal("12000.00"), 0), ("2026-03", "EUR", 0, Decimal("0.00"), 2),
    ],
    "lead_quality_by_source": [
        ("Web <b>", 3, 1, 1, 0.3333, 0, 0, None, Decimal("0.00"), None),
        ("A very long source that nobody can read", 12, 6, 6, 0.5, 3, 1, 0.75, Decimal("1234567.89"), "EUR"),
    ],
}  # fmt: skip


def answer(name: str) -> Answer:
    report = REPORTS[name]
    rows = [dict(zip((c.name for c in report.columns), row, strict=True)) for row in _ROWS[name]]
    return Answer(report, rows, NOW, since=datetime(2026, 1, 1, tzinfo=UTC), partner="Alpine & Sons")


@pytest.mark.parametrize("name", _ROWS)
def test_page(name):
    expected = (HERE / f"report_{name}.html").read_text(encoding="utf-8")
    assert html(answer(name)) == expected, f"it changed; if it should: {REFRESH}"


@pytest.mark.parametrize("name", _ROWS)
def test_a_page_needs_nothing_beside_it(name):
    page = html(answer(name))
    assert "<script" not in page
    assert page.replace('xmlns="http://www.w3.org/2000/svg"', "").count("http") == 0
    assert ET.fromstring(picture(answer(name))).tag.endswith("svg")


def test_what_the_data_says_is_text():
    page = html(answer("lead_quality_by_source"))
    assert "Web &lt;b&gt;" in page
    assert "<b>" not in page
    assert "for Alpine &amp; Sons" in page


def test_bars_are_as_long_as_their_numbers():
    drawn = ET.fromstring(picture(answer("lead_quality_by_source")))
    wide = [float(bar.attrib["width"]) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert wide == [pytest.approx(340 * 0.3333 / 0.5, abs=0.1), 340.0]


def test_a_line_for_each_currency_leaves_gaps():
    drawn = ET.fromstring(picture(answer("closed_by_month")))
    lines = [line.attrib["points"].split() for line in drawn.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(points) for points in lines] == [3, 1]


def test_csv_is_for_machines():
    assert as_csv(answer("lead_quality_by_source")).splitlines() == [
        "source,leads,qualified,converted,converted_share,won,lost,win_rate,won_amount,currency",
        "Web <b>,3,1,1,0.3333,0,0,,0.00,",
        "A very long source that nobody can read,12,6,6,0.5,3,1,0.75,1234567.89,EUR",
    ]


if __name__ == "__main__":
    for name in _ROWS:
        (HERE / f"report_{name}.html").write_text(html(answer(name)), encoding="utf-8")
