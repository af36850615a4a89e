"""What people decided in the store about leads, in the form that files of labels give it too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from centri.dedupe.companies.matcher import Matcher
from centri.engine.match_columns import Values
from centri.engine.match_index import companies
from centri.engine.opening import open_store
from centri.settings import Settings
from centri.store.database import read
from centri.store.match_decisions import FIELDS, labelled

_NAMED = {"country_code": "country"}


@dataclass(frozen=True)
class StoreWorld:
    """The companies of a store, as they are searched."""

    engine: Engine
    matcher: Matcher

    def __len__(self) -> int:
        return sum(
            len(segment) - int(dead.sum())
            for segment, dead in zip(self.matcher.index.segments, self.matcher.index.dead, strict=True)
        )


@contextmanager
def world_of(settings: Settings) -> Iterator[StoreWorld]:
    """The store's accounts and partners, searchable as long as the block lasts. Raises ConfigError."""
    engine = open_store(settings)
    try:
        with companies(engine, settings).matcher() as matcher:
            yield StoreWorld(engine, matcher)
    finally:
        engine.dispose()


def decided(engine: Engine) -> tuple[list[Values], dict[str, frozenset[str]]]:
    """Leads that people decided on, and the company that each is; none where they said that it is none.

    Of a lead of which they only said whom it is not, nothing is known that could be learned.
    """
    rows: dict[str, Values] = {}
    right: dict[str, frozenset[str]] = {}
    with read(engine) as conn:
        for values, company, is_right in labelled(conn):
            if is_right:
                rows[values["id"]] = _row(values)
                right[values["id"]] = frozenset([company] if company else [])
    return list(rows.values()), right


def _row(values: dict[str, str | None]) -> Values:
    return {"lead_id": values["id"] or "", **{_NAMED.get(name, name): values[name] or "" for name in FIELDS}}
