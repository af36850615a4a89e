"""What training gained and what a report found, for people."""

from typing import TYPE_CHECKING, Any

from centri.cli.output import say, table

if TYPE_CHECKING:
    from centri.dedupe.companies.measures import Measures
    from centri.engine.match_report import Report
    from centri.engine.match_training import Trial

_ERRORS = 10
"""Worst errors that the terminal shows; the page has more."""


def gain(done: "Trial") -> None:
    """The figures of the default model and of the new one, on leads held back."""
    title = f"{done.about['leads']:,} labelled leads, each judged by models that it did not teach"
    rows = zip(_NAMES, _figures(done.before), _figures(done.after), strict=True)
    lines = [(name, f"{before:.4f}", f"{after:.4f}", f"{after - before:+.4f}") for name, before, after in rows]
    table(title, ("", "default model", "this model", "gain"), lines, numbers=("default model", "this model", "gain"))


_NAMES = ("best F1", "recall at precision 0.99", "calibration error")


def _figures(told: "Measures") -> tuple[float, float, float]:
    return told.best.f1, told.recall_at[0.99], told.calibration_error


def gain_json(done: "Trial") -> dict[str, Any]:
    from centri.dedupe.companies.measures import as_json

    return {"better": done.better, "about": dict(done.about), "before": as_json(done.before), "after": as_json(done.after)}


def measured(told: "Report") -> None:
    """The figures, the verdicts and the worst errors of a report."""
    from centri.engine.match_page import ERROR_HEAD, error_row, figures

    table(
        f"{told.measures.leads:,} labelled leads against {told.accounts:,} accounts",
        ("figure", "value"),
        figures(told.measures),
        numbers=("value",),
    )
    say("")
    table(
        "",
        ("score", "right", "leads"),
        ((f"{b.score:.3f}", f"{b.right:.3f}", b.leads) for b in told.measures.bins),
        numbers=("score", "right", "leads"),
    )
    say("")
    table("", ("code", "leads"), told.codes.items(), numbers=("leads",))
    if told.errors:
        say("")
        more = f", of {len(told.errors)} that the page shows" if len(told.errors) > _ERRORS else ""
        table(f"the worst errors{more}", ERROR_HEAD, map(error_row, told.errors[:_ERRORS]), numbers=("score",))
