"""Explain the answer to one lead: of the store, of a file, or as it is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from centri.dedupe.companies.explanation import Explanation, explain
from centri.dedupe.companies.rules import CompanyRules
from centri.dedupe.companies.verdict import judge
from centri.engine.match_columns import Columns, open_columns
from centri.engine.match_files import built, spread
from centri.engine.match_hearing import NOBODY, Together, acquainted, together
from centri.engine.match_models import load_model
from centri.engine.match_world import Progress, World, lead, silent
from centri.errors import ConfigError
from centri.mappings.words import near
from centri.settings import Settings

_MOST = 50
"""Candidates that are judged of a lead that is explained."""


@dataclass(frozen=True)
class Asked:
    """What is to be explained: the lead ``id`` of a file or of the store, or one that is said (``values``)."""

    id: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    accounts: Path | None = None
    leads: Path | None = None
    model: Path | None = None
    columns: Sequence[str] = ()
    most: int = 3
    levers: bool = False
    """Whether somebody gave thresholds; else those of the mapping count for the store."""


Told = tuple[Explanation, Mapping[str, str]]
"""An explanation, and what the accounts in it are called."""


def explained(asked: Asked, rules: CompanyRules, settings: Callable[[], Settings], *, progress: Progress = silent) -> Told:
    """The explanation. ``settings`` says where the store is, where it is asked. Raises ConfigError."""
    if bool(asked.id) == bool(asked.values):
        raise ConfigError('it takes a lead\'s id, or what a lead says: --company "ACME Germany" --email jo@acme.de')
    if asked.leads and not (asked.accounts and asked.id):
        raise ConfigError("--leads names the file that LEAD_ID stands in; it takes --accounts beside it")
    if asked.accounts:
        return _of_files(asked, rules, progress)
    return _of_store(asked, rules if asked.levers else None, settings())


def _of_store(asked: Asked, rules: CompanyRules | None, settings: Settings) -> Told:
    from centri.engine.match_answers import explained as of_store
    from centri.engine.match_answers import explained_values
    from centri.engine.project import open_project

    project = open_project(settings)
    try:
        model = load_model(asked.model) if asked.model else None
        told = of_store(project, asked.id, model, rules) if asked.id else explained_values(project, asked.values, model, rules)
        return explain(told.ranking, 0, told.answer, told.rules, asked.most), told.names
    finally:
        project.close()


def _of_files(asked: Asked, rules: CompanyRules, progress: Progress) -> Told:
    files = {kind: path for kind, path in (("accounts", asked.accounts), ("leads", asked.leads)) if path}
    if asked.id and "leads" not in files:
        raise ConfigError(
            f"{asked.id!r} is the id of a lead: name the file that it stands in with --leads, or leave --accounts out"
        )
    opened = open_columns(files, asked.columns)
    said = _lead(opened["leads"], asked) if asked.id else _told(asked.values)
    with spread([files["accounts"]], None) as workers, built(opened["accounts"], workers, asked.model, progress) as world:
        told = _explained_in(world, said, rules, asked.most)
    wanted = {each.candidate.id for each in told.weighed}
    names = {row["account_id"]: row.get("name", "") for _, row in opened["accounts"].rows() if row.get("account_id") in wanted}
    return told, names


def _lead(leads: Columns, asked: Asked) -> Together:
    """The lead that is asked for, with the others of its file that may be the same person's."""
    for found in together(leads, acquainted(leads), lambda row: row["lead_id"] == asked.id):
        return found
    ids = [row["lead_id"] for _, row in leads.rows() if row.get("lead_id")]
    raise ConfigError(f"{asked.leads}: there is no lead {asked.id!r}{near(asked.id or '', ids)}")


def _told(values: Mapping[str, str]) -> Together:
    return Together([{"lead_id": "the lead", **values}], [0], NOBODY)


def _explained_in(world: World, said: Together, rules: CompanyRules, most: int) -> Explanation:
    ranking = world.matcher.rank([lead(row) for row in said.rows], said.pairs)
    return explain(ranking, 0, judge(ranking.leads[0], ranking.of(0, _MOST), world.facts, rules), rules, most)
