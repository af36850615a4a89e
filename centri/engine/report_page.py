"""What a report looks like: a chart, a page of HTML that needs nothing beside it, Markdown, CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from html import escape
from io import StringIO
from typing import Any

from centri.engine import charts
from centri.engine.page import image, markdown_table, page, table
from centri.engine.report_kinds import Chart, Kind
from centri.engine.report_values import NUMBERS, Row, Unit, plain, shown
from centri.engine.reports import Answer


def picture(answer: Answer) -> str | None:
    """The report's chart as SVG; None where it has none."""
    chart, title = answer.report.chart, answer.report.title
    if chart.kind is Kind.LINE:
        labels = list(dict.fromkeys(_label(chart, row) for row in answer.rows))
        return charts.lines(title, labels, _series(chart, answer.rows, labels))
    if chart.kind is Kind.NONE:
        return None
    return (charts.funnel if chart.kind is Kind.FUNNEL else charts.bars)(title, _bars(answer))


def _bars(answer: Answer) -> list[charts.Bar]:
    """A bar for each label; rows of the same label are added up, or counted."""
    chart = answer.report.chart
    unit = next((c for c in answer.report.columns if c.name in chart.values), None)
    added: dict[str, Any] = {}
    for row in answer.rows:
        value = row[chart.values[0]] if chart.values else 1
        if value is not None:
            added[_label(chart, row)] = added.get(_label(chart, row), 0) + value
    return [charts.Bar(label, float(value), shown(unit, value) if unit else f"{value:,}") for label, value in added.items()]


def _series(chart: Chart, rows: Sequence[Row], labels: Sequence[str]) -> list[charts.Line]:
    if chart.by:
        names = list(dict.fromkeys(str(row[chart.by]) for row in rows))
        told = {(str(row[chart.by]), _label(chart, row)): row[chart.values[0]] for row in rows}
    else:
        names = list(chart.values)
        told = {(name, _label(chart, row)): row[name] for row in rows for name in names}
    return [charts.Line(name, [_number(told.get((name, label))) for label in labels]) for name in names]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _label(chart: Chart, row: Row) -> str:
    return " ".join(str(row[name]) for name in chart.label if row[name] is not None) or "(none)"


def facts(answer: Answer) -> str:
    """Of when it is, of which time, and for whom."""
    told = [f"As of {answer.as_of:%Y-%m-%d %H:%M} UTC"]
    told += [f"from {answer.since:%Y-%m-%d %H:%M}"] if answer.since else []
    told += [f"before {answer.until:%Y-%m-%d %H:%M}"] if answer.until else []
    told += [f"for {answer.partner}"] if answer.partner else []
    return ", ".join(told)


def heads(answer: Answer) -> list[str]:
    return [column.name for column in answer.report.columns]


def numbers(answer: Answer) -> list[str]:
    """The names of the columns that hold numbers."""
    return [column.name for column in answer.report.columns if column.unit in NUMBERS]


def cells(answer: Answer) -> list[list[str]]:
    """The rows as people read them."""
    return [[shown(column, row[column.name]) for column in answer.report.columns] for row in answer.rows]


def html(answer: Answer) -> str:
    """The page: question, chart, table."""
    report, drawn = answer.report, picture(answer)
    parts = [
        f"<h1>{escape(report.title)}</h1>",
        f"<p>{escape(report.question)} {escape(facts(answer))}.</p>",
        *([f"<figure>{drawn}</figure>"] if drawn else []),
        table(heads(answer), cells(answer), numbers=numbers(answer)) if answer.rows else "<p>There is nothing to tell.</p>",
        f"<p>From the view {report.view}. Amounts are in the currency of their row; shares are of the row's own counts.</p>"
        if any(column.unit is Unit.MONEY for column in report.columns)
        else f"<p>From the view {report.view}.</p>",
    ]
    return page(report.title, parts)


def markdown(answer: Answer, *, most: int = 20) -> str:
    """The chart, which is inside, and the first rows."""
    drawn, more = picture(answer), len(answer.rows) - most
    lines = [image(answer.report.title, drawn), ""] if drawn else []
    rest = [f"\n... and {more} more rows"] if more > 0 else []
    return "\n".join([*lines, f"{facts(answer)}.", "", rows_as_markdown(answer, most=most), *rest])


def rows_as_markdown(answer: Answer, *, most: int | None = None) -> str:
    """The rows, or the first of them, as a table."""
    return markdown_table(heads(answer), cells(answer)[:most])


def as_csv(answer: Answer) -> str:
    """The rows for a machine or a spreadsheet: times as ISO 8601, shares from 0 to 1."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads(answer))
    writer.writerows([_blank(plain(row[name])) for name in heads(answer)] for row in answer.rows)
    return out.getvalue()


def _blank(value: Any) -> Any:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def as_json(answer: Answer) -> dict[str, Any]:
    """The report as one document."""
    return {
        "report": answer.report.name,
        "question": answer.report.question,
        "as_of": plain(answer.as_of),
        "since": plain(answer.since),
        "until": plain(answer.until),
        "partner": answer.partner or None,
        "columns": [{"name": column.name, "unit": str(column.unit)} for column in answer.report.columns],
        "rows": [{name: plain(value) for name, value in row.items()} for row in answer.rows],
    }
