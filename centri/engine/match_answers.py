"""Whom leads of the store are thought to be: one ranking for a chunk, what is known of the candidates, the verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from centri.dedupe import identity
from centri.dedupe.companies.company import Company, company
from centri.dedupe.companies.matcher import Candidate, Ranking
from centri.dedupe.companies.model import VERSION, Model
from centri.dedupe.companies.rules import CompanyRules, Domain, Facts, Overrides
from centri.dedupe.companies.verdict import Answer, judge
from centri.dedupe.dictionaries import Anybody
from centri.engine.match_index import companies
from centri.engine.match_models import load_model
from centri.engine.match_people import people
from centri.engine.project import Project
from centri.errors import ConfigError
from centri.mappings.matching import LeadAccount
from centri.store import match_overrides, prm
from centri.store.database import read
from centri.store.match_facts import facts
from centri.store.match_rows import row_of

Row = Mapping[str, Any]

_MOST = 10
"""Candidates of a lead that are weighed at most."""

_REACH = 6.0
"""Log odds of its own evidence behind the best from which on a candidate changes no verdict."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A lead as a company, the candidates that were weighed, and the verdict on them. ``facts`` are by company id."""

    lead: Company
    answer: Answer
    candidates: Sequence[Candidate] = ()
    facts: Mapping[str, Facts] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Explained:
    """Everything that led to the verdict on one lead, the first of ``ranking``; ``names`` are the candidates'."""

    stored: Row
    lead: Company
    ranking: Ranking
    answer: Answer
    facts: Mapping[str, Facts]
    rules: CompanyRules
    overrides: Overrides

    @property
    def names(self) -> dict[str, str]:
        """What the candidates are called."""
        return {id: known.name for id, known in self.facts.items()}


def rules_of(project: Project) -> LeadAccount:
    """What the mapping says of the accounts of leads. Raises ConfigError where it says nothing."""
    if project.mapping.lead_account is None:
        raise ConfigError("the mapping does not say how a lead's account is found: add `lead_account: {}` under `matching:`")
    return project.mapping.lead_account


def company_of(row: Row, rules: CompanyRules, anybody: Anybody) -> Company:
    """The company that a row of leads names; without its domains where the rules do not look at them."""
    found = company(row["id"], row, anybody=anybody)
    return replace(found, domains=(), hosts=()) if rules.domain is Domain.OFF else found


def answers(project: Project, rows: Mapping[str, Row], given: LeadAccount, conn: Connection | None = None) -> dict[str, Judged]:
    """The verdict on each of some rows of leads, by id. ``conn`` is a transaction to read in, else one is opened.

    Which companies there are is read in a transaction of its own: those that ``conn`` has not yet committed are not among them.
    """
    if conn is None:
        with read(project.engine) as mine:
            return answers(project, rows, given, mine)
    anybody = project.mapping.dictionaries.anybody
    known_people = people(conn, rows)
    everyone = [company_of(row, given.rules, anybody) for row in known_people.rows]
    leads = everyone[: len(rows)]
    with companies(project.engine, project.settings, anybody).matcher(model_of(given)) as matcher:
        ranking = matcher.rank(everyone, known_people.pairs)
        ranked = [_near(one, given.rules) for one in _candidates(ranking, len(leads))]
    known, said = _known(project, conn, rows, leads, ranked)
    judged = (
        Judged(one, judge(one, some, known, given.rules, said), some, known) for one, some in zip(leads, ranked, strict=True)
    )
    return {one.lead.id: one for one in judged}


def explained(project: Project, lead_id: str, model: Model | None = None, rules: CompanyRules | None = None) -> Explained:
    """The verdict that a lead would be given now, with all that leads to it. Raises ConfigError where there is none."""
    with read(project.engine) as conn:
        stored = prm.read(conn, "lead", [lead_id]).stored.get(lead_id)
    if stored is None:
        raise ConfigError(f"the store has no lead {lead_id!r}; --company NAME asks for one that is not there")
    return _explained(project, stored, model, rules)


def explained_values(project: Project, values: Row, model: Model | None = None, rules: CompanyRules | None = None) -> Explained:
    """The same of a lead that is only told: ``company``, ``email``, ``website``, ``country``, ``city``."""
    return _explained(project, {"id": "the lead", **values}, model, rules)


def _explained(project: Project, stored: Row, model: Model | None, rules: CompanyRules | None) -> Explained:
    given = rules_of(project)
    chosen = rules or given.rules
    anybody = project.mapping.dictionaries.anybody
    with read(project.engine) as conn:
        known_people = people(conn, {stored["id"]: stored})
    everyone = [company_of(row, chosen, anybody) for row in known_people.rows]
    with companies(project.engine, project.settings, anybody).matcher(model or model_of(given)) as matcher:
        ranking = matcher.rank(everyone, known_people.pairs)
    lead = everyone[0]
    ranked = ranking.of(0, _MOST)
    with read(project.engine) as conn:
        known, said = _known(project, conn, {lead.id: stored}, [lead], [ranked])
    return Explained(stored, lead, ranking, judge(lead, _near(ranked, chosen), known, chosen, said), known, chosen, said)


def _candidates(ranking: Ranking, leads: int) -> list[list[Candidate]]:
    return [ranking.of(at, _MOST) for at in range(leads)]


def _near(ranked: list[Candidate], rules: CompanyRules) -> list[Candidate]:
    """Those that may still change the verdict, and the next best."""
    reach = max(_REACH, rules.gap)
    return [c for at, c in enumerate(ranked) if at < 2 or ranked[0].alone - c.alone < reach]


def _known(
    project: Project, conn: Connection, rows: Mapping[str, Row], leads: Sequence[Company], ranked: Sequence[Sequence[Candidate]]
) -> tuple[dict[str, Facts], Overrides]:
    """Facts of all candidates, and what people said; of a company that is gone nothing is said any more."""
    emails = {id: identity.email(row) for id, row in rows.items()}
    said = match_overrides.about(conn, leads, emails)
    wanted = {c.id for some in ranked for c in some} | set(said.always.values())
    known = facts(conn, wanted, project.now())
    return known, Overrides({key: id for key, id in said.always.items() if id in known}, said.never)


def account_of(answer: Answer) -> str | None:
    """The account that a lead was matched to; None where it was to none, or to a partner."""
    entity, id = row_of(answer.accepted or "")
    return id if entity == "account" else None


def model_of(given: LeadAccount) -> Model:
    """The model that weighs. Raises ConfigError where its file is none."""
    return _loaded(given.model, given.model.stat().st_mtime_ns if given.model and given.model.exists() else 0)


@lru_cache(maxsize=2)
def _loaded(path: Path | None, changed: int) -> Model:
    return load_model(path)


def model_name(given: LeadAccount) -> str:
    """What tells the model from others: that of the package by its form, a team's own by its content."""
    return f"centri/{VERSION}" if given.model is None else f"{given.model.name}/{_digest(given.model)}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
