"""Leads whose company is known, as examples to learn from and to be measured by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from centri.dedupe.companies.learning import Examples
from centri.dedupe.companies.matcher import Matcher
from centri.engine.match_columns import Columns, Values
from centri.engine.match_pool import Pool
from centri.engine.match_world import LEADS, Progress, lead, silent
from centri.errors import ConfigError, Problem

Right = Mapping[str, frozenset[str]]
"""The right accounts of each lead that is known; none where no account is right."""

_TEXTS = ("evidence", "query", "name", "right")


def labels(columns: Columns) -> dict[str, frozenset[str]]:
    """What a file of labels says; rows of one lead add up. Raises ConfigError."""
    found: dict[str, frozenset[str]] = {}
    for part in columns.parts(10_000):
        for row in part:
            told = frozenset(id.strip() for id in row.get("gold_ids", "").split("|") if id.strip())
            found[row["lead_id"]] = found.get(row["lead_id"], frozenset()) | told
    if not found:
        raise ConfigError(Problem("it labels no lead; it takes rows of lead_id and gold_ids", str(columns.sheet.path)))
    return found


class Question(NamedTuple):
    """Some leads, and what is right for each."""

    rows: list[Values]
    right: dict[str, frozenset[str]]


def questions(leads: Columns, right: Right, progress: Progress = silent) -> Iterator[Question]:
    """The labelled leads of a file, some at once."""
    for part in leads.parts(LEADS):
        yield from in_parts(part, right, progress)


def in_parts(rows: Sequence[Values], right: Right, progress: Progress = silent) -> Iterator[Question]:
    """Those of some rows that are labelled, some at once."""
    for start in range(0, len(rows), LEADS):
        part = rows[start : start + LEADS]
        progress("leads", len(part))
        if known := [row for row in part if row["lead_id"] in right]:
            yield Question(known, {row["lead_id"]: right[row["lead_id"]] for row in known})


@dataclass(frozen=True, eq=False)
class Gathered:
    """Examples, and of each lead whether any account is right. The numbers of ``examples.query`` are places in it."""

    examples: Examples
    answerable: Any

    def __len__(self) -> int:
        return len(self.answerable)


class Searchable(Protocol):
    """What has a matcher over companies."""

    @property
    def matcher(self) -> Matcher: ...


def gathered(world: Searchable, workers: Pool, asked: Iterable[Question]) -> Gathered:
    """The candidates of labelled leads. Raises ConfigError where there are none."""
    parts = list(workers.each(partial(_examples, world), asked))
    if not parts:
        raise ConfigError("no lead of the file is labelled: the ids of leads and labels have nothing in common")
    shifts = np.cumsum([0, *(len(part.answerable) for part in parts)])
    columns: dict[str, Any] = {name: np.concatenate([getattr(part.examples, name) for part in parts]) for name in _TEXTS}
    columns["query"] = np.concatenate([part.examples.query + shift for part, shift in zip(parts, shifts[:-1], strict=True)])
    return Gathered(Examples(**columns), np.concatenate([part.answerable for part in parts]))


def _examples(world: Searchable, asked: Question) -> Gathered:
    leads = [lead(row) for row in asked.rows]
    answerable = np.array([bool(asked.right[each.id]) for each in leads], dtype=bool)
    return Gathered(world.matcher.rank(leads).examples(asked.right), answerable)


def known_accounts(right: Right, known: Callable[[str], bool], path: str) -> None:
    """Raises ConfigError where labels name accounts that are not there, so that nothing right could be learned."""
    asked: Sequence[str] = sorted({id for ids in right.values() for id in ids})
    missing = [id for id in asked if not known(id)]
    if asked and len(missing) == len(asked):
        raise ConfigError(Problem(f"none of its accounts is in the file of accounts, {missing[0]!r} for one", path))
