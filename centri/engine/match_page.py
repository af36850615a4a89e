"""The report of matching as one page of HTML that needs nothing beside it, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from centri.dedupe.companies.measures import Measures, Point
from centri.engine import match_pictures as pictures
from centri.engine.match_report import Error, Report
from centri.engine.page import image, page, table


def figures(told: Measures) -> list[tuple[str, str]]:
    """The figures in words, in the order in which they are read."""
    return [
        ("leads", f"{told.leads:,}"),
        ("leads that an account is right for", f"{told.answerable:,}"),
        *_point("accept threshold", "at the accept threshold", told.at),
        *_point("threshold of the best F1", "at the best F1", told.best),
        *((f"recall at precision {wanted}", f"{found:.4f}") for wanted, found in told.recall_at.items()),
        ("expected calibration error", f"{told.calibration_error:.4f}"),
    ]


def _point(threshold: str, where: str, point: Point) -> list[tuple[str, str]]:
    found = {"precision": point.precision, "recall": point.recall, "F1": point.f1}
    return [(threshold, f"{point.threshold:.4f}"), *((f"{name} {where}", f"{value:.4f}") for name, value in found.items())]


def _described(about: Mapping[str, Any]) -> str:
    """What a model says of itself, in a sentence."""
    learned = ", ".join(f"{value:,} {name}" for name, value in about.items() if isinstance(value, int))
    of = f" ({learned})" if learned else ""
    return (
        f"The model was trained on {about['trained on']}{of}." if "trained on" in about else "The model says nothing of itself."
    )


def html(report: Report) -> str:
    """The page."""
    told = report.measures
    drawn = (pictures.precision_recall(told), pictures.thresholds(told), pictures.calibration(told))
    parts = [
        "<h1>How good matching is</h1>",
        f"<p>{told.leads:,} labelled leads against {report.accounts:,} accounts. {escape(_described(report.about))}</p>",
        "".join(f"<figure>{picture}</figure>" for picture in drawn),
        "<h2>Figures</h2>",
        table(("figure", "value"), figures(told)),
        "<h2>Verdicts and reasons</h2>",
        table(("verdict", "leads"), ((word, f"{count:,}") for word, count in report.verdicts.items())),
        table(("code", "leads"), ((word, f"{count:,}") for word, count in report.codes.items())),
        "<h2>Worst errors</h2>",
        table(ERROR_HEAD, map(error_row, report.errors)) if report.errors else "<p>There are none.</p>",
    ]
    return page("How good matching is", parts)


ERROR_HEAD = ("error", "score", "lead", "taken", "right", "because")


def error_row(error: Error) -> tuple[str, ...]:
    """An error as a line of a table."""
    found, lead = error.found, error.lead
    said = ", ".join(filter(None, (lead.get(name) for name in ("company", "email", "website", "country", "city"))))
    return (
        found.kind,
        f"{found.score:.3f}",
        f"{said} ({found.lead_id})",
        error.taken,
        error.expected,
        f"{found.code}: {found.because}",
    )


def markdown(report: Report) -> str:
    """The figures and the pictures as Markdown; the pictures are inside, too."""
    told = report.measures
    drawn = (
        ("precision and recall", pictures.precision_recall(told)),
        ("thresholds", pictures.thresholds(told)),
        ("calibration", pictures.calibration(told)),
    )
    lines = [image(name, picture) for name, picture in drawn]
    rows = [f"| {name} | {value} |" for name, value in figures(told)]
    return "\n".join([*lines, "", "| figure | value |", "|---|---|", *rows])
