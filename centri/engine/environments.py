"""How the connections stand in every environment, each of which has a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from centri.engine.connections import Standing, standings
from centri.engine.metering import allowances
from centri.engine.opening import open_store
from centri.errors import CentriError
from centri.mappings.schema import MappingFile
from centri.settings import Settings
from centri.store import connections
from centri.store.database import exists, read
from centri.sync.budget import tightest


@dataclass(frozen=True, slots=True)
class Standings:
    """The connections of one environment; ``unknown`` says why its store could not be asked, where it could not."""

    env: str
    standings: list[Standing]
    unknown: str = ""


def listed(settings: Settings, mapping: MappingFile, *, now: datetime) -> Iterator[Standings]:
    """Every environment of the mapping, production first. No store is made or changed, and no CRM is asked.

    Raises CentriError for an environment that is unknown, and where the store of the environment in use cannot be read.
    """
    mapping.within(settings.env)
    for env in ("", *mapping.environments):
        there = mapping.within(env)
        try:
            yield Standings(env, _standings(settings if env == settings.env else settings.within(env), there, now))
        except CentriError as error:
            if env == settings.env:
                raise
            yield Standings(env, _unheard_of(there), str(error))


def _standings(settings: Settings, mapping: MappingFile, now: datetime) -> list[Standing]:
    if not exists(settings.database):
        return _unheard_of(mapping)
    budgets = {name: config.allowed for name, config in mapping.connections.items()}
    store = open_store(settings)
    try:
        with read(store) as conn:
            return [s for s in standings(conn, budgets, now=now) if s.name in budgets]
    finally:
        store.dispose()


def _unheard_of(mapping: MappingFile) -> list[Standing]:
    known = ((connections.unknown(name), config.allowed) for name, config in sorted(mapping.connections.items()))
    return [Standing(row, {}, tightest(allowances(row, 0, budget)), budget.reserve, 0) for row, budget in known]
