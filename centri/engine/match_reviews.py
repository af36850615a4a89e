"""Leads whose account a person must decide: what speaks for whom, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from centri.dedupe.companies.explanation import Explanation, Weighed, explain
from centri.dedupe.walk import Kind, Said
from centri.engine import match_names
from centri.engine.match_answers import Explained, explained
from centri.engine.project import Project, open_project
from centri.errors import ConfigError
from centri.settings import Settings
from centri.store import audit, lead_matches, match_decisions, match_facts, match_overrides, prm
from centri.store.database import read, write
from centri.store.match_overrides import Override
from centri.store.match_rows import row_of

_SHOWN = 9
"""Candidates that have a key of their own."""

_PAGE = 10_000
_ACTOR = "person"


@dataclass(frozen=True)
class Review:
    """A lead that waits. ``explanation`` holds the candidates, the best first; ``names`` what they are called."""

    stored: Mapping[str, Any]
    explanation: Explanation
    names: Mapping[str, str]

    @property
    def lead_id(self) -> str:
        return str(self.stored["id"])

    @property
    def candidates(self) -> Sequence[Weighed]:
        """Those with a key of their own, the one that is asked about first."""
        best = self.explanation.answer.company
        return sorted(self.explanation.weighed, key=lambda each: each.candidate.id != best)[:_SHOWN]


@dataclass(frozen=True)
class Reviews:
    """The reviews that are open, by the ids of their leads."""

    project: Project
    ids: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, at: int) -> Review:
        """One that waits. Raises IndexError beyond the last, LookupError where it no longer waits."""
        told = explained(self.project, self.ids[at])
        if told.stored["match_class"] != "review" or told.stored["match_locked"] or told.stored["deleted_at"]:
            raise LookupError(self.ids[at])
        return Review(told.stored, shown(told, _SHOWN), told.names)

    def decide(self, review: Review, said: Said) -> None:
        """Keep what a person said. Raises ConfigError where somebody was faster."""
        chosen = review.candidates[said.place].candidate.id if said.place is not None else None
        decide(self.project, review.lead_id, chosen, always=said.kind is Kind.ALWAYS, revision=review.stored["revision"])


@contextmanager
def open_reviews(settings: Settings, after: str = "", most: int = _PAGE) -> Iterator[Reviews]:
    """What waits in the store, by id from behind ``after``. Raises ConfigError."""
    project = open_project(settings)
    try:
        with read(project.engine) as conn:
            ids = lead_matches.waiting(conn, after, most)
        yield Reviews(project, ids)
    finally:
        project.close()


def shown(told: Explained, most: int) -> Explanation:
    """An explanation for people, with so many candidates."""
    return explain(told.ranking, 0, told.answer, told.rules, most)


def decide(
    project: Project, lead_id: str, company: str | None, actor: str = "", *, always: bool = False, revision: int | None = None
) -> dict[str, Any]:
    """Keep what a person said of a lead: it is this company (``entity/id``, or an account's id), or none of those that fit.

    From now on no run changes the match of this lead, the names and domains that it teaches are learned, and a model can be
    trained on it. With ``always`` whoever gives this name is that company too. Answers what was written. Raises ConfigError
    where there is no such lead or company, or the lead is no longer as it was at ``revision``.
    """
    told = explained(project, lead_id)
    chosen = f"account/{company}" if company and "/" not in company else company
    if revision is not None and told.stored["revision"] != revision:
        raise ConfigError(f"the lead {lead_id} was decided or changed meanwhile; nothing was done: look at it again")
    with write(project.engine) as conn:
        values = _values(conn, project, told, chosen)
        _write(conn, project, told, values, actor or _ACTOR)
        _remember(conn, project, told, chosen, actor or _ACTOR)
        if chosen:
            match_names.learn(conn, told.stored, chosen, project.mapping.dictionaries.anybody)
            if always and told.lead.names:
                said = Override("name", told.lead.name.squashed, chosen, "always", actor or _ACTOR)
                match_overrides.keep(conn, said, now=project.now())
    return values


def _values(conn: Connection, project: Project, told: Explained, chosen: str | None) -> dict[str, Any]:
    """What a decision writes: the account and its class, certain and locked."""
    settled = {"matched_at": project.now(), "match_locked": True} | ({"state": "ready"} if told.stored["state"] == "new" else {})
    if chosen is None:
        return {"matched_account_id": None, "match_class": "none", "match_confidence": None, **settled}
    known = match_facts.facts(conn, [chosen], project.now()).get(chosen)
    if known is None:
        raise ConfigError(f"there is no account or partner {chosen!r}")
    entity, id = row_of(chosen)
    account = id if entity == "account" else None
    return {"matched_account_id": account, "match_class": known.company_class, "match_confidence": 1.0, **settled}


def _write(conn: Connection, project: Project, told: Explained, values: Mapping[str, Any], actor: str) -> None:
    change = prm.Change(told.lead.id, values, told.stored)
    if not prm.write(conn, "lead", [change], actor=actor, now=project.now()):
        raise ConfigError(f"the lead {told.lead.id} was decided or changed meanwhile; nothing was done: look at it again")
    cause = audit.Cause(actor, "command", "match review", "engine", project.mapping.sha)
    audit.record(conn, cause, audit.of_change("lead", change), now=project.now())


def _remember(conn: Connection, project: Project, told: Explained, chosen: str | None, actor: str) -> None:
    """The answer; and that it is not the one that fitted best, where another was chosen."""
    now, best = project.now(), told.answer.company
    match_decisions.keep(conn, told.stored, chosen, right=True, actor=actor, now=now)
    if best and best != chosen:
        match_decisions.keep(conn, told.stored, best, right=False, actor=actor, now=now)
