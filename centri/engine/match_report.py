"""Measure matching on leads whose company is known: the figures, and the worst errors with what led to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import nlargest
from pathlib import Path
from typing import Any

from centri.dedupe.companies.measures import Measures, Outcomes, as_json, measure
from centri.dedupe.companies.rules import CompanyRules
from centri.dedupe.verdicts import Verdict
from centri.engine.match_columns import Columns, Values, open_columns
from centri.engine.match_examples import Right, known_accounts, labels
from centri.engine.match_files import built, spread
from centri.engine.match_hearing import Together, acquainted, together
from centri.engine.match_judged import judged
from centri.engine.match_models import load_model
from centri.engine.match_world import Progress, World, silent
from centri.errors import ConfigError

WORST = 25
"""Errors that a report tells one by one."""


@dataclass(frozen=True)
class ReportFiles:
    """Files to measure by."""

    accounts: Path
    leads: Path
    labels: Path
    model: Path | None = None
    columns: Sequence[str] = ()
    rules: CompanyRules = field(default_factory=CompanyRules)
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one lead. ``weight`` says how bad an error is, 0 to 1; 0 where it is none."""

    lead_id: str
    account_id: str
    score: float
    verdict: str
    code: str
    because: str
    right: bool
    answerable: bool
    weight: float
    kind: str = ""
    expected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Error:
    """An error in words: the lead, the account that was taken, and what had been right."""

    found: Found
    lead: Values
    taken: str
    expected: str


@dataclass(frozen=True)
class Report:
    """The figures, the verdicts and codes of all leads, and the worst errors. ``about`` is what the model was trained on."""

    measures: Measures
    rules: CompanyRules
    accounts: int
    verdicts: Mapping[str, int]
    codes: Mapping[str, int]
    errors: Sequence[Error]
    about: Mapping[str, Any]


def report_files(wanted: ReportFiles, *, progress: Progress = silent) -> Report:
    """Measure on files. Raises ConfigError."""
    files = {"accounts": wanted.accounts, "leads": wanted.leads, "labels": wanted.labels}
    opened, model = open_columns(files, wanted.columns), load_model(wanted.model)
    right = labels(opened["labels"])
    with spread(files.values(), wanted.processes) as workers:
        people = workers.meanwhile(acquainted, opened["leads"])
        with built(opened["accounts"], workers, wanted.model, progress) as world:
            accounts = len(world)
            known_accounts(right, world.facts.__contains__, str(wanted.labels))
            labelled = together(opened["leads"], people(), lambda row: row["lead_id"] in right)
            found = []
            for part in workers.each(partial(_found, world, wanted.rules, right), labelled):
                progress("leads", len(part))
                found += part
    if not found:
        raise ConfigError("no lead of the file is labelled: the ids of leads and labels have nothing in common")
    worst = nlargest(WORST, (one for one in found if one.weight), key=lambda one: (one.weight, one.lead_id))
    return Report(
        measure(Outcomes.of([(one.score, one.right, one.answerable) for one in found]), wanted.rules.accept),
        wanted.rules,
        accounts,
        _counts(one.verdict for one in found),
        _counts(one.code for one in found),
        _told(worst, opened),
        model.about,
    )


def _counts(words: Iterable[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for word in words:
        counted[word] = counted.get(word, 0) + 1
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def _found(world: World, rules: CompanyRules, known: Right, asked: Together) -> list[Found]:
    """What came of some leads."""
    found = []
    for one in judged(world, asked, rules):
        answer, right = one.answer, known[one.lead.id]
        hit = answer.company in right
        score = answer.score if answer.company else 0.0
        given = max((c.score for c in one.ranked if c.id in right), default=0.0)
        kind, weight = _error(answer.verdict is Verdict.MATCH, hit=hit, answerable=bool(right), score=score, given=given)
        told = (str(answer.verdict), str(answer.code), answer.because)
        found.append(Found(one.lead.id, answer.company or "", score, *told, hit, bool(right), weight, kind, tuple(sorted(right))))
    return found


def _error(taken: bool, *, hit: bool, answerable: bool, score: float, given: float) -> tuple[str, float]:
    """The kind of an error, and how far the score was from the truth."""
    if taken and not hit:
        return ("another account is right" if answerable else "no account is right"), score
    if answerable and not (taken and hit):
        return "not taken", 1.0 - given
    return "", 0.0


def _told(worst: Sequence[Found], opened: Mapping[str, Columns]) -> list[Error]:
    """The errors with the words of the files, of which only those rows are kept."""
    leads = _rows(opened["leads"], {one.lead_id for one in worst}, "lead_id")
    accounts = _rows(opened["accounts"], {id for one in worst for id in (one.account_id, *one.expected[:_NAMED])}, "account_id")
    names = ("; ".join(_name(id, accounts) for id in one.expected[:_NAMED]) for one in worst)
    return [Error(one, leads[one.lead_id], _name(one.account_id, accounts), name) for one, name in zip(worst, names, strict=True)]


_NAMED = 3
"""Right accounts that are named of an error."""


def _rows(columns: Columns, ids: set[str], key: str) -> dict[str, Values]:
    return {row[key]: row for _, row in columns.rows() if row.get(key) in ids} if ids else {}


def _name(id: str, accounts: Mapping[str, Values]) -> str:
    row = accounts.get(id, {})
    told = ", ".join(filter(None, (row.get("name"), row.get("website"), row.get("country"))))
    return f"{told} ({id})" if told else id


def report_json(report: Report) -> dict[str, Any]:
    """The report as one document."""
    return {
        "accounts": report.accounts,
        "model": dict(report.about),
        "thresholds": {"accept": report.rules.accept, "review": report.rules.review, "gap": report.rules.gap},
        "measures": as_json(report.measures),
        "verdicts": dict(report.verdicts),
        "codes": dict(report.codes),
        "worst_errors": [_error_json(error) for error in report.errors],
    }


def _error_json(error: Error) -> dict[str, Any]:
    found = error.found
    return {
        "kind": found.kind,
        "lead": error.lead,
        "taken": found.account_id or None,
        "taken_name": error.taken,
        "expected": list(found.expected),
        "expected_name": error.expected,
        "score": round(found.score, 4),
        "verdict": found.verdict,
        "code": found.code,
        "because": found.because,
    }
