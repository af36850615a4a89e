"""Who is a duplicate of whom, and what remains of them: the one place where the engine asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from centri.dedupe import identity
from centri.dedupe.duplicates.find import Group, Groups, Link, find
from centri.dedupe.duplicates.policy import DedupePolicy
from centri.dedupe.duplicates.survivor import Merged, Standing, Taken, merged
from centri.engine.project import Project
from centri.records import Record, Ref

__all__ = ["Group", "Groups", "Link", "Merged", "Standing", "Taken", "become_one", "groups_of"]


def groups_of(project: Project, entity: str, records: Iterable[Record], must: Iterable[Link], cannot: Iterable[Link]) -> Groups:
    """The groups of records that are one: of an entity, and of contacts among leads."""
    anybody = project.mapping.dictionaries.anybody
    telling = (replace(record, values=identity.without(record.values, anybody)) for record in records)
    return find(telling, _policy(project, entity).judge(entity), must, cannot)


def become_one(
    project: Project, entity: str, records: Iterable[Record], standings: Mapping[Ref, Standing], *, first: Ref | None = None
) -> Merged:
    """Which of them survives, and what each of its fields becomes. ``first`` survives whatever else is asked."""
    survival = _policy(project, entity).survival
    if first:
        standings = {**standings, first: replace(standings.get(first, Standing()), open_opportunities=_FIRST)}
        survival = replace(survival, order=("most_open_opportunities", *survival.order))
    return merged(records, standings, survival)


_FIRST = 1 << 30
"""More than any record has of what is asked first."""


def _policy(project: Project, entity: str) -> DedupePolicy:
    return project.mapping.dedupe.get(entity) or DedupePolicy()
