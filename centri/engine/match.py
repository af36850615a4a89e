"""Match leads to the accounts and partners they belong to: the end customer, or a partner or competitor in disguise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from centri.dedupe import names
from centri.dedupe.standards import priority
from centri.dedupe.verdicts import Verdict
from centri.engine.match_answers import Judged, account_of, answers, model_name
from centri.engine.project import Project
from centri.mappings.matching import LeadAccount
from centri.store import audit, lead_matches, match_marks, prm
from centri.store.database import read, read_as_of_now, write
from centri.store.lead_matches import COMPETITOR

_ACTOR = "match"
_MAY_BE_GIVEN_UP = ("new", "ready", "on_hold", "recycled")
_SHOWN = 100

Row = Mapping[str, Any]
Rows = Mapping[str, Row]
Pages = Callable[[Any, str, int], Rows]
Progress = Callable[[int], None]
"""Told how many more leads are done."""


def silent(done: int) -> None:
    """Nobody looks on."""


@dataclass(slots=True)
class Matched:
    """What matching did, or with ``plan`` would do: leads by verdict, how many ``changed``, and the first that did."""

    verdicts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def leads(self) -> int:
        """How many leads were looked at."""
        return sum(self.verdicts.values())


def match_leads(
    project: Project, run_id: str = "", *, everything: bool = False, plan: bool = False, progress: Progress = silent
) -> Matched:
    """Match every living lead that has not been matched since it came, and those that a changed company may concern.

    With ``everything`` all that a person has not matched; with ``plan`` nothing is written. New leads become ready. The audit
    names the rule, within the run that it worked in.
    """
    done = Matched()
    if everything:
        _all(project, lead_matches.every, run_id, done, plan=plan, progress=progress)
        return done
    if project.mapping.lead_account:
        _again(project, run_id, done, plan=plan, progress=progress)
    _all(project, lead_matches.unmatched, run_id, done, plan=plan, progress=progress)
    return done


def match_some(project: Project, ids: Collection[str], run_id: str = "", *, plan: bool = False) -> Matched:
    """Match some leads as they are now, whenever they were matched before."""
    done = Matched()
    every = sorted(ids)
    for start in range(0, len(every), project.settings.chunk_size):
        with read(project.engine) as conn:
            rows = lead_matches.some(conn, every[start : start + project.settings.chunk_size])
        _chunk(project, rows, run_id, done, plan=plan)
    return done


def _again(project: Project, run_id: str, done: Matched, *, plan: bool, progress: Progress) -> None:
    """Leads that companies which changed since the last look may concern."""
    with read_as_of_now(project.engine) as conn:
        since, now = match_marks.looked_until(conn) or 0, match_marks.mark(conn)
    if since >= now and project.engine.dialect.name == "sqlite":
        return
    pages: Pages = lambda conn, after, most: lead_matches.touched(conn, since, after, most)  # noqa: E731 - as the others
    _all(project, pages, run_id, done, plan=plan, progress=progress)
    if not plan and since != now:
        with write(project.engine) as conn:
            match_marks.look_from(conn, now)


def _all(project: Project, pages: Pages, run_id: str, done: Matched, *, plan: bool, progress: Progress) -> None:
    for rows in _pages(project, pages):
        _chunk(project, rows, run_id, done, plan=plan)
        progress(len(rows))


def _pages(project: Project, pages: Pages) -> Iterator[Rows]:
    last = ""
    while True:
        with read(project.engine) as conn:
            rows = pages(conn, last, project.settings.chunk_size)
        if not rows:
            return
        yield rows
        last = max(rows)


def _chunk(project: Project, rows: Rows, run_id: str, done: Matched, *, plan: bool) -> None:
    """The verdict on each row, written where it says anything new; a row that moved meanwhile is left for the next time."""
    given, now = project.mapping.lead_account, project.now()
    found = answers(project, rows, given) if given and rows else {}
    changes = [c for id, row in rows.items() if (c := _change(row, found.get(id), now))]
    for judged in found.values():
        done.verdicts[judged.answer.verdict] += 1
        done.codes[judged.answer.code] += 1
    _tell(done, changes, found)
    if plan or not rows:
        done.changed += len(changes)
        return
    with write(project.engine) as conn:
        written = prm.write(conn, "lead", changes, actor=_ACTOR, now=now)
        entries = (entry for c in changes if c.id in written for entry in audit.of_change("lead", c))
        audit.record(conn, audit.Cause(_ACTOR, "rule", run_id, "engine", project.mapping.sha), entries, now=now)
        moved = {c.id for c in changes} - written.keys()
        lead_matches.keep(conn, [_told(project, given, j, now) for id, j in found.items() if given and id not in moved])
        done.changed += len(written)


def _tell(done: Matched, changes: Sequence[prm.Change], found: Mapping[str, Judged]) -> None:
    for change in changes[: _SHOWN - len(done.changes)]:
        answer = found[change.id].answer if change.id in found else None
        told = {name: value for name, value in change.values.items() if name not in ("matched_at", "state_changed_at")}
        why = {"company": answer.company, "code": answer.code, "because": answer.because} if answer else {}
        done.changes.append({"lead": change.id, **told, **why})


def _change(stored: Row, judged: Judged | None, now: datetime) -> prm.Change | None:
    """What a verdict changes of a lead; None where it was matched before and nothing is new."""
    values = _values(stored, judged) | _state(stored, judged, now)
    values["priority"] = priority(stored["title_level_code"], values["match_class"])
    same = all(stored[name] == value for name, value in values.items())
    return None if same and stored["matched_at"] else prm.Change(stored["id"], values | {"matched_at": now}, stored)


def _values(stored: Row, judged: Judged | None) -> dict[str, Any]:
    values: dict[str, Any] = {"matched_account_id": None, "match_class": "none", "match_confidence": None}
    if judged is None or judged.answer.verdict is Verdict.NONE:
        return values
    answer = judged.answer
    if answer.verdict is Verdict.REVIEW:
        return values | {"match_class": "review", "match_confidence": answer.score}
    return values | {"matched_account_id": account_of(answer), "match_class": class_of(judged), "match_confidence": answer.score}


def class_of(judged: Judged) -> str:
    """The class of the company that a lead was matched to, as leads hold it."""
    return judged.answer.company_class or "prospect"


def _state(stored: Row, judged: Judged | None, now: datetime) -> dict[str, Any]:
    """A new lead becomes ready. Nobody is offered a lead of a competitor; one that is none after all comes back."""
    rival = judged is not None and judged.answer.verdict is Verdict.MATCH and class_of(judged) == COMPETITOR
    given_up = stored["state"] == "disqualified" and stored["state_reason"] == COMPETITOR
    if rival and stored["state"] in _MAY_BE_GIVEN_UP:
        return {"state": "disqualified", "state_reason": COMPETITOR, "state_changed_at": now}
    if given_up and not rival:
        return {"state": "ready", "state_reason": None, "state_changed_at": now}
    return {"state": "ready"} if stored["state"] == "new" else {}


def _told(project: Project, given: LeadAccount | None, judged: Judged, now: datetime) -> dict[str, Any]:
    answer = judged.answer
    assert given is not None
    return {
        "lead_id": judged.lead.id,
        "candidate": answer.company,
        "runner_up": answer.runner_up,
        "score": answer.score,
        "verdict": answer.verdict.value,
        "code": answer.code.value,
        "because": answer.because,
        "company_class": answer.company_class,
        "names_version": str(names.VERSION),
        "model": model_name(given),
        "mapping_sha": project.mapping.sha,
        "tied": list(answer.tied),
        "at": now,
    }
