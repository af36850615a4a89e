"""What matching says of the records of a case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from centri.dedupe.matcher import Match
from centri.dedupe.verdicts import Verdict
from centri.engine import gather
from centri.engine.case_checks import Difference
from centri.engine.case_given import row_id
from centri.engine.case_world import Names
from centri.engine.identity import weigh
from centri.engine.items import Item
from centri.engine.match_answers import Judged, answers, rules_of
from centri.engine.rehearsal import Rehearsal
from centri.errors import ConfigError, Problem
from centri.mappings.case_files import Written
from centri.mappings.cases import NAMED, ExpectedMatch
from centri.mappings.matching import LEAD_ACCOUNT
from centri.records import MISSING
from centri.store import prm, staging
from centri.store.database import read
from centri.store.match_rows import row_of


@dataclass(frozen=True, slots=True)
class Said:
    """What matching says of a record: the id of the best candidate, and the evidence in words."""

    candidate: str | None
    score: float
    verdict: Verdict
    told: str


Asked = list[tuple[int, ExpectedMatch, Said]]


def ask(rehearsal: Rehearsal, written: Written) -> Asked:
    """The answer to each question under ``match``; CRM records must have been pulled. Raises ConfigError, with file and line."""
    asked: Asked = []
    with read(rehearsal.project.engine) as conn:
        for number, question in enumerate(written.case.then.match):
            answer = _answer(conn, rehearsal, question)
            if answer is None:
                line = written.line(("then", "match", number, "record"))
                why = f"{question.record} cannot be matched as {question.rules}: it is not read as one, or there are no such rows"
                raise ConfigError(Problem(why, written.source.file, line))
            asked.append((number, question, answer))
    return asked


def _answer(conn: Connection, rehearsal: Rehearsal, question: ExpectedMatch) -> Said | None:
    if question.rules == LEAD_ACCOUNT:
        id = row_id(question.record.removeprefix(NAMED))
        rows = prm.read(conn, "lead", [id]).stored
        return _of_lead(answers(rehearsal.project, rows, rules_of(rehearsal.project), conn)[id]) if id in rows else None
    rules = rehearsal.project.mapping.matching[question.rules]
    if question.record.startswith(NAMED):
        return None
    connection, object, crm_id = question.record.split("/", 2)
    mapping = rehearsal.project.mapping.get(connection, question.rules)
    staged = staging.latest(conn, connection, question.rules, object, crm_id)
    if staged is None or mapping is None:
        return None
    item = Item(mapping, staged.record)
    return _of_record(weigh(conn, item, gather.references(conn, connection, [item]), rules))


def _of_lead(judged: Judged) -> Said:
    answer = judged.answer
    return Said(row_of(answer.company)[1] if answer.company else None, answer.score, answer.verdict, answer.because)


def _of_record(answer: Match) -> Said:
    return Said(answer.candidate.id if answer.candidate else None, answer.score, answer.verdict, _told(answer))


def differences(asked: Asked, names: Names) -> Iterator[Difference]:
    """Where matching says something else than the case."""
    for number, question, answer in asked:
        place = ("then", "match", number)
        what = f"{question.record} as {question.rules}"
        row = f"{NAMED}{names.rows.get(answer.candidate, answer.candidate)}" if answer.candidate else MISSING
        if answer.verdict is not question.verdict:
            expected, actual = str(question.verdict), str(answer.verdict)
            yield Difference((*place, "verdict"), f"{what}: verdict", expected, actual, answer.told)
        if question.row is not None and question.row != row:
            yield Difference((*place, "row"), f"{what}: row", question.row, row, answer.told)
        score = round(answer.score, 4)
        if question.at_least is not None and score < question.at_least:
            yield Difference((*place, "at_least"), f"{what}: score, at least", question.at_least, score, answer.told)
        if question.at_most is not None and score > question.at_most:
            yield Difference((*place, "at_most"), f"{what}: score, at most", question.at_most, score, answer.told)


def _told(answer: Match) -> str:
    parts = ", ".join(f"{part.field} {part.level} {part.weight:+.2f}" for part in answer.parts)
    return f"{answer.because} ({parts})" if parts else answer.because
